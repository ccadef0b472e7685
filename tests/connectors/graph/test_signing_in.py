"""Signing in with secrets and certificates, against the simulated identity platform."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from graphbench import ROOM, SECRET, Office

from roomdisplay.connectors.base import (
    ConnectionSettings,
    ConnectorError,
    CredentialsRejectedError,
    MalformedAnswerError,
    ThrottledError,
    UnavailableError,
)
from roomdisplay.connectors.contract import WINDOW
from roomdisplay.connectors.diagnosis import Probe, Verdict
from roomdisplay.connectors.graph.connector import GraphConnector

KEY = rsa.generate_private_key(65537, 2048)
NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Room Display")])


def certificate(begins: datetime, ends: datetime) -> x509.Certificate:
    builder = x509.CertificateBuilder().subject_name(NAME).issuer_name(NAME)
    builder = builder.public_key(KEY.public_key()).serial_number(x509.random_serial_number())
    return builder.not_valid_before(begins).not_valid_after(ends).sign(KEY, hashes.SHA256())


def with_certificate(office: Office, one: x509.Certificate) -> GraphConnector:
    key = KEY.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    pem = (key + one.public_bytes(serialization.Encoding.PEM)).decode()
    settings = office.settings("")
    return office.connect(ConnectionSettings(values=settings.values, secrets={"certificate": pem}))


def valid(office: Office) -> x509.Certificate:
    return certificate(office.clock() - timedelta(days=9), office.clock() + timedelta(days=300))


async def refusal(connector: GraphConnector) -> ConnectorError:
    with pytest.raises(ConnectorError) as caught:
        await connector.read(ROOM, WINDOW)
    assert SECRET not in str(caught.value)
    return caught.value


async def reason(connector: GraphConnector) -> str:
    error = await refusal(connector)
    assert isinstance(error, CredentialsRejectedError)
    assert error.diagnosis is not None
    return error.diagnosis.reason


async def test_a_certificate_signs_in(office: Office) -> None:
    one = valid(office)
    office.application.certificates.append(one)
    connector = with_certificate(office, one)
    await connector.check()
    await connector.read(ROOM, WINDOW)


async def test_a_certificate_signs_in_again_when_a_token_is_refused(office: Office) -> None:
    one = valid(office)
    office.application.certificates.append(one)
    connector = with_certificate(office, one)
    await connector.read(ROOM, WINDOW)
    office.simulator.sign_in.revoke()
    await connector.read(ROOM, WINDOW)
    assert office.simulator.sign_in.requests == 2


async def test_a_certificate_that_was_not_uploaded(office: Office) -> None:
    one = valid(office)
    error = await refusal(with_certificate(office, one))
    assert error.diagnosis is not None
    assert error.diagnosis.reason == "office365_certificate_unknown"
    told = one.fingerprint(hashes.SHA1()).hex().upper()
    assert error.diagnosis.params["thumbprint"] == told


async def test_a_certificate_that_has_expired_is_not_even_tried(office: Office) -> None:
    now = office.clock()
    one = certificate(now - timedelta(days=9), now - timedelta(days=1))
    office.application.certificates.append(one)
    with pytest.raises(CredentialsRejectedError) as caught:
        await with_certificate(office, one).check()
    assert caught.value.diagnosis is not None
    assert caught.value.diagnosis.reason == "office365_certificate_expired"
    assert office.simulator.sign_in.requests == 0


@pytest.mark.parametrize(
    ("days", "verdict", "why"),
    [
        (300, Verdict.GOOD, None),
        (12, Verdict.WARNING, "office365_certificate_expiring"),
        (-1, Verdict.BAD, "office365_certificate_expired"),
    ],
)
async def test_the_doctor_looks_at_a_certificates_end(
    office: Office, days: int, verdict: Verdict, why: str | None
) -> None:
    ends = office.clock() + timedelta(days=days, minutes=1)
    one = certificate(office.clock() - timedelta(days=90), ends)
    office.application.certificates.append(one)
    probe = Probe(window=WINDOW, zone="UTC", room=ROOM)
    found = [one async for one in with_certificate(office, one).diagnose(probe)]
    assert (found[0].check, found[0].verdict) == ("office365_certificate", verdict)
    told = found[0].diagnosis
    assert (told.reason if told else None) == why
    if told is not None:
        assert told.params["date"] == f"{ends:%Y-%m-%d}"
        assert told.params.get("days", "12") == "12"
    later = {one.verdict for one in found[1:]}
    assert (later == {Verdict.SKIPPED}) is (verdict is Verdict.BAD)


async def test_a_clock_that_is_wrong(office: Office) -> None:
    one = valid(office)
    office.application.certificates.append(one)
    office.simulator.sign_in.clock = lambda: datetime.now(UTC) + timedelta(hours=1)
    assert await reason(with_certificate(office, one)) == "office365_clock_wrong"


async def test_each_wrong_entry_has_its_reason(office: Office) -> None:
    given = office.application.secrets[0]
    other = "00000000-1111-2222-3333-444444444444"
    assert await reason(office.connector("not-it")) == "office365_secret_wrong"
    assert await reason(office.connector(given.id)) == "office365_secret_id"
    assert await reason(office.connector(client_id=other)) == "office365_app_unknown"
    assert await reason(office.connector(tenant="nobody.example")) == "office365_tenant_unknown"
    given.expires = datetime.now(UTC) - timedelta(days=1)
    assert await reason(office.connector()) == "office365_secret_expired"


async def test_conditional_access(office: Office) -> None:
    office.application.blocked = True
    assert await reason(office.connector()) == "office365_conditional_access"


async def test_one_token_serves_until_it_ends(office: Office) -> None:
    connector = office.connector()
    await asyncio.gather(*(connector.read(ROOM, WINDOW) for _ in range(5)))
    assert office.simulator.sign_in.requests == 1


async def test_a_revoked_token_is_replaced_once_for_all(office: Office) -> None:
    connector = office.connector()
    await connector.read(ROOM, WINDOW)
    office.simulator.sign_in.revoke()
    await asyncio.gather(*(connector.read(ROOM, WINDOW) for _ in range(5)))
    assert office.simulator.sign_in.requests == 2


async def test_a_token_that_is_never_taken_is_asked_for_once_more_only(office: Office) -> None:
    body = {"error": {"code": "InvalidAuthenticationToken", "message": "no"}}
    office.simulator.faults.order("GET /v1.0", status=401, body=body, times=100)
    assert await reason(office.connector()) == "office365_token_refused"
    assert office.simulator.sign_in.requests == 2
    assert len(office.simulator.faults.taken) == 2


@pytest.mark.parametrize("where", ["openid-configuration", "/token"])
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"status": 503}, UnavailableError),
        ({"status": 200, "body": "<html>Welcome to the hotel</html>"}, MalformedAnswerError),
        ({"status": 200, "body": "[]"}, MalformedAnswerError),
        ({"status": 404, "body": "<html>"}, MalformedAnswerError),
        ({"status": 429, "headers": {"Retry-After": "42"}}, ThrottledError),
        ({"drop": True}, UnavailableError),
    ],
)
async def test_a_sign_in_that_fails_otherwise(
    office: Office, where: str, fault: dict[str, Any], kind: type[ConnectorError]
) -> None:
    office.simulator.faults.order(where, **fault)
    error = await refusal(office.connector())
    assert type(error) is kind
    if isinstance(error, ThrottledError):
        assert error.retry_after == timedelta(seconds=42)


async def test_a_sign_in_that_failed_is_tried_again(office: Office) -> None:
    connector = office.connector()
    office.simulator.faults.order("openid-configuration", status=500)
    await refusal(connector)
    await connector.read(ROOM, WINDOW)


async def test_a_token_that_is_not_renewed_says_why(office: Office) -> None:
    connector = office.connector()
    await connector.read(ROOM, WINDOW)
    office.simulator.sign_in.revoke()
    office.simulator.faults.order("/token", status=429, headers={"Retry-After": "42"})
    assert isinstance(await refusal(connector), ThrottledError)
    office.application.secrets.clear()
    assert await reason(connector) == "office365_secret_wrong"


async def test_the_secret_goes_to_the_sign_in_host_alone(office: Office) -> None:
    base = "https://127.0.0.1:1/t"
    body = {
        "issuer": base,
        "authorization_endpoint": f"{base}/authorize",
        "token_endpoint": f"{base}/oauth2/v2.0/token",
    }
    office.simulator.faults.order("openid-configuration", status=200, body=body)
    error = await refusal(office.connector())
    assert isinstance(error, MalformedAnswerError)
    assert "names another host" in error.detail


async def test_many_sign_in_at_once_where_threads_are_few(office: Office) -> None:
    with ThreadPoolExecutor(1) as one_thread:
        asyncio.get_running_loop().set_default_executor(one_thread)
        host = office.origin.replace("127.0.0.1", "localhost")  # a name, to be resolved
        connectors = [office.connector(login_host=host, graph_host=host) for _ in range(6)]
        async with asyncio.timeout(20):
            await asyncio.gather(*(one.read(ROOM, WINDOW) for one in connectors))


async def test_the_environment_decides_nothing(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MSAL_FORCE_REGION", "westeurope")
    monkeypatch.setenv("REGION_NAME", "westeurope")
    await office.connector().read(ROOM, WINDOW)
