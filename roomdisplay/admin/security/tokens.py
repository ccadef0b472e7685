"""Bearer secrets that we make: 256 random bits, kept as a hash only.

A plain SHA-256 is enough for what nobody can guess; slow hashes are for passwords.
"""

from __future__ import annotations

import hashlib
import secrets


def new_token() -> str:
    """A secret of 256 bits, safe in addresses and headers."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """What is kept of a token; it is found by this, so that no comparison leaks its bytes."""
    return hashlib.sha256(token.encode()).hexdigest()
