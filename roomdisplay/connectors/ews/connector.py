"""The connector for Microsoft Exchange on one's own servers."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from datetime import datetime, timedelta

from roomdisplay.connectors.base import (
    CalendarInfo,
    Capabilities,
    ConnectionSettings,
    ConnectorError,
    Occurrence,
    Picture,
    Push,
    Surroundings,
    Unchanged,
    Window,
)
from roomdisplay.connectors.booking import Booking
from roomdisplay.connectors.diagnosis import Finding, Probe
from roomdisplay.connectors.ews.doctor import Doctor
from roomdisplay.connectors.ews.listening import Listener
from roomdisplay.connectors.ews.network import Network
from roomdisplay.connectors.ews.reading import Shelf, read_calendar
from roomdisplay.connectors.ews.rooms import first_room, listed_rooms
from roomdisplay.connectors.ews.server import AT_ONCE, Server
from roomdisplay.connectors.ews.settings import parse_settings
from roomdisplay.connectors.ews.writing import Writer
from roomdisplay.model.room import SourceKind

# They log whole requests: credentials, answers, meetings.
for _logger in ("exchangelib", "requests", "urllib3", "requests_ntlm", "spnego"):
    logging.getLogger(_logger).setLevel(logging.CRITICAL + 1)

_PROOF = timedelta(days=1)


class ExchangeConnector:
    """Reads and writes room mailboxes with a service account.

    Requests run in a few threads of the connection's own. With impersonation each is charged to the
    room's mailbox; as a delegate all are charged to the service account, which is therefore asked
    less often.
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
        self._server = Server(parse_settings(settings), network=network)
        self._shelf = Shelf()
        self._writer = Writer(self._server, surroundings.clock)
        impersonates = self._server.settings.impersonates
        self.check_every = timedelta(seconds=60 if impersonates else 300)
        self.capabilities = Capabilities(write=True, push=Push.STREAM, at_once=AT_ONCE)
        self._clock = surroundings.clock

    async def aclose(self) -> None:
        """Break what is under way and close the connections."""
        await self._server.aclose()
        self._shelf.forget()

    async def check(self) -> None:
        """Sign in, and act for one mailbox: the impersonation email's, else the first room's.

        Raises:
            ConnectorError: it does not work; the subclass and the diagnosis say why.
        """
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
        """The rooms of all room lists, by name; none where there are no room lists.

        Raises:
            ConnectorError: they cannot be listed.
        """
        return await self._server.run(lambda: listed_rooms(self._server))

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
        kept = self._shelf.of(address)
        self._writer.saw(address, window)
        return await self._server.in_mailbox(
            address, lambda mailbox: read_calendar(mailbox, window, cursor, zone, kept)
        )

    async def listen(
        self,
        addresses: Collection[str],
        heard: Callable[[str], None],
        refused: Callable[[str, ConnectorError], None],
    ) -> None:
        """Listen to streaming notifications until cancelled; see `push.StreamingConnector`."""
        await Listener(self._server, heard, refused).run(addresses)

    async def book(self, address: str, booking: Booking) -> Occurrence:
        """Make a meeting in a room's own calendar; see `booking.WritingConnector`."""
        return await self._writer.book(address, booking)

    async def change_end(self, address: str, source_id: str, end: datetime) -> Occurrence:
        """Extend or shorten a meeting; see `booking.WritingConnector`."""
        return await self._writer.change_end(address, source_id, end)

    async def end(self, address: str, source_id: str, at: datetime) -> None:
        """End a meeting that has begun; see `booking.WritingConnector`."""
        await self._writer.end(address, source_id, at)

    async def release(self, address: str, source_id: str, words: str) -> None:
        """Give a meeting's room up; see `booking.WritingConnector`."""
        await self._writer.release(address, source_id, words)

    def diagnose(self, probe: Probe) -> AsyncIterator[Finding]:
        """Look for all that is known to go wrong; see `diagnosis.DiagnosingConnector`."""
        return Doctor(self._server, self._clock).findings(probe)
