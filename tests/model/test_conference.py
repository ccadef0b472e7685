"""The search for a meeting's link: its explanations, and its laws for all inputs."""

import time
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roomdisplay.model.conference import SERVICES, find_join, search_join, service_name

ZOOM = "https://us02web.zoom.us/j/81234567890?pwd=aGVsbG8.1"


def test_candidates_tell_why_each_link_was_taken_or_not() -> None:
    search = search_join(
        ["https://zoom.us/rec/share/x"], "Room 1", f"{ZOOM} https://example.org/agenda", None
    )
    assert [(c.reason, c.joinable) for c in search.candidates] == [
        ("meeting", True),
        ("recording", False),
        ("unknown_host", False),
    ]


def test_secrets_stay_out_of_representations() -> None:
    search = search_join([ZOOM], None, "Passcode: s3cret\nOne tap: +16465588656,,81234567890#")
    assert search.target is not None
    assert search.target.passcode == "s3cret"
    shown = repr(search)
    assert "aGVsbG8" not in shown
    assert "s3cret" not in shown
    assert "81234567890#" not in shown


def test_services_have_names_for_people() -> None:
    assert {key: service_name(key) for key in SERVICES} == {
        "goto": "GoTo",
        "teams": "Teams",
        "zoom": "Zoom",
        "meet": "Google Meet",
        "webex": "Webex",
    }
    assert service_name("newcomer") == "newcomer"


ALLOWED = [(host, below) for s in SERVICES.values() for host, below in s.media_hosts]
PIECES = st.sampled_from(
    [
        *("https://", "http://", "zoom.us", "teams.microsoft.com", "evil.com", "/j/81234567890"),
        *("/l/meetup-join/19%3a", "@", ":", "\\", "#", "?", "%2e", ".", "//", "&", "=", '"', "<a "),
        *(
            "href=",
            ">",
            "<!--",
            "<script>",
            "</",
            "\u202e",
            "\u043e",
            " ",
            "\n",
            "&#",
            "&amp;",
            "{",
        ),
        *("https://urldefense.com/v3/__", "__;", "*", "**A", "!!", "url=", "zoommtg://", "confno="),
        *("https://x.safelinks.protection.outlook.com/?url=", "https://www.google.com/url?q="),
        *("meet.google.com/abc-defg-hij", "+1646", ",,", "tel:", "Passcode:"),
    ]
)
TEXTS = st.lists(PIECES | st.text(max_size=6), max_size=14).map("".join)


@settings(max_examples=400, deadline=None)
@given(st.lists(TEXTS, max_size=3), st.none() | TEXTS, st.none() | TEXTS, st.none() | TEXTS)
def test_whatever_comes_only_allowed_hosts_leave(
    links: list[str], place: str | None, body: str | None, markup: str | None
) -> None:
    target = find_join(links, place, body, markup)
    if target is None:
        return
    parts = urlsplit(target.url)
    assert parts.scheme == "https"
    assert parts.netloc == parts.hostname
    assert any(
        parts.netloc == host or (below and parts.netloc.endswith(f".{host}"))
        for host, below in ALLOWED
    )
    assert find_join([target.url]) is not None


@pytest.mark.parametrize(
    "unit",
    [
        *("<a ", "<a href='", "<!--", "<script>", "</", "<a href=x ", "&#", "https://", "://", "{"),
        *("https://zoom.us/j/", "(", "+1 ", "+1646 555 ", "Passcode:", "\n", "zoom.us/j/ ", "<"),
        *("<SCRIPT>", "</script", ")", "https://zoom.us/)))))", '"', "a=", "<a a=\"'"),
    ],
)
def test_hostile_repetition_costs_linear_time(unit: str) -> None:
    body = unit * (300_000 // len(unit))
    began = time.process_time()
    find_join([body], body, body, body)
    assert time.process_time() - began < 2
