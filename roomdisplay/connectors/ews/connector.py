"""The connector for Microsoft Exchange on one's own servers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from importlib import import_module
from typing import TYPE_CHECKING

from roomdisplay.connectors.base import (
    CalendarInfo,
    Capabilities,
    ConnectionSettings,
    ConnectorError,
    Occurrence,
    Picture,
    Push,
    Surroundings,
    UnavailableError,
    Unchanged,
    Window,
)
from roomdisplay.connectors.booking import Booking
from roomdisplay.connectors.diagnosis import Finding, Probe
from roomdisplay.connectors.ews.settings import parse_settings
from roomdisplay.model.room import SourceKind

if TYPE_CHECKING:
    from roomdisplay.connectors.ews.machinery import Machinery
    from roomdisplay.connectors.ews.network import Network

_MACHINERY = "roomdisplay.connectors.ews.machinery"
_AT_ONCE = 4
"""Requests at the same time. Exchange's usual policy allows 27 for each account."""


def connect(settings: ConnectionSettings, surroundings: Surroundings) -> ExchangeConnector:
    """Make a connector from what the administrator entered; nothing is sent yet.

    Args:
        settings: with the values and secrets of `FIELDS`.
        surroundings: its clock tells where to look for a meeting that is to be changed.

    Raises:
        MalformedAnswerError: the settings make no sense.
    """
    return ExchangeConnector(settings, surroundings)


class ExchangeConnector:
    """Reads and writes room mailboxes with a service account.

    Requests run in a few threads of the connection's own. With impersonation each is charged to the
    room's mailbox; as a delegate all are charged to the service account, which is therefore asked
    less often. exchangelib is imported by the first use, in a thread: it takes its time.
    """

    kind = SourceKind.LIVE

    def __init__(
        self,
        settings: ConnectionSettings,
        surroundings: Surroundings,
        *,
        network: Network | None = None,
    ) -> None:
        """Open nothing yet.

        Args:
            settings: with the values and secrets of `FIELDS`.
            surroundings: its clock tells where to look for a meeting that is to be changed.
            network: what sockets go through; by default one with the settings' authority.

        Raises:
            MalformedAnswerError: the settings make no sense.
        """
        self._settings = parse_settings(settings)
        self._clock = surroundings.clock
        self._network = network
        self._opening = asyncio.Lock()
        self._machinery: Machinery | None = None
        self._closed = False
        self.check_every = timedelta(seconds=60 if self._settings.impersonates else 300)
        self.capabilities = Capabilities(write=True, push=Push.STREAM, at_once=_AT_ONCE)

    async def _opened(self) -> Machinery:
        async with self._opening:
            if self._closed:
                raise UnavailableError("the connection is closed")
            if self._machinery is None:
                module = await asyncio.to_thread(import_module, _MACHINERY)
                made: Machinery = module.Machinery(self._settings, self._clock, self._network)
                self._machinery = made
            return self._machinery

    async def aclose(self) -> None:
        """Break what is under way and close the connections."""
        self._closed = True
        if self._machinery is not None:
            await self._machinery.aclose()

    async def check(self) -> None:
        """Sign in, and act for one mailbox: the impersonation email's, else the first room's.

        Raises:
            ConnectorError: it does not work; the subclass and the diagnosis say why.
        """
        await (await self._opened()).check()

    async def list_calendars(self) -> Sequence[CalendarInfo]:
        """The rooms of all room lists, by name; none where there are no room lists.

        Raises:
            ConnectorError: they cannot be listed.
        """
        return await (await self._opened()).list_calendars()

    async def read(
        self, address: str, window: Window, cursor: str | None = None, *, zone: str = "UTC"
    ) -> Picture | Unchanged:
        """Read a window of one room.

        Args:
            address: the room's mailbox.
            window: what to read.
            cursor: of the last picture of this window and zone; another is passed over.
            zone: the room's IANA zone.

        Raises:
            ConnectorError: it cannot be read.
        """
        return await (await self._opened()).read(address, window, cursor, zone)

    async def listen(
        self,
        addresses: Collection[str],
        heard: Callable[[str], None],
        refused: Callable[[str, ConnectorError], None],
    ) -> None:
        """Listen to streaming notifications until cancelled; see `push.StreamingConnector`."""
        await (await self._opened()).listen(addresses, heard, refused)

    async def book(self, address: str, booking: Booking) -> Occurrence:
        """Make a meeting in a room's own calendar; see `booking.WritingConnector`."""
        return await (await self._opened()).writer.book(address, booking)

    async def change_end(self, address: str, source_id: str, end: datetime) -> Occurrence:
        """Extend or shorten a meeting; see `booking.WritingConnector`."""
        return await (await self._opened()).writer.change_end(address, source_id, end)

    async def end(self, address: str, source_id: str, at: datetime) -> None:
        """End a meeting that has begun; see `booking.WritingConnector`."""
        await (await self._opened()).writer.end(address, source_id, at)

    async def release(self, address: str, source_id: str, words: str) -> None:
        """Give a meeting's room up; see `booking.WritingConnector`."""
        await (await self._opened()).writer.release(address, source_id, words)

    async def diagnose(self, probe: Probe) -> AsyncIterator[Finding]:
        """Look for all that is known to go wrong; see `diagnosis.DiagnosingConnector`."""
        # Closed at once when nobody listens any more: a test meeting is still removed.
        async with aclosing((await self._opened()).diagnose(probe)) as findings:
            async for finding in findings:
                yield finding
