"""The server's names of time zones, which are those of Windows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

CUSTOMISED: Final = "Customized Time Zone"

_SAMPLES: Final = tuple(datetime(2026, month, 1, tzinfo=UTC) for month in range(1, 13))


@cache
def windows_name(zone: str) -> str:
    """The Windows name of an IANA zone.

    One that is in no table gets a zone that shows the same times now, as a person at Outlook would
    choose; where there is none, it is what Exchange calls a zone that only the item itself knows.
    """
    if zone in ("UTC", "Etc/UTC", "Z"):
        return "UTC"
    for name, olson in WINDOWS_TO_OLSON.items():
        if olson == zone:
            return name
    wanted = _offsets(zone)
    fitting = (name for name, olson in WINDOWS_TO_OLSON.items() if _offsets(olson) == wanted)
    return next(fitting, CUSTOMISED)


@cache
def iana_name(windows: str) -> str | None:
    """The IANA zone of a Windows name; None where there is no such zone."""
    if windows == "UTC":
        return "UTC"
    return WINDOWS_TO_OLSON.get(windows)


@cache
def _offsets(zone: str) -> tuple[timedelta | None, ...]:
    try:
        place = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        return ()
    return tuple(moment.astimezone(place).utcoffset() for moment in _SAMPLES)


@dataclass(frozen=True)
class Change:
    """The yearly moment at which the clocks change, as Windows keeps it."""

    month: int
    week: int
    """First to fourth weekday of its kind in the month; -1 is the last."""
    weekday: int
    """Monday is 0."""
    at: time
    """Local time before the change."""


@dataclass(frozen=True)
class Rule:
    """A zone's offsets and, where the clocks change, when."""

    standard: timedelta
    daylight: timedelta
    to_daylight: Change | None = None
    to_standard: Change | None = None


@cache
def rule(zone: str, year: int = 2026) -> Rule:
    """The rule of an IANA zone in a year; Windows keeps two changes and no more."""
    place = ZoneInfo(zone)
    changes: list[tuple[Change, timedelta, timedelta]] = []
    moment = datetime(year, 1, 1, tzinfo=UTC)
    before = _offset(place, moment)
    while moment.year == year:
        after = _offset(place, moment)
        if after != before:
            wall = (moment + before).replace(tzinfo=None)
            changes.append((_change(wall), before, after))
            before = after
        moment += timedelta(minutes=30)
    if len(changes) != 2:
        return Rule(before, before)
    to_daylight = next(one for one in changes if one[2] > one[1])
    to_standard = next(one for one in changes if one[2] < one[1])
    return Rule(to_standard[2], to_daylight[2], to_daylight[0], to_standard[0])


def _offset(place: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(place).utcoffset() or timedelta()


def _change(wall: datetime) -> Change:
    week = (wall.day - 1) // 7 + 1
    last = (wall + timedelta(days=7)).month != wall.month
    return Change(wall.month, -1 if last else week, wall.weekday(), wall.time())


def vtimezone(zone: str) -> list[str]:
    """The lines of a VTIMEZONE as Exchange writes it: named as Windows does, from 1601 on."""
    told = rule(zone)
    parts = [("STANDARD", told.daylight, told.standard, told.to_standard)]
    if told.to_daylight is not None:
        parts.append(("DAYLIGHT", told.standard, told.daylight, told.to_daylight))
    lines = ["BEGIN:VTIMEZONE", f"TZID:{windows_name(zone)}"]
    for name, before, after, change in parts:
        at = time() if change is None else change.at
        lines += [f"BEGIN:{name}", f"DTSTART:16010101T{at:%H%M%S}"]
        lines += [f"TZOFFSETFROM:{_ical_offset(before)}", f"TZOFFSETTO:{_ical_offset(after)}"]
        if change is not None:
            day = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")[change.weekday]
            by = f"BYDAY={change.week}{day};BYMONTH={change.month}"
            lines.append(f"RRULE:FREQ=YEARLY;INTERVAL=1;{by}")
        lines.append(f"END:{name}")
    return [*lines, "END:VTIMEZONE"]


def _ical_offset(offset: timedelta) -> str:
    minutes = int(offset.total_seconds() // 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}{abs(minutes) % 60:02}"
