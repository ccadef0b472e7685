"""An ordinary company: organisers invite rooms, which answer and keep their own copies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulators.organisation import (
    Draft,
    Item,
    Mailbox,
    Organisation,
    Processing,
    Recurrence,
)
from simulators.organisation.from_ical import put_ical
from simulators.organisation.item import expand

from roomdisplay.connectors.contract import PLAIN, berlin, event

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
ADA, GRACE = "ada@example.org", "grace@example.org"
BLUE, RED = "blue@example.org", "red@example.org"


def at(hour: float, day: int = 0) -> datetime:
    return MONDAY + timedelta(days=day, hours=hour)


@pytest.fixture
def company() -> Organisation:
    made = Organisation("Europe/Berlin", lambda: MONDAY)
    made.add_person(ADA, "Ada Lovelace")
    made.add_person(GRACE, "Grace Hopper")
    made.add_room(BLUE, "Blue", room_list="North", capacity=8)
    made.add_room(RED, "Red", room_list="North", processing=Processing(delete_subject=False))
    return made


def week(mailbox: Mailbox) -> list[tuple[str, datetime, datetime]]:
    found = mailbox.view(at(0), at(0, 7))
    return [(one.item.subject, one.start, one.end) for one in found if not one.item.cancelled]


def draft(start: float = 9, end: float = 10, **more: object) -> Draft:
    kept = {"subject": "Plan", "start": at(start), "end": at(end), "rooms": [BLUE], **more}
    return Draft(**kept)  # type: ignore[arg-type]  # spelt out above


def test_a_room_from_the_list_accepts_and_keeps_its_own_copy(company: Organisation) -> None:
    assert company.room_lists["north@example.org"].rooms == [BLUE, RED]
    uid = company.invite(ADA, draft(body="Secret agenda", sensitivity="private"))
    assert company.answer_of(uid, BLUE) == "accepted"
    copy = company.mailbox(BLUE).by_uid(uid)
    assert copy is not None
    assert (copy.subject, copy.body, copy.sensitivity) == ("Ada Lovelace", "", "normal")
    assert (copy.location, copy.response, copy.is_organizer) == ("Blue", "accepted", False)
    original = company.mailbox(ADA).by_uid(uid)
    assert original is not None
    assert (original.subject, original.body, original.sensitivity) == (
        "Plan",
        "Secret agenda",
        "private",
    )


def test_the_organisers_name_stands_before_a_subject_that_is_kept(company: Organisation) -> None:
    company.invite(ADA, draft(rooms=[RED]))
    assert week(company.mailbox(RED))[0][0] == "Ada Lovelace Plan"


def test_a_conflict_is_declined_and_leaves_nothing(company: Organisation) -> None:
    company.invite(ADA, draft(9, 10))
    beside = company.invite(GRACE, draft(10, 11))
    across = company.invite(GRACE, draft(9.5, 10.5))
    assert company.answer_of(beside, BLUE) == "accepted"
    assert company.answer_of(across, BLUE) == "declined"
    assert company.mailbox(BLUE).by_uid(across) is None


def test_a_meeting_that_moves_keeps_its_id(company: Organisation) -> None:
    uid = company.invite(ADA, draft(9, 10))
    room = company.mailbox(BLUE)
    before = room.by_uid(uid)
    company.move(uid, at(14), at(15))
    after = room.by_uid(uid)
    assert before is not None
    assert after is not None
    assert after.id == before.id
    assert after.change_key != before.change_key
    assert week(room) == [("Ada Lovelace", at(14), at(15))]


def test_a_move_onto_another_meeting_is_declined_and_gives_the_room_up(
    company: Organisation,
) -> None:
    company.invite(ADA, draft(9, 10))
    uid = company.invite(GRACE, draft(11, 12))
    company.move(uid, at(9), at(10))
    assert company.answer_of(uid, BLUE) == "declined"
    assert week(company.mailbox(BLUE)) == [("Ada Lovelace", at(9), at(10))]
    company.move(uid, at(12), at(13))
    assert company.answer_of(uid, BLUE) == "accepted"


def test_one_of_a_series_is_cancelled_and_another_moves(company: Organisation) -> None:
    uid = company.invite(ADA, draft(recurrence=Recurrence("FREQ=DAILY;COUNT=4")))
    company.cancel(uid, occurrence=at(9, 1))
    company.move(uid, at(15, 2), at(16, 2), occurrence=at(9, 2))
    starts = [start for _, start, _ in week(company.mailbox(BLUE))]
    assert starts == [at(9), at(15, 2), at(9, 3)]
    kept = [one for one in company.mailbox(BLUE).view(at(0, 1), at(0, 2)) if one.item.cancelled]
    assert [one.item.subject for one in kept] == ["Canceled: Ada Lovelace"]


def test_one_of_a_series_moved_onto_another_meeting_is_declined_alone(
    company: Organisation,
) -> None:
    uid = company.invite(ADA, draft(recurrence=Recurrence("FREQ=DAILY;COUNT=3")))
    company.invite(GRACE, draft(15, 16))
    company.move(uid, at(15), at(16), occurrence=at(9))
    assert company.answer_of(uid, BLUE) == "accepted"
    assert company.answer_of(uid, BLUE, occurrence=at(9)) == "declined"
    starts = [start for _, start, _ in week(company.mailbox(BLUE))]
    assert starts == [at(15), at(9, 1), at(9, 2)]
    company.move(uid, at(11, 1), at(12, 1), occurrence=at(9, 1))
    assert company.answer_of(uid, BLUE, occurrence=at(9, 1)) == "accepted"
    company.move(uid, at(13), at(14), occurrence=at(9))
    assert company.answer_of(uid, BLUE, occurrence=at(9)) == "accepted"
    starts = [start for _, start, _ in week(company.mailbox(BLUE))]
    assert starts == [at(13), at(15), at(11, 1), at(9, 2)]


@pytest.mark.parametrize("removed", [True, False])
def test_a_cancelled_meeting_frees_its_time(company: Organisation, *, removed: bool) -> None:
    room = company.mailbox(BLUE)
    room.processing = Processing(remove_cancelled=removed)
    uid = company.invite(ADA, draft())
    company.cancel(uid)
    assert (room.by_uid(uid) is None) is removed
    assert company.answer_of(company.invite(GRACE, draft()), BLUE) == "accepted"


def test_a_room_that_does_not_answer_keeps_the_meeting_tentatively(company: Organisation) -> None:
    room = company.mailbox(BLUE)
    room.processing = Processing(auto_accept=False)
    uid = company.invite(ADA, draft())
    copy = room.by_uid(uid)
    assert company.answer_of(uid, BLUE) == "none"
    assert copy is not None
    assert (copy.response, copy.show_as) == ("none", "tentative")


def test_changes_are_told_and_remembered_in_order(company: Organisation) -> None:
    room = company.mailbox(BLUE)
    heard: list[str] = []
    room.on_change.append(lambda _, change: heard.append(change.kind))
    uid = company.invite(ADA, draft())
    seen = room.version
    company.move(uid, at(11), at(12))
    copy = room.by_uid(uid)
    assert copy is not None
    room.remove(copy.id)
    assert heard == ["created", "updated", "deleted"]
    assert [(one.kind, one.item_id) for one in room.changes_since(seen)] == [
        ("updated", copy.id),
        ("deleted", copy.id),
    ]


def test_events_from_icalendar_are_exactly_those(company: Organisation) -> None:
    room = company.mailbox(BLUE)
    series = event(
        "series",
        berlin("20261102T090000"),
        berlin("20261102T093000"),
        "RRULE:FREQ=DAILY;UNTIL=20261126T080000Z",
        "EXDATE;TZID=Europe/Berlin:20261124T090000",
    ) + event(
        "series",
        berlin("20261125T160000"),
        berlin("20261125T170000"),
        "RECURRENCE-ID;TZID=Europe/Berlin:20261125T090000",
    )
    day = event("day", ";VALUE=DATE:20261124", ";VALUE=DATE:20261126", title="Fair")
    put_ical(room, {"plain": PLAIN, "series": series, "day": day})
    assert [(subject, start) for subject, start, _ in week(room)] == [
        ("Planning", at(8)),
        ("Planning", at(9)),
        ("Fair", at(23)),
        ("Planning", at(15, 2)),
        ("Planning", at(8, 3)),
    ]
    version = room.version
    put_ical(room, {"plain": PLAIN, "series": series})
    assert [one.kind for one in room.changes_since(version)] == ["deleted"]


def test_what_is_found_by_id_is_what_the_view_shows(company: Organisation) -> None:
    room = company.mailbox(BLUE)
    company.invite(ADA, draft(recurrence=Recurrence("FREQ=DAILY;COUNT=4")))
    for one in room.view(at(0), at(0, 7)):
        assert room.find(one.id) == one
        assert room.find(one.id.replace("T09", "T10").replace("T08", "T10")) is None


@given(
    days=st.integers(-400, 400),
    hours=st.integers(1, 60),
    length=st.integers(0, 49),
    rule=st.sampled_from(["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,WE", "FREQ=MONTHLY", None]),
)
def test_every_view_shows_what_a_wider_one_shows_of_it(
    days: int, hours: int, length: int, rule: str | None
) -> None:
    room = Organisation("Europe/Berlin", lambda: MONDAY).add_room(BLUE, "Blue")
    start = at(7, -2)
    recurrence = Recurrence(rule) if rule else None
    zone = "Europe/Berlin"
    end = start + timedelta(hours=length)
    room.add(Item(start=start, end=end, zone=zone, recurrence=recurrence))
    begin = at(0, days)
    end = begin + timedelta(hours=hours)
    wide = room.view(begin - timedelta(days=9), end + timedelta(days=9))
    assert room.view(begin, end) == [one for one in wide if one.overlaps(begin, end)]


@given(
    wishes=st.lists(
        st.tuples(
            st.integers(0, 60),
            st.integers(1, 8),
            st.sampled_from([None, "FREQ=DAILY;COUNT=3", "FREQ=WEEKLY;COUNT=2"]),
        ),
        max_size=8,
    )
)
def test_a_room_never_accepts_two_at_once_and_declines_for_a_reason(
    wishes: list[tuple[int, int, str | None]],
) -> None:
    company = Organisation("UTC", lambda: MONDAY)
    company.add_person(ADA, "Ada Lovelace")
    room = company.add_room(BLUE, "Blue")
    for hour, length, rule in wishes:
        recurrence = Recurrence(rule) if rule else None
        wish = draft(hour, hour + length, recurrence=recurrence)
        before = room.view(at(0), at(0, 30))
        uid = company.invite(ADA, wish)
        asked = company.mailbox(ADA).by_uid(uid)
        assert asked is not None
        wanted = expand(asked, at(0), at(0, 30))
        meets = any(one.overlaps(other.start, other.end) for one in wanted for other in before)
        assert company.answer_of(uid, BLUE) == ("declined" if meets else "accepted")
    ends = [one.end for one in room.view(at(0), at(0, 30))]
    starts = [one.start for one in room.view(at(0), at(0, 30))]
    assert all(end <= start for end, start in zip(ends, starts[1:], strict=False))
