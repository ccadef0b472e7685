"""Calendars in text, as the tests of reading write and read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from roomdisplay.connectors.base import Picture, Window
from roomdisplay.connectors.ical.reading import read_calendars
from roomdisplay.connectors.ical.text import calendar_text

ZONE = "Europe/Berlin"
WEEK = Window(datetime(2026, 11, 22, 23, tzinfo=UTC), datetime(2026, 11, 29, 23, tzinfo=UTC))


def wrapped(*lines: str, head: str = "") -> str:
    events = "\n".join(lines)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{head}{events}\nEND:VCALENDAR\n"


def vevent(*lines: str, uid: str = "a") -> str:
    return "\n".join(("BEGIN:VEVENT", f"UID:{uid}", *lines, "END:VEVENT"))


def read(text: str, window: Window = WEEK, zone: str = ZONE) -> Picture:
    return read_calendars([calendar_text(text.encode())], window, zone)


def day(text: str, days: int = 1, zone_offset: int = 1) -> Window:
    start = datetime.fromisoformat(f"{text}T00:00:00+0{zone_offset}:00").astimezone(UTC)
    return Window(start, start + timedelta(days=days))


def times(picture: Picture) -> list[str]:
    """Starts and ends in UTC, in short."""
    return [f"{one.start:%m%dT%H%M}-{one.end:%m%dT%H%M}" for one in picture.occurrences]


def reasons(picture: Picture) -> list[str]:
    return [one.reason for one in picture.left_out]


START = "DTSTART;TZID=Europe/Berlin:20261123T100000"
END = "DTEND;TZID=Europe/Berlin:20261123T110000"
DAILY = (START, END, "RRULE:FREQ=DAILY;COUNT=4")
