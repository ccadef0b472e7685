"""The simulated Exchange server's door: TLS, Extended Protection, switches, throttling."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta

import exchangelib
import exchangelib.autodiscover.cache
import exchangelib.autodiscover.discovery
import exchangelib.autodiscover.protocol
import pytest
import requests_ntlm
from exchangelib import errors
from exchangepeer import (
    BLUE,
    PASSWORD,
    SERVICE,
    Exchange,
    exchange,
    failure,
    off_loop,
    trusting,
)
from simulators.serve import Tls

START = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture(scope="module")
def tls() -> Tls:
    return Tls()


@pytest.fixture
async def secure(tls, tmp_path) -> AsyncIterator[Exchange]:
    with trusting(tls, tmp_path):
        async with exchange(tls=tls) as running:
            yield running


@pytest.fixture
async def server() -> AsyncIterator[Exchange]:
    async with exchange() as running:
        yield running


def day(account: exchangelib.Account) -> list[exchangelib.CalendarItem]:
    return list(account.calendar.view(start=START, end=START + timedelta(days=1)))


async def test_extended_protection_lets_in_who_sees_the_servers_own_certificate(secure, tls):
    secure.simulator.protect(tls.certificate_pem)
    assert await off_loop(lambda: day(secure.account())) == []


async def test_extended_protection_keeps_out_who_sees_another(secure):
    secure.simulator.protect(Tls().certificate_pem)
    problem = await failure(lambda: day(secure.account()))
    assert isinstance(problem, errors.UnauthorizedError)
    assert secure.simulator.sign_in.tries == [], "no password was judged, nobody gets locked out"


async def test_extended_protection_keeps_out_who_sends_no_binding(secure, tls, monkeypatch):
    secure.simulator.protect(tls.certificate_pem)
    monkeypatch.setattr(requests_ntlm.HttpNtlmAuth, "_get_server_cert", lambda *_: None)
    problem = await failure(lambda: day(secure.account()))
    assert isinstance(problem, errors.UnauthorizedError)


async def test_no_protection_without_the_switch(secure, tls, monkeypatch):
    secure.simulator.protect(tls.certificate_pem, required=False)
    monkeypatch.setattr(requests_ntlm.HttpNtlmAuth, "_get_server_cert", lambda *_: None)
    assert await off_loop(lambda: day(secure.account())) == []


async def test_only_what_is_offered(server):
    server.simulator.sign_in.schemes = ("NTLM",)
    problem = await failure(lambda: day(server.account(auth=exchangelib.BASIC)))
    assert isinstance(problem, errors.UnauthorizedError)
    assert server.simulator.sign_in.tries == []
    await off_loop(exchangelib.close_connections)
    assert await off_loop(lambda: server.account(auth=None).protocol.auth_type) == exchangelib.NTLM


async def test_everybody_signs_in_anew_after_a_restart(server):
    account = await off_loop(server.account)
    assert await off_loop(lambda: day(account)) == []
    server.simulator.sign_in.forget_connections()
    assert await off_loop(lambda: day(account)) == []


async def test_ews_switched_off(server):
    server.simulator.ews_enabled = False
    problem = await failure(lambda: day(server.account()))
    assert isinstance(problem, errors.MalformedResponseError)
    assert "403" in str(problem)


async def test_a_log_on_page_before_it(server):
    server.simulator.forms = True
    problem = await failure(lambda: day(server.account()))
    assert isinstance(problem, errors.RedirectError)
    assert "/owa/auth/logon.aspx" in problem.url


@pytest.mark.parametrize("shape", ["message", "fault"])
async def test_busy_says_for_how_long(server, shape):
    server.simulator.busy.order("FindItem", shape=shape, back_off=3500)
    problem = await failure(lambda: day(server.account()))
    assert isinstance(problem, errors.ErrorServerBusy)
    assert server.simulator.busy.met == ["FindItem"]
    if shape == "fault":  # of a response message exchangelib does not read the time
        assert problem.back_off == 3.5
    assert await off_loop(lambda: day(server.account())) == []


async def test_busy_inside_of_another_error(server):
    server.simulator.busy.order("FindItem", shape="inner")
    assert isinstance(await failure(lambda: day(server.account())), errors.ErrorServerBusy)


async def test_busy_as_plain_http(server):
    server.simulator.busy.order("FindItem", shape="unavailable")
    problem = await failure(lambda: day(server.account()))
    assert isinstance(problem, errors.ErrorServerBusy)
    assert "503" in str(problem)


async def test_faults_to_order(server):
    server.simulator.faults.order("GetFolder", drop=True)
    assert isinstance(await failure(lambda: day(server.account())), Exception)
    server.simulator.faults.order("POST /EWS", status=502, body="<html>Bad gateway</html>")
    problem = await failure(lambda: day(server.account()))
    assert isinstance(problem, errors.MalformedResponseError)


@pytest.fixture
def autodiscovery(tmp_path, monkeypatch) -> Iterator[None]:
    """exchangelib's search, without DNS and with a file of its own."""
    storage = tmp_path / "exchangelib-cache"
    monkeypatch.setattr(exchangelib.autodiscover.cache, "AUTODISCOVER_PERSISTENT_STORAGE", storage)
    search = exchangelib.autodiscover.discovery.Autodiscovery
    monkeypatch.setattr(search, "_ensure_valid_hostname", lambda *_: None)
    yield
    exchangelib.autodiscover.cache.autodiscover_cache.close()


@pytest.mark.usefixtures("autodiscovery")
async def test_autodiscover_finds_the_server(secure, monkeypatch):
    search = exchangelib.autodiscover.discovery.Autodiscovery
    monkeypatch.setattr(
        search, "_step_1", lambda self, hostname: self._step_5(self._attempt(hostname))
    )
    monkeypatch.setattr(
        search,
        "_attempt",
        lambda self, _: self._attempt_response(f"{secure.origin}/autodiscover/autodiscover.svc")[1],
        raising=False,
    )

    def discover(address):
        credentials = exchangelib.Credentials(SERVICE, PASSWORD)
        answer, protocol = exchangelib.discover(address, credentials=credentials)
        group = answer.user_settings.get("grouping_information")
        return answer.autodiscover_smtp_address, group, protocol.service_endpoint

    endpoint = f"{secure.origin}/EWS/Exchange.asmx"
    assert await off_loop(lambda: discover(BLUE)) == (BLUE, "EXCH01", endpoint)
    problem = await failure(lambda: discover("nobody@example.com"))
    assert isinstance(problem, errors.ErrorNonExistentMailbox)
    secure.simulator.autodiscover.redirect_addresses["old@example.com"] = BLUE
    assert await off_loop(lambda: discover("old@example.com")) == (BLUE, "EXCH01", endpoint)
