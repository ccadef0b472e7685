"""Displays: named, moved, given a place, told to show themselves, taken out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import InvalidInputError, NotFoundError, RefusedError
from roomdisplay.admin.news import PAGES, device_topic, room_topic
from roomdisplay.admin.security.roles import Actor, Permission, require
from roomdisplay.admin.store import new_id, news_after_commit
from roomdisplay.admin.store.tables import Command, Device, DeviceToken, Room
from roomdisplay.admin.use_cases.audit import record
from roomdisplay.admin.use_cases.reach import conference_display, displays_of_room
from roomdisplay.model.room import Place

NAME_LIMIT = 200
OFFLINE_AFTER = timedelta(seconds=180)
"""Three heartbeats."""
IDENTIFY_FOR = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceView:
    """A display, for a page."""

    id: str
    name: str
    room_id: str | None
    room_name: str | None
    place: Place
    opens_calls: bool
    """Whether it is the room's conference display."""
    chosen_for_calls: bool
    """Whether somebody chose it as such, rather than the rule."""
    online: bool
    last_seen_at: datetime | None
    sync_delay: timedelta | None
    """From the last change to the display's report that it shows it; None: not measured yet."""
    last_address: str | None
    model: str | None
    serial: str | None
    version: str | None
    health: Mapping[str, Any]
    """The last `roomdisplay.model.wire.HealthReport`, as JSON."""
    health_at: datetime | None
    paired_at: datetime
    settings: Mapping[str, Any]


def device_view(device: Device, room: Room | None, chosen: str | None, now: datetime) -> DeviceView:
    """A display as pages see it; `chosen` is its room's conference display."""
    seen = device.last_seen_at
    return DeviceView(
        id=device.id,
        name=device.name,
        room_id=room.id if room else None,
        room_name=room.name if room else None,
        place=Place(device.place),
        opens_calls=device.id == chosen,
        chosen_for_calls=device.conference_choice,
        online=seen is not None and now - seen < OFFLINE_AFTER,
        last_seen_at=seen,
        sync_delay=None
        if device.sync_delay_ms is None
        else timedelta(milliseconds=device.sync_delay_ms),
        last_address=device.last_address,
        model=device.model,
        serial=device.serial,
        version=device.version,
        health=device.health or {},
        health_at=device.health_at,
        paired_at=device.created_at,
        settings=device.settings,
    )


async def list_devices(admin: Admin, actor: Actor, *, search: str = "") -> list[DeviceView]:
    """All paired displays by room and name; those without a room come first."""
    require(actor, Permission.VIEW)
    sought = search.strip().casefold()
    query = (
        select(Device, Room)
        .outerjoin(Room)
        .where(Device.revoked_at.is_(None))
        .order_by(Device.created_at, Device.id)
    )
    async with admin.store.reading() as session:
        found = [(device, room) for device, room in await session.execute(query)]
    by_room: dict[str, list[Device]] = {}
    for device, room in found:
        by_room.setdefault(room.id if room else "", []).append(device)
    chosen = {room_id: conference_display(devices) for room_id, devices in by_room.items()}
    views = [
        device_view(device, room, chosen[room.id] if room else None, admin.clock())
        for device, room in found
        if sought in f"{device.name}\n{room.name if room else ''}\n{device.serial or ''}".casefold()
    ]
    return sorted(views, key=lambda v: ((v.room_name or "").casefold(), v.name.casefold(), v.id))


async def get_device(admin: Admin, actor: Actor, device_id: str) -> DeviceView:
    """One display.

    Raises:
        NotFoundError: there is no such display.
    """
    require(actor, Permission.VIEW)
    async with admin.store.reading() as session:
        device = await device_row(session, device_id)
        room = await session.get(Room, device.room_id) if device.room_id else None
        displays = await displays_of_room(session, room.id) if room else []
    return device_view(device, room, conference_display(displays), admin.clock())


async def rename_device(admin: Admin, actor: Actor, device_id: str, name: str) -> None:
    """Call a display something else."""
    require(actor, Permission.DEVICES)
    if not name.strip() or len(name) > NAME_LIMIT:
        raise InvalidInputError({"name": "name_needed"})
    async with admin.store.transaction() as session:
        device = await device_row(session, device_id)
        before, device.name = device.name, name.strip()
        news_after_commit(session, PAGES)
        _record(admin, session, actor, "device.renamed", device, was=before)


