"""Booking and changing through the simulated service: races, rights and the service's moods."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import pytest
from graphbench import ADA, OTHER_ROOM, ROOM, Office
from simulators.organisation import Attendee, Draft, Item, Party, Recurrence

from roomdisplay.connectors.base import (
    CalendarGoneError,
    ConflictError,
    ConnectorError,
    Occurrence,
    PermissionMissingError,
    Picture,
    UnavailableError,
)
from roomdisplay.connectors.booking import Booking
from roomdisplay.connectors.contract import WINDOW, ZONE, spans, utc
from roomdisplay.connectors.graph.connector import GraphConnector

KEY = "6f1f2c1c-6d0c-4b52-9d0e-6f3d5f1f0a01"


TEN, ELEVEN = utc(23, 10), utc(23, 11)


def wish(start: datetime = TEN, end: datetime = ELEVEN) -> Booking:
    return Booking(key=KEY, start=start, end=end, title="Ad hoc", note="At the door")


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - the simulator's lists tell nobody when they grow
            await asyncio.sleep(0.001)


async def shown(connector: GraphConnector) -> tuple[Occurrence, ...]:
    picture = await connector.read(ROOM, WINDOW, zone=ZONE)
    assert isinstance(picture, Picture)
    return picture.occurrences


def own(office: Office) -> list[Item]:
    return list(office.organisation.mailbox(ROOM).items.values())


def put(office: Office, start: datetime, end: datetime, **fields: Any) -> Item:
    """Somebody else writes to the room's calendar, past the attendant."""
    return office.organisation.mailbox(ROOM).add(
        Item(
            subject="Rival",
            start=start,
            end=end,
            zone=ZONE,
            organizer=Party("Room 1", ROOM),
            **fields,
        )
    )


async def test_what_is_written_is_what_was_wished(office: Office) -> None:
    connector = office.connector()
    made = await connector.book(ROOM, wish())
    (item,) = own(office)
    assert (item.subject, item.body, item.show_as, item.transaction_id) == (
        "Ad hoc",
        "At the door",
        "busy",
        KEY,
    )
    assert (made.organizer, made.body_text) == (None, "At the door")


@pytest.mark.parametrize("mood", ["existing", "conflict"])
async def test_one_key_makes_one_meeting_in_either_mood(office: Office, mood: Any) -> None:
    office.simulator.writing.repeated = mood
    office.simulator.faults.order("calendar/calendarView$", status=200, body={"value": []})
    first = await office.connector().book(ROOM, wish())
    # The read before the second try does not show the first one yet.
    office.simulator.faults.order("calendar/calendarView$", status=200, body={"value": []})
    again = await office.connector().book(ROOM, wish())
    assert first.source_id == again.source_id
    assert len(own(office)) == 1


async def test_a_key_that_made_a_meeting_which_was_removed(office: Office) -> None:
    body = {"error": {"code": "ErrorDuplicateTransactionId", "message": ""}}
    office.simulator.faults.order("POST .*/events$", status=400, body=body)
    with pytest.raises(ConflictError):
        await office.connector().book(ROOM, wish())


async def test_who_wrote_first_stays(office: Office) -> None:
    """Somebody wrote between our look and our writing."""
    office.simulator.faults.order("calendar/calendarView$", status=200, body={"value": []})
    rival = put(office, utc(23, 10, 30), utc(23, 11, 30))
    with pytest.raises(ConflictError) as caught:
        await office.connector().book(ROOM, wish())
    assert caught.value.by is not None
    assert caught.value.by.title == "Rival"
    assert [one.id for one in own(office)] == [rival.id]


async def test_who_wrote_later_gives_way(office: Office) -> None:
    connector = office.connector()
    task = asyncio.ensure_future(connector.book(ROOM, wish()))
    mailbox = office.organisation.mailbox(ROOM)
    await until(lambda: mailbox.items)
    put(office, utc(23, 10), utc(23, 11))
    made = await task
    assert made.title == "Ad hoc"
    assert len(own(office)) == 2, "the later one has to see to itself"


