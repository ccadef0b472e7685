"""Connections to checked addresses, trusted by one connection's own authorities.

`connectors.guard` for a library that speaks through requests: names are resolved here, the
addresses are checked, and the connection goes to the very address that was checked. Nothing in it
is shared by two connections: each has its adapters, its authorities and its sockets.
"""

# ruff: noqa: ANN401 - the signatures are those of requests

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass
from weakref import WeakSet

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from roomdisplay.connectors.ews.names import Target, find_service, look_up
from roomdisplay.connectors.guard import is_forbidden, trusting

LARGEST_ANSWER = 32 * 2**20
"""Bytes, after decompression."""
LONGEST_ANSWER = 120.0
"""Seconds from the request to the last byte."""
CONNECT_TIMEOUT = 10.0
SILENCE = 60.0
"""Seconds between two pieces of an answer: Exchange may think for long about a long view."""
_PIECE = 64 * 1024


class ForbiddenTargetError(requests.ConnectionError):
    """The host leads to an address that is never asked for."""


class TooLargeError(requests.RequestException):
    """The answer is larger than any that is meant."""


class TooSlowError(requests.Timeout):
    """The answer takes longer than any that is meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What an answer may cost."""

    size: int = LARGEST_ANSWER
    time: float = LONGEST_ANSWER
    silence: float = SILENCE


class Network:
    """What one connection's sockets go through."""

    def __init__(
        self,
        authority: str | None = None,
        *,
        limits: Limits | None = None,
        look_up: Callable[[str, int], Sequence[Target]] = look_up,
        find_service: Callable[[str], Sequence[str]] = find_service,
    ) -> None:
        """Open none yet.

        Args:
            authority: certificates in PEM that are trusted beside the system's.
            limits: of each answer.
            look_up: finds the addresses of a name.
            find_service: finds the hosts of a service.

        Raises:
            ValueError: there is no certificate in `authority`.
        """
        self.tls = trusting(authority) if authority else ssl.create_default_context()
        self.limits = limits or Limits()
        self._look_up = look_up
        self.find_service = find_service
        self._branches: WeakSet[Network] = WeakSet()
        self._sockets: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._closed = False

    def branch(self, *, silence: float) -> Network:
        """Another of the same trust, which can be cut alone, and is cut with this one."""
        made = copy(self)
        made.limits = replace(self.limits, silence=silence)
        made._sockets, made._lock, made._branches = set(), threading.Lock(), WeakSet()  # noqa: SLF001 - its own kind
        self._branches.add(made)
        return made

    def session(self, *, hanging: bool = False) -> requests.Session:
        """A session that keeps one connection, without credentials yet.

        Args:
            hanging: a good answer is left to be read piece by piece.
        """
        session = requests.Session()
        session.trust_env = False  # proxies are looked up below, .netrc is nobody's
        adapter = GuardedAdapter(self, hanging=hanging)
        for prefix in ("https://", "http://"):
            session.mount(prefix, adapter)
        return session

    def connect(self, host: str, port: int, timeout: float | None) -> socket.socket:
        """Open a socket to the first checked address that answers.

        Raises:
            OSError: none does, or the name leads nowhere.
            ForbiddenTargetError: it leads where we never go.
        """
        targets = self._look_up(host, port)
        for address, _ in targets:
            _require_allowed(address, host)
        error = OSError("the name has no address")
        for target in targets:
            try:
                opened = socket.create_connection(target, timeout)
            except OSError as refused:
                error = refused
                continue
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return opened
        raise error

    def keep(self, opened: socket.socket) -> None:
        """Remember a socket that is in use, so that `cut` reaches it."""
        with self._lock:
            self._sockets = {one for one in self._sockets if one.fileno() >= 0}
            self._sockets.add(opened)
            closed = self._closed
        if closed:
            shut(opened)

    def cut(self) -> None:
        """Break all connections, so that every thread that waits for an answer goes on at once."""
        with self._lock:
            self._closed = True
            sockets, self._sockets = self._sockets, set()
        for one in sockets:
            shut(one)
        for branch in tuple(self._branches):
            branch.cut()


def shut(opened: socket.socket) -> None:
    """Wake whoever reads from a socket: it has come to its end."""
    with suppress(OSError):  # it may be closed already
        # Of the plain socket: that of TLS would pull its state from under the reading thread.
        socket.socket.shutdown(opened, socket.SHUT_RDWR)


