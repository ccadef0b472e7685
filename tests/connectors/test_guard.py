"""Which address a request really goes to, and whose certificate it wants."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme

from roomdisplay.connectors import guard
from roomdisplay.connectors.base import ConnectorError, UnavailableError
from roomdisplay.connectors.http import HttpDoor

Names = dict[str, list[str]]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """What names resolve to, beside what they did."""
    table: Names = {}
    real = socket.getaddrinfo

    def resolve(host: Any, port: Any, *more: Any, **options: Any) -> Any:
        if host not in table:
            return real(host, port, *more, **options)
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in table[host]
        ]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return table


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[trustme.CA]:
    """The one authority that this machine trusts for the time of a test."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    guard._tls.cache_clear()
    yield authority
    guard._tls.cache_clear()


async def get(url: str) -> bytes:
    door = HttpDoor()
    try:
        return (await door.send("GET", httpx.URL(url))).body
    finally:
        await door.aclose()


def secured(web: Any, authority: trustme.CA, name: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    web.socket = context.wrap_socket(web.socket, server_side=True)


async def test_the_certificate_is_that_of_the_name_not_of_the_address(
    make_web: Callable[[], Any], names: Names, authority: trustme.CA
) -> None:
    web = make_web()
    secured(web, authority, "calendar.example")
    names.update({"calendar.example": ["127.0.0.1"], "other.example": ["127.0.0.1"]})
    web.respond = lambda request: request.reply(200, request.headers["host"].encode())
    host = f"calendar.example:{web.server_port}"
    assert await get(f"https://{host}/") == host.encode()
    with pytest.raises(UnavailableError, match=r"certificate of other\.example"):
        await get(f"https://other.example:{web.server_port}/")


async def test_an_unknown_authority_is_not_trusted(
    make_web: Callable[[], Any], names: Names
) -> None:
    web = make_web()
    secured(web, trustme.CA(), "calendar.example")
    names["calendar.example"] = ["127.0.0.1"]
    with pytest.raises(UnavailableError, match="not trusted"):
        await get(f"https://calendar.example:{web.server_port}/")


async def test_the_next_address_is_tried(web: Any, names: Names) -> None:
    names["calendar.example"] = ["127.0.0.9", "127.0.0.1"]
    web.respond = lambda request: request.reply(200, b"ok")
    assert await get(f"http://calendar.example:{web.server_port}/") == b"ok"


async def test_a_name_that_nobody_knows() -> None:
    with pytest.raises(UnavailableError, match="cannot be reached"):
        await get("http://nobody.invalid/")


async def test_a_proxy_of_the_environment(
    make_web: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy, web = make_web(), make_web()
    proxy.respond = lambda request: request.reply(200, b"by proxy")
    web.respond = lambda request: request.reply(200, b"direct")
    monkeypatch.setenv("http_proxy", proxy.url)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert await get("http://calendar.invalid/room.ics") == b"by proxy"
    assert proxy.seen[0][1] == "http://calendar.invalid/room.ics"
    assert await get(f"{web.url}/") == b"direct"
    with pytest.raises(ConnectorError, match="never asked"):
        await get("http://169.254.169.254/")


@pytest.mark.parametrize(
    ("address", "forbidden"),
    [
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("192.168.1.1", False),
        ("fd00::1", False),
        ("2001:db8::1", False),
        ("169.254.0.1", True),
        ("fe80::1", True),
        ("::", True),
        ("0.0.0.0", True),
        ("ff02::1", True),
        ("::ffff:169.254.169.254", True),
        ("::ffff:10.1.2.3", False),
        ("2002:a9fe:a9fe::1", True),
        ("64:ff9b::a9fe:a9fe", True),
        ("::169.254.169.254", True),
        ("::a83f:8110", True),
        ("::224.0.0.1", True),
        ("::10.1.2.3", False),
        ("::1", False),
        ("168.63.129.16", True),
    ],
)
def test_forbidden_addresses(address: str, *, forbidden: bool) -> None:
    assert guard.is_forbidden(ipaddress.ip_address(address)) is forbidden
