"""The connector contract over the simulated Exchange, with NTLM and with Basic."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from exchangebench import ACCOUNT, ORGANISER, ROOM, WRONG, Exchange
from simulators.organisation import Draft
from simulators.organisation.from_ical import put_ical

from roomdisplay.connectors.base import Connector
from roomdisplay.connectors.contract import ConnectorContract
from roomdisplay.connectors.contract_faults import FaultContract, FaultStage
from roomdisplay.connectors.contract_writing import WritingContract, WritingStage

PAGE = b"<!DOCTYPE html><html><body>Sign in</body></html>"


class ExchangeStage(FaultStage, WritingStage):
    def __init__(self, exchange: Exchange, closed_port: int, sign_in: str) -> None:
        self.exchange = exchange
        self._closed = f"https://127.0.0.1:{closed_port}"
        self._sign_in = sign_in
        self._last = ""

    async def connector(self) -> Connector:
        return self.exchange.connector(sign_in=self._sign_in)

    async def rejected(self) -> Connector:
        return self.exchange.connector(WRONG, sign_in=self._sign_in)

    async def unreachable(self) -> tuple[Connector, str]:
        return self.exchange.connector(server=self._closed), ROOM

    async def address(self) -> str:
        return ROOM

    async def put(self, objects: Mapping[str, str]) -> None:
        put_ical(self.exchange.room, objects)

    async def lose_calendar(self) -> None:
        self.exchange.company.remove_mailbox(ROOM)

    async def answer_nonsense(self) -> None:
        self.exchange.server.faults.order("FindItem|GetItem", status=200, body=PAGE, times=99)

    async def throttle(self, pause: timedelta) -> None:
        milliseconds = pause // timedelta(milliseconds=1)
        self.exchange.server.busy.order("FindItem", back_off=milliseconds)

    async def revoke(self) -> None:
        self.exchange.company.mailbox(ACCOUNT).password = "another"
        self.exchange.server.sign_in.forget_connections()

    async def expire_cursors(self) -> None:
        """A cursor is a hash: the server does not know it."""

    async def cut_pages(self) -> None:
        self.exchange.server.faults.order("GetItem", lost=True)

    async def lose_an_answer(self) -> None:
        self.exchange.server.faults.order("CreateItem", lost=True)

    async def invite(self, start: datetime, end: datetime, title: str = "Invited") -> str:
        draft = Draft(subject=title, start=start, end=end, rooms=(ROOM,))
        self._last = self.exchange.company.invite(ORGANISER, draft)
        return self._last

    async def accepted(self, meeting: str) -> bool:
        return self.exchange.company.answer_of(meeting, ROOM) == "accepted"

    async def was_declined(self) -> bool:
        return self.exchange.company.answer_of(self._last, ROOM) == "declined"

    async def cancel(self, meeting: str) -> None:
        self.exchange.company.cancel(meeting)


class TestExchange(ConnectorContract, FaultContract, WritingContract):
    @pytest.fixture
    async def stage(self, closed_port: int) -> AsyncIterator[Any]:
        async with Exchange().running() as exchange:
            yield ExchangeStage(exchange, closed_port, "ntlm")
