"""The values of a call on the conference display: what to open, where, and how it goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from roomdisplay.device.browser_policy import media_patterns
from roomdisplay.model.conference import (
    JoinTarget,
    browser_url,
    call_is_over,
    join_service,
    may_visit,
)

BAR_HEIGHT = 72
"""Least height in device-independent pixels of the strip at the top of the screen that stays the
display's while a call is open; the way back stands in it. The UI takes more where a touch target of
15 mm needs it, and a compositor's margin has to be as high as what it takes."""


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A place on the screen, in device-independent pixels from its top left corner."""

    x: int
    y: int
    width: int
    height: int


def call_area(screen: Rectangle, bar_height: int = BAR_HEIGHT) -> Rectangle:
    """Where a call's window goes: the screen without our bar, which has its top `bar_height`."""
    return Rectangle(
        screen.x, screen.y + bar_height, screen.width, max(1, screen.height - bar_height)
    )


class Phase(StrEnum):
    """How far a call is."""

    CONNECTING = "connecting"
    OPEN = "open"
    """The conference's page is there; people may still wait to be admitted."""
    ENDED = "ended"


class EndReason(StrEnum):
    """Why a call ended."""

    LEFT = "left"
    """The people hung up, the page closed itself or moved on."""
    CRASHED = "crashed"
    FAILED = "failed"
    """It never opened."""
    CLOSED = "closed"
    """By the display: the way back, the end of the booking."""


class Failure(StrEnum):
    """Why a call did not open."""

    NO_BROWSER = "no_browser"
    """Chromium is not installed or cannot be started."""
    NO_ANSWER = "no_answer"
    """Chromium started but did not come up in time, or not at all."""
    UNREACHABLE = "unreachable"
    """The conference service did not answer."""
    REFUSED = "refused"
    """The join link led away from its service."""
    NO_ROOM = "no_room"
    """No place to write the profile."""


@dataclass(frozen=True, slots=True)
class CallStatus:
    """One state of a call; never carries its address."""

    phase: Phase
    reason: EndReason | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What to open, already judged, and what it may do.

    The predicates take an address and say yes or no; they are called for whatever a page asks for.
    """

    url: str = field(repr=False)
    """A credential: never logged, never an argument of a program."""
    may_open: Callable[[str], bool]
    """Whether `url` is a meeting page; asked once more right before it is opened."""
    may_visit: Callable[[str], bool]
    """Whether the window may move to an address."""
    is_over: Callable[[str], bool]
    """Whether an address is where the service leads people after a call."""
    media: tuple[str, ...] = ()
    """Patterns (`browser_policy.host_pattern`) of pages that may use camera and microphone."""


def call_to(target: JoinTarget, room_name: str) -> Call:
    """The call for a join target, in the form that works in a browser on Linux."""
    service = target.service
    return Call(
        url=browser_url(target, room_name),
        may_open=lambda url: join_service(url) == service,
        may_visit=lambda url: may_visit(service, url),
        is_over=lambda url: call_is_over(service, url),
        media=media_patterns(service),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserSettings:
    """How this box runs a call's browser."""

    command: str = "chromium"
    """A name looked up in PATH, or a path."""
    platform: str | None = None
    """Chromium's ozone platform, "x11" or "wayland"; None: by the session's environment."""
    profile_base: Path | None = None
    """Where profiles are made; None: the session's runtime directory, which is in memory."""
    sandbox: bool = True
    """Off only in tests that run as root, where Chromium's sandbox does not."""
    start_limit_s: float = 30.0
    """Seconds until a browser that does not answer is given up; a Pi needs about ten."""
    extra_switches: tuple[str, ...] = ()
