"""Services that tell over a connection we hold open: one task listens for each.

What is heard makes calendars due. While nobody listens, calendars are read by time.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select, update

from roomdisplay.admin.connections import Connections, fingerprint
from roomdisplay.admin.context import Admin
from roomdisplay.admin.push_plan import again_at
from roomdisplay.admin.signals import read_by_time, tell
from roomdisplay.admin.store.tables import Calendar, CalendarConnection
from roomdisplay.connectors.base import ConnectorError, Push
from roomdisplay.connectors.push import StreamingConnector

GATHERED_FOR = timedelta(seconds=2)
"""After calendars came into use or went out of it, before it is listened to them."""
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Line:
    """What is to be listened to over one connection."""

    connection: CalendarConnection
    addresses: dict[str, str]
    """Calendar ids by their addresses."""
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    heard: set[str] = field(default_factory=set)
    noting: asyncio.Task[None] | None = None
    task: asyncio.Task[None] | None = None


class Listening:
    """Listens to all services that tell so."""

    def __init__(self, admin: Admin, connections: Connections, rng: random.Random) -> None:
        self._admin = admin
        self._connections = connections
        self._rng = rng
        self._lines: dict[str, _Line] = {}

    async def start(self) -> None:
        """Nobody listens yet, whatever stood when the last process ended."""
        async with self._admin.store.transaction() as session:
            await session.execute(
                update(Calendar).where(Calendar.told_by == Push.STREAM.value).values(told_by=None)
            )

    async def look(self) -> datetime | None:
        """Listen to what is shown now; there is nothing to look for later."""
        query = (
            select(Calendar.id, Calendar.address, CalendarConnection)
            .join(CalendarConnection)
            .where(
                Calendar.next_due_at.is_not(None),
                CalendarConnection.push == Push.STREAM.value,
                CalendarConnection.reason.is_(None),
            )
        )
        wanted: dict[str, tuple[CalendarConnection, dict[str, str]]] = {}
        async with self._admin.store.reading() as session:
            for id_, address, connection in await session.execute(query):
                wanted.setdefault(connection.id, (connection, {}))[1][address] = id_
        for gone in self._lines.keys() - wanted.keys():
            no_more = self._lines[gone].addresses.values()
            await self._hang_up(gone)
            await self._nobody_tells(no_more)
        for id_, (connection, addresses) in wanted.items():
            line = self._lines.get(id_)
            if line is None:
                line = self._lines[id_] = _Line(connection, addresses)
                line.task = asyncio.create_task(self._stay(line), name=f"listen {id_}")
            elif (line.addresses, fingerprint(line.connection)) != (
                addresses,
                fingerprint(connection),
            ):
                line.connection, line.addresses = connection, addresses
                line.changed.set()
        return None

    async def settle(self) -> None:
        """Wait until what was heard is noted."""
        noting = [line.noting for line in self._lines.values() if line.noting]
        await asyncio.gather(*noting, return_exceptions=True)

    async def aclose(self) -> None:
        """Stop listening."""
        for id_ in list(self._lines):
            await self._hang_up(id_)

    async def _hang_up(self, connection_id: str) -> None:
        line = self._lines.pop(connection_id)
        tasks = [task for task in (line.task, line.noting) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _stay(self, line: _Line) -> None:
        """Listen, again and again, to what is wanted by then."""
        failures = 0
        while True:
            line.changed.clear()
            listening = asyncio.create_task(self._listen(line))
            changed = asyncio.create_task(line.changed.wait())
            try:
                await asyncio.wait({listening, changed}, return_when=asyncio.FIRST_COMPLETED)
                if not listening.done():
                    # More rooms follow the first one; until then the former ones are heard.
                    await asyncio.wait({listening}, timeout=GATHERED_FOR.total_seconds())
                    failures = 0
                    continue
                failures += 1
                error = listening.result()
                await self._nobody_tells(line.addresses.values())
                now = self._admin.clock()
                pause = again_at(error, failures, now, self._rng) - now
                await asyncio.wait({changed}, timeout=pause.total_seconds())
            finally:
                for task in (listening, changed):
                    task.cancel()
                await asyncio.gather(listening, changed, return_exceptions=True)

    async def _listen(self, line: _Line) -> ConnectorError | None:
        """Listen until it ends, which it should not; why it did."""
        known = dict(line.addresses)
        refused: set[asyncio.Task[None]] = set()

        def heard(address: str) -> None:
            if address in known:
                line.heard.add(known[address])
                self._note(line)

        def not_told(address: str, error: ConnectorError) -> None:
            _log.info("a calendar cannot be listened to: %s", type(error).__qualname__)
            if address in known:
                task = asyncio.create_task(self._nobody_tells([known[address]]))
                refused.add(task)
                task.add_done_callback(refused.discard)

        try:
            async with self._connections.hold(line.connection) as connector:
                if isinstance(connector, StreamingConnector):
                    await connector.listen(list(known), heard, not_told)
        except ConnectorError as error:
            return error
        except Exception as error:  # noqa: BLE001 - one service's surprise must not reach the others
            # Neither message nor traceback: they could quote the service's answer.
            _log.error("listening failed unexpectedly: %s", type(error).__qualname__)
        return None

    def _note(self, line: _Line) -> None:
        """Have what was heard noted; what is heard meanwhile goes along."""
        if line.noting is None or line.noting.done():
            line.noting = asyncio.create_task(self._noted(line))

    async def _noted(self, line: _Line) -> None:
        while line.heard:
            heard, line.heard = line.heard, set()
            await tell(self._admin, heard, Push.STREAM)

    async def _nobody_tells(self, calendar_ids: Collection[str]) -> None:
        """Have calendars read now, and by time from now on."""
        now = self._admin.clock()
        async with self._admin.store.transaction() as session:
            for id_ in calendar_ids:
                await read_by_time(session, id_, now)
