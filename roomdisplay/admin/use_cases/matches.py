"""Suggested matches: which free calendar is probably whose, and giving the accepted ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import InvalidInputError, RefusedError
from roomdisplay.admin.matching import Named, Suggestion, match_names
from roomdisplay.admin.security.roles import Actor, Permission, require
from roomdisplay.admin.store.tables import Calendar, Device, Room
from roomdisplay.admin.use_cases.assignment import give_calendar, room_of_calendar
from roomdisplay.admin.use_cases.devices import move_row

Kind = Literal["room", "device"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A room without a calendar, or a display without a room, and the calendar suggested for it."""

    kind: Kind
    id: str
    name: str
    building: str | None
    calendar_id: str
    calendar_name: str
    calendar_group: str | None
    calendar_address: str
    exact: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A match that somebody accepted."""

    kind: Kind
    id: str
    calendar_id: str


async def suggest_matches(admin: Admin, actor: Actor) -> list[Match]:
    """What fits by name: rooms without a calendar first, then displays without a room."""
    require(actor, Permission.ROOMS)
    async with admin.store.reading() as session:
        rooms = list(await session.scalars(select(Room)))
        calendars = list(await session.scalars(select(Calendar)))
        homeless = list(
            await session.scalars(
                select(Device).where(Device.room_id.is_(None), Device.revoked_at.is_(None))
            )
        )
    in_use = {room.calendar_id for room in rooms}
    free = {one.id: one for one in calendars if one.id not in in_use}
    wanting = {room.id: room for room in rooms if room.calendar_id is None}
    for_rooms = match_names(
        [
            Named(id=one.id, name=one.name, place=one.building, capacity=one.capacity)
            for one in wanting.values()
        ],
        [_named(one) for one in free.values()],
    )
    taken = {one.calendar_id for one in for_rooms}
    for_devices = match_names(
        [Named(id=one.id, name=one.name) for one in homeless],
        [_named(one) for one in free.values() if one.id not in taken],
    )
    names = {device.id: device.name for device in homeless}
    return [
        _match("room", one, wanting[one.room_id].name, wanting[one.room_id].building, free)
        for one in for_rooms
    ] + [_match("device", one, names[one.room_id], None, free) for one in for_devices]


async def accept_matches(
    admin: Admin, actor: Actor, accepted: Sequence[Accepted], *, timezone: str
) -> list[str]:
    """Give each its calendar, all or none; a display gets its room with it. The rooms' ids.

    Raises:
        InvalidInputError: nothing was accepted, or the time zone is unknown.
        RefusedError: "match_gone": something of it has changed since it was suggested.
    """
    require(actor, Permission.ROOMS)
    if not accepted:
        raise InvalidInputError({"match": "matches_needed"})
    given: list[str] = []
    async with admin.store.transaction() as session:
        in_use = set(await session.scalars(select(Room.calendar_id)))
        for one in accepted:
            calendar = await session.get(Calendar, one.calendar_id)
            if calendar is None or calendar.id in in_use:
                raise RefusedError("match_gone")
            in_use.add(calendar.id)
            room = (
                await _wanting_room(session, one.id)
                if one.kind == "room"
                else room_of_calendar(admin, session, actor, calendar, timezone=timezone)
            )
            if one.kind == "room":
                await give_calendar(admin, session, actor, room, calendar)
            else:
                await session.flush()
                device = await _homeless(session, one.id)
                move_row(admin, session, actor, device, room.id)
            given.append(room.id)
    return given


async def _wanting_room(session: AsyncSession, room_id: str) -> Room:
    room = await session.get(Room, room_id)
    if room is None or room.calendar_id is not None:
        raise RefusedError("match_gone")
    return room


async def _homeless(session: AsyncSession, device_id: str) -> Device:
    device = await session.get(Device, device_id)
    if device is None or device.revoked_at is not None or device.room_id is not None:
        raise RefusedError("match_gone")
    return device


def _named(calendar: Calendar) -> Named:
    return Named(
        id=calendar.id, name=calendar.name, place=calendar.group, capacity=calendar.capacity
    )


def _match(
    kind: Kind, found: Suggestion, name: str, building: str | None, free: dict[str, Calendar]
) -> Match:
    calendar = free[found.calendar_id]
    return Match(
        kind=kind,
        id=found.room_id,
        name=name,
        building=building,
        calendar_id=calendar.id,
        calendar_name=calendar.name,
        calendar_group=calendar.group,
        calendar_address=calendar.address,
        exact=found.exact,
    )
