"""The display's own key, and the proofs it signs that a request is its own (DPoP, RFC 9449).

The key is a P-256 one (ES256). It is made at the first start, kept in the keyring and never sent.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Callable

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

PROOF_TYPE = "dpop+jwt"


class KeyUnreadableError(ValueError):
    """What was kept as a key is none."""


class DeviceKey:
    """A P-256 private key that signs proofs."""

    def __init__(self, key: ECKey, *, wall_time: Callable[[], float] = time.time) -> None:
        self._key = key
        self._wall_time = wall_time
        self._public = {
            name: value
            for name, value in key.as_dict(private=False).items()
            if name in {"kty", "crv", "x", "y"}
        }
        self.thumbprint: str = key.thumbprint()
        """The public key's RFC 7638 thumbprint (SHA-256, base64url)."""

    @classmethod
    def generate(cls) -> DeviceKey:
        """Make a new key."""
        return cls(ECKey.generate_key("P-256"))

    @classmethod
    def from_text(cls, text: str) -> DeviceKey:
        """Read a key that `to_text` wrote.

        Raises:
            KeyUnreadableError: it is not a private P-256 key.
        """
        try:
            key = ECKey.import_key(json.loads(text))
        except (ValueError, TypeError, KeyError, AttributeError, JoseError) as error:
            raise KeyUnreadableError(type(error).__name__) from None
        if not key.is_private or key.curve_name != "P-256":
            raise KeyUnreadableError("not a private P-256 key")
        return cls(key)

    def to_text(self) -> str:
        """The private key as a JSON Web Key (RFC 7517), for the keyring alone."""
        return json.dumps(self._key.as_dict(private=True), sort_keys=True)

    def proof(
        self, method: str, url: str, *, nonce: str | None = None, token: str | None = None
    ) -> str:
        """A proof for one request (RFC 9449 section 4.2).

        `iat` is what this machine believes; a server must go by its own nonce instead, since a
        display may have no battery behind its clock.

        Args:
            method: the HTTP method.
            url: the request's address without query and fragment.
            nonce: what the server last gave.
            token: the access token sent along, bound by its hash.
        """
        claims: dict[str, str | int] = {
            "jti": secrets.token_urlsafe(16),
            "htm": method,
            "htu": url,
            "iat": int(self._wall_time()),
        }
        if nonce is not None:
            claims["nonce"] = nonce
        if token is not None:
            claims["ath"] = token_hash(token)
        header = {"typ": PROOF_TYPE, "alg": "ES256", "jwk": self._public}
        payload = json.dumps(claims, separators=(",", ":")).encode()
        return jws.serialize_compact(header, payload, self._key, algorithms=["ES256"])


def token_hash(token: str) -> str:
    """The `ath` claim of a token (RFC 9449 section 4.2)."""
    digest = hashlib.sha256(token.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
