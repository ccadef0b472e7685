"""A corpus of hostile and mistaken links: none is opened, and each says why."""

from urllib.parse import quote, urlsplit

import pytest

from roomdisplay.model.conference import Refusal, find_join, search_join
from roomdisplay.model.conference.address import LENGTH_LIMIT

ZOOM = "https://us02web.zoom.us/j/81234567890?pwd=aGVsbG8.1"


def safe_link(url: str, host: str = "eur01.safelinks.protection.outlook.com") -> str:
    return f"https://{host}/?url={quote(url, safe='')}&data=05%7C02&sdata=x%3D&reserved=0"


def google(url: str, host: str = "www.google.com") -> str:
    return f"https://{host}/url?q={quote(url, safe='')}&sa=D&usg=AOv"


HOSTILE = [
    ("http://zoom.us/j/81234567890", Refusal.NOT_HTTPS),
    ("https://zoom.us.evil.com/j/81234567890", Refusal.UNKNOWN_HOST),
    ("https://evilzoom.us/j/81234567890", Refusal.UNKNOWN_HOST),
    ("https://zoom.us-evil.com/j/81234567890", Refusal.UNKNOWN_HOST),
    ("https://zoom.us@evil.com/j/81234567890", Refusal.USER_IN_ADDRESS),
    ("https://evil.com@zoom.us/j/81234567890", Refusal.USER_IN_ADDRESS),
    ("https://zoom.us:pw@evil.com/j/81234567890", Refusal.USER_IN_ADDRESS),
    ("https://zoom.us%2eevil.com/j/81234567890", Refusal.HOST),
    ("https://zoom.us%00.evil.com/j/81234567890", Refusal.HOST),
    ("https://evil.com/?u=https://zoom.us/j/81234567890", Refusal.UNKNOWN_HOST),
    ("https://evil.com/zoom.us/j/81234567890", Refusal.UNKNOWN_HOST),
    ("https://evil.com#zoom.us/j/81234567890", Refusal.UNKNOWN_HOST),
    ("https://evil.com?zoom.us/j/81234567890", Refusal.UNKNOWN_HOST),
    ("https://z\u043e\u043em.us/j/81234567890", Refusal.HOST),
    ("https://zoom\u3002us/j/81234567890", Refusal.HOST),
    ("https://\uff5aoom.us/j/81234567890", Refusal.HOST),
    ("https://evil.com\uff0f.zoom.us/j/81234567890", Refusal.HOST),
    ("https://xn--zm-ema4b.us/j/81234567890", Refusal.HOST),
    ("https://xn--zm-ema4b.zoom.us/j/81234567890", Refusal.HOST),
    ("https://zoom.us:8443/j/81234567890", Refusal.PORT),
    ("https://zoom.us:/j/81234567890", Refusal.PORT),
    ("https://zoom.us:443:443/j/81234567890", Refusal.PORT),
    ("https://zoom.us\\@evil.com/j/81234567890", Refusal.USER_IN_ADDRESS),
    ("https://zoom.us\\.evil.com/j/81234567890", Refusal.HOST),
    ("https://zoom.us/j\\81234567890", Refusal.CHARACTERS),
    ("https://zoom.us/j/81234567890\u202e", Refusal.CHARACTERS),
    ("https://zoom.us/j/81234567890\x00", Refusal.CHARACTERS),
    ("https://zoom.us/j/812345678 90", Refusal.CHARACTERS),
    ("https://127.0.0.1/j/81234567890", Refusal.HOST),
    ("https://[::1]/j/81234567890", Refusal.PORT),
    ("https://2130706433/j/81234567890", Refusal.HOST),
    ("https://zoom.1/j/81234567890", Refusal.HOST),
    ("https://localhost/j/81234567890", Refusal.HOST),
    ("https:///zoom.us/j/81234567890", Refusal.HOST),
    ("https:zoom.us/j/81234567890", Refusal.NOT_HTTPS),
    ("//zoom.us/j/81234567890", Refusal.NOT_HTTPS),
    ("https://.zoom.us/j/81234567890", Refusal.HOST),
    ("https://zoom..us/j/81234567890", Refusal.HOST),
    ("https://-a.zoom.us/j/81234567890", Refusal.HOST),
    ("https://a_b.zoom.us/j/81234567890", Refusal.HOST),
    ("https://" + "a" * 64 + ".zoom.us/j/81234567890", Refusal.HOST),
    ("https://" + "a." * 140 + "zoom.us/j/81234567890", Refusal.HOST),
    ("https://zoom.us/j/81234567890?pwd=" + "x" * LENGTH_LIMIT, Refusal.TOO_LONG),
    ("https://zoom.us/j/81234567890/../../rec/share/x", Refusal.PATH),
    ("https://zoom.us/j/%2E%2e/rec", Refusal.PATH),
    ("javascript:alert(1)", Refusal.NOT_HTTPS),
    ("javascript://zoom.us/%0aalert(1)", Refusal.NOT_HTTPS),
    ("data:text/html,<script>", Refusal.NOT_HTTPS),
    ("file:///etc/passwd", Refusal.NOT_HTTPS),
    ("msteams://teams.microsoft.com/l/meetup-join/19:x@thread.v2/0", Refusal.NOT_HTTPS),
    ("zoommtg://evil.com/join?confno=81234567890", Refusal.UNKNOWN_HOST),
    ("zoommtg://zoom.us@evil.com/join?confno=81234567890", Refusal.USER_IN_ADDRESS),
    ("zoommtg://zoom.us/join?confno=../../x", Refusal.NOT_A_MEETING),
    # Good hosts, wrong pages.
    ("https://zoom.us/", Refusal.NOT_A_MEETING),
    ("https://zoom.us/j/", Refusal.NOT_A_MEETING),
    ("https://zoom.us/j/1", Refusal.NOT_A_MEETING),
    ("https://zoom.us/j/\u0661\u0662", Refusal.CHARACTERS),
    ("https://zoom.us//j/81234567890", Refusal.NOT_A_MEETING),
    ("https://zoom.us/rec/share/abc", Refusal.RECORDING),
    ("https://zoom.us/webinar/register/WN_abc", Refusal.REGISTRATION),
    ("https://zoom.us/meeting/register/tJabc", Refusal.REGISTRATION),
    ("https://zoom.us/u/abcdef", Refusal.DIAL_IN_PAGE),
    ("https://zoom.us/zoomconference?m=abc", Refusal.DIAL_IN_PAGE),
    ("https://support.zoom.us/hc/en-us/articles/1", Refusal.NOT_A_MEETING),
    ("https://teams.microsoft.com/meetingOptions/?organizerId=x", Refusal.OPTIONS),
    ("https://teams.microsoft.com/l/channel/19%3aa%40thread.tacv2/General", Refusal.NOT_A_MEETING),
    ("https://teams.microsoft.com/l/meetup-join/evil", Refusal.NOT_A_MEETING),
    ("https://dialin.teams.microsoft.com/ab-12?id=1", Refusal.DIAL_IN_PAGE),
    ("https://events.teams.microsoft.com/event/abc", Refusal.REGISTRATION),
    ("https://aka.ms/JoinTeamsMeeting", Refusal.UNKNOWN_HOST),
    ("https://evil.teams.microsoft.com/l/meetup-join/19%3am%40thread.v2/0", Refusal.UNKNOWN_HOST),
    ("https://teams.microsoft.com.evil.io/l/meetup-join/19%3am%40thread.v2/0",
     Refusal.UNKNOWN_HOST),
    ("https://teams.microsoft.com/dl/launcher/launcher.html?url=https%3A%2F%2Fevil.com",
     Refusal.NOT_A_MEETING),
    ("https://teams.microsoft.com/dl/launcher/launcher.html?url=%2F%2Fevil.com%2Fmeet%2F1",
     Refusal.NOT_A_MEETING),
    ("https://teams.microsoft.com/dl/launcher/launcher.html?url=%2F_%23%2Fmeet%2F..%2F..%2Fevil",
     Refusal.PATH),
    ("https://meet.google.com/landing", Refusal.NOT_A_MEETING),
    ("https://meet.google.com/new", Refusal.NOT_A_MEETING),
    ("https://meet.google.com/tel/abc-defg-hij", Refusal.DIAL_IN_PAGE),
    ("https://tel.meet/abc-defg-hij?pin=1", Refusal.DIAL_IN_PAGE),
    ("https://google.com/abc-defg-hij", Refusal.UNKNOWN_HOST),
    ("https://evil.meet.google.com/abc-defg-hij", Refusal.UNKNOWN_HOST),
    ("https://meet.goto.com/install", Refusal.NOT_A_MEETING),
    ("https://meet.goto.com/opener/123456789", Refusal.NOT_A_MEETING),
    ("https://attendee.gotowebinar.com/register/123", Refusal.REGISTRATION),
    ("https://attendee.gotowebinar.com/recording/123", Refusal.RECORDING),
    ("https://acme.webex.com/acme/j.php", Refusal.NOT_A_MEETING),
    ("https://acme.webex.com/acme/ldr.php?RCID=abc", Refusal.RECORDING),
    ("https://acme.webex.com/recordingservice/sites/acme/recording/abc", Refusal.RECORDING),
    ("https://acme.webex.com/webappng/sites/acme/meeting/register/abc", Refusal.REGISTRATION),
    ("https://acme.webex.com/acme/globalcallin.php?MTID=m1", Refusal.DIAL_IN_PAGE),
    ("https://acme.webex.com/url3?u=https://evil.com", Refusal.NOT_A_MEETING),
    # Wrappers.
    (safe_link("https://evil.com/j/81234567890"), Refusal.UNKNOWN_HOST),
    (safe_link("javascript:alert(1)"), Refusal.NOT_HTTPS),
    (safe_link("https://zoom.us\r\n/j/81234567890"), Refusal.HOST),
    (safe_link(ZOOM, "eur01.safelinks.protection.outlook.com.evil.com"), Refusal.UNKNOWN_HOST),
    (safe_link(ZOOM, "evilsafelinks.protection.outlook.com"), Refusal.UNKNOWN_HOST),
    ("https://eur01.safelinks.protection.outlook.com/?data=05", Refusal.OPAQUE),
    (google("https://evil.com/"), Refusal.UNKNOWN_HOST),
    (google(ZOOM, "www.google.evil.com"), Refusal.UNKNOWN_HOST),
    (google(ZOOM, "notgoogle.com"), Refusal.UNKNOWN_HOST),
    ("https://protect-eu.mimecast.com/s/abcdef?domain=zoom.us", Refusal.OPAQUE),
    ("https://urldefense.com/v3/__https://zoom.us/j/8123456789*__;!!a!b$", Refusal.OPAQUE),
    ("https://urldefense.com/v3/__https://zoom.us/j/8123456789*__;_w!!a!b$", Refusal.OPAQUE),
    ("https://urldefense.com/v9/x", Refusal.OPAQUE),
    ("https://urldefense.proofpoint.com/v1/url?u=%26%23" + "9" * 3900 + "%3B", Refusal.NOT_HTTPS),
    ("https://urldefense.proofpoint.com/v2/url?u=https-3A__zoom.us-40evil.com_j_81234567890",
     Refusal.USER_IN_ADDRESS),
    ("https://www.google.com/url?q=" * 30 + "https://zoom.us/j/81234567890",
     Refusal.OPAQUE),
]  # fmt: skip


@pytest.mark.parametrize(("link", "reason"), HOSTILE)
def test_a_bad_link_is_refused_with_its_reason(link: str, reason: Refusal) -> None:
    search = search_join([link])
    assert search.target is None
    assert [candidate.reason for candidate in search.candidates] == [reason.value]


@pytest.mark.parametrize("link", [link for link, _ in HOSTILE])
@pytest.mark.parametrize("place", ["location", "text", "html_words", "html_target"])
def test_a_bad_link_is_refused_wherever_it_stands(link: str, place: str) -> None:
    target = {
        "location": find_join([], link),
        "text": find_join([], None, f"Join: <{link}> now"),
        "html_words": find_join([], None, None, f"<p>Join: {link}</p>"),
        "html_target": find_join([], None, None, f'<a href="{link}">https://zoom.us</a>'),
    }[place]
    # A text may be cut at a character that ends a link; what is left must then be a meeting on an
    # allowed host in its own right.
    assert target is None or urlsplit(target.url).hostname == "zoom.us"
