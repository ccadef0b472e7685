"""What is too much to be shown singly leaves the room taken, never free."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from roomdisplay.connectors.base import MalformedAnswerError, Occurrence, Picture, Window
from roomdisplay.connectors.ical import reading
from roomdisplay.connectors.ical.reading import MOST_OCCURRENCES, read_calendars
from roomdisplay.connectors.ical.text import calendar_text

WEEK = Window(datetime(2026, 11, 22, 23, tzinfo=UTC), datetime(2026, 11, 29, 23, tzinfo=UTC))


def read(*events: str) -> Picture:
    text = "\n".join(("BEGIN:VCALENDAR", "VERSION:2.0", *events, "END:VCALENDAR", ""))
    return read_calendars([calendar_text(text.encode())], WEEK, "Europe/Berlin")


def hourly(uid: str, start: str, *lines: str) -> str:
    return "\n".join(
        ("BEGIN:VEVENT", f"UID:{uid}", f"DTSTART:{start}", "DURATION:PT1H", *lines, "END:VEVENT")
    )


def is_taken(occurrences: tuple[Occurrence, ...], since: datetime, until: datetime) -> bool:
    """Whether no instant between is free."""
    for one in sorted(occurrences, key=lambda one: one.start):
        if one.start > since:
            return False
        since = max(since, one.end)
        if since >= until:
            return True
    return False


@pytest.mark.parametrize(
    ("start", "rule"),
    [
        ("20261123T090000Z", "FREQ=SECONDLY"),
        ("20261123T090000Z", "FREQ=SECONDLY;COUNT=1000000"),
        ("20261123T090000Z", "FREQ=MINUTELY;INTERVAL=5"),
        ("19000101T090000Z", "FREQ=DAILY;COUNT=999999;BYDAY=MO"),
        ("20000103T090000Z", "FREQ=SECONDLY;BYSETPOS=5"),
    ],
)
def test_a_rule_beyond_all_measure_leaves_the_room_taken(start: str, rule: str) -> None:
    picture = read(hourly("dense", start, f"RRULE:{rule}"))
    assert picture.warnings
    assert len(picture.occurrences) <= 500
    assert is_taken(picture.occurrences, datetime(2026, 11, 23, 9, tzinfo=UTC), WEEK.end)


def test_a_dense_series_is_taken_no_longer_than_it_lasts() -> None:
    picture = read(hourly("dense", "20261123T090000Z", "RRULE:FREQ=MINUTELY;COUNT=600"))
    last = datetime(2026, 11, 23, 9, tzinfo=UTC) + timedelta(minutes=599, hours=1)
    assert max(one.end for one in picture.occurrences) == last


def test_a_series_that_just_fits_is_shown_singly() -> None:
    picture = read(hourly("dense", "20261123T090000Z", "RRULE:FREQ=MINUTELY;COUNT=500"))
    assert len(picture.occurrences) == 500
    assert not picture.warnings


def test_costly_rules_of_some_hide_no_meeting_of_others() -> None:
    rule = "RRULE:FREQ=SECONDLY;COUNT=999999999;BYSECOND=0"
    costly = [hourly(f"costly{number}", "20000103T100000Z", rule) for number in range(8)]
    weekly = hourly("weekly", "20200106T150000Z", "RRULE:FREQ=WEEKLY;BYDAY=MO")
    found = {one.source_id for one in read(*costly, weekly).occurrences}
    assert "weekly/20261123T150000Z" in found


def test_what_hides_a_series_hides_what_stands_for_it() -> None:
    lines = ("RRULE:FREQ=SECONDLY", "STATUS:CANCELLED")
    assert read(hourly("dense", "20261123T090000Z", *lines)).occurrences == ()


def test_meetings_beyond_what_a_picture_holds_are_one_long_one() -> None:
    rule = "RRULE:FREQ=MINUTELY;INTERVAL=3;COUNT=450"
    events = [hourly(f"dense{number}", "20261123T090000Z", rule) for number in range(5)]
    picture = read(*events)
    assert len(picture.occurrences) == MOST_OCCURRENCES + 1
    end = datetime(2026, 11, 23, 9, tzinfo=UTC) + timedelta(minutes=3 * 449, hours=1)
    assert picture.occurrences[-1].end == end


def test_more_events_than_can_be_read_are_no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_MOST_BLOCKS", 10)
    with pytest.raises(MalformedAnswerError):
        read(*(hourly(str(number), "20261123T090000Z") for number in range(11)))