class GuardedAdapter(HTTPAdapter):
    """Sends requests through a `Network`; answers come whole and bounded, but for hanging ones."""

    def __init__(self, network: Network, *, hanging: bool = False) -> None:
        self._network = network
        self._hanging = hanging
        self._routes: dict[str, dict[str, str]] = {}
        self.peer_certificate: bytes | None = None
        """Of the last connection, DER; for the channel binding of NTLM."""
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0, pool_block=True)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Have connections opened by the network, with its authorities."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _pools(self._network, self._opened)

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:
        """The same through a proxy, which is then what is connected to."""
        manager = super().proxy_manager_for(proxy, **proxy_kwargs)
        manager.pool_classes_by_scheme = self.poolmanager.pool_classes_by_scheme
        return manager

    def build_connection_pool_key_attributes(
        self,
        request: Any,
        verify: Any,
        cert: Any = None,
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Trust what the network trusts, whatever `verify` says."""
        host, _ = super().build_connection_pool_key_attributes(request, True, None)
        del verify, cert
        return host, {"ssl_context": self._network.tls, "cert_reqs": "CERT_REQUIRED"}

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Nothing to add: the network's context verifies."""

    def send(  # noqa: PLR0917 - the base's signature
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: FBT001, FBT002
        timeout: Any = None,
        verify: Any = True,  # noqa: FBT002
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Send one request, and read its answer.

        Raises:
            requests.RequestException: no answer, not in time, or too large.
        """
        del stream, verify, cert, proxies, timeout
        limits = self._network.limits
        begun = time.monotonic()
        response = super().send(
            request,
            stream=True,
            timeout=(CONNECT_TIMEOUT, limits.silence),
            proxies=self._proxies(str(request.url)),
        )
        if not (self._hanging and response.status_code == requests.codes.ok):
            self._read(response, begun + limits.time)
        return response

    def _read(self, response: requests.Response, until: float) -> None:
        try:
            # What `content` would do, but bounded.
            response._content = b"".join(self._pieces(response, until))  # noqa: SLF001
        except BaseException:
            response.close()
            raise

    def _pieces(self, response: requests.Response, until: float) -> Iterator[bytes]:
        size = 0
        for piece in response.iter_content(_PIECE):
            size += len(piece)
            if size > self._network.limits.size:
                raise TooLargeError("the answer is too large")
            if time.monotonic() > until:
                raise TooSlowError("the answer took too long")
            yield piece

    def _proxies(self, url: str) -> dict[str, str]:
        """Looked up once for each server: the environment does not change."""
        server = "/".join(url.split("/", 3)[:3])
        if server not in self._routes:
            self._routes[server] = _proxies(server)
        return self._routes[server]

    def _opened(self, opened: socket.socket) -> None:
        self._network.keep(opened)
        if isinstance(opened, ssl.SSLSocket):
            self.peer_certificate = opened.getpeercert(binary_form=True)


def _pools(
    network: Network, opened: Callable[[socket.socket], None]
) -> dict[str, type[HTTPConnectionPool]]:
    """Pools whose connections are opened by `network`."""

    class Guarded:
        _dns_host: str
        port: int
        timeout: Any
        sock: socket.socket

        def _new_conn(self) -> socket.socket:
            try:
                return network.connect(self._dns_host, self.port, self.timeout)
            except ForbiddenTargetError:
                raise
            except socket.gaierror as error:
                raise NameResolutionError(self._dns_host, self, error) from error  # type: ignore[arg-type]
            except TimeoutError as error:
                raise ConnectTimeoutError(self, "no connection in time") from error
            except OSError as error:
                raise NewConnectionError(self, str(error)) from error  # type: ignore[arg-type]

        def connect(self) -> None:
            super().connect()  # type: ignore[misc]  # of the connection it is mixed into
            opened(self.sock)

    class Plain(Guarded, HTTPConnection):
        pass

    class Secure(Guarded, HTTPSConnection):
        pass

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


def _require_allowed(address: str, host: str) -> None:
    if is_forbidden(ipaddress.ip_address(address)):
        raise ForbiddenTargetError(f"{host} leads to an address that is never asked for")


def _proxies(url: str) -> dict[str, str]:
    """The proxy that the environment wants for this address; it resolves, so a literal is checked.

    Raises:
        ForbiddenTargetError: the address is one where we never go.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    proxy = getproxies().get(parts.scheme) or getproxies().get("all")
    if not proxy or proxy_bypass(host):
        return {}
    with suppress(ValueError):  # it is a name
        _require_allowed(str(ipaddress.ip_address(host)), host)
    return {parts.scheme: proxy}
