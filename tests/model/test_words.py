from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from roomdisplay.model.words import (
    ACTIVATION_CODE_LENGTH,
    USER_CODE_ALPHABET,
    WORDS,
    bare_code,
    grouped_code,
    is_activation_code,
    pairing_words,
    word_list,
)

PRINT = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
codes = st.text(USER_CODE_ALPHABET, min_size=8, max_size=8)


def test_list_has_2048_distinct_words_known_by_four_letters() -> None:
    words = word_list()
    assert len(words) == WORDS
    assert len({word[:4] for word in words}) == WORDS
    assert list(words) == sorted(words)
    assert all(word.isascii() and word.islower() and 3 <= len(word) <= 8 for word in words)


def test_words_are_the_first_44_bits_of_the_digest() -> None:
    digest = hashlib.sha256(f"{PRINT}WDJBMJHT".encode()).digest()
    bits = "".join(f"{byte:08b}" for byte in digest)
    expected = tuple(word_list()[int(bits[start : start + 11], 2)] for start in (0, 11, 22, 33))
    assert pairing_words(PRINT, "WDJB-MJHT", None) == expected


def test_known_words_never_change() -> None:
    # A display and an Admin Center of different versions must say the same.
    expected = ("laundry", "grit", "pudding", "make")
    assert pairing_words(PRINT, "WDJB-MJHT") == expected


def test_pin_changes_the_words() -> None:
    assert pairing_words(PRINT, "WDJB-MJHT", "ab" * 32) != pairing_words(PRINT, "WDJB-MJHT")


@given(codes)
def test_writing_of_a_code_does_not_matter(code: str) -> None:
    written = f" {code[:4].lower()} {code[4:]} "
    assert bare_code(written) == code
    assert pairing_words(PRINT, written) == pairing_words(PRINT, grouped_code(code))


@given(st.text(USER_CODE_ALPHABET, min_size=1, max_size=20))
def test_grouping_keeps_the_code(code: str) -> None:
    assert bare_code(grouped_code(code)) == code
    assert all(1 <= len(group) <= 4 for group in grouped_code(code).split("-"))


@given(st.text(max_size=40))
def test_only_sixteen_letters_of_the_alphabet_are_an_activation_code(text: str) -> None:
    bare = bare_code(text)
    right = len(bare) == ACTIVATION_CODE_LENGTH and all(c in USER_CODE_ALPHABET for c in bare)
    assert is_activation_code(text) is right


def test_an_activation_code_as_printed() -> None:
    assert is_activation_code("BCDF-GHJK-LMNP-QRST")
    assert not is_activation_code("BCDF-GHJK-LMNP-QRSA")
