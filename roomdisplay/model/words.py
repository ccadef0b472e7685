"""The four words by which people see that a screen and a page speak of the same pairing.

The display's key is made before it knows its code, so nobody can look for a key that gives the
same words as another's. 44 bits, eleven to a word.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources

WORDS = 2048
_BITS = 11
_COUNT = 4

USER_CODE_ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
"""Twenty consonants: no two look alike, and no word can come up (RFC 8628 section 6.1)."""
USER_CODE_LENGTH = 8
ACTIVATION_CODE_LENGTH = 16


@cache
def word_list() -> tuple[str, ...]:
    """The 2,048 words, each known by its first four letters (the English list of BIP-39)."""
    text = resources.files("roomdisplay.model").joinpath("pairing_words.txt").read_text("ascii")
    return tuple(text.split())


def pairing_words(
    thumbprint: str, user_code: str, pin: str | None = None
) -> tuple[str, str, str, str]:
    """The words of one pairing.

    Args:
        thumbprint: of the display's public key (RFC 7638).
        user_code: as shown or typed; case and separators do not count.
        pin: SHA-256 (hex) of the server's own authority, when it is not publicly trusted.
    """
    parts = (thumbprint, bare_code(user_code), (pin or "").lower())
    digest = hashlib.sha256("".join(parts).encode()).digest()
    number = int.from_bytes(digest, "big") >> (len(digest) * 8 - _BITS * _COUNT)
    first, second, third, fourth = (
        word_list()[number >> (_BITS * place) & (WORDS - 1)] for place in (3, 2, 1, 0)
    )
    return first, second, third, fourth


def bare_code(text: str) -> str:
    """A code as it is compared: its letters alone, in capitals."""
    return "".join(letter for letter in text.upper() if letter.isascii() and letter.isalnum())


def grouped_code(code: str) -> str:
    """A code as it is read aloud: in groups of four."""
    bare = bare_code(code)
    return "-".join(bare[start : start + 4] for start in range(0, len(bare), 4))


def is_activation_code(text: str) -> bool:
    """Whether `text` has the shape of an activation code."""
    bare = bare_code(text)
    return len(bare) == ACTIVATION_CODE_LENGTH and set(bare) <= set(USER_CODE_ALPHABET)
