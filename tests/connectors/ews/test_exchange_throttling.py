"""Pauses that Exchange asks for, in all shapes, and other answers that are not what was asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from exchangebench import ACCOUNT, ROOM, Exchange
from simulators.organisation.from_ical import put_ical

from roomdisplay.connectors.base import (
    ConnectorError,
    MalformedAnswerError,
    Picture,
    ThrottledError,
    UnavailableError,
)
from roomdisplay.connectors.contract import PLAIN, WINDOW

BOARD = "board@example.com"


@pytest.fixture
async def exchange() -> AsyncIterator[Exchange]:
    async with Exchange().running() as one:
        one.company.add_room(BOARD, "Board", room_list="Building 1")
        put_ical(one.room, {"plain": PLAIN})
        yield one


@pytest.mark.parametrize("shape", ["message", "fault", "inner"])
async def test_the_servers_own_pause(exchange: Exchange, shape: str) -> None:
    exchange.server.busy.order("FindItem", shape=shape, back_off=297_749)
    with pytest.raises(ThrottledError) as caught:
        await exchange.connector().read(ROOM, WINDOW)
    expected = timedelta(seconds=297.749 if shape != "inner" else 60)
    assert abs(caught.value.retry_after - expected) < timedelta(
        seconds=300 if shape == "inner" else 1
    )


async def test_a_web_servers_pause(exchange: Exchange) -> None:
    exchange.server.faults.order("FindItem", status=503, headers={"retry-after": "17"})
    with pytest.raises(ThrottledError) as caught:
        await exchange.connector().read(ROOM, WINDOW)
    assert caught.value.retry_after == timedelta(seconds=17)


async def test_overload_without_a_pause(exchange: Exchange) -> None:
    exchange.server.busy.order("FindItem", shape="unavailable", back_off=None)
    with pytest.raises((UnavailableError, ThrottledError)):
        await exchange.connector().read(ROOM, WINDOW)


@pytest.mark.parametrize("milliseconds", [0, 10**9])
async def test_absurd_pauses_are_bounded(exchange: Exchange, milliseconds: int) -> None:
    exchange.server.busy.order("FindItem", back_off=milliseconds)
    with pytest.raises(ThrottledError) as caught:
        await exchange.connector().read(ROOM, WINDOW)
    assert timedelta(seconds=1) <= caught.value.retry_after <= timedelta(hours=1)


async def test_one_mailbox_pauses_and_the_others_go_on(exchange: Exchange) -> None:
    exchange.server.busy.order("FindItem", back_off=60_000)
    connector = exchange.connector()
    with pytest.raises(ThrottledError):
        await connector.read(ROOM, WINDOW)
    asked = len(exchange.server.calls)
    with pytest.raises(ThrottledError) as caught:
        await connector.read(ROOM, WINDOW)
    assert len(exchange.server.calls) == asked, "it was left in peace"
    assert timedelta(seconds=50) < caught.value.retry_after <= timedelta(seconds=60)
    assert isinstance(await connector.read(BOARD, WINDOW), Picture)


async def test_a_delegates_budget_is_the_accounts(exchange: Exchange) -> None:
    for room in (ROOM, BOARD):
        exchange.server.rights.share_calendar(room, ACCOUNT, "Editor")
    connector = exchange.connector(access="delegate")
    assert isinstance(await connector.read(BOARD, WINDOW), Picture)
    exchange.server.busy.order("FindItem", back_off=60_000)
    for room in (ROOM, BOARD):
        with pytest.raises(ThrottledError):
            await connector.read(room, WINDOW)


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (500, b"Server Error in '/EWS' Application", UnavailableError),
        (502, b"", UnavailableError),
        (440, b"", MalformedAnswerError),
        (200, b"", MalformedAnswerError),
        (200, b"<?xml version='1.0'?><html/>", MalformedAnswerError),
        (
            200,
            b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
            MalformedAnswerError,
        ),
        (500, b"<?xml version='1.0'?><s:Envelope", MalformedAnswerError),
    ],
)
async def test_answers_that_are_none(
    exchange: Exchange, status: int, body: bytes, expected: type[ConnectorError]
) -> None:
    exchange.server.faults.order("FindItem", status=status, body=body)
    with pytest.raises(expected):
        await exchange.connector().read(ROOM, WINDOW)


async def test_half_a_view_is_an_error(exchange: Exchange) -> None:
    connector = exchange.connector()
    first = await connector.read(ROOM, WINDOW)
    assert isinstance(first, Picture)
    whole = next(
        one
        for one in exchange.server.traffic
        if b"FindItemResponse" in one and b"CalendarItem" in one
    )
    for cut in (len(whole) // 2, whole.index(b"</t:CalendarItem>"), len(whole) - 5):
        exchange.server.faults.order("FindItem", status=200, body=whole[:cut])
        with pytest.raises(MalformedAnswerError):
            await connector.read(ROOM, WINDOW, first.cursor)
