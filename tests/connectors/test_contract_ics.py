"""The connector contract over a published file on a real web server."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import pytest

from roomdisplay.connectors import registry
from roomdisplay.connectors.base import ConnectionSettings, Connector, Surroundings
from roomdisplay.connectors.contract import ConnectorContract, Stage, calendar
from roomdisplay.connectors.ics.connector import THE_FEED

PASSWORD = "Basic " + base64.b64encode(b"ada:secret").decode()


class FeedStage(Stage):
    def __init__(self, web: Any, closed_port: int) -> None:
        self._web = web
        self._closed = f"http://127.0.0.1:{closed_port}/room.ics"
        self._connectors: list[Connector] = []
        self._body = b""
        web.respond = self.feed

    def feed(self, request: Any) -> None:
        if request.headers.get("authorization") != PASSWORD:
            request.reply(401, www_authenticate='Basic realm="rooms"')
            return
        etag = f'"{hashlib.sha256(self._body).hexdigest()}"'
        if request.headers.get("if-none-match") == etag:
            request.reply(304, etag=etag)
            return
        request.reply(200, self._body, content_type="text/calendar", etag=etag)

    def _made(self, url: str, password: str = "secret") -> Connector:
        settings = ConnectionSettings(
            values={"username": "ada"}, secrets={"url": url, "password": password}
        )
        connector = registry.connect(
            "ics", settings, Surroundings(clock=lambda: pytest.fail("no clock is needed"))
        )
        self._connectors.append(connector)
        return connector

    async def connector(self) -> Connector:
        return self._made(f"{self._web.url}/room.ics")

    async def rejected(self) -> Connector:
        return self._made(f"{self._web.url}/room.ics", "wrong-password")

    async def unreachable(self) -> tuple[Connector, str]:
        return self._made(self._closed), THE_FEED

    async def address(self) -> str:
        return THE_FEED

    async def put(self, objects: Mapping[str, str]) -> None:
        self._body = calendar(list(objects.values())).encode()

    async def lose_calendar(self) -> None:
        self._web.respond = lambda request: request.reply(410)

    async def answer_nonsense(self) -> None:
        page = b"<!DOCTYPE html><html><body>Sign in</body></html>"
        self._web.respond = lambda request: request.reply(200, page, content_type="text/html")

    async def aclose(self) -> None:
        for connector in self._connectors:
            await connector.aclose()


class TestIcs(ConnectorContract):
    @pytest.fixture
    async def stage(self, make_web: Callable[[], Any], closed_port: int) -> AsyncIterator[Stage]:
        stage = FeedStage(make_web(), closed_port)
        yield stage
        await stage.aclose()
