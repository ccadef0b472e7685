from __future__ import annotations

import base64
import hashlib
import json

import pytest
from joserfc import jws
from joserfc.jwk import ECKey

from roomdisplay.device.key import DeviceKey, KeyUnreadableError, token_hash

URL = "https://rooms.example.com/device/v1/schedule"


def parts(proof: str) -> tuple[dict[str, object], dict[str, object]]:
    header, claims, _ = (
        base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in proof.split(".")
    )
    return json.loads(header), json.loads(claims)


def test_a_proof_says_what_rfc_9449_asks_for() -> None:
    key = DeviceKey.generate()
    proof = key.proof("GET", URL, nonce="n-1", token="secret-token-0123")
    header, claims = parts(proof)
    assert header["typ"] == "dpop+jwt"
    assert header["alg"] == "ES256"
    assert set(header["jwk"]) == {"kty", "crv", "x", "y"}
    assert (claims["htm"], claims["htu"], claims["nonce"]) == ("GET", URL, "n-1")
    assert claims["ath"] == token_hash("secret-token-0123")
    public = ECKey.import_key(header["jwk"])
    assert public.thumbprint() == key.thumbprint
    assert jws.deserialize_compact(proof, public, algorithms=["ES256"]).payload


def test_each_proof_is_another() -> None:
    key = DeviceKey.generate()
    first, second = (parts(key.proof("GET", URL))[1]["jti"] for _ in range(2))
    assert first != second


def test_without_token_and_nonce_the_claims_are_left_out() -> None:
    assert set(parts(DeviceKey.generate().proof("POST", URL))[1]) == {"jti", "htm", "htu", "iat"}


def test_token_hash_is_of_rfc_9449() -> None:
    # The example of RFC 9449 section 7.1.
    token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"
    assert token_hash(token) == "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"


def test_a_key_comes_back_from_its_text() -> None:
    key = DeviceKey.generate()
    again = DeviceKey.from_text(key.to_text())
    assert again.thumbprint == key.thumbprint
    required = {name: json.loads(key.to_text())[name] for name in ("crv", "kty", "x", "y")}
    digest = hashlib.sha256(json.dumps(required, separators=(",", ":")).encode()).digest()
    assert key.thumbprint == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"kty": "oct", "k": "AAAA"}',
        '{"kty": "EC", "crv": "P-256"}',
        json.dumps(ECKey.generate_key("P-384").as_dict(private=True)),
        json.dumps(ECKey.generate_key("P-256").as_dict(private=False)),
    ],
)
def test_what_is_no_key_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(KeyUnreadableError) as caught:
        DeviceKey.from_text(text)
    assert not text or text not in str(caught.value)
