"""The building as published feeds, one for each room."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from roomdisplay.admin.context import Admin
from roomdisplay.admin.use_cases.services import connect_service
from roomdisplay.admin.use_cases.sessions import SignedInAs
from roomdisplay.connectors.sample.building import ATLAS, BUILDING
from roomdisplay.demo import building_ical
from roomdisplay.demo.clock import ZONE, DemoClock

_LONGEST_LINE = 8_192
_PATIENCE = 10.0
"""Seconds in which a reader must have sent its request."""


def make(name: str, language: str, clock: DemoClock, folder: Path) -> FeedService:
    """See `make_service`."""
    del name, folder
    return FeedService(language, clock)


class FeedService:
    """Implements `DemoService`; serves the feeds on loopback."""

    def __init__(self, language: str, clock: DemoClock) -> None:
        self._language = language
        self._clock = clock
        self._server: asyncio.Server | None = None
        today = clock().astimezone(ZONE).date()
        self._events = {
            room.address: building_ical.events(room, language, today) for room in BUILDING
        }

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", limit=_LONGEST_LINE)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server is not None:
            self._server.close()

    @property
    def origin(self) -> str:
        """Where the feeds are."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def connect(self, admin: Admin, who: SignedInAs, surprise_at: datetime) -> list[str]:
        """See `DemoService`."""
        del surprise_at
        return [
            await connect_service(
                admin, who.actor, "ics", room.name,
                {"url": f"{self.origin}/{room.address}.ics", "allow_http": "on"},
            )
            for room in BUILDING
        ]  # fmt: skip

    async def surprise(self) -> None:
        """See `DemoService`."""
        today = self._clock().astimezone(ZONE).date()
        uid, lines = building_ical.surprise(ATLAS, self._language, today)
        self._events[ATLAS.address][uid] = lines

    def words(self) -> list[tuple[str, str]]:
        """Where the feeds are."""
        return [("Feeds", f"{self.origin}/{ATLAS.address}.ics and one for each other room")]

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, ValueError, TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                first = (await reader.readline()).decode("ascii").split(" ")
                while (await reader.readline()).strip():
                    pass  # what else the reader says of itself
                writer.write(self._response(first[1] if len(first) > 1 else "/"))
                await writer.drain()
        writer.close()

    def _response(self, path: str) -> bytes:
        names = {room.address: room.name for room in BUILDING}
        address = path.removeprefix("/").removesuffix(".ics")
        if address not in names:
            return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        body = building_ical.calendar(names[address], self._events[address]).encode()
        return (
            b"HTTP/1.1 200 OK\r\nContent-Type: text/calendar; charset=utf-8\r\n"
            b"Connection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
        )
