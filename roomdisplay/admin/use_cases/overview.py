"""What needs attention, first things first."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from roomdisplay.admin.context import Admin
from roomdisplay.admin.security.roles import Actor, Permission
from roomdisplay.admin.store.tables import DoctorReport
from roomdisplay.admin.use_cases.devices import list_devices
from roomdisplay.admin.use_cases.missed_codes import PAIRING_MISSED, repeated_misses
from roomdisplay.admin.use_cases.rooms import list_rooms
from roomdisplay.admin.use_cases.services import ConnectionView, list_connections
from roomdisplay.connectors.diagnosis import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention:
    """One thing that somebody should look at."""

    key: str
    """ "pairing_codes_missed", "activation_codes_missed", "service_failing", "doctor_found",
    "calendar_failing", "calendar_incomplete", "device_offline", "device_without_room",
    "room_without_calendar", "calendar_in_two_rooms" or "nothing_connected"."""
    subject_id: str
    """Of the connection, the display or the room."""
    name: str
    reason: str | None = None
    detail: str | None = None
    since: datetime | None = None
    count: int = 0
    """Of missed codes, of what cannot be read, or of what the doctor found."""
    addresses: int = 0
    """That they came from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The first page."""

    attention: tuple[Attention, ...]
    services: int
    rooms: int
    devices: int
    devices_online: int


async def overview(admin: Admin, actor: Actor) -> Overview:
    """The state of the house; the worst first."""
    connections = await list_connections(admin, actor)
    rooms = await list_rooms(admin, actor)
    devices = await list_devices(admin, actor)
    attention = await _missed_codes(admin, actor)
    attention += [
        Attention(
            key="service_failing",
            subject_id=one.id,
            name=one.name,
            reason=one.reason,
            detail=one.detail,
            since=one.reason_since,
        )
        for one in connections
        if one.reason
    ]
    if not connections:
        attention.append(Attention(key="nothing_connected", subject_id="", name=""))
    failing = {one.id for one in connections if one.reason}
    attention += await _what_the_doctor_found(admin, connections, failing)
    attention += [
        Attention(
            key="calendar_failing",
            subject_id=room.id,
            name=room.name,
            reason=room.calendar.reason,
            detail=room.calendar.detail,
            since=room.calendar.reason_since,
        )
        for room in rooms
        if room.calendar and room.calendar.reason and room.calendar.connection_id not in failing
    ]
    attention += [
        Attention(
            key="calendar_incomplete",
            subject_id=room.id,
            name=room.name,
            detail=next(iter(room.calendar.warnings), None),
            count=room.calendar.unreadable,
        )
        for room in rooms
        if room.calendar and room.calendar.unreadable
    ]
    attention += [
        Attention(key="device_offline", subject_id=one.id, name=one.name, since=one.last_seen_at)
        for one in devices
        if not one.online
    ]
    attention += [
        Attention(key="device_without_room", subject_id=one.id, name=one.name)
        for one in devices
        if one.room_id is None
    ]
    attention += [
        Attention(key="room_without_calendar", subject_id=room.id, name=room.name)
        for room in rooms
        if room.calendar is None
    ]
    attention += [
        Attention(key="calendar_in_two_rooms", subject_id=room.id, name=room.name)
        for room in rooms
        if room.calendar and room.calendar.also_in
    ]
    return Overview(
        attention=tuple(attention),
        services=len(connections),
        rooms=len(rooms),
        devices=len(devices),
        devices_online=sum(one.online for one in devices),
    )


async def _what_the_doctor_found(
    admin: Admin, connections: Sequence[ConnectionView], failing: Collection[str]
) -> list[Attention]:
    """Connections that answer, but with something to be repaired."""
    query = select(DoctorReport).where(DoctorReport.verdict == Verdict.BAD.value)
    async with admin.store.reading() as session:
        reports = {row.connection_id: row for row in await session.scalars(query)}
    return [
        Attention(
            key="doctor_found",
            subject_id=one.id,
            name=one.name,
            since=reports[one.id].finished_at,
            count=sum(found["verdict"] == Verdict.BAD.value for found in reports[one.id].findings),
        )
        for one in connections
        if one.id in reports and one.id not in failing
    ]


async def _missed_codes(admin: Admin, actor: Actor) -> list[Attention]:
    if not actor.may(Permission.AUDIT):
        return []
    return [
        Attention(
            key="pairing_codes_missed"
            if missed.action == PAIRING_MISSED
            else "activation_codes_missed",
            subject_id="",
            name="",
            since=missed.last_at,
            count=missed.count,
            addresses=missed.addresses,
        )
        for missed in await repeated_misses(admin, actor)
    ]
