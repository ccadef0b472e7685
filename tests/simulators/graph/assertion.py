"""A client assertion (RFC 7523) as the identity platform checks it."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

SKEW = 300
"""Seconds by which a client's clock may differ."""


class AssertionRefusedError(Exception):
    """The platform's number and words for what is wrong."""

    def __init__(self, number: int, words: str) -> None:
        super().__init__(words)
        self.number = number
        self.words = words


def check_assertion(
    text: str,
    *,
    client_id: str,
    audiences: Collection[str],
    certificates: Iterable[x509.Certificate],
    now: datetime,
    first_time: Callable[[str], bool],
) -> None:
    """Check a signed assertion.

    Args:
        text: the compact JWS.
        client_id: who asks.
        audiences: the token address, and what else the platform answers to.
        certificates: those of the registration.
        now: UTC.
        first_time: tells of a jti whether it is new, and remembers it.

    Raises:
        AssertionRefusedError: it does not prove the client.
    """
    try:
        header, claims, signature = _taken_apart(text)
    except ValueError:
        raise AssertionRefusedError(50027, "JWT token is invalid or malformed.") from None
    certificate = _named(header, certificates)
    signed = text.rpartition(".")[0].encode()
    _check_signature(certificate, str(header.get("alg")), signed, signature)
    if claims.get("iss") != client_id or claims.get("sub") != client_id:
        raise AssertionRefusedError(
            700021, "Client assertion application identifier doesn't match 'client_id' parameter."
        )
    if claims.get("aud") not in audiences:
        raise AssertionRefusedError(
            700023, "Client assertion audience claim does not match Realm issuer."
        )
    _check_times(claims, now)
    if not isinstance(claims.get("jti"), str) or not first_time(claims["jti"]):
        raise AssertionRefusedError(50027, "JWT token is invalid: jti is missing or was used.")


def thumbprint(certificate: x509.Certificate, algorithm: str) -> str:
    """The base64url digest of a certificate, as a header names it."""
    der = certificate.public_bytes(Encoding.DER)
    return base64.urlsafe_b64encode(hashlib.new(algorithm, der).digest()).decode().rstrip("=")


def _taken_apart(text: str) -> tuple[dict[str, Any], dict[str, Any], bytes]:
    parts = text.split(".")
    if len(parts) != 3:
        raise ValueError("three parts")
    header, claims = (json.loads(_decoded(part)) for part in parts[:2])
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise ValueError("objects")  # noqa: TRY004  # all that is wrong here is one error
    return header, claims, _decoded(parts[2])


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _named(header: dict[str, Any], certificates: Iterable[x509.Certificate]) -> x509.Certificate:
    named = str(header.get("x5t#S256") or header.get("x5t") or "").rstrip("=")
    algorithm = "sha256" if "x5t#S256" in header else "sha1"
    for certificate in certificates:
        if thumbprint(certificate, algorithm) == named:
            return certificate
    raise AssertionRefusedError(
        700027,
        "The certificate with identifier used to sign the client assertion is not registered on"
        f" application. [Reason - The key was not found., Thumbprint of key used by client:"
        f" '{named}']",
    )


def _check_signature(
    certificate: x509.Certificate, algorithm: str, signed: bytes, signature: bytes
) -> None:
    key = certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey), "the platform takes RSA alone"
    paddings: dict[str, padding.AsymmetricPadding] = {
        "PS256": padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH),
        "RS256": padding.PKCS1v15(),
    }
    refused = AssertionRefusedError(700027, "Client assertion failed signature validation.")
    if algorithm not in paddings:
        raise refused
    try:
        key.verify(signature, signed, paddings[algorithm], hashes.SHA256())
    except InvalidSignature:
        raise refused from None


def _check_times(claims: dict[str, Any], now: datetime) -> None:
    try:
        # Microsoft's own library sends no nbf.
        begins, ends = float(claims.get("nbf", claims["iat"])), float(claims["exp"])
    except (KeyError, TypeError, ValueError):
        raise AssertionRefusedError(50027, "JWT token is invalid or malformed.") from None
    if not begins - SKEW <= now.timestamp() <= ends + SKEW:
        raise AssertionRefusedError(
            700024,
            "Client assertion is not within its valid time range. Current time:"
            f" {now.isoformat()}.",
        )
