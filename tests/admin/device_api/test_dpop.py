from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, RSAKey

from roomdisplay.admin.device_api.dpop import (
    NonceWantedError,
    ProofError,
    normal_url,
    verify_proof,
)
from roomdisplay.admin.device_api.nonces import VALID_FOR, new_nonce, nonce_is_good

URL = "https://rooms.example.com/oauth/token"
KEY = ECKey.generate_key("P-256")
TOKEN = "opaque-token-0123456789"
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def proof(*, key=KEY, header=None, jwk=None, alg="ES256", **claims) -> str:
    body = {"jti": "1", "htm": "POST", "htu": URL, "iat": 1, "nonce": "good", **claims}
    head = {
        "typ": "dpop+jwt",
        "alg": alg,
        "jwk": jwk or key.as_dict(private=False),
        **(header or {}),
    }
    payload = json.dumps({name: v for name, v in body.items() if v is not None}).encode()
    return jws.serialize_compact(head, payload, key, algorithms=[alg])


def check(text: str, *, method: str = "POST", token: str | None = None) -> str:
    return verify_proof(
        text,
        method=method,
        urls={URL, "http://127.0.0.1:8750/oauth/token"},
        nonce_is_good=lambda nonce: nonce == "good",
        token=token,
    )


def test_a_good_proof_gives_the_keys_thumbprint() -> None:
    assert check(proof()) == KEY.thumbprint()


@pytest.mark.parametrize("iat", [0, 1, 4_000_000_000, -5])
def test_the_devices_clock_does_not_matter(iat: int) -> None:
    assert check(proof(iat=iat)) == KEY.thumbprint()


def test_query_and_writing_of_the_address_do_not_matter() -> None:
    assert check(proof(htu="HTTPS://Rooms.Example.com:443/oauth/token?x=1#y"))


@pytest.mark.parametrize(
    "claims",
    [
        {"htm": "GET"},
        {"htu": "https://evil.example/oauth/token"},
        {"htu": "https://rooms.example.com/oauth/revoke"},
        {"htu": "http://rooms.example.com/oauth/token"},
        {"htu": "https://rooms.example.com:8443/oauth/token"},
        {"htu": "https://rooms.example.com@evil.example/oauth/token"},
        {"htu": "not an address"},
        {"htu": "https://[::1/oauth/token"},
        {"jti": ""},
        {"jti": None},
        {"jti": 7},
        {"iat": "now"},
        {"nonce": 5},
    ],
)
def test_a_proof_for_something_else_is_refused(claims: dict[str, object]) -> None:
    with pytest.raises(ProofError):
        check(proof(**claims))


@pytest.mark.parametrize("nonce", [None, "", "old"])
def test_a_missing_or_old_nonce_is_asked_for(nonce: str | None) -> None:
    with pytest.raises(NonceWantedError):
        check(proof(nonce=nonce))


def test_the_token_is_bound_in() -> None:
    from roomdisplay.device.key import token_hash  # noqa: PLC0415 - the other side's own

    assert check(proof(ath=token_hash(TOKEN)), token=TOKEN)
    for wrong in (None, "", token_hash("another-token"), "é"):
        with pytest.raises(ProofError):
            check(proof(ath=wrong), token=TOKEN)


def test_only_a_public_p256_key_and_es256() -> None:
    other = ECKey.generate_key("P-384")
    bad = [
        proof(header={"typ": "JWT"}),
        proof(jwk=KEY.as_dict(private=True)),
        proof(key=other, alg="ES384"),
        proof(jwk=ECKey.generate_key("P-256").as_dict(private=False)),  # another's key
        proof(jwk={"kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA"}),
        proof(jwk={"kty": "EC", "crv": "P-256", "x": 5, "y": None}),
        proof(key=RSAKey.generate_key(2048), alg="RS256"),
        proof(key=OctKey.generate_key(256), alg="HS256", jwk=KEY.as_dict(private=False)),
    ]
    for text in bad:
        with pytest.raises(ProofError):
            check(text)


def test_no_signature_is_no_proof() -> None:
    head, body, _ = proof().split(".")
    none = base64.urlsafe_b64encode(b'{"typ":"dpop+jwt","alg":"none","jwk":{}}').decode()
    for text in (f"{head}.{body}.", f"{none}.{body}.", f"{head}.{body}", ""):
        with pytest.raises(ProofError):
            check(text)


def test_a_changed_proof_is_none() -> None:
    head, body, signature = proof().split(".")
    swapped = proof(htu="https://evil.example/").split(".")[1]
    with pytest.raises(ProofError):
        check(f"{head}.{swapped}.{signature}")
    assert check(f"{head}.{body}.{signature}")


@given(st.text(max_size=300))
def test_whatever_comes_is_refused_and_never_crashes(text: str) -> None:
    with pytest.raises(ProofError):
        check(text)


@given(st.text(max_size=100))
def test_any_text_as_an_address(text: str) -> None:
    normal = normal_url(text)
    assert normal is None or normal_url(normal) == normal


SECRET = bytes(32)


def test_a_nonce_lives_five_minutes() -> None:
    nonce = new_nonce(SECRET, NOW)
    assert nonce_is_good(SECRET, nonce, NOW)
    assert nonce_is_good(SECRET, nonce, NOW + VALID_FOR)
    assert not nonce_is_good(SECRET, nonce, NOW + VALID_FOR + timedelta(seconds=1))
    assert not nonce_is_good(SECRET, nonce, NOW - timedelta(minutes=1))
    assert not nonce_is_good(bytes(31) + b"x", nonce, NOW)
    assert new_nonce(SECRET, NOW) != nonce


@given(
    st.one_of(
        st.text(max_size=80),
        st.binary(max_size=60).map(lambda raw: base64.urlsafe_b64encode(raw).decode()),
    )
)
def test_a_nonce_of_nobodys_making_is_none(text: str) -> None:
    assert not nonce_is_good(SECRET, text, NOW)
