"""The cookies of the pages: the session, and a mark of browsers that are not signed in yet."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Request
from litestar.datastructures import Cookie

from roomdisplay.admin.settings import ServerSettings


def session_cookie(settings: ServerSettings) -> str:
    """The name of the session's cookie."""
    return _name("session", settings)


def visit_cookie(settings: ServerSettings) -> str:
    """The name of the cookie that protects the forms shown before anybody signed in."""
    return _name("visit", settings)


def language_cookie(settings: ServerSettings) -> str:
    """The name of the cookie that keeps the language of somebody not signed in."""
    return _name("language", settings)


def step_cookie(settings: ServerSettings) -> str:
    """The name of the cookie by which a browser shows the Step 1 that was sent to it."""
    return _name("step-1", settings)


def read(request: Request[Any, Any, Any], name: str) -> str:
    """A cookie's value, bounded; empty if there is none."""
    return request.cookies.get(name, "")[:200]


def make(
    settings: ServerSettings, name: str, value: str, expires: datetime | None, now: datetime
) -> Cookie:
    """A cookie for this origin alone that no script reads.

    Lax, not Strict: the phone that scans a display's code arrives from outside.
    """
    return Cookie(
        key=name,
        value=value,
        path="/",
        secure=settings.secure,
        httponly=True,
        samesite="lax",
        max_age=max(0, int((expires - now).total_seconds())) if expires else None,
    )


def _name(name: str, settings: ServerSettings) -> str:
    # The prefix binds the cookie to https, this host and "/" (RFC 6265bis section 4.1.3.2). Plain
    # http has none, and ports do not separate cookies: two servers on one machine must not clash.
    return f"__Host-{name}" if settings.secure else f"roomdisplay-{settings.port}-{name}"
