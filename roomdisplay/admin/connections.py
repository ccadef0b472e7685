"""Open connectors: one for each connection, made anew when what was entered changes."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import msgspec

from roomdisplay.admin.context import Admin
from roomdisplay.admin.live import settings_of
from roomdisplay.admin.store.tables import CalendarConnection
from roomdisplay.admin.token_store import StoredTokens
from roomdisplay.connectors import registry
from roomdisplay.connectors.base import Connector, Surroundings

AT_ONCE = 16
"""Readings of all connections at the same time."""
MOST_AT_ONCE = 8
"""Readings of one connection at the same time, whatever its connector bears."""


@dataclass(slots=True, eq=False)
class _Open:
    connector: Connector
    entered: str
    turns: asyncio.Semaphore = field(init=False)
    proof: int
    """Of `Admin.proofs`, when it was made."""
    users: int = 0
    outdated: bool = False
    rejected: bool = False
    """It was not let in, and may try no more: it is made anew once the account is well again."""

    def __post_init__(self) -> None:
        at_once = self.connector.capabilities.at_once
        self.turns = asyncio.Semaphore(min(max(at_once, 1), MOST_AT_ONCE))


class Connections:
    """Lends connectors to readings, a few of one connection at a time."""

    def __init__(self, admin: Admin) -> None:
        self._admin = admin
        self._open: dict[str, _Open] = {}
        self._turns = asyncio.Semaphore(AT_ONCE)

    @asynccontextmanager
    async def use(self, connection: CalendarConnection) -> AsyncIterator[Connector]:
        """The connector of `connection` as it is entered now, when it is one's turn.

        Raises:
            ConnectorError: the settings make no sense, or cannot be unsealed.
        """
        # The connection's turn first: one that is slow must not keep the others' turns.
        async with self._lent(connection) as one, one.turns, self._turns:
            yield one.connector

    def note_rejected(self, connector: Connector) -> None:
        """Remember that a connector was not let in: only a proof of its account makes it anew."""
        for one in self._open.values():
            if one.connector is connector:
                one.rejected = True

    @asynccontextmanager
    async def hold(self, connection: CalendarConnection) -> AsyncIterator[Connector]:
        """The same, for long: listening keeps no reading from its turn.

        Raises:
            ConnectorError: as `use`.
        """
        async with self._lent(connection) as one:
            yield one.connector

    @asynccontextmanager
    async def _lent(self, connection: CalendarConnection) -> AsyncIterator[_Open]:
        one = await self._current(connection)
        one.users += 1
        try:
            yield one
        finally:
            one.users -= 1
            if one.outdated and one.users == 0:
                await one.connector.aclose()

    async def retain(self, connection_ids: set[str]) -> None:
        """Close the connectors of connections that are in use no more."""
        for id_ in self._open.keys() - connection_ids:
            await self._retire(self._open.pop(id_))

    async def aclose(self) -> None:
        """Close them all."""
        await self.retain(set())

    async def _current(self, connection: CalendarConnection) -> _Open:
        entered = fingerprint(connection)
        one = self._open.get(connection.id)
        proof = self._admin.proofs[connection.id]
        if one is not None and one.entered == entered and (not one.rejected or one.proof == proof):
            return one
        settings = settings_of(self._admin, connection)
        tokens = StoredTokens(self._admin, connection.id)
        surroundings = Surroundings(clock=self._admin.clock, tokens=tokens)
        fresh = _Open(registry.connect(connection.service, settings, surroundings), entered, proof)
        self._open[connection.id] = fresh
        if one is not None:
            await self._retire(one)
        return fresh

    async def _retire(self, one: _Open) -> None:
        one.outdated = True
        if one.users == 0:
            await one.connector.aclose()


def fingerprint(connection: CalendarConnection) -> str:
    """Tells what was entered now from what was entered then."""
    entered = msgspec.json.encode(connection.values) + (connection.sealed_secrets or b"")
    return hashlib.sha256(entered).hexdigest()
