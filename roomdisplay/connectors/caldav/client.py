"""Requests to one CalDAV server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx

from roomdisplay.connectors.base import (
    CalendarGoneError,
    ConnectorError,
    CursorExpiredError,
    MalformedAnswerError,
    UnavailableError,
    Window,
)
from roomdisplay.connectors.caldav import xml
from roomdisplay.connectors.caldav.xml import Multistatus, Resource
from roomdisplay.connectors.http import Answer, HttpDoor, require_success

MOST_OBJECTS = 20_000
"""Calendar objects that one window may hold."""
_BATCH = 50
"""Objects asked for by name in one request."""
_MOST_ROUNDS = 50
_INSUFFICIENT_STORAGE = 507
_SHORTEST_SPAN = timedelta(hours=6)
_GONE = frozenset({404, 410})
_TOKEN_REFUSED = frozenset({400, 403, 409, 410, 412})


@dataclass(frozen=True, slots=True)
class CalendarObject:
    """One resource of a collection: a meeting, or a series with its exceptions."""

    href: str
    etag: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Changes:
    """What a collection tells of itself since a token."""

    token: str
    changed: dict[str, str]
    """Hrefs by comparable path."""
    gone: frozenset[str]
    """Comparable paths."""


@dataclass(frozen=True, slots=True)
class CollectionState:
    """What a collection shows of its state; whatever of it the server has."""

    sync_token: str
    ctag: str


class CalDavClient:
    """Speaks WebDAV; knows nothing of meetings."""

    def __init__(self, door: HttpDoor) -> None:
        self._door = door

    async def propfind(
        self, url: httpx.URL, depth: int, *names: str, same_origin: bool = False
    ) -> tuple[Multistatus, httpx.URL]:
        """Ask for properties; returns them and the address that answered after redirects.

        Raises:
            ConnectorError: the server did not answer with a multistatus.
        """
        answer = await self._send(
            "PROPFIND", url, depth, xml.propfind(*names), same_origin=same_origin
        )
        return await _multistatus(answer), answer.url

    async def state(self, collection: httpx.URL) -> CollectionState:
        """What tells whether the collection changed.

        Raises:
            CalendarGoneError: there is no calendar at this address.
            ConnectorError: the server did not answer as it should.
        """
        found, _ = await self.propfind(
            collection, 0, "D:resourcetype", "D:sync-token", "CS:getctag"
        )
        for resource in found.resources:
            kinds = resource.properties.get(f"{xml.DAV}resourcetype")
            if kinds is not None and kinds.find(f"{xml.CALDAV}calendar") is not None:
                return CollectionState(
                    resource.text(f"{xml.DAV}sync-token"),
                    resource.text(f"{xml.CALENDAR_SERVER}getctag"),
                )
        raise CalendarGoneError(f"{collection.host} has no calendar at this address")

    async def etags(self, collection: httpx.URL) -> dict[str, str]:
        """The ETag of each member by its path, for servers that tell changes no other way."""
        found, _ = await self.propfind(collection, 1, "D:getetag", "D:resourcetype")
        own = xml.path_of(collection.path).rstrip("/")
        return {
            resource.path: resource.text(f"{xml.DAV}getetag")
            for resource in found.resources
            if resource.path.rstrip("/") != own and resource.status < httpx.codes.BAD_REQUEST
        }

    async def query(self, collection: httpx.URL, window: Window) -> dict[str, CalendarObject]:
        """All objects with an occurrence in the window, by path.

        Raises:
            ConnectorError: the server did not answer as it should, or holds too much.
        """
        body = xml.calendar_query(_basic(window.start), _basic(window.end))
        answer = await self._send("REPORT", collection, 1, body)
        found = None if answer.status == _INSUFFICIENT_STORAGE else await _multistatus(answer)
        if found is None or _is_cut(found, collection):
            return await self._query_halves(collection, window)
        objects, missing = _objects(found.resources)
        if len(objects) + len(missing) > MOST_OBJECTS:
            raise MalformedAnswerError(f"the calendar holds more than {MOST_OBJECTS} objects")
        objects.update(await self.get(collection, missing))
        return objects

    async def _query_halves(
        self, collection: httpx.URL, window: Window
    ) -> dict[str, CalendarObject]:
        """Ask in two parts because the server cut its answer (RFC 4791, section 7.8)."""
        if window.end - window.start < _SHORTEST_SPAN:
            raise UnavailableError(f"{collection.host} cuts its answers off")
        middle = window.start + (window.end - window.start) / 2
        objects = await self.query(collection, Window(window.start, middle))
        objects.update(await self.query(collection, Window(middle, window.end)))
        return objects

    async def get(self, collection: httpx.URL, hrefs: Iterable[str]) -> dict[str, CalendarObject]:
        """The objects at these hrefs, by path; those that are gone are left out."""
        wanted = list(hrefs)
        objects: dict[str, CalendarObject] = {}
        for start in range(0, len(wanted), _BATCH):
            batch = wanted[start : start + _BATCH]
            answer = await self._send("REPORT", collection, 1, xml.multiget(batch))
            found, missing = _objects((await _multistatus(answer)).resources)
            objects.update(found)
            for href in missing:
                one = await self._get_one(collection, href)
                if one is not None:
                    objects[xml.path_of(href)] = one
        return objects

    async def _get_one(self, collection: httpx.URL, href: str) -> CalendarObject | None:
        answer = await self._door.send("GET", collection.join(href), same_origin=True)
        if answer.status in _GONE:
            return None
        require_success(answer, "a meeting")
        return CalendarObject(href, answer.headers.get("etag", ""), answer.body)

    async def changes(self, collection: httpx.URL, token: str) -> Changes:
        """What changed since `token` (RFC 6578).

        Raises:
            CursorExpiredError: the server does not know the token any more, or no tokens at all.
            ConnectorError: the server did not answer as it should.
        """
        changed: dict[str, str] = {}
        gone: set[str] = set()
        own = xml.path_of(collection.path).rstrip("/")
        for _ in range(_MOST_ROUNDS):
            answer = await self._send("REPORT", collection, 0, xml.sync_collection(token))
            if answer.status in _TOKEN_REFUSED or answer.status in {501, _INSUFFICIENT_STORAGE}:
                if answer.status == httpx.codes.FORBIDDEN and not xml.has_precondition(
                    answer.body, "valid-sync-token"
                ):
                    require_success(answer, "the calendar")
                raise CursorExpiredError("the server does not know the last state any more")
            found = await _multistatus(answer)
            cut = _is_cut(found, collection)
            for resource in found.resources:
                if resource.path.rstrip("/") == own:
                    continue
                if resource.status in _GONE:
                    gone.add(resource.path)
                    changed.pop(resource.path, None)
                else:
                    changed[resource.path] = resource.href
                    gone.discard(resource.path)
            if not found.sync_token or (cut and found.sync_token == token):
                raise CursorExpiredError("the server tells no state to go on from")
            token = found.sync_token
            if not cut:
                return Changes(token, changed, frozenset(gone))
        raise CursorExpiredError("the server's list of changes does not end")

    async def _send(
        self,
        method: str,
        url: httpx.URL,
        depth: int,
        body: bytes,
        *,
        same_origin: bool = False,
    ) -> Answer:
        headers = {"Content-Type": "application/xml; charset=utf-8", "Depth": str(depth)}
        return await self._door.send(
            method, url, headers=headers, content=body, same_origin=same_origin
        )


async def _multistatus(answer: Answer) -> Multistatus:
    require_success(answer, "the calendar")
    if answer.status != httpx.codes.MULTI_STATUS:
        # A login page comes with 200; some servers send the multistatus itself with it.
        found = await asyncio.to_thread(_multistatus_or_error, answer.body)
        if isinstance(found, ConnectorError):
            raise found
        return found
    return await asyncio.to_thread(xml.multistatus, answer.body)


def _multistatus_or_error(body: bytes) -> Multistatus | ConnectorError:
    try:
        return xml.multistatus(body)
    except MalformedAnswerError as error:
        return MalformedAnswerError(f"{error.detail}; is this the address of a CalDAV server?")


def _is_cut(found: Multistatus, collection: httpx.URL) -> bool:
    """Whether the server says that there is more (507 for the collection itself)."""
    own = xml.path_of(collection.path).rstrip("/")
    return any(
        resource.status == _INSUFFICIENT_STORAGE and resource.path.rstrip("/") == own
        for resource in found.resources
    )


def _objects(resources: Sequence[Resource]) -> tuple[dict[str, CalendarObject], list[str]]:
    """The objects with their data, and the hrefs of those that came without.

    Only what is gone is passed over: a meeting that the server cannot tell just now is asked for
    by itself, or a taken room would be shown as free.
    """
    objects: dict[str, CalendarObject] = {}
    missing: list[str] = []
    for resource in resources:
        if resource.status in _GONE or resource.path.endswith("/"):
            continue
        data = resource.properties.get(f"{xml.CALDAV}calendar-data")
        if data is None or not data.text:
            missing.append(resource.href)
            continue
        etag = resource.text(f"{xml.DAV}getetag")
        objects[resource.path] = CalendarObject(resource.href, etag, data.text.encode())
    return objects, missing


def _basic(moment: datetime) -> str:
    return moment.strftime("%Y%m%dT%H%M%SZ")
