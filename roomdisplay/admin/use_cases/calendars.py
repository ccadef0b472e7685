"""The calendars of connected services: listed, typed, and when they are to be read."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import InvalidInputError, NotFoundError, ServiceError
from roomdisplay.admin.live import settings_of, trying
from roomdisplay.admin.news import DUE, PAGES
from roomdisplay.admin.security.roles import Actor, Permission, require
from roomdisplay.admin.store import news_after_commit
from roomdisplay.admin.store.tables import Calendar, CalendarConnection, Room
from roomdisplay.admin.token_store import StoredTokens
from roomdisplay.connectors.base import (
    AuthorizationNeededError,
    CalendarInfo,
    ConnectorError,
    Window,
)

ADDRESS_LIMIT = 2048
_NAME_LIMIT = 200
_LISTED_LIMIT = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarView:
    """A calendar that can be given to a room."""

    id: str
    connection_id: str
    connection_name: str
    service: str
    address: str
    name: str
    group: str | None
    """The room list or the building."""
    capacity: int | None
    rooms: tuple[str, ...]
    """The names of the rooms that show it."""
    read_at: datetime | None
    reason: str | None
    detail: str | None
    warnings: tuple[str, ...]
    told_by: str | None = None
    """How its service tells of changes at present ("hooks", "stream"); None: it is read by time."""


async def list_calendars(
    admin: Admin, actor: Actor, *, connection_id: str | None = None, search: str = ""
) -> list[CalendarView]:
    """The calendars that can be given to rooms, by group and name; `search` is in any of both."""
    require(actor, Permission.ROOMS)
    query = select(Calendar, CalendarConnection).join(CalendarConnection)
    if connection_id is not None:
        query = query.where(Calendar.connection_id == connection_id)
    sought = search.strip().casefold()
    async with admin.store.reading() as session:
        used: dict[str, list[str]] = {}
        for room in await session.scalars(select(Room).where(Room.calendar_id.is_not(None))):
            used.setdefault(room.calendar_id or "", []).append(room.name)
        views = [
            _view(calendar, connection, used.get(calendar.id, []))
            for calendar, connection in await session.execute(query)
            if sought in f"{calendar.name}\n{calendar.group or ''}\n{calendar.address}".casefold()
        ]
    return sorted(views, key=lambda v: (v.group or "", v.name.casefold(), v.id))


async def add_typed_calendar(admin: Admin, actor: Actor, connection_id: str, address: str) -> str:
    """Read a calendar whose address was typed, then save it; its id.

    Raises:
        InvalidInputError: there is no address, or it is too long.
        ServiceError: the service does not know it, or cannot be reached.
        NotFoundError: there is no such connection.
    """
    require(actor, Permission.ROOMS)
    address = address.strip()
    if not address or len(address) > ADDRESS_LIMIT:
        raise InvalidInputError({"address": "address_needed"})
    async with admin.store.reading() as session:
        connection = await session.get(CalendarConnection, connection_id)
    if connection is None:
        raise NotFoundError("connection_gone")
    try:
        settings = settings_of(admin, connection)
    except ConnectorError as error:
        raise ServiceError("credentials_rejected", error.detail) from error
    now, name = admin.clock(), None
    tokens = StoredTokens(admin, connection_id)
    async with trying(admin, connection.service, settings, tokens) as connector:
        # A service that authorises each calendar apart is asked for it once a room shows it.
        with contextlib.suppress(AuthorizationNeededError):
            picture = await connector.read(address, Window(now, now + timedelta(days=1)))
            name = getattr(picture, "display_name", None)
    info = CalendarInfo(address=address, name=name or address)
    async with admin.store.transaction() as session:
        (calendar,) = await save_calendars(session, connection_id, [info], typed=True)
        news_after_commit(session, PAGES)
        return calendar.id


async def save_calendars(
    session: AsyncSession,
    connection_id: str,
    listed: Sequence[CalendarInfo],
    *,
    typed: bool = False,
) -> list[Calendar]:
    """Bring the stored calendars in step with a list; those in use or typed are never removed."""
    query = select(Calendar).where(Calendar.connection_id == connection_id)
    known = {calendar.address: calendar for calendar in await session.scalars(query)}
    saved: dict[str, Calendar] = {}
    for info in listed[:_LISTED_LIMIT]:
        if len(info.address) > ADDRESS_LIMIT or info.address in saved:
            continue
        calendar = known.get(info.address)
        if calendar is None:
            calendar = Calendar(connection_id=connection_id, address=info.address, typed=typed)
            session.add(calendar)
        elif typed:
            saved[info.address] = calendar
            continue
        calendar.name = (info.name.strip() or info.address)[:_NAME_LIMIT]
        calendar.group = info.group[:_NAME_LIMIT] if info.group else None
        calendar.capacity = info.capacity
        saved[info.address] = calendar
    if listed and not typed:
        in_use = set(await session.scalars(select(Room.calendar_id)))
        for address, calendar in known.items():
            if address not in saved and not calendar.typed and calendar.id not in in_use:
                await session.delete(calendar)
    await session.flush()
    return list(saved.values())


def make_due(session: AsyncSession, calendar: Calendar, now: datetime) -> None:
    """Have a calendar read at once, in full."""
    calendar.next_due_at = calendar.full_due_at = now
    calendar.failures = 0
    news_after_commit(session, DUE)


async def settle_use(session: AsyncSession, calendar_id: str | None, now: datetime) -> None:
    """Read a calendar that a room shows, and no longer one that none shows."""
    calendar = await session.get(Calendar, calendar_id) if calendar_id else None
    if calendar is None:
        return
    await session.flush()
    room = await session.scalar(select(Room.id).where(Room.calendar_id == calendar.id).limit(1))
    if room is None:
        calendar.next_due_at = calendar.full_due_at = None
        calendar.reason = calendar.detail = calendar.reason_since = None
        news_after_commit(session, DUE)
    elif calendar.next_due_at is None:
        make_due(session, calendar, now)


def _view(calendar: Calendar, connection: CalendarConnection, rooms: Sequence[str]) -> CalendarView:
    return CalendarView(
        id=calendar.id,
        connection_id=connection.id,
        connection_name=connection.name,
        service=connection.service,
        address=calendar.address,
        name=calendar.name,
        group=calendar.group,
        capacity=calendar.capacity,
        rooms=tuple(sorted(rooms)),
        read_at=calendar.read_at,
        reason=calendar.reason,
        detail=calendar.detail,
        warnings=tuple(calendar.warnings),
        told_by=calendar.told_by,
    )
