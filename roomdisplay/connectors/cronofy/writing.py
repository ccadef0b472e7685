"""Writing to a room's calendar through Cronofy.

Cronofy answers 202 to whatever it understands, carries it out later, and checks for no conflicts.
So each writing is looked for in `/v1/events` until it shows, with growing pauses; and per room
there is one at a time in this process.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from urllib.parse import quote

import httpx

from roomdisplay.connectors.base import (
    CalendarGoneError,
    ConflictError,
    Occurrence,
    UnavailableError,
    Window,
)
from roomdisplay.connectors.booking import Booking
from roomdisplay.connectors.cronofy import meetings
from roomdisplay.connectors.cronofy.client import require
from roomdisplay.connectors.cronofy.events import Placed, occurrence, place, takes_room
from roomdisplay.connectors.cronofy.pace import urgently
from roomdisplay.connectors.cronofy.reasons import diagnosis
from roomdisplay.connectors.cronofy.rooms import RoomCalendar, Rooms
from roomdisplay.connectors.cronofy.session import subject_of
from roomdisplay.connectors.cronofy.tokens import lock_of

PAUSES = (0.2, 0.4, 0.8, 1.6, 3.0, 4.0, 5.0)
"""Seconds between two looks for what was written: 15 in all."""
_LONGEST_KEY = 64
_MOST_UNSEEN = 500
_NEAR = (timedelta(days=2), timedelta(days=9))
_FAR = (timedelta(days=42), timedelta(days=200))
"""How far around now a meeting is looked for, of which nothing but its id is known."""


class Writer:
    """Books, changes and gives up meetings of rooms."""

    def __init__(
        self,
        rooms: Rooms,
        clock: Callable[[], datetime],
        pauses: Sequence[float] = PAUSES,
    ) -> None:
        self._rooms = rooms
        self._clock = clock
        self._pauses = pauses
        self._unseen: deque[str] = deque(maxlen=_MOST_UNSEEN)
        """Keys of bookings that were sent but did not show yet."""

    @asynccontextmanager
    async def _writing(self, address: str) -> AsyncIterator[None]:
        """Write alone, and to a calendar that Cronofy says to follow now."""
        lock = lock_of(self._rooms.session.client, "writing", subject_of(address))
        with urgently():
            async with lock:
                if self._rooms.is_known(address):
                    await self._rooms.vouch(address)
                yield

    async def book(self, address: str, booking: Booking) -> Occurrence:
        """See `WritingConnector.book`."""
        if len(booking.key) > _LONGEST_KEY:
            raise ValueError("a booking's key is too long for Cronofy")
        async with self._writing(address):
            window = Window(booking.start, booking.end)
            around = await self._placed(address, window)
            mine = meetings.made_with(booking.key, around)
            if mine is None:
                standing = meetings.in_the_way(around, window, None)
                if standing:
                    await self._withdraw(address, booking.key)
                    raise meetings.conflict(standing[0])
                calendar = await self._rooms.calendar(address)
                self._unseen.append(booking.key)
                await self._upsert(address, calendar, meetings.booked(booking))
                mine, around = await self._until_made(address, booking, window)
            self._seen(booking.key)
            earlier = [
                one
                for one in meetings.in_the_way(around, meetings.span_of(mine), mine)
                if meetings.is_first(one, mine)
            ]
            if earlier:
                await self._remove(address, mine, window)
                raise meetings.conflict(earlier[0])
            return occurrence(mine)

    async def _withdraw(self, address: str, key: str) -> None:
        """Take back what was sent before under this key and may show yet."""
        if key not in self._unseen:
            return
        calendar = await self._rooms.calendar(address)
        answer = await self._rooms.session.as_room(
            address, "DELETE", _events_of(calendar), json={"event_id": key}
        )
        if answer.status != httpx.codes.NOT_FOUND:
            require(answer, "the meeting", scope="delete_event")
        self._seen(key)

    def _seen(self, key: str) -> None:
        while key in self._unseen:
            self._unseen.remove(key)

    async def _until_made(
        self, address: str, booking: Booking, window: Window
    ) -> tuple[Placed, list[Placed]]:
        async for around in self._looks(address, window):
            mine = meetings.made_with(booking.key, around)
            if mine is not None:
                return mine, around
        raise _late()

    async def change_end(self, address: str, source_id: str, end: datetime) -> Occurrence:
        """See `WritingConnector.change_end`."""
        async with self._writing(address):
            one = await self._find(address, source_id)
            if one is None:
                raise _gone()
            return occurrence(await self._until(address, one, end))

    async def end(self, address: str, source_id: str, at: datetime) -> None:
        """See `WritingConnector.end`."""
        async with self._writing(address):
            one = await self._find(address, source_id)
            if one is None:
                raise _gone()
            if one.span.end > at:
                await self._until(address, one, at)

    async def _until(self, address: str, one: Placed, end: datetime) -> Placed:
        """Have a meeting last until `end`, and see that it does."""
        end = end.replace(microsecond=0)
        if end <= one.span.start:
            raise ConflictError("the meeting was moved and would end before it starts")
        if end == one.span.end:
            return one
        window = Window(one.span.start, max(end, one.span.end))
        if end > one.span.end:
            around = await self._placed(address, window)
            standing = meetings.in_the_way(around, Window(one.span.end, end), one)
            if standing:
                raise meetings.conflict(standing[0])
        calendar = await self._calendar_for(address, one, "update")
        await self._upsert(address, calendar, meetings.with_end(one, end))
        async for around in self._looks(address, window):
            found = meetings.named(one.source_id, around)
            if found is None:
                raise _gone()
            if found.span.end == end:
                return found
        raise _late()

    async def release(self, address: str, source_id: str) -> None:
        """Cancel what the room has made, else decline; see `WritingConnector.release`."""
        async with self._writing(address):
            one = await self._find(address, source_id)
            if one is None:
                return
            window = meetings.span_of(one)
            organizer = one.event.organizer.email if one.event.organizer else None
            own = (organizer or "").strip().lower() == subject_of(address)
            options = one.event.options
            may_decline = options is None or options.change_participation_status is not False
            if one.event.event_id or own or not may_decline:
                await self._remove(address, one, window)
            else:
                await self._decline(address, one, window)

    async def _decline(self, address: str, one: Placed, window: Window) -> None:
        calendar = await self._rooms.calendar(address)
        uid = quote(one.event.event_uid, safe="")
        answer = await self._rooms.session.as_room(
            address,
            "POST",
            f"/v1/calendars/{quote(calendar.id, safe='')}/events/{uid}/participation_status",
            json={"status": "declined"},
        )
        if answer.status != httpx.codes.NOT_FOUND:
            require(answer, "the meeting", scope="change_participation_status")
        await self._until_gone(address, one, window)

    async def _remove(self, address: str, one: Placed, window: Window) -> None:
        calendar = await self._calendar_for(address, one, "delete")
        answer = await self._rooms.session.as_room(
            address, "DELETE", _events_of(calendar), json=meetings.name_of(one)
        )
        if answer.status != httpx.codes.NOT_FOUND:
            require(answer, "the meeting", scope="delete_event")
        await self._until_gone(address, one, window)

    async def _until_gone(self, address: str, one: Placed, window: Window) -> None:
        async for around in self._looks(address, window):
            found = meetings.named(one.source_id, around)
            if found is None or not takes_room(found.event):
                return
        raise _late()

    async def _calendar_for(self, address: str, one: Placed, what: str) -> RoomCalendar:
        """The calendar, with the right to change this meeting."""
        allowed = getattr(one.event.options, what, None) if one.event.options else None
        if one.event.event_id or allowed:
            return await self._rooms.calendar(address)
        return await self._rooms.unrestricted(address)

    async def _upsert(
        self, address: str, calendar: RoomCalendar, event: Mapping[str, object]
    ) -> None:
        answer = await self._rooms.session.as_room(
            address, "POST", _events_of(calendar), json=event
        )
        require(answer, "the meeting", scope="create_event")

    async def _find(self, address: str, source_id: str) -> Placed | None:
        now = self._clock()
        for before, after in (_NEAR, _FAR):
            around = await self._placed(address, Window(now - before, now + after))
            found = meetings.named(source_id, around)
            if found is not None and takes_room(found.event):
                return found
        return None

    async def _looks(self, address: str, window: Window) -> AsyncIterator[list[Placed]]:
        """What stands in the calendar, again and again with growing pauses."""
        yield await self._placed(address, window)
        for pause in self._pauses:
            await asyncio.sleep(pause)
            yield await self._placed(address, window)

    async def _placed(self, address: str, window: Window) -> list[Placed]:
        """Everything around a window; ids are told in the same way as for a picture."""
        events = await self._rooms.events(address, window)
        placed, _ = place(events, self._rooms.zone(address))
        return [one for one in placed if not one.event.deleted]


def _events_of(calendar: RoomCalendar) -> str:
    return f"/v1/calendars/{quote(calendar.id, safe='')}/events"


def _gone() -> CalendarGoneError:
    return CalendarGoneError(
        "there is no such meeting any more", diagnosis=diagnosis("calendar_gone")
    )


def _late() -> UnavailableError:
    return UnavailableError(
        "Cronofy has taken what was written but does not show it yet",
        diagnosis=diagnosis("write_late"),
    )
