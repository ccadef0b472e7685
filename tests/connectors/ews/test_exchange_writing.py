"""Writing to rooms' calendars, beyond the contract: series, other people's meetings, races."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from exchangebench import ACCOUNT, NOW, ORGANISER, ROOM, Exchange
from simulators.organisation import Draft, Recurrence
from simulators.organisation.from_ical import put_ical

from roomdisplay.connectors.base import (
    CalendarGoneError,
    ConflictError,
    Occurrence,
    PermissionMissingError,
    Picture,
)
from roomdisplay.connectors.booking import Booking
from roomdisplay.connectors.contract import PLAIN, WINDOW, ZONE, berlin, event, spans, utc
from roomdisplay.connectors.ews.connector import ExchangeConnector

KEY = "6f1f2c1c-6d0c-4b52-9d0e-6f3d5f1f0a01"


@pytest.fixture
async def exchange() -> AsyncIterator[Exchange]:
    async with Exchange().running() as one:
        yield one


def wish(hour: int = 10, **fields: str) -> Booking:
    told = {"key": KEY, "title": "Ad hoc", "note": "At the door", **fields}
    return Booking(start=utc(23, hour), end=utc(23, hour + 1), **told)


async def shown(connector: ExchangeConnector) -> tuple[Occurrence, ...]:
    answer = await connector.read(ROOM, WINDOW, zone=ZONE)
    assert isinstance(answer, Picture)
    return answer.occurrences


async def test_a_booking_is_the_rooms_own_and_sends_nothing(exchange: Exchange) -> None:
    made = await exchange.connector().book(ROOM, wish(title="A & <b>\x07"))
    (item,) = exchange.room.items.values()
    assert item.subject == "A & <b> "
    assert item.body == "At the door"
    assert not item.attendees
    assert made.organizer is None
    assert KEY in item.properties.values()
    assert not exchange.company.mailbox(ACCOUNT).items


async def test_ends_touch_without_a_conflict(exchange: Exchange) -> None:
    put_ical(exchange.room, {"plain": PLAIN})  # nine to ten, UTC
    connector = exchange.connector()
    await connector.book(ROOM, wish(10))
    await connector.book(ROOM, wish(8, key="another"))
    assert len(await shown(connector)) == 3


async def test_a_free_meeting_is_in_nobodys_way(exchange: Exchange) -> None:
    start, end = berlin("20261123T110000"), berlin("20261123T120000")
    put_ical(exchange.room, {"free": event("free", start, end, "TRANSP:TRANSPARENT")})
    assert (await exchange.connector().book(ROOM, wish(10))).start == utc(23, 10)


async def test_an_all_day_meeting_is(exchange: Exchange) -> None:
    day = event("day", ";VALUE=DATE:20261123", ";VALUE=DATE:20261124")
    put_ical(exchange.room, {"day": day})
    with pytest.raises(ConflictError):
        await exchange.connector().book(ROOM, wish(10))


async def test_one_of_a_series_ends_alone(exchange: Exchange) -> None:
    rule = Recurrence("FREQ=DAILY;COUNT=3")
    draft = Draft(
        subject="Stand-up",
        start=utc(23, 9),
        end=utc(23, 10),
        rooms=(ROOM,),
        recurrence=rule,
        zone="Europe/Berlin",
    )
    exchange.company.invite(ORGANISER, draft)
    connector = exchange.connector()
    before = await shown(connector)
    await connector.end(ROOM, before[1].source_id, utc(24, 9, 20))
    after = await shown(connector)
    assert spans(after) == [
        (utc(23, 9), utc(23, 10)),
        (utc(24, 9), utc(24, 9, 20)),
        (utc(25, 9), utc(25, 10)),
    ]
    assert [one.source_id for one in after] == [one.source_id for one in before]


async def test_one_of_a_series_is_released_alone(exchange: Exchange) -> None:
    draft = Draft(
        subject="Stand-up",
        start=utc(23, 9),
        end=utc(23, 10),
        rooms=(ROOM,),
        recurrence=Recurrence("FREQ=DAILY;COUNT=3"),
        zone="Europe/Berlin",
    )
    exchange.company.invite(ORGANISER, draft)
    connector = exchange.connector()
    before = await shown(connector)
    await connector.release(ROOM, before[1].source_id, "Nobody came.")
    assert [one.start for one in await shown(connector)] == [utc(23, 9), utc(25, 9)]


async def test_another_process_finds_what_is_on_now(exchange: Exchange) -> None:
    made = await exchange.connector().book(ROOM, wish(10))
    exchange.now = utc(23, 10, 15)
    fresh = exchange.connector()  # has never read the room
    await fresh.end(ROOM, made.source_id, utc(23, 10, 20))
    assert spans(await shown(fresh)) == [(utc(23, 10), utc(23, 10, 20))]


async def test_never_ends_before_it_began(exchange: Exchange) -> None:
    connector = exchange.connector()
    made = await connector.book(ROOM, wish(10))
    await connector.end(ROOM, made.source_id, utc(23, 9))
    assert spans(await shown(connector)) == [(utc(23, 10), utc(23, 10))]


async def test_an_extension_that_meets_a_newcomer_is_taken_back(exchange: Exchange) -> None:
    connector = exchange.connector()
    made = await connector.book(ROOM, wish(10))
    later = event("later", berlin("20261123T121500"), berlin("20261123T130000"))

    def slip_in(mailbox: object, change: object) -> None:
        del mailbox, change
        exchange.room.on_change.remove(slip_in)
        _add(exchange, later)

    exchange.room.on_change.append(slip_in)
    with pytest.raises(ConflictError) as caught:
        await connector.change_end(ROOM, made.source_id, utc(23, 11, 30))
    assert caught.value.by is not None
    assert caught.value.by.start == utc(23, 11, 15)
    assert (await shown(connector))[0].end == utc(23, 11)


def _add(exchange: Exchange, lines: str) -> None:
    """One meeting more, beside those that are there."""
    scratch = exchange.company.add_person("scratch@example.com", "Scratch")
    put_ical(scratch, {"later": lines})
    (item,) = scratch.items.values()
    exchange.room.add(item)


async def test_who_may_only_read_is_told(exchange: Exchange) -> None:
    put_ical(exchange.room, {"plain": PLAIN})
    exchange.server.rights.share_calendar(ROOM, ACCOUNT, "Reviewer")
    connector = exchange.connector(access="delegate")
    with pytest.raises(PermissionMissingError):
        await connector.book(ROOM, wish(11))
    (meeting,) = await shown(connector)
    with pytest.raises(PermissionMissingError):
        await connector.change_end(ROOM, meeting.source_id, meeting.end + timedelta(minutes=5))


async def test_a_room_that_is_none(exchange: Exchange) -> None:
    connector = exchange.connector()
    for address in ("nowhere@example.com", "nonsense"):
        with pytest.raises(CalendarGoneError):
            await connector.book(address, wish())
        with pytest.raises(CalendarGoneError):
            await connector.release(address, "x", "")
    assert exchange.now == NOW
