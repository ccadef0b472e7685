"""The simulated Cronofy's parts that decide by themselves, whatever comes."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulators.cronofy.calls import RefusedError
from simulators.cronofy.exchange import endpoint
from simulators.cronofy.grants import Grant, Grants, Rotation
from simulators.cronofy.mirror import plain
from simulators.cronofy.words import WORDS, language_of

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def grant() -> Grant:
    return Grant(subject=cast("Any", SimpleNamespace(email="room@example.com")), scope=frozenset())


@given(st.lists(st.sampled_from(["refresh", "lost", "use"]), max_size=30))
def test_who_keeps_the_last_token_that_arrived_is_never_locked_out(steps: list[str]) -> None:
    grants = Grants(lambda: NOW)
    kept = grants.issue(grant())
    formers: list[str] = []
    for step in steps:
        if step == "use":
            grants.bearer(kept.access)
            for former in formers:
                assert grants.refresh(former) is None
            continue
        given_out = grants.refresh(kept.refresh)
        assert given_out is not None
        if step == "refresh":
            formers.append(kept.refresh)
            kept = given_out
    assert grants.refresh(kept.refresh) is not None


@given(st.lists(st.booleans(), min_size=1, max_size=20))
def test_where_tokens_die_at_once_each_is_good_once(arrives: list[bool]) -> None:
    grants = Grants(lambda: NOW)
    grants.rotation = Rotation.AT_ONCE
    kept = grants.issue(grant()).refresh
    for arrived in arrives:
        fresh = grants.refresh(kept)
        assert fresh is not None
        assert grants.refresh(kept) is None
        if not arrived:
            return
        kept = fresh.refresh


def test_what_was_revoked_gives_nothing() -> None:
    grants = Grants(lambda: NOW)
    pair = grants.issue(grant())
    assert grants.revoke(pair.access) is pair.grant
    assert grants.refresh(pair.refresh) is None
    with pytest.raises(RefusedError) as caught:
        grants.bearer(pair.access)
    assert caught.value.answer.status == 401
    assert grants.revoke("nonsense") is None


@given(st.text(max_size=80))
def test_whatever_is_typed_as_a_server_is_an_address_or_none(typed: str) -> None:
    address = endpoint(typed)
    if address is not None:
        parts = urlsplit(address)
        assert parts.scheme in {"http", "https"}
        assert parts.hostname
        assert parts.path.strip("/")
        assert not parts.username


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("mail.example.com", "https://mail.example.com/EWS/Exchange.asmx"),
        (" mail.example.com:444 ", "https://mail.example.com:444/EWS/Exchange.asmx"),
        ("https://mail.example.com/", "https://mail.example.com/EWS/Exchange.asmx"),
        ("http://127.0.0.1:8/ews/exchange.asmx", "http://127.0.0.1:8/ews/exchange.asmx"),
        ("https://user:secret@mail.example.com", None),
        ("file:///etc/passwd", None),
        ("mail.example.com:port", None),
        ("", None),
    ],
)
def test_a_server_as_people_type_it(typed: str, address: str | None) -> None:
    assert endpoint(typed) == address


@given(st.text(max_size=60))
def test_whatever_a_browser_asks_for_there_are_words(header: str) -> None:
    assert language_of(header) in WORDS


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("fr", "fr"),
        ("fr-CH, fr;q=0.9, en;q=0.8, *;q=0.5", "fr"),
        ("en;q=0.4,fr;q=0.6", "fr"),
        ("fr;q=0, de", "en"),
        ("FR-fr", "fr"),
    ],
)
def test_the_language_that_is_wanted_most(header: str, language: str) -> None:
    assert language_of(header) == language


def test_both_languages_have_the_same_words() -> None:
    assert set(WORDS["en"]) == set(WORDS["fr"])
    for key, words in WORDS["en"].items():
        assert words.count("{application}") == WORDS["fr"][key].count("{application}")


def test_bodies_become_plain_text() -> None:
    assert plain("<p>Bring <b>figures</b> &amp; pens</p>", "html") == "Bring figures & pens"
    assert plain("<p>as typed</p>", "text") == "<p>as typed</p>"
    assert plain("  ", "html") == "  "
