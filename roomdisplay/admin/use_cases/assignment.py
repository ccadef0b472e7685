"""Giving rooms their calendars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import ConfirmationNeededError, NotFoundError, RefusedError
from roomdisplay.admin.news import PAGES, room_topic
from roomdisplay.admin.security.roles import Actor, Permission, require
from roomdisplay.admin.store import new_id, news_after_commit
from roomdisplay.admin.store.tables import Calendar, Room
from roomdisplay.admin.use_cases.audit import record
from roomdisplay.admin.use_cases.calendars import add_typed_calendar, make_due, settle_use
from roomdisplay.admin.use_cases.rooms import RoomInput, fill_room, room_row

UNDO_FOR = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """What came of giving a room a calendar."""

    room_id: str
    calendar_id: str | None
    undo_until: datetime
    also_in: tuple[str, ...] = ()
    """Other rooms that show the same calendar: a warning."""


async def assign_calendar(
    admin: Admin, actor: Actor, room_id: str, calendar_id: str, *, confirm: bool = False
) -> Assignment:
    """Give a room its calendar; it is read at once and the displays follow.

    Raises:
        ConfirmationNeededError: "replace_calendar": the room has another one ("calendar").
        NotFoundError: there is no such room or calendar.
    """
    require(actor, Permission.ROOMS)
    async with admin.store.transaction() as session:
        room = await room_row(session, room_id)
        calendar = await session.get(Calendar, calendar_id)
        if calendar is None:
            raise NotFoundError("calendar_gone")
        await _ask_before_replacing(session, room, calendar_id, confirm=confirm)
        undo_until = await give_calendar(admin, session, actor, room, calendar)
        query = select(Room.name).where(Room.calendar_id == calendar_id, Room.id != room_id)
        also_in = tuple(sorted(await session.scalars(query)))
    return Assignment(
        room_id=room_id, calendar_id=calendar_id, undo_until=undo_until, also_in=also_in
    )


async def assign_address(
    admin: Admin,
    actor: Actor,
    room_id: str,
    connection_id: str,
    address: str,
    *,
    confirm: bool = False,
) -> Assignment:
    """Give a room the calendar whose address was typed; it is read before anything is saved.

    Raises:
        InvalidInputError, ServiceError, NotFoundError: see `add_typed_calendar`.
        ConfirmationNeededError: see `assign_calendar`.
    """
    calendar_id = await add_typed_calendar(admin, actor, connection_id, address)
    return await assign_calendar(admin, actor, room_id, calendar_id, confirm=confirm)


async def remove_calendar(
    admin: Admin, actor: Actor, room_id: str, *, confirm: bool = False
) -> Assignment:
    """Take a room's calendar away.

    Raises:
        ConfirmationNeededError: "remove_calendar": always, unless confirmed.
        RefusedError: the room has none.
        NotFoundError: there is no such room.
    """
    require(actor, Permission.ROOMS)
    async with admin.store.transaction() as session:
        room = await room_row(session, room_id)
        if room.calendar_id is None:
            raise RefusedError("no_calendar")
        if not confirm:
            raise ConfirmationNeededError("remove_calendar", room=room.name)
        undo_until = await _set(admin, session, room, None)
        record(admin, session, actor, "room.calendar_removed", room_id=room_id, name=room.name)
    return Assignment(room_id=room_id, calendar_id=None, undo_until=undo_until)


async def undo_assignment(admin: Admin, actor: Actor, room_id: str) -> None:
    """Give a room back the calendar it had before the last change.

    Raises:
        RefusedError: "undo_over": a minute has passed, or the calendar has gone.
        NotFoundError: there is no such room.
    """
    require(actor, Permission.ROOMS)
    async with admin.store.transaction() as session:
        room = await room_row(session, room_id)
        previous = room.previous_calendar_id
        gone = previous is not None and await session.get(Calendar, previous) is None
        if room.undo_until is None or admin.clock() >= room.undo_until or gone:
            raise RefusedError("undo_over")
        await _set(admin, session, room, previous)
        room.previous_calendar_id = room.undo_until = None
        record(admin, session, actor, "room.calendar_undone", room_id=room_id, name=room.name)


async def create_rooms_from_calendars(
    admin: Admin,
    actor: Actor,
    calendar_ids: Sequence[str],
    *,
    timezone: str,
    building: str | None = None,
) -> list[str]:
    """Make a room of each calendar that no room shows yet, named and sized like it; their ids.

    Raises:
        InvalidInputError: the time zone is unknown.
        NotFoundError: one of the calendars is gone; nothing was made.
    """
    require(actor, Permission.ROOMS)
    made: list[str] = []
    async with admin.store.transaction() as session:
        in_use = set(await session.scalars(select(Room.calendar_id)))
        chosen = select(Calendar).where(Calendar.id.in_(calendar_ids))
        calendars = {calendar.id: calendar for calendar in await session.scalars(chosen)}
        for calendar_id in dict.fromkeys(calendar_ids):
            if calendar_id not in calendars:
                raise NotFoundError("calendar_gone")
            if calendar_id in in_use:
                continue
            row = room_of_calendar(
                admin,
                session,
                actor,
                calendars[calendar_id],
                timezone=timezone,
                building=building,
            )
            made.append(row.id)
    return made


async def give_calendar(
    admin: Admin, session: AsyncSession, actor: Actor, room: Room, calendar: Calendar
) -> datetime:
    """Give a room its calendar in the caller's transaction; until when it can be undone."""
    undo_until = await _set(admin, session, room, calendar.id)
    record(
        admin,
        session,
        actor,
        "room.calendar_assigned",
        subject_id=calendar.id,
        room_id=room.id,
        name=room.name,
        calendar=calendar.name,
    )
    return undo_until


def room_of_calendar(
    admin: Admin,
    session: AsyncSession,
    actor: Actor,
    calendar: Calendar,
    *,
    timezone: str,
    building: str | None = None,
) -> Room:
    """Make a room that is named and sized like a calendar, in the caller's transaction.

    Raises:
        InvalidInputError: the time zone is unknown.
    """
    row = Room(id=new_id(), created_at=admin.clock(), calendar_id=calendar.id)
    entered = RoomInput(
        name=calendar.name,
        timezone=timezone,
        building=building or calendar.group,
        capacity=calendar.capacity or None,
    )
    fill_room(row, entered)
    session.add(row)
    make_due(session, calendar, admin.clock())
    record(
        admin,
        session,
        actor,
        "room.created",
        subject_id=row.id,
        room_id=row.id,
        name=row.name,
        calendar=calendar.name,
    )
    news_after_commit(session, PAGES)
    return row


async def _ask_before_replacing(
    session: AsyncSession, room: Room, calendar_id: str, *, confirm: bool
) -> None:
    if room.calendar_id in {None, calendar_id} or confirm:
        return
    present = await session.get(Calendar, room.calendar_id)
    raise ConfirmationNeededError(
        "replace_calendar", room=room.name, calendar=present.name if present else ""
    )


async def _set(
    admin: Admin, session: AsyncSession, room: Room, calendar_id: str | None
) -> datetime:
    """Change a room's calendar, note what it was, and have both settled; until when to undo."""
    now, previous = admin.clock(), room.calendar_id
    undo_until = now + UNDO_FOR
    if previous != calendar_id:
        room.previous_calendar_id = previous
        room.undo_until = undo_until
        room.calendar_id = calendar_id
        await settle_use(session, previous, now)
    await settle_use(session, calendar_id, now)
    news_after_commit(session, PAGES, room_topic(room.id))
    return undo_until
