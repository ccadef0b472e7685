"""What a connection works with, once it is used: importing this imports exchangelib."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from datetime import datetime, timedelta

from roomdisplay.connectors.base import (
    CalendarInfo,
    ConnectorError,
    Picture,
    Unchanged,
    Window,
)
from roomdisplay.connectors.diagnosis import Finding, Probe
from roomdisplay.connectors.ews.doctor import Doctor
from roomdisplay.connectors.ews.listening import Listener
from roomdisplay.connectors.ews.network import Network
from roomdisplay.connectors.ews.reading import Shelf, read_calendar
from roomdisplay.connectors.ews.rooms import first_room, listed_rooms
from roomdisplay.connectors.ews.server import Server
from roomdisplay.connectors.ews.settings import ExchangeSettings
from roomdisplay.connectors.ews.writing import Writer

# They log whole requests: credentials, answers, meetings.
for _logger in ("exchangelib", "requests", "urllib3", "requests_ntlm", "spnego"):
    logging.getLogger(_logger).setLevel(logging.CRITICAL + 1)

_PROOF = timedelta(days=1)


class Machinery:
    """One connection at work; each method is its connector's of the same name."""

    def __init__(
        self, settings: ExchangeSettings, clock: Callable[[], datetime], network: Network | None
    ) -> None:
        self._server = Server(settings, network=network)
        self._shelf = Shelf()
        self._clock = clock
        self.writer = Writer(self._server, clock)

    async def check(self) -> None:
        """Sign in, and act for one mailbox."""
        room = await self._server.run(self._room_to_prove_with)
        if room is None:
            return  # rooms whose addresses are typed are proven when they are given
        now = self._clock()
        window = Window(now, now + _PROOF)
        await self._server.in_mailbox(room, lambda mailbox: mailbox.view(window))

    def _room_to_prove_with(self) -> str | None:
        """The impersonation email's mailbox, else the first room; lists rooms in any case."""
        listed = first_room(self._server)
        return self._server.settings.proves_with or listed

    async def list_calendars(self) -> Sequence[CalendarInfo]:
        """The rooms of all room lists."""
        return await self._server.run(lambda: listed_rooms(self._server))

    async def read(
        self, address: str, window: Window, cursor: str | None, zone: str
    ) -> Picture | Unchanged:
        """A window of one room."""
        kept = self._shelf.of(address)
        self.writer.saw(address, window)
        return await self._server.in_mailbox(
            address, lambda mailbox: read_calendar(mailbox, window, cursor, zone, kept)
        )

    async def listen(
        self,
        addresses: Collection[str],
        heard: Callable[[str], None],
        refused: Callable[[str, ConnectorError], None],
    ) -> None:
        """Streaming notifications."""
        await Listener(self._server, heard, refused).run(addresses)

    def diagnose(self, probe: Probe) -> AsyncGenerator[Finding, None]:
        """The doctor's findings."""
        return Doctor(self._server, self._clock).findings(probe)

    async def aclose(self) -> None:
        """Break what is under way."""
        await self._server.aclose()
        self._shelf.forget()
