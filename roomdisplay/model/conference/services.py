"""The conference services: their hosts, and which of their pages are meetings.

Both are needed. A good host also serves recordings, registration forms, dial-in lists and open
redirects; a good path means nothing on somebody else's host.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from roomdisplay.model.conference.address import Address, Refusal
from roomdisplay.model.conference.pages import Kind, Page, Service, Site, Verdict
from roomdisplay.model.service_names import SERVICE_NAMES


def _digits(least: int, most: int) -> Callable[[str], bool]:
    def test(part: str) -> bool:
        return least <= len(part) <= most and part.isascii() and part.isdecimal()

    return test


def _name(part: str) -> bool:
    return 0 < len(part) <= 128 and part.isascii()  # noqa: PLR2004 -- no room's name is longer


def _teams_thread(part: str) -> bool:
    return part.lower().startswith(("19:", "19%3a"))


def _meet_code(part: str) -> bool:
    letters = part.split("-")
    return [len(word) for word in letters] == [3, 4, 3] and all(
        word.isascii() and word.isalpha() for word in letters
    )


def _refused(reason: Refusal, *paths: str) -> tuple[Page, ...]:
    """Pages under each path that must not be taken for meetings."""
    return tuple(
        Page(segments=tuple(path.split("/")), kind=reason, open_ended=True) for path in paths
    )


_GOTO_NUMBER = _digits(9, 9)
_ZOOM_NUMBER = _digits(9, 11)

_GOTO = Service(
    key="goto",
    name=SERVICE_NAMES["goto"],
    sites=(
        Site(
            hosts=("meet.goto.com",),
            pages=(
                Page(segments=(_GOTO_NUMBER,), identity=0),
                *_refused(
                    Refusal.NOT_A_MEETING,
                    *("install", "opener", "download", "downloads", "login", "signup"),
                    *("about", "legal", "help", "new"),
                ),
                Page(segments=(_name,), kind=Kind.PERSONAL, identity=0),
            ),
        ),
        Site(
            hosts=("app.goto.com", "meet.app.goto.com"),
            pages=(
                Page(segments=("meeting", _digits(6, 12)), identity=1),
                Page(segments=("meet", _digits(6, 12)), identity=1),
            ),
        ),
        Site(
            hosts=("gotomeeting.com",),
            below=True,
            pages=(
                Page(segments=("join", _GOTO_NUMBER), identity=1),
                Page(segments=("meeting", "join", _GOTO_NUMBER), identity=2),
                Page(segments=(), parameters=("meetingid",), identity="meetingid"),
            ),
        ),
        Site(
            hosts=("gotomeet.me", "www.gotomeet.me"),
            pages=(
                Page(segments=(_GOTO_NUMBER,), identity=0),
                Page(segments=(_name,), kind=Kind.PERSONAL, identity=0),
            ),
        ),
        Site(
            hosts=("gotowebinar.com",),
            below=True,
            pages=(
                *_refused(Refusal.REGISTRATION, "register", "rt"),
                *_refused(Refusal.RECORDING, "recording"),
                Page(segments=("join", _name), open_ended=True, identity=1),
            ),
        ),
    ),
    visits=("goto.com", "gotomeeting.com", "gotomeet.me", "gotowebinar.com", "logmeininc.com"),
    after_call=(("feedback",), ("thank-you",)),
)

_TEAMS_PAGES = (
    Page(segments=("l", "meetup-join", _teams_thread), open_ended=True, identity=2),
    Page(segments=("meet", _digits(9, 16)), identity=1),
    Page(segments=("v2", "meet", _digits(9, 16)), identity=2),
    Page(segments=("light-meetings", "launch"), open_ended=True, parameters=("coords",)),
    *_refused(Refusal.OPTIONS, "meetingoptions"),
    *_refused(Refusal.REGISTRATION, "registration", "l/registration"),
)

_TEAMS = Service(
    key="teams",
    name=SERVICE_NAMES["teams"],
    sites=(
        Site(
            hosts=(
                "teams.microsoft.com",
                "teams.cloud.microsoft",
                "teams.live.com",
                "gov.teams.microsoft.us",
                "dod.teams.microsoft.us",
            ),
            pages=_TEAMS_PAGES,
        ),
        Site(
            hosts=("dialin.teams.microsoft.com", "dialin.teams.microsoft.us"),
            pages=(Page(segments=(), kind=Refusal.DIAL_IN_PAGE, open_ended=True),),
        ),
        Site(
            hosts=("events.teams.microsoft.com",),
            pages=(Page(segments=(), kind=Refusal.REGISTRATION, open_ended=True),),
        ),
    ),
    visits=(
        "teams.microsoft.com",
        "teams.cloud.microsoft",
        "teams.live.com",
        "teams.microsoft.us",
        "login.microsoftonline.com",
        "login.microsoftonline.us",
        "login.live.com",
        "login.microsoft.com",
    ),
)

_ZOOM = Service(
    key="zoom",
    name=SERVICE_NAMES["zoom"],
    sites=(
        Site(
            hosts=("zoom.us", "zoom.com", "zoomgov.com", "zoom.com.cn", "zoom-x.de"),
            below=True,
            pages=(
                Page(segments=("j", _ZOOM_NUMBER), identity=1),
                Page(segments=("w", _ZOOM_NUMBER), identity=1),
                Page(segments=("wc", "join", _ZOOM_NUMBER), identity=2),
                Page(segments=("wc", _ZOOM_NUMBER, "join"), identity=1),
                Page(segments=("wc", _ZOOM_NUMBER, "start"), kind=Kind.HOST_START, identity=1),
                Page(segments=("s", _ZOOM_NUMBER), kind=Kind.HOST_START, identity=1),
                Page(segments=("my", _name), kind=Kind.PERSONAL, identity=1),
                *_refused(Refusal.REGISTRATION, "webinar/register", "meeting/register"),
                *_refused(Refusal.REGISTRATION, "meeting/attendee", "webinar/attendee"),
                *_refused(Refusal.RECORDING, "rec", "recording", "clips"),
                *_refused(Refusal.DIAL_IN_PAGE, "u", "zoomconference"),
                *_refused(Refusal.OPTIONS, "meetings", "meeting", "postattendee"),
            ),
        ),
    ),
    visits=("zoom.us", "zoom.com", "zoomgov.com", "zoom.com.cn", "zoom-x.de"),
    after_call=((), ("postattendee",), ("wc", "leave")),
)

_MEET = Service(
    key="meet",
    name=SERVICE_NAMES["meet"],
    sites=(
        Site(
            hosts=("meet.google.com",),
            pages=(
                Page(segments=(_meet_code,), identity=0),
                Page(segments=("_meet", _meet_code), identity=1),
                Page(segments=("lookup", _name), kind=Kind.PERSONAL, identity=1),
                *_refused(Refusal.DIAL_IN_PAGE, "tel"),
            ),
        ),
        Site(
            hosts=("tel.meet",),
            pages=(Page(segments=(), kind=Refusal.DIAL_IN_PAGE, open_ended=True),),
        ),
    ),
    visits=("meet.google.com", "accounts.google.com"),
    after_call=((), ("landing",)),
)

_WEBEX = Service(
    key="webex",
    name=SERVICE_NAMES["webex"],
    sites=(
        Site(
            hosts=("webex.com", "webex.com.cn"),
            below=True,
            pages=(
                Page(segments=(_name, "j.php"), parameters=("mtid",), identity="mtid"),
                Page(segments=(_name, "k2", "j.php"), parameters=("mtid",), identity="mtid"),
                Page(segments=(_name, "onstage", "g.php"), parameters=("mtid",), identity="mtid"),
                *_refused(Refusal.DIAL_IN_PAGE, "globalcallin.php"),
                Page(
                    segments=(_name, "globalcallin.php"),
                    kind=Refusal.DIAL_IN_PAGE,
                    open_ended=True,
                ),
                Page(segments=(_name, "ldr.php"), kind=Refusal.RECORDING),
                Page(segments=(_name, "lsr.php"), kind=Refusal.RECORDING),
                *_refused(Refusal.RECORDING, "recordingservice"),
                *_refused(Refusal.REGISTRATION, "weblink/register"),
                *(
                    page
                    for app in (("webappng",), ("wbxmjs", "joinservice"))
                    for kind in ("meeting", "webinar")
                    for page in (
                        Page(
                            segments=(*app, "sites", _name, kind, "register"),
                            kind=Refusal.REGISTRATION,
                            open_ended=True,
                        ),
                        Page(segments=(*app, "sites", _name, kind, _name), open_ended=True),
                    )
                ),
                Page(
                    segments=("webappng", "sites", _name, "recording"),
                    kind=Refusal.RECORDING,
                    open_ended=True,
                ),
                Page(segments=("meet", _name), kind=Kind.PERSONAL, identity=1),
                Page(segments=("join", _name), kind=Kind.PERSONAL, identity=1),
            ),
        ),
    ),
    visits=("webex.com", "webex.com.cn"),
    after_call=((),),
)

SERVICES: Mapping[str, Service] = MappingProxyType(
    {service.key: service for service in (_GOTO, _TEAMS, _ZOOM, _MEET, _WEBEX)}
)
"""All known services by key; the key is what meetings, settings and messages carry."""


def classify(address: Address) -> Verdict:
    """What an address is."""
    for service in SERVICES.values():
        for site in service.sites:
            if not site.covers(address.host):
                continue
            for page in site.pages:
                if page.matches(address):
                    return Verdict(service.key, page.kind, page.identify(address))
            return Verdict(service.key, Refusal.NOT_A_MEETING)
    return Verdict(None, Refusal.UNKNOWN_HOST)
