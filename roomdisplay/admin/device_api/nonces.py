"""The nonces of DPoP (RFC 9449 section 8): stateless, so that any replica knows any other's.

A display may have no right clock, so the freshness of a proof is judged by the server's own nonce
and never by the time that the proof claims.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

VALID_FOR = timedelta(minutes=5)
_AHEAD = timedelta(seconds=30)
"""By how much the clocks of two replicas may differ."""
_RANDOM_BYTES = 8
_TIME_BYTES = 8
_TAG_BYTES = 16
_LENGTH = _RANDOM_BYTES + _TIME_BYTES + _TAG_BYTES


def new_nonce(key: bytes, now: datetime) -> str:
    """A nonce made at `now`: random bytes, the time, and a tag over both."""
    milliseconds = round(now.timestamp() * 1000)
    body = secrets.token_bytes(_RANDOM_BYTES) + milliseconds.to_bytes(_TIME_BYTES, "big")
    return base64.urlsafe_b64encode(body + _tag(key, body)).rstrip(b"=").decode("ascii")


def nonce_is_good(key: bytes, nonce: str, now: datetime) -> bool:
    """Whether `nonce` was made with `key` within the last five minutes."""
    if not nonce.isascii() or len(nonce) > 2 * _LENGTH:
        return False
    try:
        raw = base64.urlsafe_b64decode(nonce + "=" * (-len(nonce) % 4))
    except ValueError:
        return False
    if len(raw) != _LENGTH:
        return False
    body, tag = raw[:-_TAG_BYTES], raw[-_TAG_BYTES:]
    if not hmac.compare_digest(tag, _tag(key, body)):
        return False
    made = int.from_bytes(body[_RANDOM_BYTES:], "big") / 1000
    age = timedelta(seconds=now.timestamp() - made)
    return -_AHEAD <= age <= VALID_FOR


def _tag(key: bytes, body: bytes) -> bytes:
    return hmac.new(key, body, hashlib.sha256).digest()[:_TAG_BYTES]
