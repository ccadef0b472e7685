"""Sealing secrets with a key that is never kept beside the database.

AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce; the purpose and the owner's id are bound
in as associated data, so that a sealed value cannot be moved to another row.
"""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
_NONCE_BYTES = 12
_VERSION = b"\x01"


class UnsealError(Exception):
    """The value was sealed with another key, for something else, or was damaged."""


class Sealer:
    """Seals and unseals under one key; `kept_in` names where the key is kept."""

    def __init__(self, key: bytes, kept_in: str) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"a sealing key has {KEY_BYTES} bytes")
        self._key = key
        self._cipher = AESGCM(self.derive("sealing"))
        self.kept_in = kept_in

    def derive(self, purpose: str) -> bytes:
        """32 bytes for `purpose`, the same on every replica that holds the key (RFC 5869)."""
        hkdf = HKDF(SHA256(), KEY_BYTES, salt=None, info=b"roomdisplay:" + purpose.encode())
        return hkdf.derive(self._key)

    def seal(self, plain: bytes, bound_to: str) -> bytes:
        """Seal `plain` so that only `bound_to` can unseal it."""
        nonce = os.urandom(_NONCE_BYTES)
        return _VERSION + nonce + self._cipher.encrypt(nonce, plain, bound_to.encode())

    def unseal(self, sealed: bytes, bound_to: str) -> bytes:
        """What was sealed.

        Raises:
            UnsealError: it was not sealed by this key for `bound_to`.
        """
        nonce, cipher = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            if sealed[:1] != _VERSION:
                raise UnsealError("sealed by another version")
            return self._cipher.decrypt(nonce, cipher, bound_to.encode())
        except (InvalidTag, ValueError) as error:
            raise UnsealError("sealed with another key, or damaged") from error
