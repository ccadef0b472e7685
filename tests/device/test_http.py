"""The door, on real sockets, against servers that lie, drip, end early or are somebody else's."""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID

from roomdisplay.device import http as door
from roomdisplay.device.http import DeviceHttp, ServerTrouble, TokenRejected
from roomdisplay.device.key import DeviceKey
from roomdisplay.device.server_address import ServerAddress, parse_server
from roomdisplay.device.tls import key_pin
from roomdisplay.model.problems import TYPE_PREFIX
from roomdisplay.model.trouble import TroubleKind
from roomdisplay.model.wire import HealthReport, TokenAnswer

KEY = DeviceKey.generate()
Serve = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def server(serve: Serve, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Answer each connection's first request with `serve`; the port."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await reader.readuntil(b"\r\n\r\n")
            await serve(request, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()

    listening = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()


def says(
    status: str, *, body: bytes = b"", kind: str = "application/json", nonce: str = "n1", **headers
) -> Serve:
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if nonce:
        lines.append(f"DPoP-Nonce: {nonce}")
    lines.append("Connection: close")

    async def serve(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        await writer.drain()

    return serve


def problem(key: str, status: str) -> Serve:
    body = f'{{"type": "{TYPE_PREFIX}{key}", "title": "x"}}'.encode()
    return says(status, body=body, kind="application/problem+json")


async def ask(port: int, **options) -> door.Answer:
    async with DeviceHttp(parse_server(f"http://127.0.0.1:{port}"), KEY) as http:
        return await http.request("GET", "/device/v1/schedule", **options)


async def trouble(serve: Serve, **options) -> ServerTrouble:
    async with server(serve) as port:
        with pytest.raises(ServerTrouble) as caught:
            await ask(port, **options)
    return caught.value


async def test_an_answer_of_ours_is_given_with_its_times() -> None:
    async with server(says("200 OK", body=b"{}", ETag='"e"')) as port:
        answer = await ask(port)
    assert (answer.status, answer.body, answer.headers["etag"]) == (200, b"{}", '"e"')
    assert answer.sent_at_boottime <= answer.received_at_boottime
    with pytest.raises(ServerTrouble):
        answer.decode(TokenAnswer)


async def test_the_servers_nonce_is_put_into_the_next_proof_and_asked_for_once() -> None:
    seen: list[bytes] = []

    async def serve(request: bytes, writer: asyncio.StreamWriter) -> None:
        seen.append(request)
        demand = says(
            "401 Unauthorized",
            body=f'{{"type": "{TYPE_PREFIX}use_dpop_nonce", "title": "x"}}'.encode(),
            kind="application/problem+json",
            nonce="fresh-nonce",
            WWW_Authenticate='DPoP error="use_dpop_nonce"',
        )
        await (demand if len(seen) == 1 else says("200 OK"))(request, writer)

    async with server(serve) as port:
        assert (await ask(port, token="secret-token")).status == 200
    assert len(seen) == 2
    assert all(b"authorization: dpop secret-token" in one.lower() for one in seen)


async def test_a_server_that_never_has_enough_of_nonces_is_left() -> None:
    seen: list[bytes] = []

    async def serve(request: bytes, writer: asyncio.StreamWriter) -> None:
        seen.append(request)
        body = b'{"error": "use_dpop_nonce"}'
        await says("400 Bad Request", body=body)(request, writer)

    async with server(serve) as port:
        assert (await ask(port)).status == 400
    assert len(seen) == 2


async def test_only_a_registered_problem_of_ours_rejects_the_token() -> None:
    async with server(problem("invalid_token", "401 Unauthorized")) as port:
        with pytest.raises(TokenRejected):
            await ask(port)
    body = b'{"type": "https://proxy.example/invalid_token", "title": "invalid_token"}'
    for serve in (
        says("401 Unauthorized", body=body, kind="application/problem+json"),
        says("401 Unauthorized", body=b"invalid_token", kind="text/plain"),
        says("401 Unauthorized", body=b"{", kind="application/problem+json"),
        problem("invalid_dpop_proof", "401 Unauthorized"),
        says("403 Forbidden", nonce=""),
        says("401 Unauthorized", body=body, kind="application/problem+json", nonce=""),
    ):
        assert (await trouble(serve)).kind in {
            TroubleKind.SERVER_FAILING,
            TroubleKind.FOREIGN_ANSWER,
        }


async def test_problems_are_named() -> None:
    async with server(problem("no_room", "409 Conflict")) as port:
        assert (await ask(port)).problem == "no_room"
    async with server(says("409 Conflict", body=b"{}", kind="application/problem+json")) as port:
        assert (await ask(port)).problem is None


@pytest.mark.parametrize(
    ("serve", "kind"),
    [
        (says("200 OK", body=b"<html>", kind="text/html", nonce=""), TroubleKind.FOREIGN_ANSWER),
        (says("204 No Content", nonce=""), TroubleKind.FOREIGN_ANSWER),
        (says("302 Found", nonce="", Location="http://x.example/"), TroubleKind.FOREIGN_ANSWER),
        (says("404 Not Found", nonce=""), TroubleKind.FOREIGN_ANSWER),
        (says("511 Network Authentication Required", nonce=""), TroubleKind.FOREIGN_ANSWER),
        (says("407 Proxy Authentication Required", nonce=""), TroubleKind.FOREIGN_ANSWER),
        (says("502 Bad Gateway", body=b"<html>", nonce=""), TroubleKind.SERVER_FAILING),
        (says("500 Internal Server Error", nonce=""), TroubleKind.SERVER_FAILING),
        (problem("unavailable", "503 Service Unavailable"), TroubleKind.SERVER_FAILING),
        (problem("too_many_requests", "429 Too Many Requests"), TroubleKind.SERVER_FAILING),
        (says("200 OK", body=b"x" * 70_000), TroubleKind.FOREIGN_ANSWER),
    ],
)
async def test_who_is_to_blame(serve: Serve, kind: TroubleKind) -> None:
    assert (await trouble(serve)).kind is kind


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("17", 17.0), ("999999", 3600.0), ("soon", None), ("-5", None), ("9" * 30, None), ("", None)],
)
async def test_retry_after_is_honoured_within_reason(written: str, seconds: float | None) -> None:
    serve = says("503 Service Unavailable", Retry_After=written)
    assert (await trouble(serve)).retry_after == seconds


async def test_an_endless_answer_ends_at_the_limit() -> None:
    async def serve(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nDPoP-Nonce: n\r\nConnection: close\r\n\r\n")
        while True:
            writer.write(b"x" * 65_536)
            await writer.drain()

    assert (await trouble(serve)).kind is TroubleKind.FOREIGN_ANSWER


async def test_a_dripping_answer_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "REQUEST_SECONDS", 0.3)

    async def serve(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nDPoP-Nonce: n\r\nConnection: close\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)  # the drip itself

    assert (await trouble(serve)).kind is TroubleKind.SERVER_UNREACHABLE


async def test_a_cut_answer_is_none() -> None:
    async def serve(_: bytes, writer: asyncio.StreamWriter) -> None:
        head = b"HTTP/1.1 200 OK\r\nDPoP-Nonce: n\r\nContent-Length: 100\r\n\r\n"
        writer.write(head + b'{"room":')
        await writer.drain()

    assert (await trouble(serve)).kind is TroubleKind.SERVER_UNREACHABLE


async def test_no_http_at_all() -> None:
    async def serve(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\0\xff SSH-2.0-OpenSSH\r\n\r\n")
        await writer.drain()

    assert (await trouble(serve)).kind is TroubleKind.SERVER_UNREACHABLE


async def test_nobody_there_and_no_such_name() -> None:
    async with server(says("200 OK")) as port:
        pass
    with pytest.raises(ServerTrouble) as caught:
        await ask(port)
    assert caught.value.kind is TroubleKind.SERVER_UNREACHABLE

    def unknown(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("x") from socket.gaierror(-2, "Name unknown")

    transport = httpx.MockTransport(unknown)
    async with DeviceHttp(ServerAddress("https://no.example"), KEY, transport=transport) as http:
        with pytest.raises(ServerTrouble) as caught:
            await http.request("GET", "/")
    assert caught.value.kind is TroubleKind.NAME_NOT_FOUND


async def test_no_cookie_is_kept_and_no_compression_asked_for() -> None:
    seen: list[bytes] = []

    async def serve(request: bytes, writer: asyncio.StreamWriter) -> None:
        seen.append(request.lower())
        await says("200 OK", Set_Cookie="portal=1; Path=/")(request, writer)

    async with (
        server(serve) as port,
        DeviceHttp(parse_server(f"http://127.0.0.1:{port}"), KEY) as http,
    ):
        await http.request("GET", "/device/v1/schedule")
        await http.request("POST", "/device/v1/health", json=HealthReport(version="0.1.0"))
    assert b"cookie:" not in seen[1]
    assert b"accept-encoding: identity" in seen[1]


async def test_this_machine_is_never_asked_for_through_a_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.invalid:3128")
    monkeypatch.setenv("ALL_PROXY", "http://proxy.invalid:3128")
    async with server(says("200 OK")) as port:
        assert (await ask(port)).status == 200


async def test_a_request_too_large_is_not_sent() -> None:
    async with server(says("200 OK")) as port:
        with pytest.raises(ValueError, match="too large"):
            await ask(port, form={"x": "y" * 70_000})


async def test_a_stream_ends_when_it_falls_silent() -> None:
    async def serve(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nDPoP-Nonce: n\r\n\r\nevent: beat\n\n")
        await writer.drain()
        await asyncio.Event().wait()

    async with (
        server(serve) as port,
        DeviceHttp(parse_server(f"http://127.0.0.1:{port}"), KEY) as http,
        http.stream("GET", "/device/v1/stream", silence=0.2) as stream,
    ):
        assert await anext(stream.chunks) == b"event: beat\n\n"
        with pytest.raises(ServerTrouble) as caught:
            await anext(stream.chunks)
    assert caught.value.kind is TroubleKind.SERVER_UNREACHABLE


async def test_a_streams_refusal_is_weighed_like_any_other() -> None:
    async with (
        server(problem("invalid_token", "401 Unauthorized")) as port,
        DeviceHttp(parse_server(f"http://127.0.0.1:{port}"), KEY) as http,
    ):
        with pytest.raises(TokenRejected):
            async with http.stream("GET", "/device/v1/stream", token="t"):
                pass


class Tls:
    """A server with an authority of its own."""

    def __init__(self, name: str = "127.0.0.1") -> None:
        authority = trustme.CA()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate = authority.issue_cert(name)
        leaf = certificate.cert_chain_pems[0].bytes()
        self._pem = certificate.private_key_pem.bytes() + leaf + authority.cert_pem.bytes()
        der = ssl.PEM_cert_to_DER_cert(authority.cert_pem.bytes().decode())
        pin = key_pin(der)
        assert pin is not None
        self.pin = pin

    def loaded(self, folder) -> ssl.SSLContext:
        file = folder / "server.pem"
        file.write_bytes(self._pem)
        self.context.load_cert_chain(file)
        return self.context


async def ask_tls(port: int, pin: str | None) -> door.Answer:
    async with DeviceHttp(parse_server(f"https://127.0.0.1:{port}", pin), KEY) as http:
        return await http.request("GET", "/device/v1/schedule")


async def test_a_pinned_authority_is_trusted_and_no_other(tmp_path) -> None:
    ours, other = Tls(), Tls()
    async with server(says("200 OK", body=b"{}"), ours.loaded(tmp_path)) as port:
        assert (await ask_tls(port, ours.pin)).status == 200
        for pin in (None, other.pin):
            with pytest.raises(ServerTrouble) as caught:
                await ask_tls(port, pin)
            assert caught.value.kind is TroubleKind.CERTIFICATE_NOT_TRUSTED


def self_signed(key: ec.EllipticCurvePrivateKey) -> bytes:
    """A certificate of its own for 127.0.0.1, with its key, PEM."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "server")])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private + certificate.public_bytes(Encoding.PEM)


async def test_a_renewed_certificate_of_the_pinned_key_is_found_without_a_restart(tmp_path) -> None:
    key, file = ec.generate_private_key(ec.SECP256R1()), tmp_path / "server.pem"
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    file.write_bytes(self_signed(key))
    context.load_cert_chain(file)
    async with server(says("200 OK", body=b"{}"), context) as port:
        address = parse_server(f"https://127.0.0.1:{port}", hashlib.sha256(spki).hexdigest())
        async with DeviceHttp(address, KEY) as http:
            assert (await http.request("GET", "/device/v1/schedule")).status == 200
            file.write_bytes(self_signed(key))
            context.load_cert_chain(file)
            with pytest.raises(ServerTrouble) as caught:
                await http.request("GET", "/device/v1/schedule")
            assert caught.value.kind is TroubleKind.CERTIFICATE_NOT_TRUSTED
            assert (await http.request("GET", "/device/v1/schedule")).status == 200


async def test_the_pinned_authority_does_not_excuse_another_name(tmp_path) -> None:
    ours = Tls("rooms.example.com")
    async with server(says("200 OK"), ours.loaded(tmp_path)) as port:
        with pytest.raises(ServerTrouble) as caught:
            await ask_tls(port, ours.pin)
    assert caught.value.kind is TroubleKind.CERTIFICATE_NOT_TRUSTED
