"""Outgoing requests that cannot be led astray: which addresses, how long, how much.

Feed and server addresses are typed by administrators and changed by redirects. Private addresses
are normal in companies; those of the link and of cloud metadata services are never asked for.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Sequence
from functools import cache
from urllib.request import getproxies, proxy_bypass

import httpx

_IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_METADATA = frozenset(
    map(
        ipaddress.ip_address,
        (
            "100.100.100.200",  # Alibaba Cloud
            "168.63.129.16",  # Azure's host
            "192.0.0.192",  # Oracle Cloud, classic
            "fd00:ec2::254",  # Amazon, over IPv6
            "fd20:ce::254",  # Google, over IPv6
        ),
    )
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_COMPATIBLE = ipaddress.IPv6Network("::/96")
"""IPv4-compatible addresses (RFC 4291, section 2.5.5.1), given up but still routed by some."""


class ForbiddenAddressError(httpx.ConnectError):
    """The host leads to an address that is never asked for."""


def is_forbidden(address: _IPAddress) -> bool:
    """Whether nothing of ours is to be found there: the link's own, metadata, no single host."""
    if isinstance(address, ipaddress.IPv6Address):
        if address in _NAT64 or address in _COMPATIBLE:
            return is_forbidden(ipaddress.IPv4Address(address.packed[-4:]))
        inner = address.ipv4_mapped or address.sixtofour
        if inner is not None:
            return is_forbidden(inner)
    return (
        address.is_link_local
        or address.is_multicast
        or address.is_unspecified
        or address in _METADATA
    )


class GuardedTransport(httpx.AsyncBaseTransport):
    """Connects to checked addresses only.

    Each host is resolved here, its addresses are checked, and the connection goes to the very
    address that was checked, so that a name that changes between cannot lead elsewhere. Redirects
    come through here again. Behind a proxy the proxy resolves; then only literal addresses can be
    checked.
    """

    def __init__(self, authority: str | None = None) -> None:
        """Open none yet.

        Args:
            authority: certificates in PEM that are trusted beside the system's.
        """
        self._transports: dict[str, httpx.AsyncHTTPTransport] = {}
        self._tls = trusting(authority) if authority else _tls()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request.

        Raises:
            ForbiddenAddressError: the host leads to an address that is never asked for.
            httpx.TransportError: as any transport.
        """
        host = request.url.host
        proxy = _proxy(request.url)
        if proxy is not None:
            _allowed(_literal(host), host)
            transport = self._transport(f"proxy {proxy}", proxy)
            return await transport.handle_async_request(request)
        transport = self._transport(str(request.url.copy_with(path="/", query=None)))
        addresses = _allowed(_literal(host) or await _resolve(request.url), host)
        for address in addresses[:-1]:
            try:
                return await transport.handle_async_request(_pinned(request, address))
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await transport.handle_async_request(_pinned(request, addresses[-1]))

    def _transport(self, key: str, proxy: str | None = None) -> httpx.AsyncHTTPTransport:
        """One per origin: connections are shared by address, certificates are checked by name."""
        if key not in self._transports:
            limits = httpx.Limits(max_connections=8, keepalive_expiry=30)
            self._transports[key] = httpx.AsyncHTTPTransport(
                verify=self._tls, limits=limits, proxy=proxy
            )
        return self._transports[key]

    async def aclose(self) -> None:
        """Close all connections."""
        for transport in self._transports.values():
            await transport.aclose()
        self._transports.clear()


def trusting(authority: str) -> ssl.SSLContext:
    """Trust the system's authorities and those in `authority`, in PEM.

    Raises:
        ValueError: there is no certificate in it.
    """
    context = ssl.create_default_context()
    try:
        context.load_verify_locations(cadata=authority)
    except (ssl.SSLError, ValueError):
        raise ValueError("this is no certificate in PEM") from None
    return context


@cache
def _tls() -> ssl.SSLContext:
    """One for all: reading the system's authorities takes its time."""
    return ssl.create_default_context()


def _proxy(url: httpx.URL) -> str | None:
    """The proxy that the environment wants for this address."""
    proxy = getproxies().get(url.scheme) or getproxies().get("all")
    if not proxy or proxy_bypass(url.host):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _literal(host: str) -> Sequence[_IPAddress]:
    try:
        return (ipaddress.ip_address(host.strip("[]").partition("%")[0]),)
    except ValueError:
        return ()


async def _resolve(url: httpx.URL) -> Sequence[_IPAddress]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            url.host, url.port or (443 if url.scheme == "https" else 80), type=socket.SOCK_STREAM
        )
    except (OSError, UnicodeError) as error:
        raise httpx.ConnectError(f"the name {url.host} cannot be resolved") from error
    addresses = {str(entry[4][0]).partition("%")[0]: None for entry in found}
    return [ipaddress.ip_address(address) for address in addresses]


def _allowed(addresses: Sequence[_IPAddress], host: str) -> Sequence[_IPAddress]:
    if any(is_forbidden(address) for address in addresses):
        raise ForbiddenAddressError(f"{host} leads to an address that is never asked for")
    return addresses


def _pinned(request: httpx.Request, address: _IPAddress) -> httpx.Request:
    """The same request to the checked address; Host and TLS keep the name."""
    host = f"[{address}]" if address.version == 6 else str(address)  # noqa: PLR2004 - IPv6
    return httpx.Request(
        request.method,
        request.url.copy_with(host=host),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": request.url.host},
    )
