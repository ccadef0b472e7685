"""What a display shows: the only place where its schedule is put together."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import NotFoundError, RefusedError
from roomdisplay.admin.pictures import unseal_picture
from roomdisplay.admin.policies import effective
from roomdisplay.admin.security.roles import Actor, Permission, require
from roomdisplay.admin.store.tables import (
    Calendar,
    CalendarConnection,
    CalendarPicture,
    CheckIn,
    Device,
)
from roomdisplay.admin.store.tables import Room as RoomRow
from roomdisplay.admin.use_cases.reach import conference_display, displays_of_room
from roomdisplay.admin.use_cases.settings import merged_values
from roomdisplay.admin.visible import (
    KeptPicture,
    RoomFacts,
    SourceFacts,
    freshness,
    tickets,
    visible_schedule,
)
from roomdisplay.connectors.base import Window
from roomdisplay.model.room import DeviceProfile, Place, Room, Source, SourceKind
from roomdisplay.model.wire import (
    FreshnessMessage,
    JoinTicketsMessage,
    ScheduleMessage,
    encode,
)


async def room_schedule(
    admin: Admin, device_id: str
) -> tuple[ScheduleMessage, FreshnessMessage, str]:
    """The masked schedule of a display, how old it is, and the ETag (unquoted) of the former.

    Raises:
        NotFoundError: there is no such display, or it was revoked.
        RefusedError: "no_room": nobody gave it a room yet.
    """
    async with admin.store.reading() as session:
        device, row = await _place_of(session, device_id)
        return await _schedule(admin, session, row, device)


async def room_freshness(admin: Admin, device_id: str) -> FreshnessMessage:
    """How old the picture of a display's room is, and which one: for beats.

    Raises:
        NotFoundError: there is no such display, or it was revoked.
        RefusedError: "no_room": nobody gave it a room yet.
    """
    async with admin.store.reading() as session:
        device, row = await _place_of(session, device_id)
        _, fresh, _ = await _schedule(admin, session, row, device)
        return fresh


async def room_preview(
    admin: Admin, actor: Actor, room_id: str, place: Place
) -> tuple[ScheduleMessage, FreshnessMessage]:
    """What a display at `place` of the room shows, or would show if there were one.

    Raises:
        NotFoundError: there is no such room.
        ForbiddenError: the role may not see meetings.
    """
    require(actor, Permission.VIEW_MEETINGS, room_id)
    async with admin.store.reading() as session:
        row = await session.get(RoomRow, room_id)
        if row is None:
            raise NotFoundError("room_gone")
        standing = await displays_of_room(session, room_id)
        device = next((one for one in standing if one.place == place), None)
        message, fresh, _ = await _schedule(admin, session, row, device, place)
        return message, fresh


async def join_tickets(admin: Admin, device_id: str) -> JoinTicketsMessage:
    """The addresses of the conferences a display may open now: the room's conference display only.

    Raises:
        NotFoundError: there is no such display, or it was revoked.
        RefusedError: "no_room": nobody gave it a room yet.
    """
    async with admin.store.reading() as session:
        device, row = await _place_of(session, device_id)
        facts, _ = await gather(admin, session, row, device)
    return JoinTicketsMessage(tickets=tickets(facts, admin.clock(), meeting_id_key(admin)))


async def etags_of_rooms(
    admin: Admin, session: AsyncSession, room_ids: list[str]
) -> dict[tuple[str, str], str]:
    """The ETag of what every display of the rooms shows, by room and display."""
    etags: dict[tuple[str, str], str] = {}
    for room_id in room_ids:
        row = await session.get(RoomRow, room_id)
        if row is None:
            continue
        for device in await displays_of_room(session, room_id):
            _, _, etag = await _schedule(admin, session, row, device)
            etags[room_id, device.id] = etag
    return etags


async def gather(
    admin: Admin,
    session: AsyncSession,
    row: RoomRow,
    device: Device | None,
    place: Place = Place.INSIDE,
) -> tuple[RoomFacts, SourceFacts | None]:
    """All that the schedule of one display is made of; without one, of a display at `place`."""
    source_facts, source = await _source(admin, session, row)
    displays = await displays_of_room(session, row.id)
    chosen = conference_display(displays)
    picture = await _picture(admin, session, row.calendar_id) if row.calendar_id else None
    facts = RoomFacts(
        room=Room(
            name=row.name,
            timezone=ZoneInfo(row.timezone),
            building=row.building,
            floor=row.floor,
            capacity=row.capacity,
            equipment=tuple(row.equipment),
            out_of_service=row.out_of_service,
        ),
        device=_profile(device, chosen)
        if device
        else DeviceProfile(place=place, conference_display=place is Place.INSIDE),
        source=source,
        calendar_id=row.calendar_id,
        effective=effective(await merged_values(session, row, device)),
        picture=picture,
        checked_in=await _check_ins(session, row.id, picture),
    )
    return facts, source_facts


async def _schedule(
    admin: Admin,
    session: AsyncSession,
    row: RoomRow,
    device: Device | None,
    place: Place = Place.INSIDE,
) -> tuple[ScheduleMessage, FreshnessMessage, str]:
    now = admin.clock()
    facts, source = await gather(admin, session, row, device, place)
    message = visible_schedule(facts, now, meeting_id_key(admin))
    fresh = freshness(source, now, facts.effective.display.rules.red_grace)
    etag = hashlib.sha256(encode(message)).hexdigest()[:32]
    return message, msgspec.structs.replace(fresh, etag=etag), etag


async def _place_of(session: AsyncSession, device_id: str) -> tuple[Device, RoomRow]:
    device = await session.get(Device, device_id)
    if device is None or device.revoked_at is not None:
        raise NotFoundError("device_gone")
    row = await session.get(RoomRow, device.room_id) if device.room_id else None
    if row is None:
        raise RefusedError("no_room")
    return device, row


async def _source(
    admin: Admin, session: AsyncSession, row: RoomRow
) -> tuple[SourceFacts, Source] | tuple[None, None]:
    if row.calendar_id is None:
        return None, None
    query = (
        select(Calendar, CalendarConnection)
        .join(CalendarConnection)
        .where(Calendar.id == row.calendar_id)
    )
    calendar, connection = (await session.execute(query)).one()
    asked_for = calendar.check_every_s or connection.check_every_s
    check_every = timedelta(seconds=max(asked_for, calendar.read_every_s or 0))
    facts = SourceFacts(
        read_at=calendar.read_at,
        check_every=check_every,
        elapsed=admin.last_read.elapsed(calendar.id, calendar.read_at),
        reason=calendar.reason,
        unconfirmed=calendar.unconfirmed_empty,
    )
    return facts, Source(service=connection.service, kind=SourceKind(connection.kind))


async def _picture(admin: Admin, session: AsyncSession, calendar_id: str) -> KeptPicture | None:
    kept = await session.get(CalendarPicture, calendar_id)
    if kept is None:
        return None
    meetings = unseal_picture(admin.sealer, calendar_id, kept.body)
    if meetings is None:
        return None
    return KeptPicture(window=Window(kept.window_start, kept.window_end), meetings=meetings)


async def _check_ins(
    session: AsyncSession, room_id: str, picture: KeptPicture | None
) -> dict[str, datetime]:
    if picture is None:
        return {}
    since = picture.window.start - timedelta(days=1)
    query = select(CheckIn).where(CheckIn.room_id == room_id, CheckIn.done_at >= since)
    return {one.meeting_id: one.done_at for one in await session.scalars(query)}


def _profile(device: Device, chosen: str | None) -> DeviceProfile:
    return DeviceProfile(
        place=Place(device.place),
        touch=device.touch,
        diagonal_inches=device.diagonal_inches,
        mounting_height_mm=device.mounting_height_mm,
        conference_display=device.id == chosen,
        joins_elsewhere=chosen is not None and device.id != chosen,
    )


def meeting_id_key(admin: Admin) -> bytes:
    """The key that meetings' ids are made with, the same on every replica."""
    return admin.sealer.derive("meeting-ids")
