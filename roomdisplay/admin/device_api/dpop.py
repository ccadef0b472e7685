"""Proofs of possession (DPoP, RFC 9449): that a request comes from the holder of a key."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Collection
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

PROOF_LIMIT = 4096
_DEFAULT_PORTS = {"http": 80, "https": 443}


class ProofError(Exception):
    """The proof cannot be accepted; `reason` is for the log and the display's trouble."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NonceWantedError(Exception):
    """The proof is good but for its nonce: absent, too old or another server's."""


class _Header(msgspec.Struct):
    typ: str
    alg: str
    jwk: dict[str, Any]


class _Claims(msgspec.Struct):
    jti: str
    htm: str
    htu: str
    iat: float
    nonce: str | None = None
    ath: str | None = None


def verify_proof(
    proof: str,
    *,
    method: str,
    urls: Collection[str],
    nonce_is_good: Callable[[str], bool],
    token: str | None = None,
) -> str:
    """Check a proof as RFC 9449 section 4.3 asks, but for `iat`, which the nonce stands in for.

    Args:
        proof: the `DPoP` header.
        method: of the request.
        urls: the addresses under which the request may have been sent; taken from the server's
            own settings, never from a header.
        nonce_is_good: judges the server's nonce.
        token: the access token that came along.

    Returns:
        The thumbprint (RFC 7638) of the key that signed.

    Raises:
        ProofError: it is not a valid proof for this request.
        NonceWantedError: all is well but the nonce.
    """
    key, claims = _opened(proof)
    if claims.htm != method:
        raise ProofError("htm is another method")
    if normal_url(claims.htu) not in {normal_url(url) for url in urls}:
        raise ProofError("htu is not an address of this server")
    if not claims.jti:
        raise ProofError("no jti")
    if token is not None and not hmac.compare_digest((claims.ath or "").encode(), _hash(token)):
        raise ProofError("ath is not of this token")
    if claims.nonce is None or not nonce_is_good(claims.nonce):
        raise NonceWantedError
    return key.thumbprint()


def normal_url(url: str) -> str | None:
    """An address as it is compared: scheme and host in small letters, default port left out.

    Query and fragment are no part of it (RFC 9449 section 4.3). None: not an address.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or not host or parts.username is not None:
        return None
    shown = f"[{host}]" if ":" in host else host
    if port not in {None, _DEFAULT_PORTS[parts.scheme]}:
        shown = f"{shown}:{port}"
    return urlunsplit((parts.scheme, shown, parts.path or "/", "", ""))


def _opened(proof: str) -> tuple[ECKey, _Claims]:
    if len(proof) > PROOF_LIMIT or not proof.isascii():
        raise ProofError("too long")
    try:
        header = msgspec.json.decode(_part(proof, 0), type=_Header)
    except (msgspec.DecodeError, ValueError, IndexError):
        raise ProofError("unreadable header") from None
    if header.typ != "dpop+jwt" or header.alg != "ES256":
        raise ProofError("typ must be dpop+jwt and alg ES256")
    if header.jwk.get("kty") != "EC" or header.jwk.get("crv") != "P-256" or "d" in header.jwk:
        raise ProofError("jwk must be a public P-256 key")
    public = {name: header.jwk.get(name) for name in ("kty", "crv", "x", "y")}
    try:
        key = ECKey.import_key(public)  # type: ignore[arg-type]  # what is no text raises below
        signed = jws.deserialize_compact(proof.encode("ascii"), key, algorithms=["ES256"])
        claims = msgspec.json.decode(signed.payload, type=_Claims)
    except msgspec.DecodeError:
        raise ProofError("unreadable claims") from None
    except (JoseError, ValueError, TypeError, AttributeError, KeyError):
        raise ProofError("the signature does not hold") from None
    return key, claims


def _part(proof: str, place: int) -> bytes:
    part = proof.split(".")[place]
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _hash(token: str) -> bytes:
    digest = hashlib.sha256(token.encode("utf-8", "replace")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=")