async def change_place(admin: Admin, actor: Actor, device_id: str, place: Place) -> None:
    """Say where a display hangs: what it may show and offer follows from it."""
    require(actor, Permission.DEVICES)
    async with admin.store.transaction() as session:
        device = await device_row(session, device_id)
        device.place = place.value
        _tell(session, device)
        _record(admin, session, actor, "device.place", device, place=place.value)


async def move_device(admin: Admin, actor: Actor, device_id: str, room_id: str | None) -> None:
    """Move a display to another room, or out of its room.

    Raises:
        NotFoundError: there is no such display or room.
    """
    require(actor, Permission.DEVICES)
    async with admin.store.transaction() as session:
        device = await device_row(session, device_id)
        if room_id is not None and await session.get(Room, room_id) is None:
            raise NotFoundError("room_gone")
        if device.room_id != room_id:
            move_row(admin, session, actor, device, room_id)


def move_row(
    admin: Admin, session: AsyncSession, actor: Actor, device: Device, room_id: str | None
) -> None:
    """Move a display in the caller's transaction; both rooms hear of it."""
    _tell(session, device)
    device.room_id, device.conference_choice = room_id, False
    _tell(session, device)
    _record(admin, session, actor, "device.moved", device)


async def choose_conference_display(admin: Admin, actor: Actor, device_id: str) -> None:
    """Have this display, and no other of its room, open the room's calls.

    Raises:
        RefusedError: the display has no room.
    """
    require(actor, Permission.DEVICES)
    async with admin.store.transaction() as session:
        device = await device_row(session, device_id)
        if device.room_id is None:
            raise RefusedError("no_room")
        for other in await displays_of_room(session, device.room_id):
            other.conference_choice = other.id == device_id
        _tell(session, device)
        _record(admin, session, actor, "device.conference", device)


async def revoke_device(admin: Admin, actor: Actor, device_id: str) -> None:
    """Take a display out: its tokens are worth nothing from now on, and its stream ends."""
    require(actor, Permission.DEVICES)
    async with admin.store.transaction() as session:
        device = await device_row(session, device_id)
        now = admin.clock()
        _tell(session, device)
        device.revoked_at, device.conference_choice = now, False
        await session.execute(
            update(DeviceToken)
            .where(DeviceToken.device_id == device_id, DeviceToken.revoked_at.is_(None))
            .values(revoked_at=now)
        )
        _record(admin, session, actor, "device.revoked", device)


async def identify_device(admin: Admin, actor: Actor, device_id: str) -> str:
    """Have a display show its name large; the id of the command."""
    require(actor, Permission.DEVICES)
    async with admin.store.transaction() as session:
        device = await device_row(session, device_id)
        now = admin.clock()
        command = Command(
            id=new_id(),
            device_id=device_id,
            kind="identify",
            created_at=now,
            created_by=actor.id,
            expires_at=now + IDENTIFY_FOR,
        )
        session.add(command)
        news_after_commit(session, device_topic(device_id))
        _record(admin, session, actor, "device.identify", device)
        return command.id


async def device_row(session: AsyncSession, device_id: str) -> Device:
    """The row of a display that is not revoked.

    Raises:
        NotFoundError: there is none.
    """
    device = await session.get(Device, device_id)
    if device is None or device.revoked_at is not None:
        raise NotFoundError("device_gone")
    return device


def _tell(session: AsyncSession, device: Device) -> None:
    """News to the display, to the others of its room, and to the pages."""
    news_after_commit(session, PAGES, device_topic(device.id))
    if device.room_id is not None:
        news_after_commit(session, room_topic(device.room_id))


def _record(
    admin: Admin,
    session: AsyncSession,
    actor: Actor,
    action: str,
    device: Device,
    **details: str,
) -> None:
    record(
        admin,
        session,
        actor,
        action,
        subject_id=device.id,
        room_id=device.room_id,
        name=device.name,
        **details,
    )
