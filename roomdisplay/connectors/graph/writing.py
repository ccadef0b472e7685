"""Booking a room in its own calendar, changing when a meeting ends, and giving it up.

Nobody checks for conflicts where a calendar is written to directly: so the window is read before
and after each write, and of two that wrote at once the later one takes its meeting back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from roomdisplay.connectors.base import (
    CalendarGoneError,
    ConflictError,
    Diagnosis,
    MalformedAnswerError,
    Occurrence,
    PermissionMissingError,
    UnavailableError,
    Window,
)
from roomdisplay.connectors.booking import Booking
from roomdisplay.connectors.graph.client import GraphClient, mailbox_path
from roomdisplay.connectors.graph.mapping import Reading, instant
from roomdisplay.connectors.graph.messages import Event
from roomdisplay.connectors.graph.reading import CalendarReader
from roomdisplay.connectors.graph.refusals import Reply, decoded, refused

_BEFORE = timedelta(days=2)
_AFTER = timedelta(days=31)
"""Where a meeting that is to be changed is looked for, around now."""
_LONGEST_TITLE = 255
_LONGEST_NOTE = 2000
_DUPLICATE = "errorduplicatetransactionid"
_BOUNDARY = "erroroccurrencecrossingboundary"

_Pair = tuple[Occurrence, Event]


class Writer:
    """Writes to rooms' calendars; one write to a room at a time."""

    def __init__(
        self, client: GraphClient, reader: CalendarReader, clock: Callable[[], datetime]
    ) -> None:
        self._client = client
        self._reader = reader
        self._clock = clock
        self._turns: dict[str, asyncio.Lock] = {}

    async def book(self, room: str, booking: Booking) -> Occurrence:
        """See `roomdisplay.connectors.booking.WritingConnector.book`."""
        window = Window(booking.start, booking.end)
        async with self._turn(room):
            before = await self._reader.view(room, window)
            if _booked(before, booking.key) is None:
                by = _first_other(before, window)
                if by is not None:
                    raise ConflictError("the room is taken at that time", by=by[0])
                await self._create(room, booking)
            return await self._settled(room, booking, window)

    async def change_end(self, room: str, source_id: str, end: datetime) -> Occurrence:
        """See `roomdisplay.connectors.booking.WritingConnector.change_end`."""
        async with self._turn(room):
            found = await self._found(room, source_id)
            if found is None:
                raise CalendarGoneError("the meeting is no longer in the room's calendar")
            return await self._set_end(room, found, end)

    async def end(self, room: str, source_id: str, at: datetime) -> None:
        """See `roomdisplay.connectors.booking.WritingConnector.end`."""
        async with self._turn(room):
            found = await self._found(room, source_id)
            if found is None:
                raise CalendarGoneError("the meeting is no longer in the room's calendar")
            if at < found[0].end:
                await self._set_end(room, found, at)

    async def release(self, room: str, source_id: str, words: str) -> None:
        """See `roomdisplay.connectors.booking.WritingConnector.release`."""
        async with self._turn(room):
            found = await self._found(room, source_id)
            if found is None:
                return
            event = found[1]
            reply = await (
                self._cancel(room, event, words)
                if event.is_organizer
                else self._decline(room, event, words)
            )
            if reply.status != HTTPStatus.NOT_FOUND:
                _require_written(reply, room)

    async def _create(self, room: str, booking: Booking) -> None:
        body = {
            "subject": booking.title[:_LONGEST_TITLE],
            "body": {"contentType": "text", "content": booking.note[:_LONGEST_NOTE]},
            "start": _moment(booking.start),
            "end": _moment(booking.end),
            "showAs": "busy",
            "isReminderOn": False,
            "transactionId": booking.key,
        }
        try:
            reply = await self._send("POST", room, "/events", body)
        except MalformedAnswerError as error:
            # An answer that broke off says nothing of whether the meeting was made.
            raise UnavailableError(error.detail) from None
        if reply.status != HTTPStatus.CONFLICT and reply.refusal.code.lower() != _DUPLICATE:
            _require_written(reply, room)  # else the key has made it before: it is found next

    async def _settled(self, room: str, booking: Booking, window: Window) -> Occurrence:
        """The meeting that the key made, unless somebody was faster."""
        after = await self._reader.view(room, window)
        own = _booked(after, booking.key)
        if own is None:
            raise ConflictError("this booking was made and removed before")
        span = Window(own[0].start, own[0].end) if own[0].start < own[0].end else window
        rivals = [pair for pair in after.shown if pair is not own and _takes(pair, span)]
        if not rivals:
            return own[0]
        created = await self._created(room, own[1])
        for rival in rivals:
            theirs = await self._created(room, rival[1])
            if _was_first(rival[1], theirs, booking.key, created):
                gone = await self._send("DELETE", room, _event_path(own[1]))
                if gone.status != HTTPStatus.NOT_FOUND:
                    _require_written(gone, room)
                raise ConflictError("somebody booked the room a moment earlier", by=rival[0])
        return own[0]

    async def _created(self, room: str, event: Event) -> datetime | None:
        """When an event was made; a calendar view does not tell."""
        path = f"{mailbox_path(room)}{_event_path(event)}?$select=id,createdDateTime"
        reply = await self._client.get(path, room=room)
        if reply.status == HTTPStatus.NOT_FOUND:
            return None
        if not reply.good:
            raise refused(reply, room)
        return instant(decoded(reply, Event).created_date_time or "")

    async def _set_end(self, room: str, found: _Pair, end: datetime) -> Occurrence:
        meeting, event = found
        if end == meeting.end:
            return meeting
        if meeting.all_day:
            raise PermissionMissingError("a meeting of whole days has no time at which it ends")
        if end <= meeting.start:
            raise ConflictError("a meeting ends after it starts")
        added = Window(meeting.end, end) if end > meeting.end else None
        if added is not None:
            by = _first_other(await self._reader.view(room, added), added, meeting)
            if by is not None:
                raise ConflictError("the room is taken then", by=by[0])
        await self._patch_end(room, event, end, event.etag)
        if added is not None:
            by = _first_other(await self._reader.view(room, added), added, meeting)
            if by is not None:
                await self._patch_end(room, event, meeting.end, None)
                raise ConflictError("somebody booked the room a moment earlier", by=by[0])
        again = await self._reader.view(room, Window(meeting.start, max(end, meeting.end)))
        changed = next((one for one, _ in again.shown if one.source_id == meeting.source_id), None)
        if changed is None:
            raise CalendarGoneError("the meeting was removed from the room's calendar")
        if changed.end != end:
            raise ConflictError("somebody else changed the meeting", by=changed)
        return changed

    async def _patch_end(self, room: str, event: Event, end: datetime, etag: str | None) -> None:
        headers = {"If-Match": etag} if etag else {}
        reply = await self._send("PATCH", room, _event_path(event), {"end": _moment(end)}, headers)
        if reply.refusal.code.lower() == _BOUNDARY:
            raise ConflictError("the meeting would meet the next one of its series")
        _require_written(reply, room)

    async def _cancel(self, room: str, event: Event, words: str) -> Reply:
        """Take back what the room itself made; whoever was invited is told."""
        if event.attendees:
            body = {"comment": words[:_LONGEST_NOTE]}
            reply = await self._send("POST", room, f"{_event_path(event)}/cancel", body)
            if reply.status != HTTPStatus.BAD_REQUEST:
                return reply
        return await self._send("DELETE", room, _event_path(event))

    async def _decline(self, room: str, event: Event, words: str) -> Reply:
        """Decline, and tell the organiser, unless the organiser wants no answers."""
        path = f"{_event_path(event)}/decline"
        body: dict[str, Any] = {"comment": words[:_LONGEST_NOTE], "sendResponse": True}
        reply = await self._send("POST", room, path, body)
        if reply.status == HTTPStatus.BAD_REQUEST:
            reply = await self._send("POST", room, path, {"sendResponse": False})
        return reply

    async def _found(self, room: str, source_id: str) -> _Pair | None:
        """The meeting as it is now; None: it is no longer there."""
        now = self._clock()
        reading = await self._reader.view(room, Window(now - _BEFORE, now + _AFTER))
        return next((pair for pair in reading.shown if pair[0].source_id == source_id), None)

    async def _send(
        self,
        method: str,
        room: str,
        path: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        return await self._client.send(
            method, f"{mailbox_path(room)}{path}", room=room, body=body, headers=headers
        )

    def _turn(self, room: str) -> asyncio.Lock:
        return self._turns.setdefault(room.casefold(), asyncio.Lock())


def _booked(reading: Reading, key: str) -> _Pair | None:
    return next((pair for pair in reading.shown if pair[1].transaction_id == key), None)


def _takes(pair: _Pair, window: Window) -> bool:
    """Whether a meeting takes some of the window's time."""
    one = pair[0]
    return one.start < one.end and window.touches(one.start, one.end)


def _first_other(reading: Reading, window: Window, than: Occurrence | None = None) -> _Pair | None:
    own = than.source_id if than else None
    for pair in reading.shown:
        if pair[0].source_id != own and _takes(pair, window):
            return pair
    return None


def _was_first(rival: Event, theirs: datetime | None, key: str, ours: datetime | None) -> bool:
    """Whether the rival stays; an invitation does where it cannot be told who was first."""
    if theirs is None:
        return False  # it is gone
    if ours is not None and theirs != ours:
        return theirs < ours
    return not rival.transaction_id or rival.transaction_id < key


def _require_written(reply: Reply, room: str) -> None:
    """Let a good answer to a write pass.

    Raises:
        ConnectorError: it was refused; where reading is allowed and writing is not, it says so.
    """
    if reply.good:
        return
    error = refused(reply, room)
    if isinstance(error, PermissionMissingError):
        error.diagnosis = Diagnosis("office365_write_missing", {"room": room})
    raise error


def _event_path(event: Event) -> str:
    return f"/events/{quote(event.id, safe='')}"


def _moment(time: datetime) -> dict[str, str]:
    return {"dateTime": f"{time:%Y-%m-%dT%H:%M:%S}", "timeZone": "UTC"}
