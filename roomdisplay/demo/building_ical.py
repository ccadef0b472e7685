"""The sample building's days as iCalendar objects (RFC 5545)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from datetime import time as wall_time

from roomdisplay.connectors.sample.building import SURPRISE, Entry, SampleRoom
from roomdisplay.demo.clock import ZONE

_BEFORE = timedelta(days=14)
"""How long before today the series begin."""
_ESCAPED = str.maketrans({"\\": "\\\\", ",": "\\,", ";": "\\;", "\n": "\\n"})


def events(room: SampleRoom, language: str, today: date) -> dict[str, str]:
    """The lines of a room's VEVENTs by UID: each meeting a daily series, as in the building."""
    first = today - _BEFORE
    found = {
        f"{room.address}-{entry.start}": _event(
            f"{room.address}-{entry.start}", entry, first, language, "RRULE:FREQ=DAILY"
        )
        for entry in room.entries
    }
    if room.all_day is not None:
        monday = first - timedelta(days=first.weekday())
        uid = f"{room.address}-week"
        found[uid] = _lines(
            f"UID:{uid}",
            f"DTSTART;VALUE=DATE:{monday:%Y%m%d}",
            f"DTEND;VALUE=DATE:{monday + timedelta(days=5):%Y%m%d}",
            f"SUMMARY:{_text(room.all_day[language == 'fr'])}",
            "RRULE:FREQ=WEEKLY",
        )
    return found


def surprise(room: SampleRoom, language: str, today: date) -> tuple[str, str]:
    """The UID and the lines of what somebody adds today."""
    uid = f"{room.address}-surprise"
    return uid, _event(uid, SURPRISE, today, language)


def calendar(name: str, found: Mapping[str, str]) -> str:
    """A VCALENDAR named `name` that holds `found`."""
    head = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Room Display//sample building//EN\r\n"
        f"X-WR-CALNAME:{_text(name)}\r\n"
    )
    return head + "".join(found.values()) + "END:VCALENDAR\r\n"


def _event(uid: str, entry: Entry, day: date, language: str, *more: str) -> str:
    french = language == "fr"
    lines = [
        f"UID:{uid}",
        f"DTSTART;TZID={ZONE.key}:{_wall(day, entry.start)}",
        f"DTEND;TZID={ZONE.key}:{_wall(day, entry.end)}",
        f"SUMMARY:{_text(entry.title[french])}",
        f'ORGANIZER;CN="{entry.organizer[french]}":mailto:building@roomdisplay.invalid',
        *more,
    ]
    if entry.private:
        lines.append("CLASS:PRIVATE")
    if entry.link:
        lines.append(f"CONFERENCE;VALUE=URI;FEATURE=VIDEO:{entry.link}")
    return _lines(*lines)


def _wall(day: date, minutes: int) -> str:
    return f"{datetime.combine(day, wall_time(*divmod(minutes, 60))):%Y%m%dT%H%M%S}"


def _lines(*lines: str) -> str:
    body = ("BEGIN:VEVENT", "DTSTAMP:20260101T000000Z", *lines, "END:VEVENT")
    return "\r\n".join(body) + "\r\n"


def _text(text: str) -> str:
    return text.translate(_ESCAPED)
