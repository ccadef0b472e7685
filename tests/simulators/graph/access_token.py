"""Access tokens: signed, though to clients they are nothing but text."""

from __future__ import annotations

import base64
import functools
import json
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa


@functools.cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_key() -> dict[str, str]:
    """The platform's key as a JSON web key."""
    numbers = _key().public_key().public_numbers()
    modulus = numbers.n.to_bytes(256, "big")
    return {"kty": "RSA", "use": "sig", "kid": "1", "n": _encoded(modulus), "e": "AQAB"}


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def signed(claims: dict[str, Any]) -> str:
    """A JSON web token of the platform's."""
    header = {"typ": "JWT", "alg": "RS256", "kid": "1"}
    text = ".".join(_encoded(json.dumps(part).encode()) for part in (header, claims))
    signature = _key().sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{text}.{_encoded(signature)}"
