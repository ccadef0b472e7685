"""Times and durations as a calendar file writes them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from roomdisplay.connectors.ical.contentline import Property
from roomdisplay.connectors.ical.zones import Zones

_WHEN = re.compile(
    r"(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})?(Z|[+-]\d{4})?)?", re.IGNORECASE
)
_DURATION = re.compile(
    r"([+-]?)P(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,8})H)?(?:(\d{1,8})M)?(?:(\d{1,8})S)?)?",
    re.IGNORECASE,
)
_YEARS = range(1600, 2500)
"""Beyond, arithmetic with zones may leave what datetime can hold; nobody meets there."""


@dataclass(frozen=True, slots=True)
class When:
    """A DATE or DATE-TIME: what the clock on the wall shows, and where the wall is."""

    wall: datetime
    """Naive; midnight for a DATE."""
    zone: tzinfo
    is_date: bool = False
    floating: bool = False
    """The file names no zone; `zone` is what floating times are read in."""

    @property
    def utc(self) -> datetime:
        """The instant; in a gap by the offset before it, twice there: the first (3.3.5)."""
        return self.wall.replace(tzinfo=self.zone).astimezone(UTC)

    def at(self, wall: datetime) -> When:
        """The same kind of time at another hand of the clock."""
        return When(wall, self.zone, self.is_date, self.floating)

    def seen_in(self, zone: tzinfo) -> datetime:
        """The naive local time in another zone."""
        return self.utc.astimezone(zone).replace(tzinfo=None)


@dataclass(frozen=True, slots=True)
class Duration:
    """Weeks and days are nominal, hours and below exact (section 3.3.6)."""

    days: timedelta
    exact: timedelta

    def after(self, start: When) -> datetime:
        """The instant, UTC, at which something that began at `start` ends."""
        return start.at(start.wall + self.days).utc + self.exact


def parse_when(text: str, tzid: str | None, zones: Zones) -> When:
    """Read a DATE or DATE-TIME.

    Raises:
        ValueError: it is none.
    """
    found = _WHEN.fullmatch(text)
    if found is None:
        raise ValueError(f"not a time: {text[:40]!r}")
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    if year not in _YEARS:
        raise ValueError(f"a year out of reach: {year}")
    if found[4] is None:
        return When(datetime(year, month, day), zones.room, is_date=True)  # noqa: DTZ001
    wall = datetime(year, month, day, hour, minute, min(second, 59))  # noqa: DTZ001 - zone beside
    suffix = (found[7] or "").upper()
    if suffix == "Z":
        return When(wall, UTC)
    if suffix:
        offset = timedelta(hours=int(suffix[1:3]), minutes=int(suffix[3:]))
        return When(wall, timezone(-offset if suffix[0] == "-" else offset))
    if tzid:
        return When(wall, zones.find(tzid))
    return When(wall, zones.floating, floating=True)


def parse_until(text: str, start: When) -> datetime:
    """Read a rule's UNTIL as the last local time, naive, of a series that begins at `start`.

    Files mix the kinds that RFC 5545 wants equal: a date ends a timed series with that day, and
    of a time only the date counts for a series of days.

    Raises:
        ValueError: it is no time.
    """
    found = _WHEN.fullmatch(text)
    if found is None:
        raise ValueError(f"UNTIL is not a time: {text[:40]!r}")
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    wall = datetime(year, month, day, hour, minute, min(second, 59))  # noqa: DTZ001 - local
    if start.is_date:
        return wall.replace(hour=0, minute=0, second=0)
    if found[4] is None:
        return wall.replace(hour=23, minute=59, second=59)
    if (found[7] or "").upper() == "Z" and year in _YEARS:
        return When(wall, UTC).seen_in(start.zone)
    return wall


def whens(line: Property, zones: Zones) -> list[When]:
    """The times in a property that may hold several, such as EXDATE.

    Raises:
        ValueError: one is no time.
    """
    return [
        parse_when(text.strip(), line.params.get("TZID"), zones)
        for text in line.value.split(",")
        if text.strip()
    ]


def parse_duration(text: str) -> Duration:
    """Read a DURATION.

    Raises:
        ValueError: it is none.
    """
    found = _DURATION.fullmatch(text.strip())
    if found is None or not any(found.groups()[1:]):
        raise ValueError(f"not a duration: {text[:40]!r}")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    sign = -1 if found[1] == "-" else 1
    try:
        return Duration(
            sign * timedelta(weeks=weeks, days=days),
            sign * timedelta(hours=hours, minutes=minutes, seconds=seconds),
        )
    except OverflowError as error:
        raise ValueError(f"a duration out of reach: {text[:40]!r}") from error
