"""How a call is opened in a browser, and the numbers and codes that go with it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomdisplay.model.conference import (
    SERVICES,
    JoinTarget,
    browser_url,
    call_is_over,
    find_dial_in,
    find_join,
    find_passcode,
    join_service,
    may_visit,
)

ROOM = "Café Ω"
FLAGS = "msLaunch=false&suppressPrompt=true&directDl=false&anon=true"
ZOOM_TAIL = "fromPWA=1&prefer=1&un=Q2Fmw6kgzqk%3D"


@pytest.mark.parametrize(
    ("link", "opened"),
    [
        (
            "https://us02web.zoom.us/j/81234567890?pwd=a%2Fb.1",
            f"https://app.zoom.us/wc/81234567890/join?pwd=a%2Fb.1&{ZOOM_TAIL}",
        ),
        (
            "https://zoom.us/w/81234567890?tk=t&pwd=x#success",
            f"https://app.zoom.us/wc/81234567890/join?tk=t&pwd=x&{ZOOM_TAIL}#success",
        ),
        (
            "https://zoom.com/wc/81234567890/start",
            f"https://app.zoom.us/wc/81234567890/join?{ZOOM_TAIL}",
        ),
        (
            "https://acme.zoomgov.com/j/1601234567",
            f"https://acme.zoomgov.com/wc/1601234567/join?{ZOOM_TAIL}",
        ),
        ("https://zoom.us/my/jane.doe?pwd=x", "https://zoom.us/my/jane.doe?pwd=x"),
        (
            "https://teams.microsoft.com/l/meetup-join/19%3am%40thread.v2/0?context=%7b%7d",
            f"https://teams.microsoft.com/l/meetup-join/19%3am%40thread.v2/0?context=%7b%7d&{FLAGS}",
        ),
        (
            "https://teams.live.com/meet/9312345678901",
            f"https://teams.live.com/meet/9312345678901?{FLAGS}",
        ),
        ("https://meet.google.com/abc-defg-hij", "https://meet.google.com/abc-defg-hij"),
        ("https://acme.webex.com/meet/jdoe", "https://acme.webex.com/meet/jdoe"),
        ("https://meet.goto.com/123456789", "https://meet.goto.com/123456789"),
    ],
)
def test_each_service_opens_in_the_form_a_linux_browser_can_join(link: str, opened: str) -> None:
    target = find_join([link])
    assert target is not None
    assert browser_url(target, ROOM) == opened


@given(st.text(max_size=200))
def test_no_room_name_changes_where_the_call_leads(name: str) -> None:
    target = JoinTarget(service="zoom", url="https://zoom.us/j/81234567890")
    opened = browser_url(target, name)
    assert join_service(opened) == "zoom"
    assert may_visit("zoom", opened)
    assert opened.startswith("https://app.zoom.us/wc/81234567890/join?")
    assert opened.isascii()


@pytest.mark.parametrize(
    ("service", "url", "allowed"),
    [
        ("teams", "https://login.microsoftonline.com/common/oauth2", True),
        ("teams", "https://teams.microsoft.com/v2/", True),
        ("teams", "https://www.bing.com/", False),
        ("zoom", "https://login.microsoftonline.com/", False),
        ("zoom", "https://evilzoom.us/", False),
        ("zoom", "http://zoom.us/", False),
        ("zoom", "chrome://settings", False),
        ("meet", "https://accounts.google.com/", True),
        ("meet", "https://www.google.com/", False),
        ("newcomer", "https://zoom.us/", False),
    ],
)
def test_a_call_stays_with_its_service(service: str, url: str, *, allowed: bool) -> None:
    assert may_visit(service, url) is allowed


@pytest.mark.parametrize(
    ("service", "url", "over"),
    [
        ("zoom", "https://www.zoom.com/", True),
        ("zoom", "https://zoom.us/postattendee?id=1", True),
        ("zoom", "https://app.zoom.us/wc/81234567890/join?pwd=x", False),
        ("meet", "https://meet.google.com/landing", True),
        ("meet", "https://meet.google.com/abc-defg-hij", False),
        ("webex", "https://acme.webex.com/meet/jdoe", False),
        ("goto", "https://app.goto.com/feedback?x=1", True),
        ("teams", "https://teams.microsoft.com/v2/", False),
        ("zoom", "about:blank", False),
        ("newcomer", "https://zoom.us/", False),
    ],
)
def test_the_page_after_a_call_is_known(service: str, url: str, *, over: bool) -> None:
    assert call_is_over(service, url) is over


def test_media_hosts_are_only_those_where_meetings_are_joined() -> None:
    hosts = {host for service in SERVICES.values() for host, _ in service.media_hosts}
    assert "teams.microsoft.com" in hosts
    assert "dialin.teams.microsoft.com" not in hosts
    assert "tel.meet" not in hosts
    assert "google.com" not in hosts


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (
            "One tap mobile\n+16465588656,,81234567890#,,,,*123456# US (New York)",
            "+16465588656,,81234567890#,,,,*123456#",
        ),
        ("+49 69 7104 9922,,81234567890#", "+496971049922,,81234567890#"),
        (
            "Or call in (audio only)\n+1 323-555-0123,,123456789#   United States",
            "+13235550123,,123456789#",
        ),
        ("Dial by your location\n• +1 (646) 558 8656 US", "+16465588656"),
        ("Par téléphone :\n+33 1 70 37 22 46", "+33170372246"),
        ("tel:+4930123456789,,987#", "+4930123456789,,987#"),
        ("Dial in: +1 646 558 8656\nor +16465588656,,812#", "+16465588656,,812#"),
        ("Jane Doe\nMobile +49 170 1234567\nwww.example.org", None),
        ("We grew by +12345678901234567890 dial", None),
        ("Dial +1, +2 or +3", None),
        ("Nothing here", None),
        ("", None),
    ],
)
def test_a_dial_in_number_is_told_from_other_numbers(text: str, number: str | None) -> None:
    assert find_dial_in((), None, text) == number


def test_a_structured_number_needs_no_words_around_it() -> None:
    assert find_dial_in(["https://zoom.us/", "tel:+1-646-558-8656"]) == "+16465588656"
    assert find_dial_in(["tel:+16465588656%2C%2C812%23"]) == "+16465588656,,812#"
    assert find_dial_in(["tel:evil"]) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Meeting ID: 812 3456 7890\nPasscode: AbC123", "AbC123"),
        ("Kenncode: 123456.", "123456"),
        ("Code secret : 998877", "998877"),
        ("Пароль: 5555", "5555"),
        ("Forgot your password? See https://example.org", None),
        ("Passcode: ", None),
        ("Passcode: https://example.org", None),
        ("Passcode: " + "x" * 40, None),
    ],
)
def test_a_passcode_is_read_from_its_label(text: str, code: str | None) -> None:
    assert find_passcode(text) == code


@given(st.text(), st.text())
def test_numbers_and_codes_never_fail_and_are_plain(location: str, text: str) -> None:
    number = find_dial_in([location, f"tel:{text}"], location, text)
    assert number is None or set(number) <= set("+0123456789,#*")
    code = find_passcode(location, text)
    assert code is None or (code.isprintable() and len(code) <= 32)
