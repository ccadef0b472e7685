"""Streaming notifications: Exchange tells over a connection held open that a calendar changed.

Each group of rooms has one connection and one thread. Whatever happened while there was none is not
told at all, so that each new one marks all its rooms as changed.
"""

from __future__ import annotations

import asyncio
import math
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import requests
from urllib3.exceptions import HTTPError

from roomdisplay.connectors.base import (
    CalendarGoneError,
    ConnectorError,
    CredentialsRejectedError,
    Diagnosis,
    PermissionMissingError,
    ThrottledError,
    UnavailableError,
)
from roomdisplay.connectors.ews.answers import unreachable
from roomdisplay.connectors.ews.errors import explain
from roomdisplay.connectors.ews.network import Network
from roomdisplay.connectors.ews.server import Server, require_address
from roomdisplay.connectors.ews.streaming import Stream, Subscribe

LARGEST_GROUP = 200
"""Subscriptions on one connection, as Exchange allows."""
STREAM_MINUTES = 30
"""The server closes the stream after this; the longest that it allows."""
_SETTLE = 0.25
"""Seconds: one change to a meeting is told as several events."""
_FIRST_DELAY, _LONGEST_DELAY = 1.0, 300.0
_SHORTEST_STREAM = 2.0
"""Seconds; one that is closed sooner is as good as none."""
_SILENCE = 300.0
"""Seconds without even a heartbeat, which comes every 45 seconds or so: the connection is dead."""
_MOST_FORGOTTEN = 4
"""Subscriptions made anew that the server forgets at once: it cannot serve this group."""
_FORGOTTEN = frozenset(
    {
        "ErrorSubscriptionNotFound",
        "ErrorInvalidSubscription",
        "ErrorExpiredSubscription",
        "ErrorMissedNotificationEvents",
        "ErrorSubscriptionAccessDenied",
        "ErrorSubscriptionUnsubscribed",
    }
)


class ForgottenError(Exception):
    """The server does not know the subscriptions (any more): subscribe anew."""


class Listener:
    """Listens for one call of `listen`."""

    def __init__(
        self,
        server: Server,
        heard: Callable[[str], None],
        refused: Callable[[str, ConnectorError], None],
        *,
        first_delay: float = _FIRST_DELAY,
    ) -> None:
        self._server = server
        self._heard = heard
        self._refused = refused
        self._first_delay = first_delay
        self._stop = threading.Event()
        self._loop = asyncio.get_running_loop()
        self._settling: dict[str, asyncio.TimerHandle] = {}

    async def run(self, addresses: Collection[str]) -> None:
        """Listen until cancelled; ends by itself when all addresses were refused."""
        ordered = sorted(dict.fromkeys(addresses), key=str.lower)
        groups = [
            ordered[start : start + LARGEST_GROUP]
            for start in range(0, len(ordered), LARGEST_GROUP)
        ]
        if not groups:
            return
        threads = ThreadPoolExecutor(len(groups), thread_name_prefix="exchange-stream")
        network = self._server.network.branch(silence=_SILENCE)
        try:
            await asyncio.gather(
                *(
                    self._loop.run_in_executor(
                        threads, _Group(self, self._server, network, group).listen
                    )
                    for group in groups
                )
            )
        finally:
            self._stop.set()
            network.cut()
            for handle in self._settling.values():
                handle.cancel()
            threads.shutdown(wait=False, cancel_futures=True)

    @property
    def stopped(self) -> bool:
        """Whether nobody listens any more."""
        return self._stop.is_set()

    def rest(self, seconds: float) -> None:
        """Wait in a thread, but not beyond the end."""
        self._stop.wait(seconds)

    def tell(self, addresses: Collection[str]) -> None:
        """From a thread: these may have changed."""
        self._in_loop(self._settle, tuple(addresses))

    def refuse(self, address: str, error: ConnectorError) -> None:
        """From a thread: this one cannot be listened to."""
        self._in_loop(self._refused, address, error)

    def delay(self, failures: int) -> float:
        """How long to wait after so many failures in a row, in seconds."""
        longest = min(self._first_delay * 2.0 ** min(failures, 10), _LONGEST_DELAY)
        spread: float = random.uniform(0.5, 1.0)  # noqa: S311 - spreads the load, guards nothing
        return longest * spread

    def _in_loop(self, work: Callable[..., None], *arguments: object) -> None:
        try:
            self._loop.call_soon_threadsafe(self._unless_stopped, work, *arguments)
        except RuntimeError:
            self._stop.set()  # the loop is closed

    def _unless_stopped(self, work: Callable[..., None], *arguments: object) -> None:
        if not self.stopped:
            work(*arguments)

    def _settle(self, addresses: Sequence[str]) -> None:
        for address in addresses:
            if address not in self._settling:
                self._settling[address] = self._loop.call_later(_SETTLE, self._settled, address)

    def _settled(self, address: str) -> None:
        del self._settling[address]
        self._heard(address)


