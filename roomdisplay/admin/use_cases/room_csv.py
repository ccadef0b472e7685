"""Rooms as a CSV file: all of them out; in as a preview first, then all at once."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import RefusedError
from roomdisplay.admin.security.roles import Actor, Permission, require
from roomdisplay.admin.spreadsheet import write_table
from roomdisplay.admin.store.tables import Calendar, CalendarConnection, Room
from roomdisplay.admin.use_cases.assignment import give_calendar
from roomdisplay.admin.use_cases.room_sheet import (
    COLUMNS,
    KnownCalendar,
    KnownRoom,
    LineKind,
    SheetLine,
    SheetPlan,
    cell_of,
    plan_sheet,
)
from roomdisplay.admin.use_cases.rooms import (
    RoomInput,
    add_room,
    change_room,
    list_rooms,
    room_row,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What came of a sheet."""

    created: int
    changed: int


async def rooms_csv(admin: Admin, actor: Actor, *, delimiter: str = ",") -> str:
    """All rooms, one a line, safe to open in a spreadsheet."""
    require(actor, Permission.ROOMS)
    rows = []
    for room in await list_rooms(admin, actor):
        entered = RoomInput(
            name=room.name,
            timezone=room.timezone,
            building=room.building,
            floor=room.floor,
            capacity=room.capacity,
            equipment=room.equipment,
        )
        calendar = room.calendar
        rows.append(
            [cell_of(entered, key) for key in COLUMNS[:6]]
            + ([calendar.address, calendar.connection_name] if calendar else ["", ""])
        )
    return write_table([COLUMNS, *rows], delimiter)


async def preview_rooms(admin: Admin, actor: Actor, text: str, *, zone: str) -> SheetPlan:
    """What a sheet would do; changes nothing.

    Raises:
        SheetError: the file as a whole cannot be read.
    """
    require(actor, Permission.ROOMS)
    async with admin.store.reading() as session:
        return await _plan(session, text, zone)


async def import_rooms(
    admin: Admin, actor: Actor, text: str, *, zone: str, digest: str
) -> Imported:
    """Do what the preview with this `digest` showed, all or none; wrong lines are left out.

    Raises:
        SheetError: the file as a whole cannot be read.
        RefusedError: "sheet_changed": it would do something else by now.
    """
    require(actor, Permission.ROOMS)
    async with admin.store.transaction() as session:
        plan = await _plan(session, text, zone)
        if plan.digest != digest:
            raise RefusedError("sheet_changed")
        for line in (*plan.of(LineKind.NEW), *plan.of(LineKind.CHANGED)):
            await _do(admin, session, actor, line)
    return Imported(
        created=len(plan.of(LineKind.NEW)),
        changed=len(plan.of(LineKind.CHANGED)),
    )


async def _do(admin: Admin, session: AsyncSession, actor: Actor, line: SheetLine) -> None:
    if line.entered is None:
        return
    if line.room_id is None:
        room = add_room(admin, session, actor, line.entered)
        await session.flush()
    else:
        room = await room_row(session, line.room_id)
        if any(change.field != "calendar" for change in line.changes):
            await change_room(admin, session, actor, room, line.entered)
    if line.calendar_id is not None:
        calendar = await session.get_one(Calendar, line.calendar_id)
        await give_calendar(admin, session, actor, room, calendar)


async def _plan(session: AsyncSession, text: str, zone: str) -> SheetPlan:
    rooms = list(await session.scalars(select(Room).order_by(Room.name, Room.id)))
    shown_by: dict[str, list[str]] = {}
    for room in rooms:
        if room.calendar_id is not None:
            shown_by.setdefault(room.calendar_id, []).append(room.name)
    known = [
        KnownCalendar(
            id=calendar.id,
            name=calendar.name,
            address=calendar.address,
            connection=connection,
            rooms=tuple(shown_by.get(calendar.id, ())),
        )
        for calendar, connection in await session.execute(
            select(Calendar, CalendarConnection.name).join(CalendarConnection)
        )
    ]
    return plan_sheet(text, [_known(room) for room in rooms], known, zone=zone)


def _known(room: Room) -> KnownRoom:
    return KnownRoom(
        id=room.id,
        room=RoomInput(
            name=room.name,
            timezone=room.timezone,
            building=room.building,
            floor=room.floor,
            capacity=room.capacity,
            equipment=tuple(room.equipment),
            out_of_service=room.out_of_service,
        ),
        calendar_id=room.calendar_id,
    )
