"""The simulated sign-in: Microsoft's own library takes it, and wrong proofs are told apart."""

from __future__ import annotations

import asyncio
import base64
import json
import time
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import msal
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from graphcompany import CLIENT_ID, SECRET, Bench, bench, company, registration
from simulators.graph import GraphSimulator, Secret
from simulators.graph.assertion import thumbprint
from simulators.serve import Tls, running

SCOPE = ["https://graph.microsoft.com/.default"]
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass
class Certified:
    """A key and its certificate."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    @property
    def key_pem(self) -> str:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()


def certified() -> Certified:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Room Display")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
    return Certified(key, certificate)


@pytest.fixture(scope="module")
def proof() -> Certified:
    return certified()


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[Tls, str]:
    made = Tls()
    path: Path = tmp_path_factory.mktemp("tls") / "authority.pem"
    path.write_text(made.authority_pem)
    return made, str(path)


@pytest.fixture
async def graph(proof: Certified) -> AsyncIterator[Bench]:
    application = registration(certificates=[proof.certificate])
    async with bench(GraphSimulator(company(), application), signed_in=False) as made:
        yield made


def token_by_msal(origin: str, authority: str, credential: Any, tenant: str) -> dict[str, Any]:
    with requests.Session() as session:
        session.verify, session.trust_env = authority, False
        application = msal.ConfidentialClientApplication(
            CLIENT_ID,
            client_credential=credential,
            authority=f"{origin}/{tenant}",
            instance_discovery=False,
            http_client=session,
        )
        found: dict[str, Any] = application.acquire_token_for_client(scopes=SCOPE)
        return found


@pytest.mark.parametrize("kind", ["secret", "certificate", "older thumbprint"])
async def test_msal_gets_a_token_that_opens_graph(
    kind: str, proof: Certified, tls: tuple[Tls, str]
) -> None:
    simulator = GraphSimulator(company(), registration(certificates=[proof.certificate]))
    credential: Any = SECRET
    if kind != "secret":
        credential = {"private_key": proof.key_pem, "public_certificate": proof.pem}
    if kind == "older thumbprint":
        digest = proof.certificate.fingerprint(hashes.SHA1()).hex()
        credential = {"private_key": proof.key_pem, "thumbprint": digest}
    async with running(simulator.app, tls=tls[0]) as origin:
        found = await asyncio.to_thread(
            token_by_msal, origin, tls[1], credential, "example.onmicrosoft.com"
        )
        assert found.get("error_description") is None
        assert found["expires_in"] == 3599
        async with httpx.AsyncClient(verify=tls[0].client_context()) as http:
            answer = await http.get(
                f"{origin}/v1.0/places/microsoft.graph.room",
                headers={"Authorization": f"Bearer {found['access_token']}"},
            )
            assert answer.status_code == 200


async def test_msal_understands_a_refusal(tls: tuple[Tls, str]) -> None:
    simulator = GraphSimulator(company(), registration())
    async with running(simulator.app, tls=tls[0]) as origin:
        found = await asyncio.to_thread(token_by_msal, origin, tls[1], "wrong", simulator.tenant.id)
        assert found["error"] == "invalid_client"
        assert found["error_codes"] == [7000215]
        with pytest.raises(ValueError, match="tenant name or GUID"):
            await asyncio.to_thread(token_by_msal, origin, tls[1], SECRET, "nobody.example")


def encoded(part: Any) -> str:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def assertion(proof: Certified, audience: str, key: Any = None, **changes: Any) -> str:
    now = int(time.time())
    header = {"alg": "PS256", "typ": "JWT", "x5t#S256": thumbprint(proof.certificate, "sha256")}
    claims = {
        "aud": audience,
        "iss": CLIENT_ID,
        "sub": CLIENT_ID,
        "jti": str(uuid.uuid4()),
        "iat": now,
        "nbf": now,
        "exp": now + 300,
        **changes,
    }
    text = f"{encoded(header)}.{encoded(claims)}"
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
    return f"{text}.{encoded((key or proof.key).sign(text.encode(), pss, hashes.SHA256()))}"


async def ask(graph: Bench, text: str) -> tuple[int, int | None]:
    answer = await graph.token(client_secret="", client_assertion=text, client_assertion_type=TYPE)
    codes = answer.json().get("error_codes", [None])
    return answer.status_code, codes[0]


async def test_an_assertion_is_checked_in_every_part(graph: Bench, proof: Certified) -> None:
    audience = f"{graph.origin}/example.onmicrosoft.com/oauth2/v2.0/token"
    now = time.time()
    good = assertion(proof, audience)
    assert await ask(graph, good) == (200, None)
    assert await ask(graph, good) == (401, 50027), "a second time"
    stranger = certified()
    assert await ask(graph, assertion(stranger, audience)) == (401, 700027)
    assert await ask(graph, assertion(proof, audience, stranger.key)) == (401, 700027)
    assert await ask(graph, assertion(proof, "https://elsewhere.example")) == (401, 700023)
    assert await ask(graph, assertion(proof, audience, sub="somebody")) == (401, 700021)
    late = {"nbf": now - 2000, "exp": now - 1000}
    early = {"nbf": now + 1000, "exp": now + 2000}
    for times in (late, early):
        assert await ask(graph, assertion(proof, audience, **times)) == (401, 700024)
    assert await ask(graph, assertion(proof, audience, jti=None)) == (401, 50027)
    assert await ask(graph, "not.a-token") == (401, 50027)


@pytest.mark.parametrize(
    ("form", "status", "number"),
    [
        ({"client_secret": "wrong"}, 401, 7000215),
        ({"client_id": "99999999-0000-0000-0000-000000000000"}, 400, 700016),
        ({"grant_type": "password"}, 400, 70003),
        ({"grant_type": ""}, 400, 900144),
        ({"scope": "Calendars.Read"}, 400, 1002012),
        ({"scope": "https://elsewhere.example/.default"}, 400, 500011),
    ],
)
async def test_refusals_have_their_numbers(
    graph: Bench, form: dict[str, str], status: int, number: int
) -> None:
    answer = await graph.token(**form)
    assert answer.status_code == status
    refused = answer.json()
    assert refused["error_codes"] == [number]
    assert refused["error_description"].startswith(f"AADSTS{number}: ")
    assert SECRET not in answer.text


async def test_a_secret_may_come_in_a_header(graph: Bench) -> None:
    form = {"grant_type": "client_credentials", "scope": SCOPE[0]}
    url = f"{graph.origin}/{graph.simulator.tenant.id}/oauth2/v2.0/token"
    for secret, status in ((SECRET, 200), ("wrong", 401)):
        proof = httpx.BasicAuth(CLIENT_ID, quote(secret, safe=""))
        answer = await graph.http.post(url, data=form, auth=proof)
        assert answer.status_code == status


async def test_the_instance_is_discovered(graph: Bench) -> None:
    asked = {"authorization_endpoint": f"{graph.origin}/{graph.simulator.tenant.id}/oauth2/v2.0"}
    url = f"{graph.origin}/common/discovery/instance"
    found = (await graph.http.get(url, params=asked)).json()
    metadata = (await graph.http.get(found["tenant_discovery_endpoint"])).json()
    assert metadata["token_endpoint"].startswith(f"{graph.origin}/{graph.simulator.tenant.id}/")
    (key,) = (await graph.http.get(metadata["jwks_uri"])).json()["keys"]
    assert key["kty"] == "RSA"


async def test_secrets_expire_and_conditional_access_blocks(graph: Bench) -> None:
    application = graph.simulator.tenant.applications[CLIENT_ID]
    application.blocked = True
    assert (await graph.token()).json()["error_codes"] == [53003]
    application.secrets = [Secret(SECRET, datetime.now(UTC) - timedelta(days=1))]
    assert (await graph.token()).json()["error_codes"] == [7000222]


async def test_a_token_ends_and_carries_the_consents_of_its_time() -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    times = [now]
    application = registration(roles=set())
    simulator = GraphSimulator(company(), application, sign_in_clock=lambda: times[-1])
    async with bench(simulator) as graph:
        path = "/users/blue@example.org/calendar"
        refused = await graph.ask("GET", path)
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "ErrorAccessDenied")
        token = graph.http.headers["Authorization"].split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(token + "=="))
        assert "roles" not in claims
        application.roles = {"Calendars.Read"}
        assert (await graph.ask("GET", path)).status_code == 403, "the token is older"
        await graph.sign_in()
        assert (await graph.ask("GET", path)).status_code == 200
        assert (await graph.ask("POST", f"{path}/events", json={})).status_code == 403
        assert (await graph.ask("GET", "/places/microsoft.graph.room")).status_code == 403
        times.append(now + timedelta(hours=1))
        ended = await graph.ask("GET", path)
        assert (ended.status_code, ended.json()["error"]["code"]) == (
            401,
            "InvalidAuthenticationToken",
        )
        assert (await graph.http.get(f"{graph.origin}/v1.0/places/x")).status_code == 401


async def test_exchange_roles_reach_their_scope_and_add_up_with_consents() -> None:
    blue, red = "/users/blue@example.org/calendar", "/users/red@example.org/calendar"
    scoped = registration(
        roles={"Place.Read.All"}, exchange_roles={"Calendars.ReadWrite": {"blue@example.org"}}
    )
    async with bench(GraphSimulator(company(), scoped)) as graph:
        assert (await graph.ask("GET", blue)).status_code == 200
        assert (await graph.ask("GET", red)).status_code == 403
        scoped.roles.add("Calendars.Read")
        await graph.sign_in()
        assert (await graph.ask("GET", red)).status_code == 200
        scoped.policy_allows = {"blue@example.org"}
        refused = await graph.ask("GET", red)
        assert "RAOP" in refused.json()["error"]["message"]
