"""The connector for Microsoft 365, through Microsoft Graph."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta

from roomdisplay.connectors.base import (
    CalendarInfo,
    Capabilities,
    ConnectionSettings,
    CredentialsRejectedError,
    Diagnosis,
    Occurrence,
    Picture,
    Push,
    Surroundings,
    Unchanged,
    Window,
)
from roomdisplay.connectors.booking import Booking
from roomdisplay.connectors.diagnosis import Finding, Probe
from roomdisplay.connectors.graph.batch import MOST
from roomdisplay.connectors.graph.client import GraphClient
from roomdisplay.connectors.graph.doctor import Doctor
from roomdisplay.connectors.graph.places import listed_rooms, reach_places
from roomdisplay.connectors.graph.reading import CalendarReader
from roomdisplay.connectors.graph.settings import Account, parse_account
from roomdisplay.connectors.graph.watching import Watching
from roomdisplay.connectors.graph.writing import Writer
from roomdisplay.connectors.http import Limits
from roomdisplay.connectors.push import Hook, Watch
from roomdisplay.model.room import SourceKind


def connect(settings: ConnectionSettings, surroundings: Surroundings) -> GraphConnector:
    """Make a connector from what the administrator entered; nothing is sent yet.

    Raises:
        CredentialsRejectedError: something is missing or cannot be right.
    """
    account = parse_account(settings)
    try:
        return GraphConnector(account, surroundings)
    except ValueError:
        raise CredentialsRejectedError(
            "the private authority is no certificate in PEM",
            diagnosis=Diagnosis("office365_authority_unreadable"),
        ) from None


class GraphConnector:
    """Reads, books and watches the calendars of room mailboxes with application permissions."""

    kind = SourceKind.LIVE
    check_every = timedelta(seconds=60)
    capabilities = Capabilities(write=True, push=Push.HOOKS, cheap_check=True, at_once=MOST)

    def __init__(
        self, account: Account, surroundings: Surroundings, limits: Limits | None = None
    ) -> None:
        self._account = account
        self._clock = surroundings.clock
        self._client = GraphClient(account, limits)
        self._reader = CalendarReader(self._client)
        self._writer = Writer(self._client, self._reader, self._clock)
        self._watching = Watching(self._client, self._clock)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def check(self) -> None:
        """Sign in, and see whether Graph takes the token.

        That a room can be read is seen only with a room: where the application's rights are limited
        to rooms, there is nothing else that it may ask for.

        Raises:
            ConnectorError: it does not work; the diagnosis says why.
        """
        certificate = self._account.certificate
        if certificate is not None and certificate.not_after <= self._clock():
            raise CredentialsRejectedError(
                "the certificate has expired",
                diagnosis=Diagnosis(
                    "office365_certificate_expired",
                    {"date": f"{certificate.not_after:%Y-%m-%d}"},
                ),
            )
        await reach_places(self._client)

    async def list_calendars(self) -> Sequence[CalendarInfo]:
        """The rooms by name; none where places may not be read: addresses are typed then.

        Raises:
            ConnectorError: they cannot be listed now.
        """
        return await listed_rooms(self._client)

    async def read(
        self, address: str, window: Window, cursor: str | None = None, *, zone: str = "UTC"
    ) -> Picture | Unchanged:
        """Read a window of a room's calendar.

        Args:
            address: of the room's mailbox.
            window: what to read.
            cursor: of the last picture of this window and zone; another is passed over.
            zone: the room's IANA zone, for whole days.

        Raises:
            ConnectorError: it cannot be read.
        """
        return await self._reader.read(address, window, cursor, zone)

    async def book(self, address: str, booking: Booking) -> Occurrence:
        """See `roomdisplay.connectors.booking.WritingConnector`."""
        return await self._writer.book(address, booking)

    async def change_end(self, address: str, source_id: str, end: datetime) -> Occurrence:
        """See `roomdisplay.connectors.booking.WritingConnector`."""
        return await self._writer.change_end(address, source_id, end)

    async def end(self, address: str, source_id: str, at: datetime) -> None:
        """See `roomdisplay.connectors.booking.WritingConnector`."""
        await self._writer.end(address, source_id, at)

    async def release(self, address: str, source_id: str, words: str) -> None:
        """See `roomdisplay.connectors.booking.WritingConnector`."""
        await self._writer.release(address, source_id, words)

    async def watch(self, address: str, hook: Hook) -> Watch:
        """See `roomdisplay.connectors.push.HookedConnector`."""
        return await self._watching.watch(address, hook)

    async def renew(self, address: str, watch: Watch, hook: Hook) -> Watch:
        """See `roomdisplay.connectors.push.HookedConnector`."""
        return await self._watching.renew(address, watch, hook)

    async def unwatch(self, address: str, watch: Watch) -> None:
        """See `roomdisplay.connectors.push.HookedConnector`."""
        await self._watching.unwatch(address, watch)

    def diagnose(self, probe: Probe) -> AsyncIterator[Finding]:
        """See `roomdisplay.connectors.diagnosis.DiagnosingConnector`."""
        doctor = Doctor(self._account, self._client, self._reader, self._clock)
        return doctor.diagnose(probe)
