"""What an administrator enters: hosts, ids, secrets and certificates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from roomdisplay.connectors.base import (
    ConnectionSettings,
    CredentialsRejectedError,
    Diagnosis,
    Surroundings,
)
from roomdisplay.connectors.graph import connect
from roomdisplay.connectors.graph.certificate import parse_certificate
from roomdisplay.connectors.graph.settings import CLOUDS, parse_account

VALUES = {"tenant": "contoso.example", "client_id": "11111111-2222-3333-4444-555555555555"}
KEY = rsa.generate_private_key(65537, 2048)
NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Room Display")])


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, password: bytes | None = None) -> str:
    locked = (
        serialization.BestAvailableEncryption(password)
        if password
        else serialization.NoEncryption()
    )
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked
    ).decode()


def certificate(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(NAME)
        .issuer_name(NAME)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=365))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()


def refused(secrets: dict[str, str] | None = None, **values: str) -> str:
    settings = ConnectionSettings(
        values={**VALUES, **values}, secrets=secrets if secrets is not None else {"secret": "s"}
    )
    with pytest.raises(CredentialsRejectedError) as caught:
        parse_account(settings)
    assert caught.value.diagnosis is not None
    return caught.value.diagnosis.reason


@pytest.mark.parametrize(
    ("cloud", "login", "graph"),
    [
        ("worldwide", "login.microsoftonline.com", "graph.microsoft.com"),
        ("usgov", "login.microsoftonline.us", "graph.microsoft.us"),
        ("dod", "login.microsoftonline.us", "dod-graph.microsoft.us"),
        ("china", "login.partner.microsoftonline.cn", "microsoftgraph.chinacloudapi.cn"),
    ],
)
def test_each_cloud_has_its_hosts(cloud: str, login: str, graph: str) -> None:
    account = parse_account(
        ConnectionSettings(values={**VALUES, "cloud": cloud}, secrets={"secret": "s"})
    )
    assert account.cloud == CLOUDS[cloud]
    assert (account.cloud.login.host, account.cloud.graph.host) == (login, graph)
    assert account.cloud.scope == f"https://{graph}/.default"


@pytest.mark.parametrize(
    ("login", "graph"),
    [
        ("https://login.example", ""),
        ("http://login.example", "https://graph.example"),
        ("https://user@login.example", "https://graph.example"),
        ("https://login.example/path", "https://graph.example"),
        ("https://login.example", "https://graph.example?x=1"),
        ("login.example", "graph.example"),
    ],
)
def test_own_hosts_are_origins_over_https(login: str, graph: str) -> None:
    assert refused(cloud="own", login_host=login, graph_host=graph) == "office365_hosts_wrong"


def test_own_hosts() -> None:
    values = {"cloud": "own", "login_host": "http://127.0.0.1:8000/", "graph_host": "https://g:99"}
    cloud = parse_account(ConnectionSettings(values=VALUES | values, secrets={"secret": "s"})).cloud
    assert (str(cloud.login), cloud.scope) == ("http://127.0.0.1:8000", "https://g:99/.default")


def test_what_cannot_be_right_is_told_apart() -> None:
    assert refused(tenant="") == "office365_tenant_unknown"
    assert refused(tenant="common") == "office365_tenant_unknown"
    assert refused(tenant="a/../b") == "office365_tenant_unknown"
    assert refused(client_id="my app") == "office365_app_unknown"
    assert refused({}) == "office365_secret_missing"
    assert refused(cloud="moon") == "office365_hosts_wrong"
    assert refused({"certificate": "x"}) == "office365_certificate_unreadable"


def test_an_authority_that_is_none() -> None:
    settings = ConnectionSettings(
        values={**VALUES, "authority": "not a certificate"}, secrets={"secret": "s"}
    )
    with pytest.raises(CredentialsRejectedError) as caught:
        connect(settings, Surroundings(clock=lambda: datetime.now(UTC)))
    assert caught.value.diagnosis == Diagnosis("office365_authority_unreadable")


def test_a_certificate_and_its_key_in_any_order() -> None:
    other = rsa.generate_private_key(65537, 2048)
    for text in (
        pem(KEY) + certificate(KEY),
        certificate(other) + certificate(KEY) + pem(KEY),
    ):
        found = parse_certificate(text)
        assert found.not_after == datetime(2027, 1, 1, tzinfo=UTC)
        read = x509.load_pem_x509_certificate(certificate(KEY).encode())
        assert found.thumbprint == read.fingerprint(hashes.SHA1()).hex().upper()
        assert "PRIVATE" not in repr(found)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (pem(KEY), "unreadable"),
        (certificate(KEY), "unreadable"),
        (pem(rsa.generate_private_key(65537, 2048)) + certificate(KEY), "key_mismatch"),
        (pem(KEY, b"locked") + certificate(KEY), "unreadable"),
        (pem(rsa.generate_private_key(65537, 1024)) + certificate(KEY), "unreadable"),
        (pem(ec.generate_private_key(ec.SECP256R1())) + certificate(KEY), "unreadable"),
        (pem(KEY).replace("A", "!") + certificate(KEY), "unreadable"),
        ("x" * 100_000, "unreadable"),
    ],
)
def test_a_certificate_that_cannot_be_used_says_why(text: str, reason: str) -> None:
    with pytest.raises(CredentialsRejectedError) as caught:
        parse_certificate(text)
    assert caught.value.diagnosis is not None
    assert caught.value.diagnosis.reason == f"office365_certificate_{reason}"
    assert "BEGIN" not in caught.value.detail
