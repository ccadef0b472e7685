"""Reading one window of a 10 MB feed, beside icalendar + recurring-ical-events in the same run.

`python benchmarks/feed.py [--json FILE]`
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import icalendar
import recurring_ical_events

from roomdisplay.connectors.base import Window
from roomdisplay.connectors.ical.reading import read_calendars
from roomdisplay.connectors.ical.text import calendar_text

EVENTS = 20_000
SERIES_EVERY = 40
"""Every so many events one is an endless weekly series."""
WINDOW = Window(datetime(2026, 11, 22, tzinfo=UTC), datetime(2026, 12, 6, tzinfo=UTC))
_ZONE = """BEGIN:VTIMEZONE
TZID:Europe/Berlin
BEGIN:STANDARD
DTSTART:19961027T030000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19960331T020000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
END:VTIMEZONE
"""


def sample_feed() -> bytes:
    """A feed of 10 MB as a calendar of many years gives it: 20 000 events, 500 of them series."""
    first = datetime(2019, 1, 7, 8, tzinfo=UTC)
    parts = ["BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Room Display//benchmark//EN\n", _ZONE]
    for number in range(EVENTS):
        start = first + timedelta(minutes=210 * number)
        end = start + timedelta(minutes=50)
        rule = "RRULE:FREQ=WEEKLY\n" if number % SERIES_EVERY == 0 else ""
        parts.append(
            f"BEGIN:VEVENT\nUID:{number}@rooms.example\nDTSTAMP:20261101T000000Z\n"
            f"DTSTART;TZID=Europe/Berlin:{start:%Y%m%dT%H%M%S}\n"
            f"DTEND;TZID=Europe/Berlin:{end:%Y%m%dT%H%M%S}\n{rule}"
            f"SUMMARY:Planning number {number}\nORGANIZER;CN=Ada Example:mailto:ada@rooms.example\n"
            f"LOCATION:Room {number % 80}\nDESCRIPTION:{'Agenda and notes. ' * 12}\n"
            "END:VEVENT\n"
        )
    parts.append("END:VCALENDAR\n")
    return "".join(parts).replace("\n", "\r\n").encode()


def ours(feed: bytes) -> int:
    """The number of occurrences as the connector reads them."""
    return len(read_calendars([calendar_text(feed)], WINDOW, "Europe/Berlin").occurrences)


def reference(feed: bytes) -> int:
    """The same through icalendar and recurring-ical-events."""
    calendar = icalendar.Calendar.from_ical(feed)
    return len(recurring_ical_events.of(calendar).between(WINDOW.start, WINDOW.end))


def _median_seconds(read: Callable[[bytes], int], feed: bytes, times: int) -> tuple[float, int]:
    seconds: list[float] = []
    found = 0
    for _ in range(times):
        begin = time.process_time()
        found = read(feed)
        seconds.append(time.process_time() - begin)
    return statistics.median(seconds), found


def run() -> dict[str, object]:
    """Measure both and return the figures; times are processor seconds."""
    feed = sample_feed()
    mine, my_count = _median_seconds(ours, feed, 5)
    theirs, their_count = _median_seconds(reference, feed, 3)
    return {
        "name": "feed",
        "bytes": len(feed),
        "events": EVENTS,
        "ours_s": round(mine, 4),
        "reference_s": round(theirs, 4),
        "ratio": round(mine / theirs, 4),
        "reach": 0.25,
        "occurrences": my_count,
        "reference_occurrences": their_count,
    }


def main() -> int:
    """Print the figures, or write them to a file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    figures = run()
    if options.json is None:
        for key, value in figures.items():
            print(f"{key}: {value}")
    else:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
