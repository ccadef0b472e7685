"""A time zone that a calendar file defines itself (VTIMEZONE, RFC 5545, section 3.6.5)."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from roomdisplay.connectors.ical.contentline import Property, properties
from roomdisplay.connectors.ical.rrule import Budget, BudgetExhaustedError, occurrences
from roomdisplay.connectors.ical.rule import parse_rule

_NAMES = frozenset({"DTSTART", "TZOFFSETFROM", "TZOFFSETTO", "RRULE", "RDATE"})
_OBSERVANCE = re.compile(
    r"\nBEGIN:(STANDARD|DAYLIGHT)\n(.*?)\nEND:\1(?=\n)",
    re.DOTALL,
)
_OFFSET = re.compile(r"([+-]?)(\d{2})(\d{2})(\d{2})?")
_LOCAL = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})Z?)?")
_FOLLOWED_FROM = datetime(1970, 1, 1)  # noqa: DTZ001 - local to the zone, as all times here
"""Yearly rules are not followed before: Microsoft lets them begin in 1601."""
_MOST_OBSERVANCES = 200
_LONGEST_BLOCK = 40_000


@dataclass(frozen=True, slots=True, order=True)
class _Change:
    """A moment at which the offset changes; `onset` is naive UTC."""

    onset: datetime
    before: timedelta
    after: timedelta


class FileZone(tzinfo):
    """The changes of one VTIMEZONE up to a horizon.

    A local time that does not exist is read with the offset before the gap, one that exists twice
    is the first (RFC 5545, section 3.3.5), or the second if its `fold` is 1.
    """

    def __init__(self, name: str, changes: Sequence[_Change]) -> None:
        self._name = name
        self._first = changes[0].before
        self._offsets = [change.after for change in changes]
        self._onsets = [change.onset for change in changes]
        # From when on, on the wall clock, the new offset holds: after a gap's end or an overlap's.
        self._walls = (
            [change.onset + max(change.before, change.after) for change in changes],
            [change.onset + min(change.before, change.after) for change in changes],
        )

    def _offset_at(self, moments: Sequence[datetime], moment: datetime) -> timedelta:
        index = bisect_right(moments, moment)
        return self._offsets[index - 1] if index else self._first

    def utcoffset(self, dt: datetime | None) -> timedelta | None:
        """The offset that holds at the local time `dt`."""
        if dt is None:
            return None
        return self._offset_at(self._walls[dt.fold], dt.replace(tzinfo=None))

    def dst(self, dt: datetime | None) -> timedelta | None:
        """Not told apart: only the whole offset is known."""
        return None if dt is None else timedelta(0)

    def tzname(self, dt: datetime | None) -> str:
        """The TZID of the file."""
        del dt
        return self._name

    def fromutc(self, dt: datetime) -> datetime:
        """The local time of a time in UTC that carries this zone."""
        naive = dt.replace(tzinfo=None)
        local = naive + self._offset_at(self._onsets, naive)
        second = self._offset_at(self._walls[0], local) != self._offset_at(self._onsets, naive)
        return local.replace(tzinfo=self, fold=int(second))


def read_filezone(name: str, block: str, horizon: datetime) -> FileZone | None:
    """Read the text of a VTIMEZONE.

    Args:
        name: its TZID.
        block: the unfolded lines of the component.
        horizon: rules are followed up to this naive time.

    Returns:
        The zone, or None if nothing in it can be understood.
    """
    if len(block) > _LONGEST_BLOCK:
        return None
    changes: list[_Change] = []
    budget = Budget(steps=20_000, per_rule=5_000)
    for number, found in enumerate(_OBSERVANCE.finditer("\n" + block)):
        if number >= _MOST_OBSERVANCES:
            break
        changes += _changes(list(properties(found[2], _NAMES)), horizon, budget)
    return FileZone(name, sorted(set(changes))) if changes else None


def _changes(lines: list[Property], horizon: datetime, budget: Budget) -> list[_Change]:
    """The changes of one STANDARD or DAYLIGHT part; none if it cannot be understood."""
    one = {line.name: line.value for line in lines}
    start = _local(one.get("DTSTART", ""))
    after = _offset(one.get("TZOFFSETTO", ""))
    if start is None or after is None:
        return []
    before = _offset(one.get("TZOFFSETFROM", ""))
    if before is None:
        before = after
    onsets = {start}
    for line in lines:
        if line.name == "RDATE":
            onsets.update(filter(None, map(_local, line.value.split(","))))
        elif line.name == "RRULE":
            onsets.update(_ruled(line.value, start, before, horizon, budget))
    return [_Change(onset - before, before, after) for onset in onsets if onset <= horizon]


def _ruled(
    text: str, start: datetime, before: timedelta, horizon: datetime, budget: Budget
) -> Iterator[datetime]:
    try:
        rule = parse_rule(text)
        until = _local(rule.until) if rule.until else None
        if until is not None and rule.until is not None and rule.until.endswith("Z"):
            until += before
        low = max(start, _FOLLOWED_FROM)
        yield from occurrences(rule, start, low=low, high=horizon, until=until, budget=budget)
    except (ValueError, BudgetExhaustedError):
        return


def _offset(text: str) -> timedelta | None:
    found = _OFFSET.fullmatch(text.strip())
    if found is None:
        return None
    offset = timedelta(hours=int(found[2]), minutes=int(found[3]), seconds=int(found[4] or 0))
    if offset >= timedelta(days=1):
        return None
    return -offset if found[1] == "-" else offset


def _local(text: str) -> datetime | None:
    found = _LOCAL.fullmatch(text.strip())
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
    if year < 2:  # noqa: PLR2004 - the offset is still to be taken off
        return None
    try:
        return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - local to the zone
    except ValueError:
        return None
