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
)
from roomdisplay.admin.news import DUE, PAGES, room_topic
from roomdisplay.admin.security.roles import Actor, Permission, require
from roomdisplay.admin.store import new_id, news_after_commit
from roomdisplay.admin.store.tables import Calendar, CalendarConnection, Room
from roomdisplay.admin.token_store import StoredTokens
from roomdisplay.admin.use_cases.audit import record
from roomdisplay.admin.use_cases.calendars import (
    CalendarView,
    add_typed_calendar,
    list_calendars,
)
from roomdisplay.admin.use_cases.connecting import (
    found,
    proved_well,
    save_changed,
    save_checked,
    save_new,
    try_live,
)
from roomdisplay.admin.use_cases.consents import Consents
from roomdisplay.admin.use_cases.service_form import (
    account_of,
    changed_entry,
    checked_entry,
    entered,
    kept_secrets,
    require_name,
    service_fields,
    unsealed,
)
from roomdisplay.admin.watch_ends import end_watches
from roomdisplay.connectors import registry

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
    admin: Admin,
    actor: Actor,
    service: str,
    name: str,
    form: Mapping[str, str],
    *,
    consents: Consents | None = None,
) -> str:
    """Try a service live, then save it with its calendars; the id of the connection.

    The doctor looks at it at once, in the background.

    Args:
        admin: the Admin Center.
        actor: who connects it.
        service: a key of the connector registry.
        name: how the pages call it.
        form: what was entered, by the keys of the service's fields.
        consents: what was agreed to, see `consents`.

    Raises:
        ForbiddenError: the role does not connect services.
        InvalidInputError: naming the fields that are missing or too long, and missing consents.
        ServiceError: the service refused or could not be reached; nothing was saved.
    """
    require(actor, Permission.CONNECT)
    agreed = await checked_entry(admin, service, name, form, consents or {})
    proved = await try_live(admin, service, entered(service, form, {}))
    async with admin.store.transaction() as session:
        row = CalendarConnection(id=new_id(), service=service, name=name.strip())
        await save_new(admin, session, actor, row, proved, consents=agreed)
        return row.id


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
    row = await _found(admin, connection_id)
    settings, before = changed_entry(admin, actor, row, form)
    other = account_of(row.service, settings) != account_of(row.service, before)
    # What a service issues while the same account is tried counts, even if the try then fails.
    tokens = None if other else StoredTokens(admin, row.id)
    proved = await try_live(admin, row.service, settings, tokens)
    async with admin.store.transaction() as session:
        await save_changed(admin, session, actor, row.id, proved, other_account=other)


async def rename_connection(admin: Admin, actor: Actor, connection_id: str, name: str) -> None:
    """Call a connection something else."""
    require(actor, Permission.CONNECT)
    require_name(name)
    async with admin.store.transaction() as session:
        row = await found(session, connection_id)
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
    settings = unsealed(admin, connection)
    tokens = StoredTokens(admin, connection_id)
    proved = await try_live(admin, connection.service, settings, tokens)
    async with admin.store.transaction() as session:
        row = await found(session, connection_id)
        await save_checked(session, row, proved)
        await proved_well(admin, session, row)


async def disconnect_service(
    admin: Admin, actor: Actor, connection_id: str, *, confirm: bool = False
) -> None:
    """Forget a service, its secrets and its calendars.

    Raises:
        ConfirmationNeededError: rooms show its calendars; "rooms" says how many.
        NotFoundError: there is no such connection.
    """
    require(actor, Permission.CONNECT)
    if confirm:
        await end_watches(admin, await _found(admin, connection_id))
    async with admin.store.transaction() as session:
        row = await found(session, connection_id)
        query = select(Room).join(Calendar).where(Calendar.connection_id == connection_id)
        rooms = list(await session.scalars(query))
        if rooms and not confirm:
            raise ConfirmationNeededError("disconnect_in_use", rooms=len(rooms), name=row.name)
        for room in rooms:
            room.calendar_id = None
            room.previous_calendar_id = room.undo_until = None
        await session.flush()
        await session.delete(row)  # its tokens, hooks and reports go with it
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
        return await _view(admin, session, await found(session, connection_id))


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
        return await found(session, connection_id)
