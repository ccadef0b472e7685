"""A corpus of honest invitations: the service and the link each is joined by."""

from dataclasses import dataclass
from urllib.parse import quote

import pytest

from roomdisplay.model.conference import JoinTarget, find_join

TEAMS = (
    "https://teams.microsoft.com/l/meetup-join/19%3ameeting_ZmFrZQ%40thread.v2/0"
    "?context=%7b%22Tid%22%3a%227a1d%22%2c%22Oid%22%3a%229b2c%22%7d"
)
TEAMS_DECODED = (
    "https://teams.microsoft.com/l/meetup-join/19:meeting_Zm@thread.v2/0"
    '?context={"Tid":"7a","Oid":"9b"}'
)
ZOOM = "https://us02web.zoom.us/j/81234567890?pwd=aGVsbG8.1"
GOTO = "https://meet.goto.com/123456789"
MEET = "https://meet.google.com/abc-defg-hij"
WEBEX = "https://acme.webex.com/acme/j.php?MTID=m0123456789abcdef"


@dataclass(frozen=True, kw_only=True)
class Invitation:
    structured: tuple[str, ...] = ()
    location: str | None = None
    text: str | None = None
    html: str | None = None

    def find(self) -> JoinTarget | None:
        return find_join(self.structured, self.location, self.text, self.html)


def structured(*links: str) -> Invitation:
    return Invitation(structured=links)


def location(value: str) -> Invitation:
    return Invitation(location=value)


def text(value: str) -> Invitation:
    return Invitation(text=value)


def html(value: str) -> Invitation:
    return Invitation(html=value)


def safe_link(url: str, host: str = "eur01.safelinks.protection.outlook.com") -> str:
    return f"https://{host}/?url={quote(url, safe='')}&data=05%7C02&sdata=x%3D&reserved=0"


def proofpoint_v2(url: str) -> str:
    return f"https://urldefense.proofpoint.com/v2/url?u={_v2(url)}&d=DwMF&c=abc&r=x"


def _v2(url: str) -> str:
    escaped = quote(url, safe="/.~").replace("-", "%2D").replace("_", "%5F")
    return escaped.replace("/", "_").replace("%", "-")


def google(url: str, host: str = "www.google.com") -> str:
    return f"https://{host}/url?q={quote(url, safe='')}&sa=D&usg=AOv"


