"""Rooms as pages see them, with their calendar and their displays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from roomdisplay.admin.context import Admin
from roomdisplay.admin.store.tables import Calendar, CalendarConnection, Device, Room
from roomdisplay.admin.use_cases.devices import DeviceView, device_view
from roomdisplay.admin.use_cases.reach import conference_display


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomCalendar:
    """The calendar a room shows, and how it is doing."""

    id: str
    name: str
    address: str
    connection_id: str
    connection_name: str
    service: str
    read_at: datetime | None
    reason: str | None
    detail: str | None
    reason_since: datetime | None
    warnings: tuple[str, ...]
    unreadable: int
    """Meetings that are not shown because nobody can tell their times."""
    also_in: tuple[str, ...]
    """Other rooms that show it too: a warning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomView:
    """A room with its calendar and its displays."""

    id: str
    name: str
    timezone: str
    building: str | None
    floor: str | None
    capacity: int | None
    equipment: tuple[str, ...]
    out_of_service: str | None
    calendar: RoomCalendar | None
    devices: tuple[DeviceView, ...]
    undo_until: datetime | None
    """Until when the last change of calendar can be taken back; None: not any more."""

    @property
    def text(self) -> str:
        """What a search looks at, in lower case: the room, its calendar and its displays."""
        calendar = [self.calendar.name, self.calendar.address] if self.calendar else []
        displays = [part for one in self.devices for part in (one.name, one.serial)]
        parts = [self.name, self.building, self.floor, *calendar, *displays]
        return "\n".join(part for part in parts if part).casefold()


def stripped(view: RoomView) -> RoomView:
    """The room for somebody who may only pair into it."""
    return replace(view, calendar=None, devices=(), undo_until=None)


async def room_views(admin: Admin, session: AsyncSession, rooms: Sequence[Room]) -> list[RoomView]:
    """The views of many rooms with a fixed number of queries."""
    devices: dict[str, list[Device]] = {}
    standing = (
        select(Device).where(Device.revoked_at.is_(None)).order_by(Device.created_at, Device.id)
    )
    for device in await session.scalars(standing):
        devices.setdefault(device.room_id or "", []).append(device)
    calendars = {
        calendar.id: (calendar, connection)
        for calendar, connection in await session.execute(
            select(Calendar, CalendarConnection)
            .join(CalendarConnection)
            .where(Calendar.id.in_(select(Room.calendar_id)))
        )
    }
    sharing: dict[str, list[tuple[str, str]]] = {}
    used = select(Room.calendar_id, Room.id, Room.name).where(Room.calendar_id.is_not(None))
    for calendar_id, room_id, name in await session.execute(used):
        sharing.setdefault(calendar_id or "", []).append((room_id, name))
    return [
        _view(
            admin,
            room,
            devices.get(room.id, []),
            calendars.get(room.calendar_id or ""),
            [n for i, n in sharing.get(room.calendar_id or "", []) if i != room.id],
        )
        for room in rooms
    ]


def _view(
    admin: Admin,
    room: Room,
    devices: Sequence[Device],
    found: tuple[Calendar, CalendarConnection] | None,
    also_in: Sequence[str],
) -> RoomView:
    now, chosen = admin.clock(), conference_display(devices)
    undo_open = room.undo_until is not None and now < room.undo_until
    return RoomView(
        id=room.id,
        name=room.name,
        timezone=room.timezone,
        building=room.building,
        floor=room.floor,
        capacity=room.capacity,
        equipment=tuple(room.equipment),
        out_of_service=room.out_of_service,
        calendar=_calendar(*found, also_in) if found else None,
        devices=tuple(device_view(one, room, chosen, now) for one in devices),
        undo_until=room.undo_until if undo_open else None,
    )


def _calendar(
    calendar: Calendar, connection: CalendarConnection, also_in: Sequence[str]
) -> RoomCalendar:
    return RoomCalendar(
        id=calendar.id,
        name=calendar.name,
        address=calendar.address,
        connection_id=connection.id,
        connection_name=connection.name,
        service=connection.service,
        read_at=calendar.read_at,
        reason=calendar.reason,
        detail=calendar.detail,
        reason_since=calendar.reason_since,
        warnings=tuple(calendar.warnings),
        unreadable=calendar.unreadable,
        also_in=tuple(sorted(also_in)),
    )
