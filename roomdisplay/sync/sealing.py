"""Seals what the cache writes, so that a stolen memory card tells nobody's meetings.

Imports cryptography: load only after the first frame.
"""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from roomdisplay.sync.picture import PictureError

KEY_BYTES = 32
_NONCE_BYTES = 12  # the length AES-GCM is defined for (NIST SP 800-38D section 8.2)


class AesGcmSeal:
    """AES-256-GCM with a random nonce in front; implements `roomdisplay.sync.cache.Seal`.

    Raises:
        ValueError: the key is not 32 bytes long.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"a cache key has {KEY_BYTES} bytes")
        self._cipher = AESGCM(key)

    def seal(self, plain: bytes, purpose: bytes) -> bytes:
        """Encrypt and authenticate `plain`, bound to `purpose`."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, purpose)

    def open(self, sealed: bytes, purpose: bytes) -> bytes:
        """The plain bytes.

        Raises:
            PictureError: another key, another purpose, or damage.
        """
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], purpose)
        except (InvalidTag, ValueError) as error:
            raise PictureError("sealed with another key, or damaged") from error


def new_key() -> bytes:
    """A random key for `AesGcmSeal`."""
    return os.urandom(KEY_BYTES)
