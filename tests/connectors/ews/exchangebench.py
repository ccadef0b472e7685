"""An Exchange to try the connector against: a company, its server, and connectors to it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from simulators.ews import EwsSimulator
from simulators.organisation import Organisation, Processing
from simulators.serve import Tls, running

from roomdisplay.connectors.base import ConnectionSettings, Surroundings
from roomdisplay.connectors.ews.connector import ExchangeConnector
from roomdisplay.connectors.ews.names import Target
from roomdisplay.connectors.ews.network import Network
from roomdisplay.connectors.ews.server import Server
from roomdisplay.connectors.ews.settings import parse_settings

ACCOUNT, PASSWORD = "svc-rooms@example.com", "right-password"
ROOM, ORGANISER, WRONG = "atlas@example.com", "ada@example.com", "wrong-password"
NOW = datetime(2026, 11, 22, 23, tzinfo=UTC)
KEEPS_ALL = Processing(
    delete_subject=False,
    add_organizer_to_subject=False,
    delete_comments=False,
    remove_private=False,
)


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def listening(handler: Handler) -> AsyncIterator[int]:
    """A server of a test's own on a loopback port, down to the bytes."""
    tasks: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            await handler(reader, writer)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        if tasks:
            await asyncio.wait(tasks, timeout=5)
        await server.wait_closed()


class Exchange:
    """A server with a room, an organiser and a service account that may act for everybody."""

    def __init__(self, *, schemes: tuple[str, ...] = ("NTLM", "Basic")) -> None:
        self.now = NOW
        self.company = Organisation("Europe/Berlin", lambda: self.now)
        self.company.add_person(ACCOUNT, "Room Display", password=PASSWORD)
        self.company.add_person(ORGANISER, "Ada Lovelace")
        self.room = self.company.add_room(
            ROOM, "Atlas", room_list="Building 1", processing=KEEPS_ALL
        )
        self.server = EwsSimulator(self.company, schemes=schemes)
        self.server.rights.allow_impersonation(ACCOUNT)
        self.tls: Tls | None = None
        self.origin = ""
        self.connectors: list[ExchangeConnector | Server] = []

    @contextlib.asynccontextmanager
    async def running(self, *names: str, tls: bool = True) -> AsyncIterator[Exchange]:
        """Serve it; `names` are further names in its certificate."""
        self.tls = Tls(*names) if tls else None
        async with running(self.server.app, tls=self.tls) as self.origin:
            yield self
            for connector in self.connectors:
                await connector.aclose()

    def settings(self, password: str = PASSWORD, **values: str) -> ConnectionSettings:
        """What an administrator would enter."""
        authority = self.tls.authority_pem if self.tls else ""
        return ConnectionSettings(
            values={"email": ACCOUNT, "server": self.origin, "authority": authority, **values},
            secrets={"password": password},
        )

    def connector(
        self,
        password: str = PASSWORD,
        *,
        look_up: Callable[[str, int], Sequence[Target]] | None = None,
        services: Sequence[str] = (),
        **values: str,
    ) -> ExchangeConnector:
        """A connector, closed with the server."""
        network: Any = None
        if look_up is not None:
            assert self.tls is not None
            network = Network(
                self.tls.authority_pem, look_up=look_up, find_service=lambda _: services
            )
        made = ExchangeConnector(
            self.settings(password, **values),
            Surroundings(clock=lambda: self.now),
            network=network,
        )
        self.connectors.append(made)
        return made

    def machinery_server(self) -> Server:
        """What a connector asks through, for its parts alone."""
        made = Server(parse_settings(self.settings()))
        self.connectors.append(made)
        return made

    @property
    def port(self) -> int:
        """Of the server."""
        return int(self.origin.rpartition(":")[2])
