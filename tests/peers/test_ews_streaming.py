"""exchangelib hears of changes at the simulated Exchange server as at a real one."""

import asyncio
import threading
from collections.abc import AsyncIterator
from datetime import timedelta

import exchangelib
import pytest
from exchangelib import errors
from exchangepeer import BLUE, RED, Exchange, exchange, failure, off_loop

EVENTS = ("CreatedEvent", "ModifiedEvent", "DeletedEvent", "MovedEvent")


@pytest.fixture
async def server() -> AsyncIterator[Exchange]:
    async with exchange() as running:
        yield running


class Ear:
    """A thread that listens, and what it heard: (name of the event, id of the item)."""

    def __init__(self, server: Exchange, ids: list[str]) -> None:
        self.heard: list[tuple[str, bool]] = []
        self.subscriptions: list[str] = []
        self.problem: Exception | None = None
        self._server, self._ids = server, ids
        self._loop, self.news = asyncio.get_running_loop(), asyncio.Event()
        self.thread = threading.Thread(target=self._listen)
        self.thread.start()

    def _listen(self) -> None:
        account = self._server.account()
        try:
            for told in account.calendar.get_streaming_events(self._ids, connection_timeout=1):
                self.subscriptions.append(told.subscription_id)
                for event in told.events:
                    self.heard.append((event.ELEMENT_NAME, event.event_type == event.ITEM))
                self._loop.call_soon_threadsafe(self.news.set)
        except Exception as problem:  # noqa: BLE001 -- the test looks at it
            self.problem = problem

    async def until_heard(self) -> None:
        async with asyncio.timeout(10):
            await self.news.wait()
        self.news.clear()

    async def ended(self) -> None:
        await off_loop(self.thread.join)


async def connected(server: Exchange) -> None:
    async with asyncio.timeout(10):
        while not server.simulator.streams.open_connections:
            await server.simulator.streams.opened.wait()


def subscribe(server: Exchange, address: str = BLUE) -> str:
    return server.account(address).calendar.subscribe_to_streaming(event_types=EVENTS)


async def test_each_change_is_told(server):
    blue = await off_loop(lambda: subscribe(server))
    red = await off_loop(lambda: subscribe(server, RED))
    ear = Ear(server, [blue, red])
    await connected(server)
    uid = server.invite()
    await ear.until_heard()
    assert ("CreatedEvent", True) in ear.heard
    assert set(ear.subscriptions) == {blue}
    start = server.organisation.organised(uid)[1].start + timedelta(hours=1)
    server.organisation.move(uid, start, start + timedelta(hours=1))
    await ear.until_heard()
    assert ("ModifiedEvent", True) in ear.heard
    mailbox = server.organisation.mailbox(BLUE)
    mailbox.remove(mailbox.by_uid(uid).id)
    await ear.until_heard()
    assert ("DeletedEvent", True) in ear.heard
    server.simulator.streams.close()
    await ear.ended()
    assert ear.problem is None
    await off_loop(lambda: server.account().calendar.unsubscribe(blue))
    assert list(server.simulator.streams.subscriptions) == [red]


async def test_what_happened_between_two_connections_is_told_or_lost(server):
    blue = await off_loop(lambda: subscribe(server))
    server.invite()
    ear = Ear(server, [blue])
    await ear.until_heard()
    server.simulator.streams.close()
    await ear.ended()
    server.simulator.streams.forgetful = True
    server.invite(rooms=[BLUE], start=server.organisation.clock() + timedelta(days=9),
                  end=server.organisation.clock() + timedelta(days=9, hours=1))  # fmt: skip
    server.simulator.streams.minute = 0.2
    again = Ear(server, [blue])
    await again.ended()
    assert (again.heard, again.problem) == ([], None)


async def test_ends_at_its_time_and_shows_signs_of_life(server):
    server.simulator.streams.minute, server.simulator.streams.heartbeat = 0.3, 0.05
    blue = await off_loop(lambda: subscribe(server))
    ear = Ear(server, [blue])
    await ear.ended()
    assert (ear.heard, ear.problem) == ([], None)
    assert server.simulator.streams.open_connections == 0


async def test_a_subscription_that_is_gone(server):
    blue = await off_loop(lambda: subscribe(server))
    server.simulator.streams.expire()
    ear = Ear(server, [blue])
    await ear.ended()
    assert isinstance(ear.problem, errors.ErrorSubscriptionNotFound)
    problem = await failure(lambda: server.account().calendar.unsubscribe(blue))
    assert isinstance(problem, errors.ErrorSubscriptionNotFound)


async def test_too_many_connections(server):
    server.simulator.streams.connections_allowed = 0
    blue = await off_loop(lambda: subscribe(server))
    ear = Ear(server, [blue])
    await ear.ended()
    assert isinstance(ear.problem, errors.ErrorExceededConnectionCount)


async def test_nobody_subscribes_to_a_room_out_of_reach(server):
    def ask():
        server.account(RED, access=exchangelib.DELEGATE).calendar.subscribe_to_streaming()

    assert isinstance(await failure(ask), errors.ErrorAccessDenied)


async def test_a_connection_serves_the_mailboxes_of_one_server_alone(server):
    server.simulator.streams.backends[RED] = "EXCH02"
    ids = [await off_loop(lambda one=one: subscribe(server, one)) for one in (BLUE, RED)]
    ear = Ear(server, ids)
    await ear.ended()
    assert isinstance(ear.problem, errors.ErrorSubscriptionNotFound)
    assert ids[1] in str(server.simulator.traffic[-1])
    server.simulator.streams.minute = 0.05

    def listen(address, one):
        exchangelib.close_connections()  # a session keeps the cookie of the last server
        told = server.account(address).calendar.get_streaming_events(one, connection_timeout=1)
        return list(told)

    for address, one in zip((BLUE, RED), ids, strict=True):
        assert await off_loop(lambda pair=(address, one): listen(*pair)) == []


async def test_too_many_subscriptions(server):
    server.simulator.streams.subscriptions_allowed = 1
    await off_loop(lambda: subscribe(server))
    problem = await failure(lambda: subscribe(server))
    assert isinstance(problem, errors.ErrorExceededSubscriptionCount)
