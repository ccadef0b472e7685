"""Which rooms and displays a change reaches."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from roomdisplay.admin.store.tables import Device, Room


async def rooms_in_scope(session: AsyncSession, scope: str) -> list[str]:
    """The ids of the rooms that a scope of settings holds for."""
    kind, _, name = scope.partition(":")
    query = select(Room.id)
    if kind == "building":
        query = query.where(Room.building == name)
    elif kind == "room":
        query = query.where(Room.id == name)
    return list(await session.scalars(query))


async def rooms_of_calendars(session: AsyncSession, calendar_ids: Collection[str]) -> list[Room]:
    """The rooms that show one of the calendars, by name."""
    query = select(Room).where(Room.calendar_id.in_(calendar_ids)).order_by(Room.name)
    return list(await session.scalars(query))


async def displays_of_room(session: AsyncSession, room_id: str) -> list[Device]:
    """The room's displays that are not revoked, the longest-standing first."""
    query = (
        select(Device)
        .where(Device.room_id == room_id, Device.revoked_at.is_(None))
        .order_by(Device.created_at, Device.id)
    )
    return list(await session.scalars(query))


def conference_display(displays: Collection[Device]) -> str | None:
    """Which of a room's displays opens its calls: the chosen one, else the one inside."""
    for device in displays:
        if device.conference_choice:
            return device.id
    return next((device.id for device in displays if device.place == "inside"), None)
