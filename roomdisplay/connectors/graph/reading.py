"""Reading a room's calendar: the delta tells whether anything changed, the calendar view what is.

In a delta the occurrences of a series come as little more than an id, and masters come in their
place; so it is a signal here, and what is shown is read from the view, which has everything whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from urllib.parse import quote

import msgspec

from roomdisplay.connectors.base import (
    CursorExpiredError,
    Picture,
    UnavailableError,
    Unchanged,
    Window,
)
from roomdisplay.connectors.graph.client import IMMUTABLE, GraphClient, mailbox_path
from roomdisplay.connectors.graph.mapping import FIELDS, Reading, read_events
from roomdisplay.connectors.graph.refusals import Reply

_PREFER = f'{IMMUTABLE}, outlook.timezone="UTC", outlook.body-content-type="text"'
_PREFER_DELTA = f'{IMMUTABLE}, outlook.timezone="UTC", odata.maxpagesize=200'
_PAGE = 250
_DAY = timedelta(days=1)
_EVERYTHINGS = frozenset({401, 403, 429})
"""Refusals that the view would meet, too."""
_LONGEST_LINK = 8000


class _Cursor(msgspec.Struct, frozen=True):
    """Where the changes of one window go on."""

    room: str
    window: tuple[datetime, datetime]
    zone: str
    delta: str
    """A path below the version's root."""


class CalendarReader:
    """Reads calendar views of rooms."""

    def __init__(self, client: GraphClient) -> None:
        self._client = client
        self._whole = False
        """The service refuses the selection of fields: events are asked for whole."""
        self._zones: dict[str, str] = {}
        """Of each room, as last read."""

    async def read(
        self, room: str, window: Window, cursor: str | None, zone: str
    ) -> Picture | Unchanged:
        """See `roomdisplay.connectors.base.Connector.read`."""
        self._zones[room.casefold()] = zone
        last = _decoded(cursor, room, window, zone)
        delta = None
        if last is not None:
            try:
                changed, delta = await self._changed(room, last.delta)
            except CursorExpiredError:
                changed = True
            if not changed and delta is not None:
                return Unchanged(_encoded(room, window, zone, delta))
        # The delta was asked for first: what changes in between is found by the next one.
        if delta is None:
            delta = await self._first_delta(room, window)
        reading = await self.view(room, window, zone)
        known = _encoded(room, window, zone, delta) if delta else None
        return reading.picture(window, known)

    async def view(self, room: str, window: Window, zone: str | None = None) -> Reading:
        """All events that touch a window, and a day more on both sides.

        Without a zone, whole days are those of the zone in which the room was read last.

        The service keeps whole days by the midnights of whoever made them; the day more finds those
        of other zones, and what does not touch the window is cut off afterwards.
        """
        path = f"{mailbox_path(room)}/calendar/calendarView{_span(window)}&$top={_PAGE}"
        entries = None
        if not self._whole:
            selected = f"{path}&$select={FIELDS}"
            entries = await self._selected(room, selected)
        if entries is None:
            entries, _ = await self._client.entries(path, room=room, prefer=_PREFER)
        zone = zone or self._zones.get(room.casefold(), "UTC")
        return read_events(entries, zone, room)

    async def _selected(self, room: str, path: str) -> Sequence[msgspec.Raw] | None:
        """The entries with the fields that matter; None: this selection is not understood."""
        reply = await self._client.get(path, room=room, prefer=_PREFER)
        if reply.status != HTTPStatus.BAD_REQUEST:
            return (await self._client.entries(path, room=room, prefer=_PREFER, first=reply))[0]
        self._whole = True
        return None

    async def _changed(self, room: str, delta: str) -> tuple[bool, str | None]:
        """Whether anything changed, and where to go on.

        Raises:
            CursorExpiredError: the service does not go on from there, whatever its reason.
            ConnectorError: the room cannot be asked for anything now.
        """
        reply = await self._client.get(delta, room=room, prefer=_PREFER_DELTA)
        if not reply.good and _is_deltas_own(reply):
            raise CursorExpiredError("the service does not go on from the last state")
        try:
            entries, further = await self._client.entries(
                delta, room=room, prefer=_PREFER_DELTA, first=reply
            )
        except UnavailableError:
            raise CursorExpiredError("the service does not tell all that changed") from None
        return bool(entries), further

    async def _first_delta(self, room: str, window: Window) -> str | None:
        """Where to ask for changes from now on; None: the service tells none."""
        path = f"{mailbox_path(room)}/calendarView/delta{_span(window)}"
        reply = await self._client.get(path, room=room, prefer=_PREFER_DELTA)
        if not reply.good and _is_deltas_own(reply):
            return None  # the view decides whether there is a calendar at all
        try:
            found = await self._client.entries(path, room=room, prefer=_PREFER_DELTA, first=reply)
        except (CursorExpiredError, UnavailableError):
            return None  # series without an end have been seen to make the service time out
        return found[1]


def _is_deltas_own(reply: Reply) -> bool:
    """Whether a refusal may be the delta's alone, so that the view is worth asking for."""
    return reply.status not in _EVERYTHINGS and reply.pause is None


def _span(window: Window) -> str:
    start, end = (f"{one:%Y-%m-%dT%H:%M:%SZ}" for one in (window.start - _DAY, window.end + _DAY))
    return f"?startDateTime={quote(start)}&endDateTime={quote(end)}"


def _encoded(room: str, window: Window, zone: str, delta: str) -> str:
    cursor = _Cursor(room.casefold(), (window.start, window.end), zone, delta)
    return msgspec.json.encode(cursor).decode()


def _decoded(cursor: str | None, room: str, window: Window, zone: str) -> _Cursor | None:
    """What a cursor holds, if it is one of this very question."""
    if cursor is None:
        return None
    try:
        last = msgspec.json.decode(cursor, type=_Cursor)
    except (msgspec.DecodeError, UnicodeError):
        return None
    asked = (room.casefold(), (window.start, window.end), zone)
    if (last.room, last.window, last.zone) != asked:
        return None
    if not last.delta.startswith("/") or len(last.delta) > _LONGEST_LINK:
        return None
    return last