async def test_a_loser_that_cannot_be_removed_is_told_to_try_again(office: Office) -> None:
    put(office, utc(23, 10), utc(23, 11))
    office.simulator.faults.order("calendar/calendarView$", status=200, body={"value": []})
    office.simulator.faults.order("DELETE", status=503)
    connector = office.connector()
    with pytest.raises(UnavailableError):
        await connector.book(ROOM, wish())
    assert len(own(office)) == 2
    with pytest.raises(ConflictError):
        await connector.book(ROOM, wish())
    assert len(own(office)) == 1


async def test_what_does_not_take_the_room_is_not_in_the_way(office: Office) -> None:
    put(office, utc(23, 9), utc(23, 10))
    put(office, utc(23, 10), utc(23, 11), show_as="free")
    put(office, utc(23, 10), utc(23, 11), cancelled=True)
    put(office, utc(23, 10, 30), utc(23, 10, 30))
    assert (await office.connector().book(ROOM, wish())).start == utc(23, 10)


async def test_a_whole_day_is_in_the_way(office: Office) -> None:
    connector = office.connector()
    await shown(connector)  # tells the room's zone
    put(office, utc(22, 23), utc(23, 23), all_day=True)
    with pytest.raises(ConflictError):
        await connector.book(ROOM, wish(utc(22, 23), utc(22, 23, 30)))


@pytest.mark.parametrize("what", ["book", "change_end", "release"])
async def test_reading_is_not_writing(office: Office, what: str) -> None:
    roles = office.application.exchange_roles
    roles["Calendars.Read"] = roles.pop("Calendars.ReadWrite")
    office.invite(utc(23, 10), utc(23, 11))
    connector = office.connector()
    (meeting,) = await shown(connector)
    writes: dict[str, Callable[[], Awaitable[object]]] = {
        "book": lambda: connector.book(ROOM, wish(utc(24, 10), utc(24, 11))),
        "change_end": lambda: connector.change_end(ROOM, meeting.source_id, utc(23, 10, 30)),
        "release": lambda: connector.release(ROOM, meeting.source_id, ""),
    }
    with pytest.raises(PermissionMissingError) as caught:
        await writes[what]()
    assert caught.value.diagnosis is not None
    assert caught.value.diagnosis.reason == "office365_write_missing"


async def test_somebody_changed_it_meanwhile(office: Office) -> None:
    connector = office.connector()
    made = await connector.book(ROOM, wish())
    body = {"error": {"code": "ErrorIrresolvableConflict", "message": ""}}
    office.simulator.faults.order("PATCH", status=412, body=body)
    with pytest.raises(ConflictError):
        await connector.change_end(ROOM, made.source_id, utc(23, 12))
    assert spans(await shown(connector)) == [(utc(23, 10), utc(23, 11))]


async def test_a_change_names_the_version_that_was_seen(office: Office) -> None:
    connector = office.connector()
    made = await connector.book(ROOM, wish())
    (item,) = own(office)
    office.simulator.faults.order("PATCH", delay=0.05)
    task = asyncio.ensure_future(connector.change_end(ROOM, made.source_id, utc(23, 12)))
    await until(lambda: office.simulator.faults.taken)
    office.organisation.mailbox(ROOM).update(item.id, subject="Changed")
    with pytest.raises(ConflictError):
        await task
    assert spans(await shown(connector)) == [(utc(23, 10), utc(23, 11))]


async def test_an_extension_that_was_overtaken_is_taken_back(office: Office) -> None:
    connector = office.connector()
    made = await connector.book(ROOM, wish())
    office.simulator.faults.order("PATCH", delay=0.05)
    task = asyncio.ensure_future(connector.change_end(ROOM, made.source_id, utc(23, 12)))
    await until(lambda: office.simulator.faults.taken)
    rival = put(office, utc(23, 11), utc(23, 12))
    with pytest.raises(ConflictError) as caught:
        await task
    assert caught.value.by is not None
    assert caught.value.by.title == "Rival"
    left = {one.id: one.end for one in own(office)}
    assert left.pop(rival.id) == utc(23, 12)
    assert list(left.values()) == [utc(23, 11)]


async def test_ends_that_make_no_sense(office: Office) -> None:
    connector = office.connector()
    made = await connector.book(ROOM, wish())
    for end in (utc(23, 10), utc(23, 9)):
        with pytest.raises(ConflictError):
            await connector.change_end(ROOM, made.source_id, end)
    assert (await connector.change_end(ROOM, made.source_id, utc(23, 11))).end == utc(23, 11)
    await connector.end(ROOM, made.source_id, utc(23, 12))
    assert spans(await shown(connector)) == [(utc(23, 10), utc(23, 11))]
    with pytest.raises(CalendarGoneError):
        await connector.end(ROOM, "unknown", utc(23, 12))


