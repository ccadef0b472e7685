"""The line to one Exchange server: signs in, sends, and judges answers before they are parsed.

It stands where exchangelib's services expect its `Protocol`, without that one's process-wide
caches, its logging of whole requests and its retries: a rejected password is final here.
"""

# ruff: noqa: ANN401 - the version is exchangelib's, which has no types

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

import roomdisplay
from roomdisplay.connectors.base import (
    ConnectorError,
    CredentialsRejectedError,
)
from roomdisplay.connectors.ews.answers import broken_off, judge, unreachable
from roomdisplay.connectors.ews.network import GuardedAdapter, Network
from roomdisplay.connectors.ews.settings import ExchangeSettings
from roomdisplay.connectors.ews.sign_in import (
    BoundNtlm,
    Scheme,
    authentication,
    choose_scheme,
    offered,
)

_HEADERS = {
    "Content-Type": "text/xml; charset=utf-8",
    "Accept-Encoding": "gzip, deflate",
    "User-Agent": f"RoomDisplay/{roomdisplay.__version__}",
}
_LONGEST_IDLE = 60.0
_AFFINITY = "X-BackEndOverrideCookie"
_ASKING = (
    b'<?xml version="1.0" encoding="utf-8"?>'
    b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body/></s:Envelope>'
)
"""Sent without credentials, to learn which ways of signing in are offered."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer that is XML by its looks; what exchangelib's services take for a response."""

    content: bytes = field(repr=False)
    affinity_cookie: str | None = field(default=None, repr=False)
    """Names the server behind a load balancer that answered."""

    def close(self) -> None:
        """Nothing is open any more."""


