"""Signing in: one try with a wrong password, channel binding, private authorities, no leaks."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from exchangebench import ACCOUNT, PASSWORD, ROOM, WRONG, Exchange, listening
from simulators.organisation.from_ical import put_ical
from simulators.serve import Tls

from roomdisplay.connectors.base import (
    ConnectorError,
    CredentialsRejectedError,
    MalformedAnswerError,
    PermissionMissingError,
    Picture,
    UnavailableError,
)
from roomdisplay.connectors.contract import PLAIN, WINDOW
from roomdisplay.connectors.ews.connector import ExchangeConnector


@pytest.fixture
async def exchange() -> AsyncIterator[Exchange]:
    async with Exchange().running() as one:
        put_ical(one.room, {"plain": PLAIN})
        yield one


async def reads(connector: ExchangeConnector) -> Picture:
    answer = await connector.read(ROOM, WINDOW)
    assert isinstance(answer, Picture)
    return answer


@pytest.mark.parametrize("sign_in", ["ntlm", "basic", "automatic"])
@pytest.mark.parametrize("username", ["", "EXAMPLE\\svc-rooms", ACCOUNT])
async def test_each_way_and_each_kind_of_name(
    exchange: Exchange, sign_in: str, username: str
) -> None:
    connector = exchange.connector(sign_in=sign_in, username=username)
    assert len((await reads(connector)).occurrences) == 1


@pytest.mark.parametrize("sign_in", ["ntlm", "basic"])
async def test_a_wrong_password_is_sent_exactly_once(exchange: Exchange, sign_in: str) -> None:
    connector = exchange.connector(WRONG, sign_in=sign_in)
    outcomes = await asyncio.gather(
        *(connector.read(ROOM, WINDOW) for _ in range(10)),
        connector.check(),
        connector.list_calendars(),
        return_exceptions=True,
    )
    assert all(isinstance(one, CredentialsRejectedError) for one in outcomes)
    with pytest.raises(CredentialsRejectedError):
        await connector.check()
    assert exchange.server.sign_in.tries == [ACCOUNT]


async def test_a_password_that_is_changed_locks_nobody_out(exchange: Exchange) -> None:
    connector = exchange.connector(sign_in="ntlm")
    await asyncio.gather(*(connector.read(ROOM, WINDOW) for _ in range(8)))
    exchange.company.mailbox(ACCOUNT).password = "another"
    exchange.server.sign_in.forget_connections()
    for _ in range(5):
        outcomes = await asyncio.gather(
            *(connector.read(ROOM, WINDOW) for _ in range(8)), return_exceptions=True
        )
        assert all(isinstance(one, CredentialsRejectedError) for one in outcomes)
    assert len(exchange.server.sign_in.tries) <= 4 < exchange.server.sign_in.lockout_after
    assert len((await reads(exchange.connector("another"))).occurrences) == 1


async def test_extended_protection_with_the_servers_own_certificate() -> None:
    exchange = Exchange(schemes=("NTLM",))
    async with exchange.running():
        put_ical(exchange.room, {"plain": PLAIN})
        certificate = exchange.tls._chain.split(b"-----BEGIN EC PRIVATE")[0]  # type: ignore[union-attr]
        exchange.server.protect(certificate)
        assert len((await reads(exchange.connector())).occurrences) == 1
        exchange.server.protect(Tls().authority_pem.encode())
        with pytest.raises(CredentialsRejectedError):
            await reads(exchange.connector())


async def test_each_connection_has_its_own_authority(exchange: Exchange) -> None:
    trusting, doubting = exchange.connector(), exchange.connector(authority="")
    for _ in range(2):
        assert len((await reads(trusting)).occurrences) == 1
        with pytest.raises(UnavailableError) as caught:
            await reads(doubting)
        assert caught.value.diagnosis is not None
        assert caught.value.diagnosis.reason == "exchange_untrusted"


async def test_an_authority_that_is_none(exchange: Exchange) -> None:
    with pytest.raises(MalformedAnswerError) as caught:
        exchange.connector(authority="no certificate")
    assert caught.value.diagnosis is not None
    assert caught.value.diagnosis.reason == "exchange_settings"


async def test_basic_never_goes_out_in_clear() -> None:
    with pytest.raises(MalformedAnswerError):
        Exchange().connector(server="http://mail.example.com")
    async with Exchange(schemes=("Basic",)).running(tls=False) as exchange:
        assert await reads(exchange.connector())  # loopback


async def test_redirects_are_not_followed_with_credentials(
    exchange: Exchange, make_web: Callable[[], Any]
) -> None:
    web = make_web()
    target = {"location": f"{web.url}/EWS/Exchange.asmx"}
    for status in (301, 302, 307, 308):
        exchange.server.faults.order("GetRoomLists", status=status, headers=target)
        with pytest.raises(MalformedAnswerError):
            await exchange.connector().check()
    assert web.seen == []


@pytest.mark.parametrize("address", ["169.254.169.254", "fd00:ec2::254", "100.100.100.200"])
async def test_a_name_that_leads_to_metadata(exchange: Exchange, address: str) -> None:
    connector = exchange.connector(look_up=lambda _, port: [(address, port)], server="mail.test")
    with pytest.raises(PermissionMissingError) as caught:
        await connector.check()
    assert caught.value.diagnosis is not None
    assert caught.value.diagnosis.reason == "exchange_forbidden_address"


async def test_an_answer_without_end_is_cut(exchange: Exchange) -> None:
    bomb = gzip.compress(b"<?xml version='1.0'?><a>" + b" " * (64 * 2**20))
    exchange.server.faults.order(
        "FindItem", status=200, headers={"content-encoding": "gzip"}, body=bomb
    )
    with pytest.raises(MalformedAnswerError, match="more than any calendar"):
        await reads(exchange.connector())


async def test_through_a_proxy_that_looks_up_names(monkeypatch: pytest.MonkeyPatch) -> None:
    exchange = Exchange(schemes=("NTLM",))
    asked: list[bytes] = []

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        asked.append(head.split(b" ")[1])
        near, far = await asyncio.open_connection("127.0.0.1", exchange.port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(_pump(reader, far), _pump(near, writer))

    async with exchange.running("mail.example.com"), listening(relay) as port:
        put_ical(exchange.room, {"plain": PLAIN})
        certificate = exchange.tls._chain.split(b"-----BEGIN EC PRIVATE")[0]  # type: ignore[union-attr]
        exchange.server.protect(certificate)
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        connector = exchange.connector(server="mail.example.com")
        assert len((await reads(connector)).occurrences) == 1
        with pytest.raises(PermissionMissingError):
            await exchange.connector(server="169.254.169.254").check()
        await connector.aclose()
    assert set(asked) == {b"mail.example.com:443"}


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


@pytest.mark.parametrize("challenge", ["", "NTLM", "NTLM !!!!", "NTLM bm9uc2Vuc2U="])
async def test_a_hand_shake_that_is_broken_off_is_no_wrong_password(challenge: str) -> None:
    begun: list[bytes] = []

    async def forgetful(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            offer = "NTLM"
            if b"authorization" in head.lower():
                begun.append(head)
                offer = challenge
            line = f"WWW-Authenticate: {offer}\r\n" if offer else ""
            writer.write(f"HTTP/1.1 401 No\r\n{line}Content-Length: 0\r\n\r\n".encode())
            await writer.drain()

    async with listening(forgetful) as port:
        connector = Exchange().connector(server=f"http://127.0.0.1:{port}", sign_in="ntlm")
        for _ in range(2):
            with pytest.raises(UnavailableError) as caught:
                await connector.check()
            assert caught.value.diagnosis is not None
            assert caught.value.diagnosis.reason == "exchange_ntlm_broken"
        assert len(begun) == 2, "no password was judged, so it may be tried again"
        await connector.aclose()


async def test_closing_ends_what_is_under_way() -> None:
    waiting = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if b"authorization" in (await reader.readuntil(b"\r\n\r\n")).lower():
            waiting.set()
            await reader.read()  # until the client is gone
        else:
            offer = b"HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=x\r\n"
            writer.write(offer + b"Connection: close\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()

    async with listening(silent) as port:
        connector = Exchange().connector(server=f"http://127.0.0.1:{port}")
        reading = asyncio.create_task(connector.read(ROOM, WINDOW))
        await asyncio.wait_for(waiting.wait(), 10)
        await connector.aclose()
        with pytest.raises(ConnectorError):
            await asyncio.wait_for(reading, 5)
        with pytest.raises(UnavailableError):
            await connector.check()


async def test_logs_say_nothing(exchange: Exchange, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await reads(exchange.connector())
    exchange.server.faults.order("FindItem", status=200, body=b"<?xml version='1.0'?><nonsense/>")
    with pytest.raises(MalformedAnswerError):
        await reads(exchange.connector())
    with pytest.raises(CredentialsRejectedError):
        await reads(exchange.connector(WRONG))
    ours = [one for one in caplog.records if not one.name.startswith(("uvicorn", "asyncio"))]
    assert ours == []
    assert PASSWORD not in caplog.text
