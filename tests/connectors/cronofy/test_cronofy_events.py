"""From events to a picture: every shape of time, and nothing hidden by what is odd."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomdisplay.connectors.base import Occurrence, Picture, Window
from roomdisplay.connectors.contract import WINDOW, ZONE, utc
from roomdisplay.connectors.cronofy.events import decode, picture

BASE: dict[str, Any] = {
    "calendar_id": "cal_1",
    "event_uid": "evt_external_1",
    "summary": "Planning",
    "start": {"time": "2026-11-23T10:00:00+01:00", "tzid": "Europe/Berlin"},
    "end": {"time": "2026-11-23T11:00:00+01:00", "tzid": "Europe/Berlin"},
    "organizer": {"email": "ada@example.com", "display_name": "Ada Lovelace"},
    "transparency": "opaque",
    "status": "confirmed",
    "participation_status": "accepted",
    "event_private": False,
}


def read(*events: Any, window: Window = WINDOW, zone: str = ZONE) -> Picture:
    raws = [msgspec.Raw(json.dumps(one).encode()) for one in events]
    return picture(map(decode, raws), window, zone)


def only(**changed: Any) -> Occurrence:
    (one,) = read(BASE | changed).occurrences
    return one


SHAPES = [
    {"time": "2026-11-23T10:00:00+01:00", "tzid": "Europe/Berlin"},
    {"time": "2026-11-23T10:00:00", "tzid": "Europe/Berlin"},
    {"time": "2026-11-23T09:00:00Z"},
    "2026-11-23T09:00:00Z",
    "2026-11-23t09:00:00z",
    "2026-11-23T09:00:00.000Z",
    "2026-11-23T09:00:00",
    "2026-11-23T04:00:00-05:00",
]


@pytest.mark.parametrize("shape", SHAPES)
def test_all_shapes_of_a_time(shape: Any) -> None:
    assert only(start=shape).start == utc(23, 9)


@pytest.mark.parametrize("wrap", [lambda day: day, lambda day: {"time": day, "tzid": "Asia/Tokyo"}])
def test_whole_days_are_the_rooms(wrap: Any) -> None:
    one = only(start=wrap("2026-11-24"), end=wrap("2026-11-26"))
    assert one.all_day
    assert (one.start, one.end) == (utc(23, 23), utc(25, 23))


def test_a_day_that_ends_on_itself_is_that_day() -> None:
    one = only(start="2026-11-24", end="2026-11-24")
    assert (one.start, one.end) == (utc(23, 23), utc(24, 23))


def test_the_day_of_the_clock_change_has_25_hours() -> None:
    window = Window(datetime(2026, 10, 24, tzinfo=UTC), datetime(2026, 10, 27, tzinfo=UTC))
    (one,) = read(BASE | {"start": "2026-10-25", "end": "2026-10-26"}, window=window).occurrences
    assert one.end - one.start == timedelta(hours=25)


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001 - local
    st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu"]),
)
def test_a_local_time_is_read_back(local: datetime, zone: str) -> None:
    moment = local.replace(microsecond=0, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    told = {"time": moment.astimezone(ZoneInfo(zone)).isoformat(), "tzid": zone}
    window = Window(moment - timedelta(hours=1), moment + timedelta(hours=1))
    found = read(BASE | {"start": told, "end": told}, window=window)
    assert [one.start for one in found.occurrences] == [moment]


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_any_json_in_place_of_a_time_is_counted_or_read(day: date) -> None:
    found = read(BASE | {"start": day.isoformat()[:-1]})
    assert (found.unreadable, found.occurrences) == (1, ())


@pytest.mark.parametrize("start", [None, "", "soon", 7, [], "9999-99-99", "2026-11-23T99:00:00Z"])
def test_a_start_that_cannot_be_read_is_never_free(start: object) -> None:
    found = read(BASE | {"start": start}, BASE | {"event_uid": "other"})
    assert len(found.occurrences) == 1
    assert found.unreadable == 1
    assert found.warnings


def test_what_takes_no_room_needs_no_start() -> None:
    assert read(BASE | {"start": "soon", "status": "cancelled"}).unreadable == 0


@pytest.mark.parametrize("end", [None, "", "later", "2026-11-23T08:00:00Z"])
def test_an_end_that_makes_no_sense_is_an_hour(end: object) -> None:
    found = read(BASE | {"end": end})
    assert [(one.start, one.end) for one in found.occurrences] == [(utc(23, 9), utc(23, 10))]
    assert found.warnings


@pytest.mark.parametrize(
    "odd",
    [
        {"location": "a text"},
        {"organizer": ["Ada"]},
        {"summary": 7},
        {"event_private": "yes"},
        {"options": {"update": "perhaps"}},
    ],
)
def test_an_odd_event_takes_the_room_without_a_word(odd: dict[str, object]) -> None:
    found = read(BASE | odd, BASE | {"event_uid": "other", "summary": "Next"})
    assert [one.private for one in found.occurrences] == [True, False]
    assert [one.title for one in found.occurrences] == [None, "Next"]


@pytest.mark.parametrize("raw", [7, None, [], {}, {"start": "2026-11-23T09:00:00Z"}])
def test_what_is_no_event_is_counted(raw: object) -> None:
    assert read(raw).unreadable == 1


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"status": "cancelled"}, "cancelled"),
        ({"deleted": True}, "cancelled"),
        ({"participation_status": "declined"}, "declined"),
        ({"transparency": "transparent"}, "free_time"),
    ],
)
def test_what_takes_no_room(changed: dict[str, object], reason: str) -> None:
    found = read(BASE | changed)
    assert found.occurrences == ()
    assert [one.reason for one in found.left_out] == [reason]


@pytest.mark.parametrize("status", ["needs_action", "tentative", "unknown", "accepted", None])
def test_in_doubt_the_room_is_taken(status: str | None) -> None:
    assert only(participation_status=status, status="tentative").start == utc(23, 9)


def test_the_organisers_name_is_no_title() -> None:
    one = only(summary=" ada lovelace ")
    assert (one.title, one.organizer) == (None, "Ada Lovelace")
    assert only(summary="Ada Lovelace: budget").title == "Ada Lovelace: budget"


def test_an_organiser_without_a_name() -> None:
    assert only(organizer={"email": "ada@example.com"}).organizer == "ada@example.com"
    assert only(organizer=None).organizer is None


def test_links_in_their_order() -> None:
    one = only(
        conferencing={"provider_name": "zoom", "join_url": "https://zoom.us/j/1?pwd=x"},
        meeting_url="https://teams.microsoft.com/l/1",
    )
    assert one.structured_links == ("https://zoom.us/j/1?pwd=x", "https://teams.microsoft.com/l/1")
    assert only(meeting_url="javascript:alert(1)").structured_links == ()
    assert only(meeting_url="https://x/" + "y" * 9000).structured_links == ()


def test_long_texts_are_cut() -> None:
    one = only(summary="x" * 99_999, description="y" * 999_999)
    assert one.title is not None
    assert one.body_text is not None
    assert (len(one.title), len(one.body_text)) == (2000, 256_000)


def test_an_event_that_moved_between_two_pages_is_told_once() -> None:
    later = {"start": "2026-11-23T13:00:00Z", "end": "2026-11-23T14:00:00Z"}
    old = BASE | {"updated": "2026-11-22T08:00:00Z"}
    new = BASE | later | {"updated": "2026-11-22T09:00:00Z"}
    for order in ((old, new), (new, old)):
        (one,) = read(*order).occurrences
        assert one.start == utc(23, 13)


def test_occurrences_that_share_an_id_are_told_apart() -> None:
    days = [
        BASE
        | {"recurring": True, "start": f"2026-11-{d}T09:00:00Z", "end": f"2026-11-{d}T10:00:00Z"}
        for d in (23, 24, 25)
    ]
    found = read(*days, days[0]).occurrences
    assert [one.start for one in found] == [utc(23, 9), utc(24, 9), utc(25, 9)]
    assert len({one.source_id for one in found}) == 3