class SignIn:
    """One service account's standing with the servers of one connection.

    Until a sign-in has worked, requests go one at a time, and after one that was rejected none goes
    at all: a wrong password is sent once, however many rooms are read, and locks no account.
    """

    def __init__(self, settings: ExchangeSettings) -> None:
        self._settings = settings
        self._first = threading.Lock()
        self._proven = False
        self._rejected: CredentialsRejectedError | None = None

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Hold this while a request with credentials is under way.

        Raises:
            CredentialsRejectedError: an earlier request was; this one is not to be sent.
        """
        if self._proven:
            self._require_not_rejected()
            with self._watched():
                yield
            return
        with self._first:
            self._require_not_rejected()
            with self._watched():
                yield

    @contextmanager
    def _watched(self) -> Iterator[None]:
        try:
            yield
        except CredentialsRejectedError as rejected:
            self._rejected = rejected
            raise
        self._proven = True

    def _require_not_rejected(self) -> None:
        if self._rejected is not None:
            rejected = self._rejected
            raise CredentialsRejectedError(rejected.detail, diagnosis=rejected.diagnosis)


@dataclass(frozen=True, slots=True)
class _Spare:
    """A connection that nobody uses, since when (monotonic)."""

    session: requests.Session
    since: float


@dataclass(slots=True)
class _Configuration:
    """Where exchangelib's services keep the server's version."""

    version: Any


class Line:
    """Sends requests to one endpoint over a bounded number of connections."""

    RETRY_WAIT = 10
    credentials = None
    """Of exchangelib's kinds only those of OAuth matter to its services."""

    def __init__(
        self,
        endpoint: str,
        settings: ExchangeSettings,
        network: Network,
        sign_in: SignIn,
        *,
        version: Any,
        connections: int,
    ) -> None:
        self.service_endpoint = endpoint
        self.config = _Configuration(version)
        self._settings = settings
        self._network = network
        self._sign_in = sign_in
        self._scheme: Scheme | None = None
        self._scheme_lock = threading.Lock()
        self._sessions: queue.LifoQueue[_Spare | None] = queue.LifoQueue()
        for _ in range(connections):
            self._sessions.put(None)

    @property
    def host(self) -> str:
        """The server, with its port where that is not the usual one."""
        return urlsplit(self.service_endpoint).netloc

    @property
    def version(self) -> Any:
        """What the server said last of its version."""
        return self.config.version

    def post(self, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Send a request and read the answer.

        Raises:
            ConnectorError: no answer that may be parsed; the subclass says why.
        """
        scheme = self.scheme()
        with self._sign_in.attempt(), self._session(scheme) as session:
            response = self._send(session, body, headers)
            judge(response, self._settings, self.host)
            return Reply(response.content, response.cookies.get(_AFFINITY))

    @contextmanager
    def hang(
        self, body: bytes, headers: Mapping[str, str], network: Network
    ) -> Iterator[requests.Response]:
        """Send a request whose answer goes on for long, over a connection of its own.

        Raises:
            ConnectorError: as `post`.
        """
        scheme = self.scheme()
        with self._open(scheme, network, hanging=True) as session:
            with self._sign_in.attempt():
                plain = {**headers, "Accept-Encoding": "identity"}
                response = self._send(session, body, plain)
                if response.status_code != requests.codes.ok:
                    judge(response, self._settings, self.host)  # a fault is read like the stream
            try:
                yield response
            finally:
                response.close()

    def scheme(self) -> Scheme:
        """How to sign in here, found out by a request without credentials.

        Raises:
            ConnectorError: the server is not reached, is none, or offers no way that we know.
        """
        with self._scheme_lock:
            if self._scheme is None:
                ways = self.offered_ways()
                self._scheme = choose_scheme(self._settings, self.service_endpoint, ways)
            return self._scheme

    def offered_ways(self) -> tuple[str, ...]:
        """The ways of signing in that the server offers, lower case.

        Raises:
            ConnectorError: it is not reached, or it is no EWS.
        """
        with self._network.session() as session:
            response = self._send(session, _ASKING, {})
        if response.status_code != requests.codes.unauthorized:
            judge(response, self._settings, self.host, signed_in=False)
        return offered(response)

    def close(self) -> None:
        """Close the connections that nobody uses."""
        while True:
            try:
                spare = self._sessions.get_nowait()
            except queue.Empty:
                return
            if spare is not None:
                spare.session.close()

    @contextmanager
    def _session(self, scheme: Scheme) -> Iterator[requests.Session]:
        spare = self._sessions.get()
        # What lies between may have forgotten a connection that was silent for long.
        if spare is not None and time.monotonic() - spare.since > _LONGEST_IDLE:
            spare.session.close()
            spare = None
        session = None if spare is None else spare.session
        try:
            session = session or self._open(scheme, self._network)
            yield session
        except BaseException:
            if session is not None:
                session.close()
            session = None  # a connection whose answer was not read to its end is good for nothing
            raise
        finally:
            self._sessions.put(None if session is None else _Spare(session, time.monotonic()))

    def _open(self, scheme: Scheme, network: Network, *, hanging: bool = False) -> requests.Session:
        session = network.session(hanging=hanging)
        adapter = session.get_adapter(self.service_endpoint)
        assert isinstance(adapter, GuardedAdapter)
        session.auth = authentication(scheme, self._settings, adapter)
        return session

    def _send(
        self, session: requests.Session, body: bytes, headers: Mapping[str, str]
    ) -> requests.Response:
        try:
            return session.post(
                self.service_endpoint,
                data=body,
                headers={**_HEADERS, **headers},
                allow_redirects=False,
                stream=True,  # the adapter has read what is to be read at once
            )
        except ConnectorError:
            raise
        except Exception as error:  # noqa: BLE001 - hand-shakes raise what they like, secrets in it
            if isinstance(session.auth, BoundNtlm) and not _is_of_the_way(error):
                raise broken_off(self.host) from None
            raise unreachable(error, self.host) from None


def _is_of_the_way(error: Exception) -> bool:
    """Whether the connection failed, not what was said over it."""
    if isinstance(error, PermissionError):
        return False  # that is how requests_ntlm says that there is no challenge
    return isinstance(error, requests.RequestException | HTTPError | OSError)


LineMaker = Callable[[str], Line]
"""Makes the line to an endpoint."""
