"""Streaming notifications: told at once, through lost connections and forgotten subscriptions."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import pytest
from exchangebench import ACCOUNT, ROOM, WRONG, Exchange
from simulators.organisation.from_ical import put_ical

from roomdisplay.connectors.base import ConnectorError, CredentialsRejectedError, Push
from roomdisplay.connectors.contract import berlin, event
from roomdisplay.connectors.ews.connector import ExchangeConnector
from roomdisplay.connectors.push import StreamingConnector

BOARD, NOWHERE = "board@example.com", "nowhere@example.com"


class Ear:
    """Listens, and tells what it heard."""

    def __init__(self, connector: ExchangeConnector, *addresses: str) -> None:
        assert isinstance(connector, StreamingConnector)
        assert connector.capabilities.push is Push.STREAM
        self.heard: asyncio.Queue[str] = asyncio.Queue()
        self.refused: dict[str, ConnectorError] = {}
        self._connector = connector
        self._addresses = addresses
        self.task: asyncio.Task[None] | None = None

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[Ear]:
        self.task = asyncio.create_task(
            self._connector.listen(
                self._addresses,
                self.heard.put_nowait,
                self.refused.__setitem__,
            )
        )
        try:
            yield self
        finally:
            self.task.cancel()
            await asyncio.wait({self.task})

    async def next(self, seconds: float = 10) -> str:
        return await asyncio.wait_for(self.heard.get(), seconds)


@pytest.fixture
async def exchange() -> AsyncIterator[Exchange]:
    async with Exchange().running() as one:
        one.company.add_room(BOARD, "Board", room_list="Building 1")
        one.server.streams.heartbeat = 0.2
        yield one


def change(exchange: Exchange, uid: str = "plain") -> None:
    start, end = berlin("20261123T100000"), berlin("20261123T110000")
    put_ical(exchange.room, {uid: event(uid, start, end)})


async def test_a_change_is_heard_once_and_soon(exchange: Exchange) -> None:
    async with Ear(exchange.connector(), ROOM, BOARD).listening() as ear:
        assert {await ear.next(), await ear.next()} == {ROOM, BOARD}
        begun = time.monotonic()
        change(exchange)
        assert await ear.next() == ROOM
        assert time.monotonic() - begun < 1.5
        put_ical(exchange.room, {})
        assert await ear.next() == ROOM
        assert ear.heard.empty()
    assert len(exchange.server.streams.subscriptions) == 2


async def test_a_lost_connection_marks_all_as_changed(exchange: Exchange) -> None:
    async with Ear(exchange.connector(), ROOM, BOARD).listening() as ear:
        assert {await ear.next(), await ear.next()} == {ROOM, BOARD}
        subscribed = set(exchange.server.streams.subscriptions)
        exchange.server.streams.cut()
        assert {await ear.next(), await ear.next()} == {ROOM, BOARD}
        change(exchange)
        assert await ear.next() == ROOM
        assert set(exchange.server.streams.subscriptions) == subscribed


async def test_forgotten_subscriptions_are_made_anew(exchange: Exchange) -> None:
    async with Ear(exchange.connector(), ROOM).listening() as ear:
        assert await ear.next() == ROOM
        exchange.server.streams.subscriptions.clear()
        exchange.server.streams.cut()
        assert await ear.next() == ROOM
        change(exchange)
        while await ear.next() != ROOM:
            pass
        assert len(exchange.server.streams.subscriptions) == 1


async def test_a_room_that_goes_away_does_not_silence_the_others(exchange: Exchange) -> None:
    async with Ear(exchange.connector(), ROOM, BOARD).listening() as ear:
        assert {await ear.next(), await ear.next()} == {ROOM, BOARD}
        exchange.company.remove_mailbox(ROOM)
        exchange.server.streams.cut()
        assert await ear.next() in {ROOM, BOARD}
        while ROOM not in ear.refused:
            await ear.next()
        put_ical(
            exchange.company.mailbox(BOARD),
            {"x": event("x", berlin("20261123T100000"), berlin("20261123T110000"))},
        )
        while await ear.next() != BOARD:
            pass


async def test_what_cannot_be_listened_to_is_refused(exchange: Exchange) -> None:
    async with Ear(exchange.connector(), ROOM, NOWHERE, "nonsense").listening() as ear:
        assert await ear.next() == ROOM
        assert set(ear.refused) == {NOWHERE, "nonsense"}
        change(exchange)
        assert await ear.next() == ROOM


async def test_a_rejected_password_refuses_all_and_is_sent_once(exchange: Exchange) -> None:
    ear = Ear(exchange.connector(WRONG), ROOM, BOARD)
    async with ear.listening():
        assert ear.task is not None
        await asyncio.wait_for(asyncio.shield(ear.task), 10)
    assert set(ear.refused) == {ROOM, BOARD}
    assert all(isinstance(one, CredentialsRejectedError) for one in ear.refused.values())
    assert exchange.server.sign_in.tries == [ACCOUNT]


async def test_ends_promptly(exchange: Exchange) -> None:
    ear = Ear(exchange.connector(), ROOM)
    async with ear.listening():
        assert await ear.next() == ROOM
        begun = time.monotonic()
    assert time.monotonic() - begun < 1


async def test_reads_while_it_streams(exchange: Exchange) -> None:
    connector = exchange.connector()
    async with Ear(connector, ROOM).listening() as ear:
        assert await ear.next() == ROOM
        await asyncio.wait_for(connector.check(), 5)
        await asyncio.gather(*(connector.list_calendars() for _ in range(12)))


async def test_more_rooms_than_one_connection_bears(exchange: Exchange) -> None:
    rooms = [f"room-{number}@example.com" for number in range(205)]
    for address in rooms:
        exchange.company.add_room(address, address)
    async with Ear(exchange.connector(), *rooms).listening() as ear:
        assert {await ear.next(30) for _ in rooms} == set(rooms)
        assert not ear.refused
        change(exchange)
        put_ical(exchange.company.mailbox(rooms[-1]), {})
        put_ical(
            exchange.company.mailbox(rooms[-1]),
            {"x": event("x", berlin("20261123T100000"), berlin("20261123T110000"))},
        )
        assert await ear.next() == rooms[-1]
    streams = [name for name, _ in exchange.server.calls if name == "GetStreamingEvents"]
    assert len(streams) == 2
