"""Passwords: Argon2id with the parameters argon2-cffi recommends (RFC 9106, low memory)."""

from __future__ import annotations

import asyncio
import secrets
import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

MIN_LENGTH = 10
MAX_LENGTH = 256
_AT_ONCE = threading.BoundedSemaphore(2)
"""Each hash takes 64 MiB: a burst of sign-ins must not take the memory of a Raspberry Pi."""
_hasher = PasswordHasher()


async def hash_password(password: str) -> str:
    """The hash to keep; made beside the loop, since it takes tens of milliseconds on purpose."""
    return await asyncio.to_thread(_hash, password)


async def verify_password(password_hash: str | None, password: str) -> bool:
    """Whether `password` is right.

    With no hash (nobody of that address) it takes as long as with one, and says no.
    """
    if len(password) > MAX_LENGTH:
        return False
    return await asyncio.to_thread(_verify, password_hash, password)


def problem_with(password: str) -> str | None:
    """The key of why `password` cannot be taken, or None."""
    if len(password) < MIN_LENGTH:
        return "password_too_short"
    if len(password) > MAX_LENGTH:
        return "password_too_long"
    if len(set(password)) <= 2:  # noqa: PLR2004 - "aaaaaaaaaa", "ababababab"
        return "password_too_simple"
    return None


def _hash(password: str) -> str:
    with _AT_ONCE:
        return _hasher.hash(password)


def _verify(password_hash: str | None, password: str) -> bool:
    with _AT_ONCE:
        try:
            return _hasher.verify(password_hash or _nobodys(), password)
        except (Argon2Error, InvalidHashError):
            return False


@cache
def _nobodys() -> str:
    """A hash that no password fits."""
    return _hasher.hash(secrets.token_urlsafe())
