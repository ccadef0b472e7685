"""The Exchange of one connection: found once, and asked in threads of its own."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

from roomdisplay.connectors.base import (
    CalendarGoneError,
    Diagnosis,
    ThrottledError,
    UnavailableError,
)
from roomdisplay.connectors.ews.autodiscover import find_endpoint
from roomdisplay.connectors.ews.line import Line, SignIn
from roomdisplay.connectors.ews.mailbox import RoomMailbox
from roomdisplay.connectors.ews.network import Network
from roomdisplay.connectors.ews.settings import ExchangeSettings, is_address
from roomdisplay.connectors.ews.soap import Seat, first_version, seat

AT_ONCE = 4
"""Requests at the same time. Exchange's usual policy allows 27 for each account."""

T = TypeVar("T")


class Server:
    """What all mailboxes of a connection share."""

    def __init__(
        self,
        settings: ExchangeSettings,
        *,
        network: Network | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Connect to nothing yet.

        Args:
            settings: of the service account.
            network: what sockets go through; by default one with the settings' authority.
            monotonic: seconds, for the pauses that the server asks for.
        """
        self.settings = settings
        self.network = network or Network(settings.authority)
        self.sign_in = SignIn(settings)
        self._monotonic = monotonic
        self._line: Line | None = None
        self._finding = threading.Lock()
        self._pauses: dict[str, float] = {}
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="exchange")
        self._closed = False

    async def run(self, work: Callable[[], T], *, mailbox: str = "") -> T:
        """Do `work` in one of the connection's threads.

        Args:
            work: sends requests.
            mailbox: whose budget they are charged to.

        Raises:
            ThrottledError: the server asked to wait, now or before.
            ConnectorError: as `work`.
        """
        if self._closed:
            raise UnavailableError("the connection is closed")
        budget = self._budget(mailbox)
        self.require_no_pause(budget)
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, work)
        except ThrottledError as throttled:
            self.pause(budget, throttled.retry_after)
            raise

    async def in_mailbox(self, address: str, work: Callable[[RoomMailbox], T]) -> T:
        """Do `work` on one mailbox.

        Raises:
            CalendarGoneError: this is no mailbox's address.
            ConnectorError: as `work`.
        """
        require_address(address)
        return await self.run(lambda: work(self.mailbox(address)), mailbox=address)

    def require_no_pause(self, mailbox: str) -> None:
        """Raise what the server asked for before, as long as it holds."""
        budget = self._budget(mailbox)
        left = self._pauses.get(budget, 0.0) - self._monotonic()
        if left > 0:
            seconds = {"seconds": str(round(left)), "account": self.settings.email, "room": budget}
            raise ThrottledError(
                "Exchange asked to wait",
                timedelta(seconds=left),
                diagnosis=Diagnosis("exchange_throttled", seconds),
            )
        self._pauses.pop(budget, None)

    def pause(self, mailbox: str, duration: timedelta) -> None:
        """Ask nothing on this budget for a while."""
        self._pauses[self._budget(mailbox)] = self._monotonic() + duration.total_seconds()

    def _budget(self, mailbox: str) -> str:
        """Impersonated requests are charged to the mailbox, all others to the service account."""
        return mailbox.lower() if self.settings.impersonates else ""

    def line(self) -> Line:
        """The line to the server; found by autodiscover where none was given. In a thread.

        Raises:
            ConnectorError: there is none.
        """
        with self._finding:
            if self._line is None:
                endpoint = self.settings.endpoint or find_endpoint(
                    self.settings, self.network, self.line_to
                )
                self._line = self.line_to(endpoint)
            return self._line

    def line_to(self, endpoint: str, connections: int = AT_ONCE) -> Line:
        """A line to a given endpoint."""
        return Line(
            endpoint,
            self.settings,
            self.network,
            self.sign_in,
            version=first_version(),
            connections=connections,
        )

    def seat(self, address: str, *, anchor: str | None = None) -> Seat:
        """Whose calendar a request is about. In a thread."""
        settings = self.settings
        own = address.lower() == settings.email.lower()
        impersonates = settings.impersonates and not own  # one's own mailbox needs no role
        return seat(self.line(), address, impersonates=impersonates, anchor=anchor)

    def mailbox(self, address: str) -> RoomMailbox:
        """A mailbox. In a thread."""
        return RoomMailbox(self.seat(address), self.settings)

    async def aclose(self) -> None:
        """Break what is under way, and forget the credentials' connections."""
        self._closed = True
        self.network.cut()
        self._threads.shutdown(wait=False, cancel_futures=True)
        if self._line is not None:
            self._line.close()


def require_address(address: str) -> None:
    """Raise `CalendarGoneError` if this cannot be a mailbox's address."""
    if not is_address(address):
        raise CalendarGoneError(
            "this is not the address of a mailbox",
            diagnosis=Diagnosis("exchange_no_mailbox", {"room": address[:100]}),
        )
