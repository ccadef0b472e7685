"""What is shown of a meeting where, and what strangers' text may contain."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomdisplay.model.meeting import TITLE_LIMIT
from roomdisplay.model.privacy import Masked, PrivacyRules, Visibility, clean_text, mask
from roomdisplay.model.room import Place


@pytest.mark.parametrize(
    ("place", "private", "expected"),
    [
        (Place.DOOR, False, Masked(title=None, organizer="Ada", join=False)),
        (Place.INSIDE, False, Masked(title="Planning", organizer="Ada", join=True)),
        (Place.DOOR, True, Masked(title=None, organizer=None, join=False)),
        (Place.INSIDE, True, Masked(title=None, organizer=None, join=True)),
    ],
)
def test_the_default_rules(place: Place, *, private: bool, expected: Masked) -> None:
    shown = mask(title="Planning", organizer="Ada", private=private, place=place)
    assert shown == expected


@pytest.mark.parametrize("place", Place)
def test_no_rule_shows_a_private_meetings_texts(place: Place) -> None:
    everything = Visibility(title=True, organizer=True, join=True)
    rules = PrivacyRules(door=everything, inside=everything)
    shown = mask(title="Secret", organizer="Ada", private=True, place=place, rules=rules)
    assert (shown.title, shown.organizer) == (None, None)


def test_rules_may_hide_more_or_less() -> None:
    rules = PrivacyRules(
        door=Visibility(title=True, organizer=False, join=False),
        inside=Visibility(title=False, organizer=False, join=True),
        private_join=False,
    )

    def at(place: Place, *, private: bool = False) -> Masked:
        return mask(title="T", organizer="O", private=private, place=place, rules=rules)

    assert at(Place.DOOR) == Masked(title="T", organizer=None, join=False)
    assert at(Place.INSIDE) == Masked(title=None, organizer=None, join=True)
    assert at(Place.INSIDE, private=True).join is False


def test_a_text_of_nothing_visible_is_no_text() -> None:
    shown = mask(title=" \u202e\n", organizer="", private=False, place=Place.INSIDE)
    assert (shown.title, shown.organizer) == (None, None)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Quarterly planning", "Quarterly planning"),
        ("  two\r\n\tlines\u2028here ", "two lines here"),
        ("\u202egnp.exe\u202c \u2066x\u2069", "gnp.exe x"),
        ("a\x00b\x1b[31mc\x7f\x9b", "ab[31mc"),
        ("<img src=http://evil/> & <b>", "<img src=http://evil/> & <b>"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("نمی\u200cکنم", "نمی\u200cکنم"),
        ("👩\u200d💻 ❤\ufe0f", "👩\u200d💻 ❤\ufe0f"),
        ("Z\u0301\u0302\u0303\u0304\u0305\u0306\u0307", "Z\u0301\u0302\u0303\u0304"),
        ("\u0301\u0302x", "x"),
        ("שלום", "שלום"),
        ("\ud800lone", "lone"),
        ("\ue000private", "private"),
    ],
)
def test_text_is_made_harmless(text: str, clean: str) -> None:
    assert clean_text(text) == clean


def test_long_text_is_cut_with_an_ellipsis() -> None:
    assert clean_text("x" * 10_000) == "x" * (TITLE_LIMIT - 1) + "…"
    assert clean_text("abcdef", 6) == "abcdef"
    assert clean_text("abcdefg", 6) == "abcde…"
    assert clean_text("word and more", 6) == "word…"


@given(st.text(), st.integers(min_value=2, max_value=50))
def test_cleaned_text_is_bounded_stable_and_free_of_controls(text: str, limit: int) -> None:
    clean = clean_text(text, limit)
    assert len(clean) <= limit
    assert clean_text(clean, limit) == clean
    assert clean == clean.strip()
    for letter in clean:
        category = unicodedata.category(letter)
        assert category not in {"Cc", "Cs", "Co", "Zl", "Zp"}
        assert category != "Cf" or letter in "\u200c\u200d"