async def test_a_whole_day_has_no_end_to_change(office: Office) -> None:
    put(office, utc(22, 23), utc(23, 23), all_day=True)
    connector = office.connector()
    (day,) = await shown(connector)
    with pytest.raises(PermissionMissingError):
        await connector.end(ROOM, day.source_id, utc(23, 12))


async def test_one_of_a_series_is_changed_alone(office: Office) -> None:
    office.invite(utc(23, 8), utc(23, 9), recurrence=Recurrence("FREQ=DAILY;COUNT=3"))
    connector = office.connector()
    second = (await shown(connector))[1]
    changed = await connector.change_end(ROOM, second.source_id, utc(24, 8, 30))
    assert changed.source_id == second.source_id
    await connector.release(ROOM, (await shown(connector))[2].source_id, "Nobody came.")
    assert spans(await shown(connector)) == [
        (utc(23, 8), utc(23, 9)),
        (utc(24, 8), utc(24, 8, 30)),
    ]


async def test_a_meeting_grows_no_further_than_the_next_of_its_series(office: Office) -> None:
    office.invite(utc(23, 8), utc(23, 9), recurrence=Recurrence("FREQ=DAILY;COUNT=3"))
    connector = office.connector()
    first = (await shown(connector))[0]
    body = {"error": {"code": "ErrorOccurrenceCrossingBoundary", "message": ""}}
    office.simulator.faults.order("PATCH", status=400, body=body)
    with pytest.raises(ConflictError):
        await connector.change_end(ROOM, first.source_id, utc(23, 9, 30))


async def test_whom_the_room_invited_is_told_that_it_is_over(office: Office) -> None:
    put(
        office,
        utc(23, 10),
        utc(23, 11),
        attendees=(Attendee("Ada Lovelace", ADA, "required"),),
    )
    connector = office.connector()
    (meeting,) = await shown(connector)
    await connector.release(ROOM, meeting.source_id, "Nobody came.")
    assert any(one.endswith("/cancel") for one in office.simulator.requests)
    assert await shown(connector) == ()


async def test_an_organiser_who_wants_no_answers(office: Office) -> None:
    office.invite(utc(23, 10), utc(23, 11))
    body = {"error": {"code": "ErrorInvalidRequest", "message": "no response requested"}}
    office.simulator.faults.order("/decline$", status=400, body=body)
    connector = office.connector()
    (meeting,) = await shown(connector)
    await connector.release(ROOM, meeting.source_id, "Nobody came.")
    assert await shown(connector) == ()


async def test_another_process_finds_the_meeting(office: Office) -> None:
    made = await office.connector().book(ROOM, wish())
    changed = await office.connector().change_end(ROOM, made.source_id, utc(23, 12))
    assert changed.end == utc(23, 12)


async def test_rooms_are_apart(office: Office) -> None:
    connector = office.connector()
    made = await asyncio.gather(connector.book(ROOM, wish()), connector.book(OTHER_ROOM, wish()))
    assert [one.start for one in made] == [utc(23, 10)] * 2


async def test_a_booking_that_was_refused_left_nothing(office: Office) -> None:
    body = {"error": {"code": "ErrorInvalidRequest", "message": ""}}
    office.simulator.faults.order("POST .*/events$", status=400, body=body)
    with pytest.raises(ConnectorError):
        await office.connector().book(ROOM, wish())
    assert own(office) == []


async def test_the_organisers_own_meeting_stays_when_the_room_is_given_up(office: Office) -> None:
    meeting = office.organisation.invite(
        ADA, Draft(subject="Both", start=utc(23, 10), end=utc(23, 11), rooms=[ROOM, OTHER_ROOM])
    )
    connector = office.connector()
    (one,) = await shown(connector)
    await connector.release(ROOM, one.source_id, "Nobody came.")
    assert office.organisation.answer_of(meeting, ROOM) == "declined"
    assert office.organisation.answer_of(meeting, OTHER_ROOM) == "accepted"