HONEST = [
    # The five services, each shape of link, in the field made for it.
    (structured(TEAMS), "teams", TEAMS),
    (
        structured("https://teams.microsoft.com/l/meetup-join/19:meeting_Zm@thread.v2/0"),
        "teams",
        "https://teams.microsoft.com/l/meetup-join/19:meeting_Zm@thread.v2/0",
    ),
    *(
        (structured(url), "teams", url)
        for url in (
            "https://teams.microsoft.com/meet/2456789012345?p=AbCdEf0123",
            "https://teams.live.com/meet/9312345678901?p=xYz",
            "https://teams.cloud.microsoft/meet/2456789012345?p=AbC",
            "https://teams.microsoft.com/v2/meet/2456789012345?p=AbC",
            "https://gov.teams.microsoft.us/l/meetup-join/19%3ameeting_Zm%40thread.v2/0?context=%7b%7d",
            "https://dod.teams.microsoft.us/l/meetup-join/19%3agcch%40thread.v2/0?context=%7b%7d",
            "https://teams.microsoft.com/l/meetup-join/19%3aab%40thread.tacv2/1623?context=%7b%7d",
            "https://teams.microsoft.com/light-meetings/launch?agent=web&coords=eyJ",
        )
    ),
    (
        structured(
            "https://teams.microsoft.com/dl/launcher/launcher.html?url="
            "%2F_%23%2Fl%2Fmeetup-join%2F19%3Ameeting_Zm%40thread.v2%2F0%3Fcontext%3D%257b%257d"
            "&type=meetup-join&deeplinkId=1"
        ),
        "teams",
        "https://teams.microsoft.com/l/meetup-join/19:meeting_Zm@thread.v2/0?context=%7b%7d",
    ),
    (
        structured(
            "https://teams.microsoft.com/v2/?meetingjoin=true#/l/meetup-join/19%3am%40thread.v2/0?context=%7b%7d"
        ),
        "teams",
        "https://teams.microsoft.com/l/meetup-join/19%3am%40thread.v2/0?context=%7b%7d",
    ),
    *(
        (structured(url), "zoom", url)
        for url in (
            ZOOM,
            "https://zoom.us/j/812345678",
            "https://acme.zoom.us/j/81234567890?pwd=x#success",
            "https://us02web.zoom.us/w/81234567890?tk=abc&pwd=x",
            "https://zoom.us/s/81234567890",
            "https://zoom.us/my/jane.doe",
            "https://zoom.us/my/jane.doe?pwd=abc",
            "https://app.zoom.us/wc/join/81234567890?pwd=x",
            "https://app.zoom.us/wc/81234567890/join",
            "https://acme.zoomgov.com/j/1601234567?pwd=x",
            "https://zoom.com/j/81234567890",
            "https://acme.zoom.com.cn/j/81234567890",
            "https://acme.zoom-x.de/j/61234567890?pwd=x",
        )
    ),
    (
        structured("zoommtg://zoom.us/join?action=join&confno=81234567890&pwd=abc&uname=x"),
        "zoom",
        "https://zoom.us/j/81234567890?pwd=abc",
    ),
    *(
        (structured(url), "goto", url)
        for url in (
            GOTO,
            "https://meet.goto.com/JaneDoe",
            "https://meet.goto.com/acme/",
            "https://global.gotomeeting.com/join/123456789",
            "https://www.gotomeeting.com/join/123456789",
            "https://global.gotomeeting.com/meeting/join/123456789",
            "https://app.gotomeeting.com/?meetingId=123456789",
            "https://gotomeet.me/JaneDoe",
            "https://www.gotomeet.me/123456789",
            "https://app.goto.com/meeting/123456789",
            "https://meet.app.goto.com/meet/123456789",
            "https://global.gotowebinar.com/join/123456789/987654321",
        )
    ),
    *(
        (structured(url), "meet", url)
        for url in (
            MEET,
            "https://meet.google.com/abc-defg-hij?authuser=0&hs=122",
            "https://meet.google.com/lookup/standup",
            "https://meet.google.com/_meet/abc-defg-hij?ijlm=1",
        )
    ),
    *(
        (structured(url), "webex", url)
        for url in (
            WEBEX,
            "https://acme.webex.com/meet/jdoe",
            "https://acme.my.webex.com/meet/jdoe",
            "https://acme.webex.com/join/jdoe",
            "https://acme.webex.com/acme/onstage/g.php?MTID=e0123",
            "https://acme.webex.com/wbxmjs/joinservice/sites/acme/meeting/download/ab12?siteurl=acme&MTID=m1",
            "https://acme.webex.com/webappng/sites/acme/meeting/info/ab12",
            "https://acme.webex.com.cn/acme/j.php?MTID=m1",
        )
    ),
    # The host is the only thing that is normalised.
    (structured("HTTPS://US02Web.Zoom.US:443/j/81234567890?pwd=A%2fb"), "zoom",
     "https://us02web.zoom.us/j/81234567890?pwd=A%2fb"),
    (structured("https://zoom.us./j/81234567890"), "zoom", "https://zoom.us/j/81234567890"),
    # Location.
    (location(f"Room 1; {ZOOM}"), "zoom", ZOOM),
    (location("meet.google.com/abc-defg-hij"), "meet", MEET),
    (location("Atlas (us02web.zoom.us/j/81234567890)"), "zoom",
     "https://us02web.zoom.us/j/81234567890"),
    (location(f"{GOTO}."), "goto", GOTO),
    # Text, with the punctuation people and programs put around links.
    (text(f"Join Zoom Meeting\n{ZOOM}\n\nMeeting ID: 812 3456 7890"), "zoom", ZOOM),
    (text(f"Please join my meeting from your computer.\n<{GOTO}>\n"), "goto", GOTO),
    (text(f"[{MEET}]"), "meet", MEET),
    (text(f"[Join]({MEET})"), "meet", MEET),
    (text(f"[{MEET}]({MEET})"), "meet", MEET),
    (text(f"<{MEET}|Join here>"), "meet", MEET),
    (text(f"**{MEET}**"), "meet", MEET),
    (text(f"Visio : « {MEET} », à 10 h."), "meet", MEET),
    (text(f"会议链接\uff1a{ZOOM}\uff0c密码见下"), "zoom", ZOOM),
    (text(f"Click here to join the meeting<{TEAMS}>\nLearn More<https://aka.ms/JoinTeamsMeeting>"),
     "teams", TEAMS),
    (text(f"{TEAMS_DECODED} or call"), "teams", TEAMS_DECODED),
    # HTML: targets, entities, unlinked words, untidy mark-up.
    (html(f'<p>Join: <a href="{ZOOM}">here</a></p>'), "zoom", ZOOM),
    (html("<a href='https://zoom.us/j/81234567890?pwd=x&amp;from=addon'>x</a>"), "zoom",
     "https://zoom.us/j/81234567890?pwd=x&from=addon"),
    (html(f"<A HREF={MEET}>x</A>"), "meet", MEET),
    (html(f"<div>Meet</div><div>{MEET}</div>"), "meet", MEET),
    (html(f'<area shape="rect" href="{WEBEX}">'), "webex", WEBEX),
    (html(f'<a title="a > b" href="\n{GOTO}\n">x</a>'), "goto", GOTO),
    (html(f'<style>a{{}}</style><script>var a="</b>"</script><!-- x --><a href="{GOTO}">'), "goto",
     GOTO),
    (html("<a href='https://meet.goto.com/12345\n6789'>"), "goto", GOTO),
    (html(f'<a href="{safe_link(ZOOM)}" originalsrc="{ZOOM}">Join</a>'), "zoom", ZOOM),
    # Wrapped: opened offline, the target kept to the byte.
    (text(safe_link(TEAMS)), "teams", TEAMS),
    (text(safe_link(ZOOM, "gcc02.safelinks.protection.office365.us")), "zoom", ZOOM),
    (text("https://nam02.safelinks.protection.outlook.com/ap/t-59584e83/?url="
          + quote(TEAMS, safe="") + "&data=05"), "teams", TEAMS),
    (text("https://statics.teams.cdn.office.net/evergreen-assets/safelinks/1/atp-safelinks.html?url="
          + quote(ZOOM, safe="") + "&locale=en"), "zoom", ZOOM),
    (text("https://urldefense.proofpoint.com/v1/url?u=" + quote(ZOOM, safe="") + "&k=x"), "zoom",
     ZOOM),
    (text(proofpoint_v2(ZOOM)), "zoom", ZOOM),
    (text(proofpoint_v2(TEAMS)), "teams", TEAMS),
    (text("https://urldefense.proofpoint.com/v2/url?u=https-3A__zoom.us_j_81234567890-3Fpwd-3Dx"
          "&d=DwMF&c=a"), "zoom", "https://zoom.us/j/81234567890?pwd=x"),
    (text("https://urldefense.com/v3/__https://zoom.us/j/81234567890?pwd=x__;!!abc!def$"), "zoom",
     "https://zoom.us/j/81234567890?pwd=x"),
    (text("https://urldefense.com/v3/__https:/zoom.us/j/81234567890?pwd=a*2Fb__;JQ!!abc!def$ "),
     "zoom", "https://zoom.us/j/81234567890?pwd=a%2Fb"),
    (text("https://urldefense.us/v3/__https://zoom.us/j/81234567890?pwd=a**Bc__;JSUl!!x$"), "zoom",
     "https://zoom.us/j/81234567890?pwd=a%%%c"),
    (text(google(MEET)), "meet", MEET),
    (text(google(MEET, "www.google.co.uk")), "meet", MEET),
    (text("https://www.google.com/url?sa=D&url=" + quote(MEET, safe="")), "meet", MEET),
    (text("https://linkprotect.cudasvc.com/url?a=" + quote(ZOOM, safe="") + "&c=E"), "zoom", ZOOM),
    (text("https://secure-web.cisco.com/1abcDEF/" + quote(ZOOM, safe="")), "zoom", ZOOM),
    (text("https://slack-redir.net/link?url=" + quote(MEET, safe="")), "meet", MEET),
    (text(safe_link(google(proofpoint_v2(ZOOM)))), "zoom", ZOOM),
    # Several links: the field made for it, then the location, then the body.
    (Invitation(structured=(MEET,), location=ZOOM, text=TEAMS), "meet", MEET),
    (Invitation(location=GOTO, text=TEAMS), "goto", GOTO),
    (structured("tel:+4930123456", MEET), "meet", MEET),
    (structured("https://acme.example/event", "xmpp:room@chat.example", MEET), "meet", MEET),
    # A meeting beats a standing room; the longer form of one meeting beats the shorter.
    (text(f"My room: https://zoom.us/my/jane.doe.with.a.very.long.name.and.more\n{ZOOM}"), "zoom",
     ZOOM),
    (text(f"https://us02web.zoom.us/j/81234567890\n{ZOOM}"), "zoom", ZOOM),
    (Invitation(location="https://us02web.zoom.us/j/81234567890", text=ZOOM), "zoom", ZOOM),
    (Invitation(location="https://zoom.us/j/811111111", text=ZOOM), "zoom",
     "https://zoom.us/j/811111111"),
    # Footers beside the meeting.
    (text("https://zoom.us/u/abc https://zoom.us/rec/share/zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz "
          "https://zoom.us/webinar/register/WN_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa " + ZOOM),
     "zoom", ZOOM),
    (html(f'<a href="{TEAMS}">Join</a><a href="https://aka.ms/JoinTeamsMeeting?omkt=en">Help</a>'
          '<a href="https://teams.microsoft.com/meetingOptions/?organizerId=9b&tenantId=7a&'
          'threadId=19_meeting_Zm@thread.v2&messageId=0&language=en-US&x=aaaaaaaaaaaaaaa">Options</a>'
          '<a href="https://dialin.teams.microsoft.com/ab-12?id=123456789">numbers</a>'),
     "teams", TEAMS),
    (text(f"{MEET}\nMore numbers: https://tel.meet/abc-defg-hij?pin=1234567890123"), "meet", MEET),
    (text(f"See https://evil.example/?u=x or {MEET}"), "meet", MEET),
    (text(f"javascript:alert(1) data:text/html,x file:///etc/passwd {MEET}"), "meet", MEET),
]  # fmt: skip


@pytest.mark.parametrize(("invitation", "service", "url"), HONEST)
def test_a_meeting_is_found(invitation: Invitation, service: str, url: str) -> None:
    target = invitation.find()
    assert target is not None
    assert (target.service, target.url) == (service, url)
