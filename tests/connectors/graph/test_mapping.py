"""What events of a calendar view mean for a display."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomdisplay.connectors.base import LeftOut, Occurrence, Window
from roomdisplay.connectors.graph.mapping import Reading, instant, read_event, read_events
from roomdisplay.connectors.graph.messages import Event

BERLIN = ZoneInfo("Europe/Berlin")
ROOM = "room1@contoso.example"
ADA = {"emailAddress": {"name": "Ada Lovelace", "address": "ada@contoso.example"}}


def utc(hour: int, minute: int = 0) -> dict[str, str]:
    return {"dateTime": f"2026-11-23T{hour:02}:{minute:02}:00.0000000", "timeZone": "UTC"}


def told(**fields: Any) -> dict[str, Any]:
    return {
        "id": "AAMk1",
        "iCalUId": "0400",
        "type": "singleInstance",
        "subject": "Planning",
        "organizer": ADA,
        "start": utc(9),
        "end": utc(10),
        "isAllDay": False,
        "isCancelled": False,
        "isOrganizer": False,
        "showAs": "busy",
        "sensitivity": "normal",
        "responseStatus": {"response": "accepted", "time": "0001-01-01T00:00:00Z"},
        **fields,
    }


def read(**fields: Any) -> Occurrence | LeftOut:
    event = msgspec.json.decode(msgspec.json.encode(told(**fields)), type=Event)
    return read_event(event, BERLIN, ROOM)


def shown(**fields: Any) -> Occurrence:
    found = read(**fields)
    assert isinstance(found, Occurrence)
    return found


def left_out(**fields: Any) -> LeftOut:
    found = read(**fields)
    assert isinstance(found, LeftOut)
    return found


def raw(*entries: object) -> Reading:
    return read_events([msgspec.Raw(msgspec.json.encode(one)) for one in entries], "UTC", ROOM)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"isCancelled": True}, "cancelled"),
        ({"responseStatus": {"response": "declined"}}, "declined"),
        ({"showAs": "free"}, "free_time"),
        ({"type": "seriesMaster"}, "replaced"),
        ({"start": None}, "malformed"),
        ({"end": {"dateTime": "soon", "timeZone": "UTC"}}, "malformed"),
        ({"start": utc(11)}, "malformed"),
        ({"start": {"dateTime": "2026-11-23T09:00:00", "timeZone": "Nowhere/Town"}}, "malformed"),
        ({"isAllDay": True, "start": {"dateTime": "x"}}, "malformed"),
    ],
)
def test_what_is_no_meeting_is_left_out_with_its_reason(
    fields: dict[str, Any], reason: str
) -> None:
    assert left_out(**fields).reason == reason


@pytest.mark.parametrize("show_as", ["tentative", "oof", "workingElsewhere", "unknown", None])
def test_what_is_not_free_takes_the_room(show_as: str | None) -> None:
    assert shown(showAs=show_as).start == datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("subject", "title"),
    [
        ("Planning", "Planning"),
        ("Ada Lovelace", None),
        (" ada  lovelace ", None),
        ("", None),
        (None, None),
        ("Ada Lovelace Planning", "Ada Lovelace Planning"),
    ],
)
def test_the_organisers_name_is_no_title(subject: str | None, title: str | None) -> None:
    found = shown(subject=subject)
    assert (found.title, found.organizer) == (title, "Ada Lovelace")


def test_the_rooms_own_bookings_name_no_organiser() -> None:
    room = {"emailAddress": {"name": "Room 1", "address": ROOM.upper()}}
    assert shown(isOrganizer=True, organizer=room).organizer is None
    assert shown(isOrganizer=True).organizer == "Ada Lovelace"
    nameless = {"emailAddress": {"name": "", "address": "ada@contoso.example"}}
    assert shown(organizer=nameless).organizer == "ada@contoso.example"
    assert shown(organizer=None).organizer is None


@pytest.mark.parametrize(
    ("sensitivity", "private"),
    [("normal", False), ("personal", False), ("private", True), ("confidential", True)],
)
def test_private_and_confidential_are_marked(sensitivity: str, private: bool) -> None:  # noqa: FBT001 - a case
    assert shown(sensitivity=sensitivity).private is private


def test_a_day_is_the_rooms_day_whatever_zone_it_is_told_in() -> None:
    days = {"isAllDay": True, "end": {"dateTime": "2026-11-24T00:00:00.0000000"}}
    for zone in ("UTC", "Pacific Standard Time", None):
        start = {"dateTime": "2026-11-23T00:00:00.0000000", "timeZone": zone}
        found = shown(**days, start=start)
        assert found.start == datetime(2026, 11, 22, 23, tzinfo=UTC)
        assert found.end == datetime(2026, 11, 23, 23, tzinfo=UTC)
        assert found.all_day


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(0, 40))
def test_days_begin_and_end_at_the_rooms_midnights(first: date, length: int) -> None:
    last = first + timedelta(days=length)
    found = shown(
        isAllDay=True,
        start={"dateTime": f"{first}T00:00:00.0000000", "timeZone": "UTC"},
        end={"dateTime": f"{last}T00:00:00.0000000", "timeZone": "UTC"},
    )
    local = [one.astimezone(BERLIN) for one in (found.start, found.end)]
    assert local[0].replace(tzinfo=None) == datetime(first.year, first.month, first.day)  # noqa: DTZ001 - a wall time
    assert local[1].date() == max(last, first + timedelta(days=1))


def test_times_in_another_zone_are_read_all_the_same() -> None:
    start = {"dateTime": "2026-11-23T10:00:00.0000000", "timeZone": "Europe/Berlin"}
    assert shown(start=start).start == datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-11-23T09:00:00.1234567", datetime(2026, 11, 23, 9, 0, 0, 123456, tzinfo=UTC)),
        ("2026-11-23T09:00:00Z", datetime(2026, 11, 23, 9, tzinfo=UTC)),
        ("2026-11-23T10:00:00+01:00", datetime(2026, 11, 23, 9, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("2026-13-01T00:00:00", None),
        ("2026-11-23", None),
        ("", None),
    ],
)
def test_times(text: str, time: datetime | None) -> None:
    assert instant(text) == time


@given(st.text(max_size=40))
def test_no_text_breaks_the_reading_of_times(text: str) -> None:
    found = instant(text)
    assert found is None or found.tzinfo is UTC


def test_links_come_most_trusted_first_and_only_https() -> None:
    found = shown(
        onlineMeeting={"joinUrl": "https://teams.example/1"},
        onlineMeetingUrl="https://old.example/2",
        location={"displayName": "Room 1", "locationUri": "javascript:alert(1)"},
        locations=[{"locationUri": "https://zoom.example/3"}, {"locationUri": None}],
    )
    assert found.structured_links == (
        "https://teams.example/1",
        "https://old.example/2",
        "https://zoom.example/3",
    )
    assert found.location == "Room 1"


def test_a_text_that_came_as_html_stays_html() -> None:
    assert shown(body={"contentType": "html", "content": "<p>x</p>"}).body_html == "<p>x</p>"
    assert shown(body={"contentType": "text", "content": " x\r\n"}).body_text == "x"
    assert shown(body={"contentType": "text", "content": ""}).body_text is None


def test_an_occurrence_keeps_its_id_when_it_is_moved() -> None:
    plain = shown(type="occurrence")
    moved = shown(type="exception", originalStart="2026-11-23T09:00:00Z", start=utc(8))
    assert plain.source_id == moved.source_id
    assert plain.source_id != shown(type="occurrence", start=utc(8)).source_id
    assert shown(start=utc(8)).source_id == shown().source_id


def test_copies_with_one_uid_stay_two() -> None:
    reading = raw(told(), told(id="AAMk2"), told())
    ids = [one.source_id for one, _ in reading.shown]
    assert len(ids) == len(set(ids)) == 2


def test_what_cannot_be_read_is_counted_and_hides_nothing() -> None:
    odd = [told(id=None), "nothing", told(id="x", iCalUId="x", start=None), told()]
    reading = raw(*odd)
    picture = reading.picture(
        Window(datetime(2026, 11, 23, tzinfo=UTC), datetime(2026, 11, 24, tzinfo=UTC)), None
    )
    assert (picture.unreadable, len(picture.occurrences)) == (3, 1)
    assert picture.warnings
    later = Window(datetime(2026, 11, 24, tzinfo=UTC), datetime(2026, 11, 25, tzinfo=UTC))
    assert reading.picture(later, None).occurrences == ()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(st.sampled_from(sorted(told())), JSON)
def test_no_value_of_a_field_breaks_the_reading(name: str, value: object) -> None:
    reading = raw({**told(), name: value})
    assert len(reading.shown) + len(reading.left_out) + reading.unreadable >= 1
