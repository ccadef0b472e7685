"""The connector for CalDAV servers."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import httpx
import msgspec

from roomdisplay.connectors.base import (
    CalendarGoneError,
    CalendarInfo,
    Capabilities,
    ConnectionSettings,
    CursorExpiredError,
    Field,
    MalformedAnswerError,
    Picture,
    Surroundings,
    Unchanged,
    Window,
)
from roomdisplay.connectors.caldav.client import CalDavClient, CalendarObject, CollectionState
from roomdisplay.connectors.caldav.discovery import find_calendars
from roomdisplay.connectors.http import HttpDoor, Limits, OriginAuth, parse_url
from roomdisplay.connectors.ical.reading import read_calendars
from roomdisplay.connectors.ical.text import calendar_text
from roomdisplay.model.room import SourceKind

FIELDS = (
    Field(key="url", kind="url"),
    Field(key="username", required=False),
    Field(key="password", kind="password", secret=True, required=False),
)

_MOST_CHANGES = 500
"""Beyond, asking for the window anew is cheaper than for each object."""


class _Cursor(msgspec.Struct, frozen=True):
    """The state of a collection at the last read, for one window and zone."""

    window: tuple[datetime, datetime]
    zone: str
    sync_token: str = ""
    ctag: str = ""
    etags: str = ""
    """A hash over all ETags, where the server has neither token nor ctag."""


@dataclass(slots=True)
class _Kept:
    """The objects of a window as last read, so that a change costs only what changed."""

    window: Window
    token: str
    objects: dict[str, CalendarObject]


def connect(settings: ConnectionSettings, surroundings: Surroundings) -> CalDavConnector:
    """Make a connector from what the administrator entered.

    Args:
        settings: with the values and secrets of `FIELDS`.
        surroundings: not needed: what is read is told by the window.

    Raises:
        CalendarGoneError: the address is none.
    """
    del surroundings
    return CalDavConnector(
        settings.values.get("url", ""),
        username=settings.values.get("username", ""),
        password=settings.secrets.get("password", ""),
    )


class CalDavConnector:
    """Reads calendars of one CalDAV account.

    Changes are found by sync token, else by ctag, else by all ETags. Objects are kept in memory
    between reads; a cursor without them (after a restart) leads to a full read when something
    changed.
    """

    kind = SourceKind.LIVE
    check_every = timedelta(seconds=60)
    capabilities = Capabilities(cheap_check=True)

    def __init__(
        self, url: str, *, username: str = "", password: str = "", limits: Limits | None = None
    ) -> None:
        self._url = _web_address(url)
        username = username or self._url.username
        password = password or self._url.password
        self._url = self._url.copy_with(username=None, password=None)
        auth = OriginAuth(self._url, username, password) if username else None
        self._door = HttpDoor(auth=auth, limits=limits)
        self._client = CalDavClient(self._door)
        self._kept: dict[str, _Kept] = {}

    async def aclose(self) -> None:
        """Close the connections."""
        await self._door.aclose()

    async def check(self) -> None:
        """Sign in and look for calendars.

        Raises:
            ConnectorError: it does not work; the subclass says why.
        """
        await self.list_calendars()

    async def list_calendars(self) -> Sequence[CalendarInfo]:
        """The calendars of the account, by name; addresses are whole URLs.

        Raises:
            ConnectorError: they cannot be listed.
        """
        return await find_calendars(self._client, self._url)

    async def read(
        self, address: str, window: Window, cursor: str | None = None, *, zone: str = "UTC"
    ) -> Picture | Unchanged:
        """Read a window of one calendar.

        Args:
            address: the calendar's URL, or its path on the server.
            window: what to read.
            cursor: of the last picture of this window and zone; another is passed over.
            zone: the room's IANA zone.

        Raises:
            ConnectorError: it cannot be read.
        """
        collection = self._collection(address)
        last = _decoded(cursor, window, zone)
        if last is not None and last.sync_token:
            try:
                return await self._read_changes(collection, window, zone, last)
            except CursorExpiredError:
                pass  # read in full
        state = await self._client.state(collection)
        etags = "" if state.sync_token or state.ctag else await self._etags(collection)
        known = _Cursor(
            window=(window.start, window.end),
            zone=zone,
            sync_token=state.sync_token,
            ctag=state.ctag,
            etags=etags,
        )
        encoded = msgspec.json.encode(known).decode()
        if last is not None and _is_same(last, known):
            return Unchanged(encoded)
        # The state was asked for first: what changes in between is found by the next read.
        objects = await self._client.query(collection, window)
        self._keep(collection, window, state, objects)
        return await self._picture(objects.values(), window, zone, encoded)

    async def _read_changes(
        self, collection: httpx.URL, window: Window, zone: str, last: _Cursor
    ) -> Picture | Unchanged:
        changes = await self._client.changes(collection, last.sync_token)
        cursor = msgspec.json.encode(
            msgspec.structs.replace(last, sync_token=changes.token)
        ).decode()
        kept = self._kept.get(str(collection))
        valid = kept is not None and kept.window == window and kept.token == last.sync_token
        if not changes.changed and not changes.gone:
            if kept is not None and valid:
                kept.token = changes.token
            return Unchanged(cursor)
        if kept is None or not valid or len(changes.changed) > _MOST_CHANGES:
            objects = await self._client.query(collection, window)
            state = CollectionState(changes.token, "")
            self._keep(collection, window, state, objects)
            return await self._picture(objects.values(), window, zone, cursor)
        fresh = await self._client.get(collection, changes.changed.values())
        for path in (*changes.gone, *changes.changed):
            kept.objects.pop(path, None)
        kept.objects.update(fresh)
        kept.token = changes.token
        return await self._picture(kept.objects.values(), window, zone, cursor)

    def _keep(
        self,
        collection: httpx.URL,
        window: Window,
        state: CollectionState,
        objects: dict[str, CalendarObject],
    ) -> None:
        if state.sync_token:
            self._kept[str(collection)] = _Kept(window, state.sync_token, dict(objects))

    async def _etags(self, collection: httpx.URL) -> str:
        etags = sorted((await self._client.etags(collection)).items())
        return hashlib.sha256(msgspec.json.encode(etags)).hexdigest()

    async def _picture(
        self, objects: Iterable[CalendarObject], window: Window, zone: str, cursor: str
    ) -> Picture:
        bodies = [one.data for one in objects]
        picture = await asyncio.to_thread(_read, bodies, window, zone)
        return replace(picture, cursor=cursor)

    def _collection(self, address: str) -> httpx.URL:
        try:
            url = self._url.join(address)
        except (httpx.InvalidURL, ValueError):
            raise CalendarGoneError("this is not a calendar's address") from None
        url = _web_address(str(url)).copy_with(username=None, password=None)
        return url if url.path.endswith("/") else url.copy_with(path=url.path + "/")


def _web_address(text: str) -> httpx.URL:
    try:
        url = parse_url(text)
    except ValueError as error:
        raise CalendarGoneError(str(error)) from None
    return url if url.scheme in {"http", "https"} else url.copy_with(scheme="https")


def _decoded(cursor: str | None, window: Window, zone: str) -> _Cursor | None:
    if cursor is None:
        return None
    try:
        last = msgspec.json.decode(cursor, type=_Cursor)
    except msgspec.DecodeError:
        return None
    return last if last.window == (window.start, window.end) and last.zone == zone else None


def _is_same(last: _Cursor, known: _Cursor) -> bool:
    """Whether the collection did not change; only the same kind of evidence can tell."""
    if known.sync_token:
        return False  # asked for in full because the token did not serve
    if known.ctag:
        return last.ctag == known.ctag
    return bool(known.etags) and last.etags == known.etags


def _read(bodies: Sequence[bytes], window: Window, zone: str) -> Picture:
    """Read the objects; one that cannot be read must not hide the others."""
    texts: list[str] = []
    broken = 0
    for body in bodies:
        try:
            texts.append(calendar_text(body))
        except MalformedAnswerError:
            broken += 1
    picture = read_calendars(texts, window, zone)
    warnings = picture.warnings
    if broken:
        # The first: what else is odd is shown in the right place, these are not shown at all.
        warnings = (f"{broken} objects of the calendar cannot be read.", *warnings)
    return replace(
        picture,
        warnings=warnings,
        unreadable=picture.unreadable + broken,
        check_every=None,
        display_name=None,
    )
