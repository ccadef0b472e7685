"""The connector contract over Radicale and Xandikos."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Self
from uuid import uuid4

import httpx
import pytest

from roomdisplay.connectors import registry
from roomdisplay.connectors.base import ConnectionSettings, Connector, Surroundings
from roomdisplay.connectors.contract import ConnectorContract, Stage, calendar

pytestmark = pytest.mark.server


class RealStage(Stage):
    can_answer_nonsense = False

    def __init__(self, base: str, home: str, closed_port: int, *, password: str) -> None:
        self.can_reject_credentials = bool(password)
        self._base = base
        self._password = password
        self._closed = f"http://127.0.0.1:{closed_port}/"
        self._collection = f"{base}{home}{uuid4().hex}/"
        auth = httpx.BasicAuth("ada", password) if password else None
        self._client = httpx.AsyncClient(auth=auth, trust_env=False)
        self._connectors: list[Connector] = []
        self._uids: set[str] = set()

    async def __aenter__(self) -> Self:
        answer = await self._client.request("MKCALENDAR", self._collection)
        assert answer.status_code == 201
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.request("DELETE", self._collection)
        await self._client.aclose()
        for connector in self._connectors:
            await connector.aclose()

    def _made(self, url: str, password: str) -> Connector:
        settings = ConnectionSettings(
            values={"url": url, "username": "ada" if password else ""},
            secrets={"password": password},
        )
        connector = registry.connect(
            "caldav", settings, Surroundings(clock=lambda: pytest.fail("no clock is needed"))
        )
        self._connectors.append(connector)
        return connector

    async def connector(self) -> Connector:
        return self._made(self._base, self._password)

    async def rejected(self) -> Connector:
        return self._made(self._base, "wrong-password")

    async def unreachable(self) -> tuple[Connector, str]:
        return self._made(self._closed, self._password), f"{self._closed}ada/room/"

    async def address(self) -> str:
        return self._collection

    async def put(self, objects: Mapping[str, str]) -> None:
        for uid in self._uids - objects.keys():
            answer = await self._client.delete(f"{self._collection}{uid}.ics")
            assert answer.is_success
        for uid, lines in objects.items():
            answer = await self._client.put(
                f"{self._collection}{uid}.ics",
                content=calendar([lines]),
                headers={"content-type": "text/calendar; charset=utf-8"},
            )
            assert answer.is_success, answer.text
        self._uids = set(objects)

    async def lose_calendar(self) -> None:
        assert (await self._client.request("DELETE", self._collection)).is_success


class TestRadicale(ConnectorContract):
    @pytest.fixture
    async def stage(self, radicale: str, closed_port: int) -> AsyncIterator[Stage]:
        async with RealStage(radicale, "/ada/", closed_port, password="secret") as stage:
            yield stage


class TestXandikos(ConnectorContract):
    @pytest.fixture
    async def stage(self, xandikos: str, closed_port: int) -> AsyncIterator[Stage]:
        async with RealStage(xandikos, "/user/calendars/", closed_port, password="") as stage:
            yield stage
