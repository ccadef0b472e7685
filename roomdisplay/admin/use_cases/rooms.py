"""Rooms: they may exist before their displays and before their calendars."""

from __future__ import annotations

from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import ConfirmationNeededError, InvalidInputError, NotFoundError
from roomdisplay.admin.news import DUE, PAGES, device_topic, room_topic
from roomdisplay.admin.security.roles import Actor, Permission, require
from roomdisplay.admin.store import new_id, news_after_commit
from roomdisplay.admin.store.tables import Calendar, Device, Room
from roomdisplay.admin.use_cases.audit import record
from roomdisplay.admin.use_cases.calendars import settle_use
from roomdisplay.admin.use_cases.room_views import RoomView, room_views, stripped

TEXT_LIMIT = 200
EQUIPMENT_LIMIT = 30
CAPACITY_LIMIT = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomInput:
    """What somebody enters of a room."""

    name: str
    timezone: str
    building: str | None = None
    floor: str | None = None
    capacity: int | None = None
    equipment: tuple[str, ...] = ()
    out_of_service: str | None = None
    """The reason shown while the room is closed; None: open."""


async def list_rooms(admin: Admin, actor: Actor, *, search: str = "") -> list[RoomView]:
    """All rooms by building and name, or those that `search` is found in, whatever it names.

    An installer sees the rooms they may pair into, and nothing of their calendars and displays.
    """
    if not actor.may(Permission.PAIR):
        require(actor, Permission.VIEW)
    async with admin.store.reading() as session:
        rooms = [
            room
            for room in await session.scalars(select(Room))
            if actor.room_ids is None or room.id in actor.room_ids
        ]
        views = await room_views(admin, session, rooms)
    if not actor.may(Permission.VIEW):
        views = [stripped(view) for view in views]
    sought = search.strip().casefold()
    found = [view for view in views if sought in view.text]
    return sorted(found, key=lambda v: (v.building or "", v.name.casefold(), v.id))


async def get_room(admin: Admin, actor: Actor, room_id: str) -> RoomView:
    """One room.

    Raises:
        NotFoundError: there is no such room.
    """
    require(actor, Permission.VIEW, room_id)
    async with admin.store.reading() as session:
        (view,) = await room_views(admin, session, [await room_row(session, room_id)])
        return view


async def create_room(admin: Admin, actor: Actor, room: RoomInput) -> str:
    """Make a room; its id.

    Raises:
        InvalidInputError: naming the fields that cannot be accepted.
    """
    require(actor, Permission.ROOMS)
    async with admin.store.transaction() as session:
        return add_room(admin, session, actor, room).id


def add_room(admin: Admin, session: AsyncSession, actor: Actor, room: RoomInput) -> Room:
    """Make a room in the caller's transaction.

    Raises:
        InvalidInputError: naming the fields that cannot be accepted.
    """
    row = Room(id=new_id(), created_at=admin.clock())
    fill_room(row, room)
    session.add(row)
    news_after_commit(session, PAGES)
    _record(admin, session, actor, "room.created", row)
    return row


async def edit_room(admin: Admin, actor: Actor, room_id: str, room: RoomInput) -> None:
    """Change what is known of a room; its displays change at once.

    Raises:
        InvalidInputError: naming the fields that cannot be accepted.
        NotFoundError: there is no such room.
    """
    require(actor, Permission.ROOMS)
    async with admin.store.transaction() as session:
        await change_room(admin, session, actor, await room_row(session, room_id), room)


async def change_room(
    admin: Admin, session: AsyncSession, actor: Actor, row: Room, room: RoomInput
) -> None:
    """Change what is known of a room in the caller's transaction.

    Raises:
        InvalidInputError: naming the fields that cannot be accepted.
    """
    zone_before = row.timezone
    fill_room(row, room)
    if row.timezone != zone_before and row.calendar_id is not None:
        calendar = await session.get(Calendar, row.calendar_id)
        if calendar is not None:  # floating and all-day times are others there
            calendar.next_due_at = calendar.full_due_at = admin.clock()
            news_after_commit(session, DUE)
    news_after_commit(session, PAGES, room_topic(row.id))
    _record(admin, session, actor, "room.edited", row)


