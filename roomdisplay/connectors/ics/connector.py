"""The connector for published calendar files."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import httpx
import msgspec

from roomdisplay.connectors.base import (
    CalendarGoneError,
    CalendarInfo,
    Capabilities,
    ConnectionSettings,
    Field,
    MalformedAnswerError,
    Picture,
    Surroundings,
    UnavailableError,
    Unchanged,
    Window,
)
from roomdisplay.connectors.http import (
    Answer,
    HttpDoor,
    Limits,
    OriginAuth,
    parse_url,
    require_success,
)
from roomdisplay.connectors.ical.reading import calendar_name, read_calendars
from roomdisplay.connectors.ical.text import calendar_text, comparable
from roomdisplay.model.room import SourceKind

FIELDS = (
    Field(key="url", kind="url", secret=True),
    Field(key="username", required=False),
    Field(key="password", kind="password", secret=True, required=False),
    Field(key="allow_http", kind="checkbox", required=False),
)
"""The address is a secret: whoever knows the one of a private feed can read it."""

THE_FEED = "feed"
"""The address, within a connection, of the one calendar that its settings name."""

_YES = frozenset({"1", "on", "true", "yes"})
_ACCEPT = "text/calendar, application/calendar+xml;q=0, */*;q=0.5"


class _Cursor(msgspec.Struct, frozen=True):
    """What tells whether a feed changed since, for one window and zone."""

    window: tuple[datetime, datetime]
    zone: str
    content: str
    """A hash of the body without its times of publication."""
    etag: str | None = None
    modified: str | None = None
    check_every: float | None = None


def connect(settings: ConnectionSettings, surroundings: Surroundings) -> IcsConnector:
    """Make a connector from what the administrator entered.

    Args:
        settings: with the values or secrets of `FIELDS`.
        surroundings: not needed: feeds are read by the window alone.

    Raises:
        CalendarGoneError: the address is none.
    """
    del surroundings
    entered = {**settings.values, **settings.secrets}
    return IcsConnector(
        entered.get("url", ""),
        username=entered.get("username", ""),
        password=entered.get("password", ""),
        allow_http=entered.get("allow_http", "").lower() in _YES,
    )


class IcsConnector:
    """Reads feeds over http and https; `webcal:` means https, and http only where allowed."""

    kind = SourceKind.FEED
    check_every = timedelta(minutes=5)
    capabilities = Capabilities()

    def __init__(
        self,
        url: str,
        *,
        username: str = "",
        password: str = "",
        allow_http: bool = False,
        limits: Limits | None = None,
    ) -> None:
        self._url = _parsed(url)
        self._allow_http = allow_http
        username = username or self._url.username
        password = password or self._url.password
        self._url = self._url.copy_with(username=None, password=None)
        auth = OriginAuth(self._candidates(self._url)[0], username, password) if username else None
        self._door = HttpDoor(auth=auth, limits=limits, allow_http=allow_http)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._door.aclose()

    async def check(self) -> None:
        """Fetch the feed once.

        Raises:
            ConnectorError: it cannot be had, or is no calendar.
        """
        await self._text(await self._fetch(self._url, {}))

    async def list_calendars(self) -> Sequence[CalendarInfo]:
        """The one calendar, by the name that it gives itself.

        Raises:
            ConnectorError: it cannot be had, or is no calendar.
        """
        text = await self._text(await self._fetch(self._url, {}))
        name = await asyncio.to_thread(calendar_name, text)
        return [CalendarInfo(address=THE_FEED, name=name or self._url.host)]

    async def read(
        self, address: str, window: Window, cursor: str | None = None, *, zone: str = "UTC"
    ) -> Picture | Unchanged:
        """Fetch the feed if it changed, and read the window.

        Args:
            address: `THE_FEED`, or the address of another feed.
            window: what to read.
            cursor: of the last picture of this window and zone; another is passed over.
            zone: the room's IANA zone.

        Raises:
            ConnectorError: it cannot be had, or is no calendar.
        """
        url = self._url if address == THE_FEED else _parsed(address)
        last = _decoded(cursor, window, zone)
        answer = await self._fetch(url, _conditions(last))
        if answer.status == httpx.codes.NOT_MODIFIED:
            if last is None:
                raise MalformedAnswerError("the server says unchanged to a first request")
            return Unchanged(cursor)
        content = await asyncio.to_thread(_hash, answer.body)
        known = _Cursor(
            window=(window.start, window.end),
            zone=zone,
            content=content,
            etag=answer.headers.get("etag"),
            modified=answer.headers.get("last-modified"),
        )
        encoded = msgspec.json.encode(known).decode()
        if last is not None and last.content == content:
            return Unchanged(encoded)
        text = await self._text(answer)
        picture = await asyncio.to_thread(read_calendars, [text], window, zone)
        return replace(picture, cursor=encoded)

    async def _fetch(self, url: httpx.URL, conditions: dict[str, str]) -> Answer:
        candidates = self._candidates(url)
        headers = {"Accept": _ACCEPT, **conditions}
        for candidate in candidates[:-1]:
            try:
                answer = await self._door.send("GET", candidate, headers=headers)
            except UnavailableError:
                continue
            if answer.status < httpx.codes.BAD_REQUEST:
                return _accepted(answer)
        return _accepted(await self._door.send("GET", candidates[-1], headers=headers))

    def _candidates(self, url: httpx.URL) -> list[httpx.URL]:
        """The addresses to try, best first."""
        if url.scheme in {"http", "https"}:
            return [url]
        secure = url.copy_with(scheme="https")
        return [secure, url.copy_with(scheme="http")] if self._allow_http else [secure]

    async def _text(self, answer: Answer) -> str:
        return await asyncio.to_thread(calendar_text, answer.body, answer.charset)


def _accepted(answer: Answer) -> Answer:
    if answer.status != httpx.codes.NOT_MODIFIED:
        require_success(answer, "the feed")
    return answer


def _parsed(text: str) -> httpx.URL:
    try:
        return parse_url(text)
    except ValueError as error:
        raise CalendarGoneError(str(error)) from None


def _conditions(last: _Cursor | None) -> dict[str, str]:
    if last is None:
        return {}
    conditions: dict[str, str] = {}
    if last.etag:
        conditions["If-None-Match"] = last.etag
    if last.modified:
        conditions["If-Modified-Since"] = last.modified
    return conditions


def _decoded(cursor: str | None, window: Window, zone: str) -> _Cursor | None:
    if cursor is None:
        return None
    try:
        last = msgspec.json.decode(cursor, type=_Cursor)
    except msgspec.DecodeError:
        return None
    return last if last.window == (window.start, window.end) and last.zone == zone else None


def _hash(body: bytes) -> str:
    return hashlib.sha256(comparable(body)).hexdigest()