class _Group:
    """Rooms that share a connection, in a thread of their own."""

    def __init__(
        self, listener: Listener, server: Server, network: Network, addresses: Sequence[str]
    ) -> None:
        self._listener = listener
        self._server = server
        self._network = network
        self._anchor = addresses[0]
        """The mailbox that the group's requests are routed by."""
        self._waiting = deque(addresses)
        """Not subscribed."""
        self._subscribed: dict[str, str] = {}
        """Addresses by subscription id."""
        self._cookie: str | None = None
        """Names the server behind a load balancer that holds the subscriptions."""
        self._failures = 0
        self._forgotten = 0

    def listen(self) -> None:
        """Subscribe and stream, again and again, until stopped or refused."""
        while not self._listener.stopped and (self._waiting or self._subscribed):
            try:
                pause = self._subscribe()
                if self._subscribed:
                    self._stream(pause)
                elif self._waiting:
                    self._listener.rest(pause.total_seconds())
            except ForgottenError:
                self._forget()
                if self._forgotten >= _MOST_FORGOTTEN:
                    self._refuse_all(self._unserved())
            except CredentialsRejectedError as rejected:
                self._refuse_all(rejected)
            except (PermissionMissingError, CalendarGoneError) as error:
                self._refuse_first(error)
            except ThrottledError as throttled:
                self._listener.rest(throttled.retry_after.total_seconds())
            except ConnectorError:
                self._listener.rest(self._listener.delay(self._failures))
                self._failures += 1

    def _subscribe(self) -> timedelta:
        """Subscribe what is not; the longest pause that a mailbox asked for instead."""
        pause = timedelta(0)
        for _ in range(len(self._waiting)):
            if self._listener.stopped:
                break
            address = self._waiting.popleft()
            try:
                self._subscribed[self._subscription(address)] = address
            except ThrottledError as throttled:
                self._waiting.append(address)
                self._server.pause(address, throttled.retry_after)
                pause = max(pause, throttled.retry_after)
            except (PermissionMissingError, CalendarGoneError) as error:
                self._listener.refuse(address, error)
            except BaseException:
                self._waiting.appendleft(address)
                raise
        return pause

    def _subscription(self, address: str) -> str:
        require_address(address)
        self._server.require_no_pause(address)
        seat = self._server.seat(address, anchor=self._anchor)
        seat.affinity_cookie = self._cookie
        try:
            id_ = Subscribe(account=seat).id()
        except Exception as error:  # noqa: BLE001 - of exchangelib's, by name
            raise explain(error, self._server.settings, address) from None
        self._cookie = seat.affinity_cookie
        return id_

    def _stream(self, pause: timedelta) -> None:
        """Hear until the server closes the stream, or it is time to subscribe what is waiting.

        Raises:
            ForgottenError: the subscriptions are gone.
            ConnectorError: the connection is.
        """
        first = next(iter(self._subscribed.values()))
        seat = self._server.seat(first, anchor=self._anchor)
        seat.affinity_cookie = self._cookie
        minutes = math.ceil(pause / timedelta(minutes=1)) if self._waiting else STREAM_MINUTES
        begun = time.monotonic()
        self._listener.tell(self._subscribed.values())
        closed = False
        try:
            for told in Stream(account=seat).messages(
                tuple(self._subscribed), min(max(minutes, 1), STREAM_MINUTES), self._network
            ):
                self._failures = self._forgotten = 0
                known = (self._subscribed.get(one) for one in told.changed)
                self._listener.tell([one for one in known if one is not None])
                closed = told.closed
                if closed or self._listener.stopped:
                    break
        except ConnectorError:
            raise
        except Exception as error:  # noqa: BLE001 - of exchangelib's, by name
            raise self._failed(error, first) from None
        if not closed or time.monotonic() - begun < _SHORTEST_STREAM:
            raise UnavailableError("the stream of notifications broke off")

    def _failed(self, error: Exception, mailbox: str) -> Exception:
        if type(error).__name__ in _FORGOTTEN:
            return ForgottenError()
        if isinstance(error, requests.RequestException | OSError | HTTPError):
            return unreachable(error, self._server.line().host)
        return explain(error, self._server.settings, mailbox)

    def _forget(self) -> None:
        self._waiting.extend(self._subscribed.values())
        self._subscribed.clear()
        self._cookie = None
        self._listener.rest(self._listener.delay(self._forgotten) if self._forgotten else 0)
        self._forgotten += 1

    def _refuse_first(self, error: ConnectorError) -> None:
        """The stream is opened as the first of the rooms, which is no longer to be had."""
        id_ = next(iter(self._subscribed))
        self._listener.refuse(self._subscribed.pop(id_), error)

    def _refuse_all(self, error: ConnectorError) -> None:
        for address in (*self._waiting, *self._subscribed.values()):
            self._listener.refuse(address, error)
        self._waiting.clear()
        self._subscribed.clear()

    def _unserved(self) -> ConnectorError:
        names = {"account": self._server.settings.email, "room": self._anchor}
        return PermissionMissingError(
            "Exchange forgets its subscriptions at once",
            diagnosis=Diagnosis("exchange_no_streaming", names),
        )