async def delete_room(admin: Admin, actor: Actor, room_id: str, *, confirm: bool = False) -> None:
    """Forget a room; its displays stay paired, without a room.

    Raises:
        ConfirmationNeededError: it has displays or a calendar.
        NotFoundError: there is no such room.
    """
    require(actor, Permission.ROOMS)
    async with admin.store.transaction() as session:
        row = await room_row(session, room_id)
        devices = list(await session.scalars(select(Device).where(Device.room_id == room_id)))
        if (devices or row.calendar_id) and not confirm:
            raise ConfirmationNeededError("delete_room", name=row.name, displays=len(devices))
        calendar_id = row.calendar_id
        for device in devices:
            device.room_id, device.conference_choice = None, False
            news_after_commit(session, device_topic(device.id))
        await session.flush()
        await session.delete(row)
        await session.flush()
        await settle_use(session, calendar_id, admin.clock())
        news_after_commit(session, PAGES, room_topic(room_id))
        _record(admin, session, actor, "room.deleted", row)


async def next_room_without_calendar(
    admin: Admin, actor: Actor, *, after: str | None = None
) -> str | None:
    """The next room that has no calendar, in the order of the list, from `after` on and around."""
    rooms = await list_rooms(admin, actor)
    order = [room.id for room in rooms]
    begin = order.index(after) + 1 if after in order else 0
    around = rooms[begin:] + rooms[:begin]
    return next((room.id for room in around if room.calendar is None), None)


async def room_row(session: AsyncSession, room_id: str) -> Room:
    """The room's row.

    Raises:
        NotFoundError: there is no such room.
    """
    row = await session.get(Room, room_id)
    if row is None:
        raise NotFoundError("room_gone")
    return row


def fill_room(row: Room, room: RoomInput) -> None:
    """Put what was entered into the row, if all of it can be accepted.

    Raises:
        InvalidInputError: naming the fields that cannot be accepted.
    """
    room = tidy_input(room)
    if wrong := wrong_fields(room):
        raise InvalidInputError(wrong)
    row.name, row.timezone, row.capacity = room.name, room.timezone, room.capacity
    row.building, row.floor = room.building, room.floor
    row.equipment, row.out_of_service = list(room.equipment), room.out_of_service


def tidy_input(room: RoomInput) -> RoomInput:
    """What was entered, without blanks around it and without what is empty."""
    return replace(
        room,
        name=room.name.strip(),
        building=_text(room.building),
        floor=_text(room.floor),
        equipment=tuple(text for one in room.equipment if (text := one.strip())),
        out_of_service=_text(room.out_of_service),
    )


def wrong_fields(room: RoomInput) -> dict[str, str]:
    """The fields that cannot be accepted, each with the key of its message."""
    wrong: dict[str, str] = {}
    if not room.name or len(room.name) > TEXT_LIMIT:
        wrong["name"] = "name_needed"
    if not _known_zone(room.timezone):
        wrong["timezone"] = "timezone_unknown"
    if room.capacity is not None and not 0 < room.capacity <= CAPACITY_LIMIT:
        wrong["capacity"] = "capacity_wrong"
    if len(room.equipment) > EQUIPMENT_LIMIT or any(
        len(one) > TEXT_LIMIT for one in room.equipment
    ):
        wrong["equipment"] = "field_too_long"
    for key in ("building", "floor", "out_of_service"):
        if len(getattr(room, key) or "") > TEXT_LIMIT:
            wrong[key] = "field_too_long"
    return wrong


def _text(value: str | None) -> str | None:
    return (value or "").strip() or None


def _known_zone(name: str) -> bool:
    try:
        return bool(ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


def _record(admin: Admin, session: AsyncSession, actor: Actor, action: str, row: Room) -> None:
    record(admin, session, actor, action, subject_id=row.id, room_id=row.id, name=row.name)
