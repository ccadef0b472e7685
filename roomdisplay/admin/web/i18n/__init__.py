"""The words of the pages, in each language, from one TOML catalogue per language.

A key names a place ("rooms.apply"), not an English sentence, so that correcting the English breaks
nothing. A value is a `str.format` template, or a table {one, other} chosen by its parameter `n`.
Values put into a template are data: they are never formatted again, and pages escape the result.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from functools import cache
from importlib import resources

LANGUAGES: Mapping[str, str] = {"en": "English", "fr": "Français"}
"""Language codes and their names in their own language; the first is the fallback."""
DEFAULT_LANGUAGE = next(iter(LANGUAGES))
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The words of one language."""

    language: str
    words: Mapping[str, str | Mapping[str, str]]

    def __call__(self, key: str, /, **params: object) -> str:
        """The words for `key`; with a parameter `n` the singular or plural form.

        Raises:
            KeyError: the catalogue lacks the key or the template a parameter.
        """
        entry = self.words[key]
        if not isinstance(entry, str):
            entry = entry["one" if self._is_singular(params["n"]) else "other"]
        return entry.format(**params) if params else entry

    def has(self, key: str) -> bool:
        """Whether there are words for `key`."""
        return key in self.words

    def reason(self, key: str | None) -> str:
        """Why a calendar or a service cannot be read; empty if it can."""
        if not key:
            return ""
        return self(f"reason.{key}" if self.has(f"reason.{key}") else "reason.unexpected")

    def _is_singular(self, count: object) -> bool:
        # CLDR: English counts only 1 as singular, French 0 and 1.
        return count in {0, 1} if self.language == "fr" else count == 1

    def day(self, when: date) -> str:
        """A date in full: "Monday 23 November" / « lundi 23 novembre »."""
        return self(
            "date.day",
            weekday=self(f"date.weekday_{when.weekday()}"),
            day=when.day,
            month=self(f"date.month_{when.month}"),
        )

    def moment(self, instant: datetime, zone: tzinfo | None = None) -> str:
        """Day and time in `zone` (None: the server's own)."""
        local = instant.astimezone(zone)
        return self("date.moment", day=self.day(local.date()), time=f"{local:%H:%M}")

    def ago(self, elapsed: timedelta) -> str:
        """How long ago, in the largest unit that says enough."""
        seconds = int(elapsed.total_seconds())
        if seconds < 5:  # noqa: PLR2004 - a glance's worth: a counting second would only flicker
            return self("date.just_now")
        for unit, size in (("days", _DAY), ("hours", _HOUR), ("minutes", _MINUTE)):
            if seconds >= size:
                return self(f"date.{unit}_ago", n=seconds // size)
        return self("date.seconds_ago", n=seconds)


@cache
def catalogue(language: str) -> Catalogue:
    """The catalogue of one of `LANGUAGES`."""
    text = resources.files(__name__).joinpath(f"{language}.toml").read_text(encoding="utf-8")
    return Catalogue(language, _flatten(tomllib.loads(text)))


def preferred_language(accept_language: str) -> str:
    """The best of `LANGUAGES` for an Accept-Language header (RFC 9110 section 12.5.4)."""
    wishes: list[tuple[float, int, str]] = []
    for position, part in enumerate(accept_language[:500].split(",")):
        tag, _, parameters = part.strip().partition(";")
        name, _, value = parameters.strip().partition("=")
        try:
            quality = float(value) if name.strip() == "q" else 1.0
        except ValueError:
            continue
        primary = tag.strip().split("-")[0].lower()
        if primary in LANGUAGES and quality > 0:
            wishes.append((-quality, position, primary))
    return min(wishes)[2] if wishes else DEFAULT_LANGUAGE


def _flatten(table: Mapping[str, object], prefix: str = "") -> dict[str, str | Mapping[str, str]]:
    words: dict[str, str | Mapping[str, str]] = {}
    for name, value in table.items():
        key = prefix + name
        if isinstance(value, str):
            words[key] = value
        elif isinstance(value, dict):
            forms = value.keys() == {"one", "other"}
            words |= {key: value} if forms else _flatten(value, key + ".")
        else:
            raise TypeError(f"{key} is neither words nor a table")
    return words
