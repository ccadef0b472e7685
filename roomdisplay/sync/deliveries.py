"""Sends what waits in the outbox, in order, until the server has answered each for good."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial

from roomdisplay.device.http_errors import ServerTrouble, TokenRejected
from roomdisplay.model.trouble import TroubleKind
from roomdisplay.sync.client import RefusedError, ServerClient
from roomdisplay.sync.file_thread import FileThread
from roomdisplay.sync.ledger import Ledger
from roomdisplay.sync.options import Clocks
from roomdisplay.sync.outbox import ActionKind, Entry, Outbox, new_entry
from roomdisplay.sync.plan import meeting_of

logger = logging.getLogger(__name__)

RETRY_EVERY = 30.0
"""Seconds between tries while the server answers others but not this."""
OUTBOX_NOTICE = "outbox_set_aside"
_SOURCE = "outbox"


class Deliveries:
    """The outbox at work."""

    def __init__(self, outbox: Outbox, ledger: Ledger, clocks: Clocks) -> None:
        self._outbox = outbox
        self._ledger = ledger
        self._clocks = clocks
        self._wake = asyncio.Event()
        self._thread = FileThread("outbox")
        self._adding: frozenset[str] = frozenset()
        """Meetings whose tap is on its way to the outbox: a list that was read before lacks it."""

    async def open(self) -> None:
        """Open the outbox, and say what waits in it."""
        await self._do(self._outbox.open)
        await self._tell_pending()

    async def check_in(self, meeting_id: str) -> None:
        """Somebody is here: kept first, sent then; a second tap on the same meeting is the same."""
        if meeting_id in self._ledger.pending:
            return
        picture = self._ledger.picture
        meeting = meeting_of(picture.schedule if picture else None, meeting_id)
        if meeting is None:
            return
        entry = new_entry(
            ActionKind.CHECK_IN,
            meeting_id,
            over_at=meeting.end,
            boot_id=self._clocks.boot_id,
            boottime=self._clocks.boottime(),
            clock=self._ledger.clock,
        )
        self._adding |= {meeting_id}
        self._ledger.pending |= self._adding
        self._ledger.publish()
        try:
            await self._do(partial(self._outbox.add, entry))
        finally:
            self._adding -= {meeting_id}
        self._wake.set()

    def wake(self) -> None:
        """The server answers: try again what waits."""
        self._wake.set()

    async def run(self, client: ServerClient, delivered: Callable[[], Awaitable[None]]) -> None:
        """Send whatever waits, for ever; `delivered` fetches what an action changed."""
        while True:
            self._wake.clear()
            if await self._send_all(client, delivered):
                await self._wake.wait()
                continue
            try:
                async with asyncio.timeout(RETRY_EVERY / self._clocks.speed):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def close(self) -> None:
        """Close the file."""
        await self._thread.end(self._outbox.close)

    async def _send_all(
        self, client: ServerClient, delivered: Callable[[], Awaitable[None]]
    ) -> bool:
        """One round; False: something is left that should be tried again soon."""
        entries = await self._do(self._outbox.entries)
        for entry in entries or ():
            try:
                await self._send(client, entry)
            except TokenRejected:
                return False
            except ServerTrouble as trouble:
                if trouble.kind is TroubleKind.SERVER_FAILING:
                    await self._do(partial(self._outbox.failed, entry))
                return False
            await self._do(partial(self._outbox.remove, entry))
        if entries:
            await delivered()
        await self._tell_pending()
        return True

    async def _send(self, client: ServerClient, entry: Entry) -> None:
        boottime, clock = self._clocks.boottime(), self._ledger.clock
        if entry.is_over(boottime, clock):
            logger.warning("%s of a meeting that is over is dropped", entry.kind.value)
            return
        ago = entry.ago(self._clocks.boot_id, boottime, clock)
        try:
            await client.check_in(entry, ago)
        except RefusedError as refusal:
            logger.warning("%s was refused for good: %s", entry.kind.value, refusal.key)

    async def _tell_pending(self) -> None:
        entries = await self._do(self._outbox.entries) or ()
        self._ledger.pending = frozenset(entry.meeting_id for entry in entries) | self._adding
        self._ledger.publish()

    async def _do(self, work: Callable[[], object]) -> tuple[Entry, ...] | None:
        """Use the file, and say how the disk is."""
        done = await self._thread.do(work)
        error = self._outbox.disk_error
        self._ledger.trouble(_SOURCE, TroubleKind.DISK if error else None, error or "")
        if self._outbox.set_aside:
            self._ledger.notice(OUTBOX_NOTICE)
        return done if isinstance(done, tuple) else None
