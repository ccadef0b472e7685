"""Finding the server: only hosts of the account's own domain ever see the password."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from exchangebench import ACCOUNT, WRONG, Exchange

from roomdisplay.connectors.base import (
    CredentialsRejectedError,
    PermissionMissingError,
    UnavailableError,
)
from roomdisplay.connectors.ews.connector import ExchangeConnector

DOMAIN = "example.com"
HOST = f"autodiscover.{DOMAIN}"


@pytest.fixture
async def exchange() -> AsyncIterator[Exchange]:
    async with Exchange().running(DOMAIN, HOST, "mail.example.com") as one:
        yield one


class Names:
    """A name server of our own; remembers who was asked for."""

    def __init__(self, exchange: Exchange, *known: str, http: int | None = None) -> None:
        self.exchange = exchange
        self.known = known
        self.http = http
        self.asked: list[str] = []

    def __call__(self, host: str, port: int) -> list[tuple[str, int]]:
        self.asked.append(host)
        if port == 80 and self.http is not None:
            return [("127.0.0.1", self.http)]
        if host not in self.known or port == 80:
            raise OSError("no such name")
        return [("127.0.0.1", self.exchange.port)]

    def connector(self, password: str = "right-password") -> ExchangeConnector:
        return self.exchange.connector(password, look_up=self, server="")


@pytest.mark.parametrize("host", [DOMAIN, HOST])
async def test_finds_the_server(exchange: Exchange, host: str) -> None:
    exchange.server.autodiscover.ews_url = "https://mail.example.com/EWS/Exchange.asmx"
    names = Names(exchange, host, "mail.example.com")
    connector = names.connector()
    await connector.check()
    assert len(await connector.list_calendars()) == 1
    assert names.asked[-1] == "mail.example.com"


async def test_a_server_elsewhere_is_told_and_not_tried(exchange: Exchange) -> None:
    exchange.server.autodiscover.ews_url = "https://mail.elsewhere.test/EWS/Exchange.asmx"
    names = Names(exchange, HOST, "mail.elsewhere.test")
    with pytest.raises(PermissionMissingError) as caught:
        await names.connector().check()
    assert caught.value.diagnosis is not None
    assert caught.value.diagnosis.reason == "exchange_autodiscover_elsewhere"
    assert caught.value.diagnosis.params["server"] == "mail.elsewhere.test"
    assert "mail.elsewhere.test" not in names.asked


async def test_a_redirect_elsewhere_is_told_and_not_followed(
    exchange: Exchange, make_web: Callable[[], Any]
) -> None:
    web = make_web()
    target = "https://autodiscover.elsewhere.test/autodiscover/autodiscover.xml"
    web.respond = lambda request: request.reply(302, location=target)
    names = Names(exchange, http=web.server_port)
    with pytest.raises(PermissionMissingError) as caught:
        await names.connector().check()
    assert caught.value.diagnosis is not None
    assert caught.value.diagnosis.reason == "exchange_autodiscover_elsewhere"
    assert [headers.get("authorization") for _, _, headers in web.seen] == [None]


async def test_a_redirect_within_the_domain_is_followed(
    exchange: Exchange, make_web: Callable[[], Any]
) -> None:
    exchange.server.autodiscover.ews_url = "https://mail.example.com/EWS/Exchange.asmx"
    web = make_web()
    target = "https://mail.example.com/autodiscover/autodiscover.xml"
    web.respond = lambda request: request.reply(302, location=target)
    await Names(exchange, "mail.example.com", http=web.server_port).connector().check()


@pytest.mark.parametrize(
    ("host", "reason"),
    [("mail.example.com", ""), ("autodiscover.elsewhere.test", "exchange_autodiscover_elsewhere")],
)
async def test_another_autodiscover_knows(exchange: Exchange, host: str, reason: str) -> None:
    target = f"https://{host}/autodiscover/autodiscover.svc"
    exchange.server.autodiscover.redirect_urls[ACCOUNT] = target
    names = Names(exchange, HOST, host)
    with pytest.raises((PermissionMissingError, UnavailableError)) as caught:
        await names.connector().check()  # it sends us round and round, or elsewhere
    assert caught.value.diagnosis is not None
    assert caught.value.diagnosis.reason == (reason or "exchange_autodiscover_failed")
    assert (host in names.asked) is not bool(reason)


@pytest.mark.parametrize("host", ["mail.example.com", "mail.elsewhere.test"])
async def test_a_service_record_is_the_last_resort(exchange: Exchange, host: str) -> None:
    exchange.server.autodiscover.ews_url = "https://mail.example.com/EWS/Exchange.asmx"
    names = Names(exchange, "mail.example.com")
    services = [f"{host}:443"]
    connector = exchange.connector(look_up=names, server="", services=services)
    if host.endswith(DOMAIN):
        await connector.check()
        return
    with pytest.raises(PermissionMissingError):
        await connector.check()
    assert host not in names.asked


async def test_nothing_is_found(exchange: Exchange) -> None:
    with pytest.raises(UnavailableError) as caught:
        await Names(exchange).connector().check()
    assert caught.value.diagnosis is not None
    assert caught.value.diagnosis.reason == "exchange_autodiscover_failed"


async def test_a_wrong_password_is_not_tried_at_the_next_host(exchange: Exchange) -> None:
    connector = Names(exchange, DOMAIN, HOST).connector(WRONG)
    for _ in range(3):
        with pytest.raises(CredentialsRejectedError):
            await connector.check()
    assert exchange.server.sign_in.tries == [ACCOUNT]
