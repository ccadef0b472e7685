"""Calendar services: tried live before anything is saved; secrets go in and never come out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import (
    ConfirmationNeededError,
    NotFoundError,
)
from roomdisplay.admin.live import prove, seal_secrets, trying
from roomdisplay.admin.news import DUE, PAGES, room_topic
from roomdisplay.admin.security.roles import Actor, Permission, require
from roomdisplay.admin.store import new_id, news_after_commit
from roomdisplay.admin.store.tables import Calendar, CalendarConnection, Room
from roomdisplay.admin.use_cases.audit import record
from roomdisplay.admin.use_cases.calendars import (
    CalendarView,
    add_typed_calendar,
    list_calendars,
    make_due,
    save_calendars,
)
from roomdisplay.admin.use_cases.reach import rooms_of_calendars
from roomdisplay.admin.use_cases.service_form import (
    account_of,
    entered,
    kept_secrets,
    require_name,
    service_fields,
    unsealed,
    without_borrowed_secrets,
)
from roomdisplay.connectors import registry
from roomdisplay.connectors.base import ConnectionSettings, Connector

__all__ = [
    "CalendarView",
    "ConnectionView",
    "add_typed_calendar",
    "change_connection",
    "check_connection",
    "connect_service",
    "disconnect_service",
    "get_connection",
    "list_calendars",
    "list_connections",
    "offered_services",
    "rename_connection",
    "service_fields",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionView:
    """A connected service; of its secrets only which there are."""

    id: str
    service: str
    name: str
    values: Mapping[str, str]
    secret_keys: frozenset[str]
    kind: str
    created_at: datetime
    reason: str | None
    """The key of what is wrong with it; None: well."""
    detail: str | None
    reason_since: datetime | None
    calendars: int = field(default=0)
    rooms: int = field(default=0)


def offered_services() -> tuple[str, ...]:
    """The services that the pages list, as keys of the connector registry."""
    return tuple(service.key for service in registry.SERVICES.values() if service.offered)


async def connect_service(
    admin: Admin, actor: Actor, service: str, name: str, form: Mapping[str, str]
) -> str:
    """Try a service live, then save it with its calendars; the id of the connection.

    Raises:
        ForbiddenError: the role does not connect services.
        InvalidInputError: naming the fields that are missing or too long.
        ServiceError: the service refused or could not be reached; nothing was saved.
    """
    require(actor, Permission.CONNECT)
    settings = entered(service, form, {})
    require_name(name)
    async with trying(admin, service, settings) as connector:
        calendars = await prove(connector)
    connection = CalendarConnection(
        id=new_id(),
        service=service,
        name=name.strip(),
        values=dict(settings.values),
        created_at=admin.clock(),
    )
    connection.sealed_secrets = seal_secrets(admin, connection.id, dict(settings.secrets))
    _take_facts(connection, connector)
    async with admin.store.transaction() as session:
        session.add(connection)
        await session.flush()
        await save_calendars(session, connection.id, calendars)
        news_after_commit(session, PAGES)
        record(
            admin,
            session,
            actor,
            "service.connected",
            subject_id=connection.id,
            name=connection.name,
            service=service,
        )
    return connection.id


async def change_connection(
    admin: Admin, actor: Actor, connection_id: str, form: Mapping[str, str]
) -> None:
    """Replace what was entered, tried live first. A secret left empty stays as it is.

    Where an address changes, the secrets are to be entered again: a stored secret is never sent
    to a server that somebody else has typed.

    Raises:
        ForbiddenError: the role may replace secrets only, or not even those.
        InvalidInputError: naming the fields that are missing or too long.
        ServiceError: the service refused; nothing was saved.
        NotFoundError: there is no such connection.
    """
    require(actor, Permission.REPLACE_SECRET)
    connection = await _found(admin, connection_id)
    before = ConnectionSettings(values=connection.values, secrets=kept_secrets(admin, connection))
    settings = entered(connection.service, form, before.secrets)
    if settings.values != before.values:
        require(actor, Permission.CONNECT)
    settings = without_borrowed_secrets(connection.service, settings, before, form)
    async with trying(admin, connection.service, settings) as connector:
        calendars = await prove(connector)
    async with admin.store.transaction() as session:
        row = await _row(session, connection_id)
        row.values = dict(settings.values)
        row.sealed_secrets = seal_secrets(admin, row.id, dict(settings.secrets))
        _take_facts(row, connector)
        if account_of(row.service, settings) != account_of(row.service, before):
            await _distrust_pictures(session, row)
        await _proved(admin, session, row)
        await save_calendars(session, row.id, calendars)
        record(admin, session, actor, "service.changed", subject_id=row.id, name=row.name)


async def rename_connection(admin: Admin, actor: Actor, connection_id: str, name: str) -> None:
    """Call a connection something else."""
    require(actor, Permission.CONNECT)
    require_name(name)
    async with admin.store.transaction() as session:
        row = await _row(session, connection_id)
        before, row.name = row.name, name.strip()
        news_after_commit(session, PAGES)
        record(
            admin, session, actor, "service.renamed", subject_id=row.id, was=before, name=row.name
        )


async def check_connection(admin: Admin, actor: Actor, connection_id: str) -> None:
    """Try a connection now, list its calendars anew, and read all that is used at once.

    Raises:
        ServiceError: the service refused or could not be reached.
        NotFoundError: there is no such connection.
    """
    require(actor, Permission.ROOMS)
    connection = await _found(admin, connection_id)
    async with trying(admin, connection.service, unsealed(admin, connection)) as connector:
        calendars = await prove(connector)
    async with admin.store.transaction() as session:
        row = await _row(session, connection_id)
        _take_facts(row, connector)
        await _proved(admin, session, row)
        await save_calendars(session, row.id, calendars)


async def disconnect_service(
    admin: Admin, actor: Actor, connection_id: str, *, confirm: bool = False
) -> None:
    """Forget a service, its secrets and its calendars.

    Raises:
        ConfirmationNeededError: rooms show its calendars; "rooms" says how many.
        NotFoundError: there is no such connection.
    """
    require(actor, Permission.CONNECT)
    async with admin.store.transaction() as session:
        row = await _row(session, connection_id)
        query = select(Room).join(Calendar).where(Calendar.connection_id == connection_id)
        rooms = list(await session.scalars(query))
        if rooms and not confirm:
            raise ConfirmationNeededError("disconnect_in_use", rooms=len(rooms), name=row.name)
        for room in rooms:
            room.calendar_id = None
            room.previous_calendar_id = room.undo_until = None
        await session.flush()
        await session.delete(row)
        news_after_commit(session, PAGES, DUE, *(room_topic(room.id) for room in rooms))
        record(
            admin,
            session,
            actor,
            "service.disconnected",
            subject_id=row.id,
            name=row.name,
            rooms=len(rooms),
        )


async def list_connections(admin: Admin, actor: Actor) -> list[ConnectionView]:
    """All connected services by name."""
    require(actor, Permission.VIEW)
    query = select(CalendarConnection).order_by(CalendarConnection.name, CalendarConnection.id)
    async with admin.store.reading() as session:
        return [await _view(admin, session, row) for row in await session.scalars(query)]


async def get_connection(admin: Admin, actor: Actor, connection_id: str) -> ConnectionView:
    """One connected service.

    Raises:
        NotFoundError: there is no such connection.
    """
    require(actor, Permission.VIEW)
    async with admin.store.reading() as session:
        return await _view(admin, session, await _row(session, connection_id))


def _take_facts(connection: CalendarConnection, connector: Connector) -> None:
    connection.kind = connector.kind.value
    connection.check_every_s = max(1, round(connector.check_every.total_seconds()))


async def _proved(admin: Admin, session: AsyncSession, row: CalendarConnection) -> None:
    row.reason = row.detail = row.reason_since = row.throttled_until = None
    query = select(Calendar).where(Calendar.connection_id == row.id)
    for calendar in await session.scalars(query):
        if calendar.next_due_at is not None:
            make_due(session, calendar, admin.clock())
    news_after_commit(session, PAGES)


async def _distrust_pictures(session: AsyncSession, row: CalendarConnection) -> None:
    """Until the new account answers, nobody can tell how old what the former one said is."""
    query = select(Calendar).where(Calendar.connection_id == row.id)
    ids = []
    for calendar in await session.scalars(query):
        calendar.read_at = calendar.cursor = None
        calendar.unconfirmed_empty = False
        ids.append(calendar.id)
    rooms = await rooms_of_calendars(session, ids)
    news_after_commit(session, *(room_topic(room.id) for room in rooms))


async def _view(admin: Admin, session: AsyncSession, row: CalendarConnection) -> ConnectionView:
    calendars = select(func.count()).where(Calendar.connection_id == row.id)
    rooms = select(func.count(Room.id)).join(Calendar).where(Calendar.connection_id == row.id)
    return ConnectionView(
        id=row.id,
        service=row.service,
        name=row.name,
        values=dict(row.values),
        secret_keys=frozenset(kept_secrets(admin, row)),
        kind=row.kind,
        created_at=row.created_at,
        reason=row.reason,
        detail=row.detail,
        reason_since=row.reason_since,
        calendars=await session.scalar(calendars) or 0,
        rooms=await session.scalar(rooms) or 0,
    )


async def _found(admin: Admin, connection_id: str) -> CalendarConnection:
    async with admin.store.reading() as session:
        return await _row(session, connection_id)


async def _row(session: AsyncSession, connection_id: str) -> CalendarConnection:
    row = await session.get(CalendarConnection, connection_id)
    if row is None:
        raise NotFoundError("connection_gone")
    return row
