"""Whatever a server or a meeting says: an error that is one of ours, or a picture that is whole."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from roomdisplay.connectors.base import ConnectionSettings, MalformedAnswerError, Picture
from roomdisplay.connectors.contract import WINDOW, ZONE
from roomdisplay.connectors.ews.answers import USUAL_PAUSE
from roomdisplay.connectors.ews.errors import explain
from roomdisplay.connectors.ews.item import DETAILED, read_item
from roomdisplay.connectors.ews.occurrence import picture_of
from roomdisplay.connectors.ews.settings import endpoint_of, parse_settings
from roomdisplay.connectors.ews.xml import TYPES, strict_root, t

SETTINGS = parse_settings(
    ConnectionSettings(values={"email": "svc@example.com"}, secrets={"password": "pw"})
)
NAMES = st.sampled_from(
    [
        str(one.get("FieldURI")).partition(":")[2]
        for one in DETAILED
        if one.get("FieldURI") is not None
    ]
)
TIMES = st.sampled_from(
    ["2026-11-23T09:00:00Z", "2026-11-24T00:00:00", "9999-12-31T23:59:59Z", "24:00", "0", "-1"]
)
TEXTS = st.one_of(st.text(max_size=40), TIMES, st.sampled_from(["true", "Private", "5", "Decline"]))


@given(st.lists(st.dictionaries(NAMES, TEXTS, max_size=12), max_size=4))
def test_any_item_is_shown_left_out_or_counted(told: list[dict[str, str]]) -> None:
    items = []
    for number, fields in enumerate(told):
        children = [t(name, text=text) for name, text in fields.items()]
        element = t("CalendarItem", t("ItemId", Id=str(number), ChangeKey="a"), *children)
        items.append(read_item(strict_root(etree.tostring(element))))
    picture = picture_of(items, WINDOW, ZONE, "atlas@example.com")
    assert isinstance(picture, Picture)
    malformed = [one for one in picture.left_out if one.reason == "malformed"]
    assert picture.unreadable == len(malformed)
    known = {one.source_id for one in picture.occurrences}
    assert len(known) == len(picture.occurrences)
    timed = [one for one in items if one.start is None or one.end is None]
    assert picture.unreadable >= len(timed)


@given(st.binary(max_size=200))
def test_any_answer_is_xml_or_an_error(body: bytes) -> None:
    for text in (body, b"<a>" + body + b"</a>", b"<?xml version='1.0'?><a b='" + body + b"'/>"):
        try:
            assert strict_root(text) is not None
        except MalformedAnswerError:
            continue


@given(st.text(max_size=60))
def test_any_text_survives_being_sent(text: str) -> None:
    sent = etree.tostring(t("Subject", text=text))
    back = strict_root(sent).text or ""
    assert len(back.replace("\r\n", "\n")) <= len(text.replace("\r\n", "\n"))


def test_references_to_forbidden_characters_become_spaces() -> None:
    body = b"<a>b&#x1F;c&#0;d&#x41;e&#xD800;f&#1114112;g\x07h&#10;i</a>"
    assert strict_root(body).text == "b c dAe f g h\ni"


@pytest.mark.parametrize(
    "body",
    [
        b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
        b"<a><b></a>",
        b"<a>",
        b"",
        b"<a/>trailing",
        b"<html><body>Sign in<br></body></html>",
    ],
)
def test_what_is_not_whole_is_an_error(body: bytes) -> None:
    with pytest.raises(MalformedAnswerError):
        strict_root(body)


@given(st.text(string.ascii_letters, min_size=1, max_size=30), st.text(max_size=80))
def test_any_code_of_the_server_is_one_of_our_errors(code: str, words: str) -> None:
    error = type(f"Error{code}", (Exception,), {})(words)
    explained = explain(error, SETTINGS, "atlas@example.com")
    assert "pw" not in explained.detail.split()
    assert len(explained.detail) < 300


@pytest.mark.parametrize("back_off", [None, "soon", True])
def test_a_pause_that_makes_no_sense_is_the_usual_one(back_off: object) -> None:
    error = type("ErrorServerBusy", (Exception,), {"back_off": back_off})()
    explained = explain(error, SETTINGS, "atlas@example.com")
    assert explained.retry_after in {USUAL_PAUSE, USUAL_PAUSE / 60}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("server", "endpoint"),
    [
        ("mail.example.com", "https://mail.example.com/EWS/Exchange.asmx"),
        ("Mail.Example.com:8443", "https://mail.example.com:8443/EWS/Exchange.asmx"),
        ("https://mail.example.com/", "https://mail.example.com/EWS/Exchange.asmx"),
        ("https://mail.example.com/ews", "https://mail.example.com/ews/Exchange.asmx"),
        ("https://mail.example.com/x/EWS/exchange.asmx", None),
        ("http://127.0.0.1:80", "http://127.0.0.1:80/EWS/Exchange.asmx"),
        ("http://[::1]:80", "http://[::1]:80/EWS/Exchange.asmx"),
    ],
)
def test_a_server_is_understood(server: str, endpoint: str | None) -> None:
    assert endpoint_of(server) == (endpoint or server)


@pytest.mark.parametrize(
    "server",
    [
        "http://mail.example.com",
        "ftp://mail.example.com",
        "https://user:secret@mail.example.com",
        "https://",
        "mail example com",
        "mail.example.com:port",
        "https://[::1",
    ],
)
def test_a_server_that_is_none(server: str) -> None:
    with pytest.raises(MalformedAnswerError) as caught:
        endpoint_of(server)
    assert caught.value.diagnosis is not None
    assert caught.value.diagnosis.reason == "exchange_settings"
    assert "secret" not in caught.value.detail


@pytest.mark.parametrize(
    ("values", "password"),
    [
        ({}, "pw"),
        ({"email": "nobody"}, "pw"),
        ({"email": "a@example.com", "impersonation_email": "x"}, "pw"),
        ({"email": "a@example.com", "sign_in": "telepathy"}, "pw"),
        ({"email": "a@example.com", "access": "all"}, "pw"),
        ({"email": "a@example.com"}, ""),
    ],
)
def test_settings_that_make_no_sense(values: dict[str, str], password: str) -> None:
    with pytest.raises(MalformedAnswerError):
        parse_settings(ConnectionSettings(values=values, secrets={"password": password}))


def test_the_account_itself_is_no_impersonation() -> None:
    values = {"email": "a@example.com", "impersonation_email": "A@example.com"}
    own = parse_settings(ConnectionSettings(values=values, secrets={"password": "pw"}))
    assert own.proves_with is None
    values["impersonation_email"] = "atlas@example.com"
    other = parse_settings(ConnectionSettings(values=values, secrets={"password": "pw"}))
    assert other.proves_with == "atlas@example.com"
    assert "pw" not in repr(other)
    assert TYPES.startswith("{http://")
