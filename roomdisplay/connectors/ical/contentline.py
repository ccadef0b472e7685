"""Content lines: a name, parameters and a value (RFC 5545, section 3.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_NAME = re.compile(r"([A-Za-z0-9-]++)[ \t]*+(?=[;:])")
_PARAMETER = re.compile(r';[ \t]*([A-Za-z0-9-]++)[ \t]*=[ \t]*((?:"[^"]*"|[^";:]++)*+)')
_ESCAPE = re.compile(r"\\([\\;,:\"nN])")
DATE_NAMES = frozenset({"DTSTART", "DTEND", "RECURRENCE-ID", "EXDATE", "RDATE"})


@dataclass(frozen=True, slots=True)
class Property:
    """One property as it stands in the file; `value` is still escaped."""

    name: str
    params: Mapping[str, str]
    """By upper-case name; quotes around a value are taken off."""
    value: str

    @property
    def text(self) -> str:
        """The value as TEXT (RFC 5545, section 3.3.11)."""
        return unescape(self.value)


def unescape(value: str) -> str:
    """Take the backslashes of TEXT away."""
    if "\\" not in value:
        return value
    return _ESCAPE.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)


def properties(lines: str, wanted: frozenset[str]) -> Iterator[Property]:
    """Read the lines whose name is `wanted`; what is not a content line is passed over."""
    for line in lines.split("\n"):
        found = _NAME.match(line)
        if found is None or (name := found[1].upper()) not in wanted:
            continue
        parsed = _date_line(name, line[found.end() :]) if name in DATE_NAMES else None
        yield parsed or _line(name, line[found.end() :])


def _line(name: str, rest: str) -> Property:
    params: dict[str, str] = {}
    position = 0
    while found := _PARAMETER.match(rest, position):
        params[found[1].upper()] = found[2].strip().strip('"')
        position = found.end()
    if not rest.startswith(":", position):  # a broken parameter: the value begins at some colon
        position = rest.find(":", position)
    return Property(name, params, rest[position + 1 :] if position >= 0 else "")


def _date_line(name: str, rest: str) -> Property | None:
    """Read a date property, in which an unquoted parameter may hold colons.

    A date never holds one, so the last colon is the separator: Microsoft writes
    `DTSTART;TZID=tzone://Microsoft/Custom:20261123T100000`.
    """
    if rest.startswith(":"):
        return Property(name, {}, rest[1:].strip())
    head, separator, value = rest.rpartition(":")
    if not separator:
        return None
    params: dict[str, str] = {}
    for part in re.findall(r';((?:"[^"]*"|[^";]++)*+)', head):
        key, equals, setting = part.partition("=")
        if equals:
            params[key.strip().upper()] = setting.strip().strip('"')
    return Property(name, params, value.strip())
