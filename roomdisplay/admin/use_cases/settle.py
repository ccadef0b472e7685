"""A display without a room gets a calendar, and its room with it."""

from __future__ import annotations

from sqlalchemy import select

from roomdisplay.admin.context import Admin
from roomdisplay.admin.security.roles import Actor, Permission, require
from roomdisplay.admin.store.tables import Room
from roomdisplay.admin.use_cases.assignment import create_rooms_from_calendars
from roomdisplay.admin.use_cases.devices import get_device, move_device


async def settle_device(
    admin: Admin, actor: Actor, device_id: str, calendar_id: str, *, timezone: str
) -> str:
    """Put a display into the room that shows a calendar, made of it if needed; the room's id.

    Raises:
        NotFoundError: there is no such display or calendar.
        InvalidInputError: the time zone is unknown.
    """
    require(actor, Permission.ROOMS)
    await get_device(admin, actor, device_id)
    await create_rooms_from_calendars(admin, actor, [calendar_id], timezone=timezone)
    query = select(Room.id).where(Room.calendar_id == calendar_id).order_by(Room.created_at)
    async with admin.store.reading() as session:
        room_id = (await session.scalars(query.limit(1))).one()
    await move_device(admin, actor, device_id, room_id)
    return room_id
