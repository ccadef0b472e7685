"""Saving what was proved: a service that is connected for the first time, or anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import NotFoundError
from roomdisplay.admin.live import prove, seal_secrets, trying
from roomdisplay.admin.news import PAGES, room_topic
from roomdisplay.admin.security.roles import Actor
from roomdisplay.admin.store import news_after_commit
from roomdisplay.admin.store.tables import Calendar, CalendarConnection, Room
from roomdisplay.admin.token_store import replace_tokens
from roomdisplay.admin.use_cases.audit import record
from roomdisplay.admin.use_cases.calendars import make_due, save_calendars
from roomdisplay.admin.use_cases.consents import Consents, record_consents
from roomdisplay.admin.use_cases.doctor_rounds import look_again
from roomdisplay.admin.use_cases.reach import rooms_of_calendars
from roomdisplay.connectors.base import (
    CalendarInfo,
    ConnectionSettings,
    Connector,
    MemoryTokens,
    TokenStore,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """A connection that works, as of now."""

    settings: ConnectionSettings
    calendars: Sequence[CalendarInfo]
    kind: str
    check_every_s: int
    push: str
    tokens: Mapping[str, bytes] | None = field(default=None, repr=False)
    """What was issued while it was tried; None: it stands in the store already."""


async def try_live(
    admin: Admin, service: str, settings: ConnectionSettings, tokens: TokenStore | None = None
) -> Proved:
    """Try a service and list its calendars.

    Args:
        admin: for its clock.
        service: a key of the connector registry.
        settings: what was entered.
        tokens: those of the connection; None: there are none yet.

    Raises:
        ServiceError: the service refused or could not be reached.
    """
    tokens = MemoryTokens() if tokens is None else tokens
    async with trying(admin, service, settings, tokens) as connector:
        calendars = await prove(connector)
        return Proved(
            settings=settings,
            calendars=calendars,
            kind=connector.kind.value,
            check_every_s=check_every_s(connector),
            push=connector.capabilities.push.value,
            tokens=tokens.kept if isinstance(tokens, MemoryTokens) else None,
        )


def check_every_s(connector: Connector) -> int:
    """How often a connector wants its calendars to be read."""
    return max(1, round(connector.check_every.total_seconds()))


async def save_new(
    admin: Admin,
    session: AsyncSession,
    actor: Actor,
    row: CalendarConnection,
    proved: Proved,
    *,
    consents: Consents,
) -> None:
    """Save a connection that was proved; `row` has its id, its service and its name."""
    row.created_at = admin.clock()
    session.add(row)
    await _save(admin, session, row, proved)
    record_consents(admin, session, actor, row.id, consents)
    record(
        admin,
        session,
        actor,
        "service.connected",
        subject_id=row.id,
        name=row.name,
        service=row.service,
    )


async def save_changed(
    admin: Admin,
    session: AsyncSession,
    actor: Actor,
    connection_id: str,
    proved: Proved,
    *,
    other_account: bool,
) -> None:
    """Save what was entered anew; its calendars stay with their rooms.

    Raises:
        NotFoundError: the connection has gone meanwhile.
    """
    row = await found(session, connection_id)
    await _save(admin, session, row, proved)
    if other_account:
        await _distrust_pictures(session, row)
    record(admin, session, actor, "service.changed", subject_id=row.id, name=row.name)


async def save_checked(session: AsyncSession, row: CalendarConnection, proved: Proved) -> None:
    """Note that a connection answers well, and what it lists."""
    take_facts(row, proved)
    await save_calendars(session, row.id, proved.calendars)


async def found(session: AsyncSession, connection_id: str) -> CalendarConnection:
    """The connection.

    Raises:
        NotFoundError: there is none.
    """
    row = await session.get(CalendarConnection, connection_id)
    if row is None:
        raise NotFoundError("connection_gone")
    return row


def take_facts(row: CalendarConnection, proved: Proved) -> None:
    """Keep what a connector says of itself."""
    row.kind, row.check_every_s, row.push = proved.kind, proved.check_every_s, proved.push


async def proved_well(admin: Admin, session: AsyncSession, row: CalendarConnection) -> None:
    """Nothing is wrong with it any more: all that is used is read at once."""
    row.reason = row.detail = row.reason_since = row.throttled_until = None
    admin.proofs[row.id] += 1
    query = select(Calendar).where(Calendar.connection_id == row.id)
    shown = set(await session.scalars(select(Room.calendar_id)))
    for calendar in await session.scalars(query):
        # One that a room shows and that is not due was disconnected meanwhile.
        if calendar.next_due_at is not None or calendar.id in shown:
            calendar.throttled_until = None
            make_due(session, calendar, admin.clock())
    news_after_commit(session, PAGES)


async def _save(
    admin: Admin, session: AsyncSession, row: CalendarConnection, proved: Proved
) -> None:
    row.values = dict(proved.settings.values)
    row.sealed_secrets = seal_secrets(admin, row.id, dict(proved.settings.secrets))
    take_facts(row, proved)
    await session.flush()
    await save_calendars(session, row.id, proved.calendars)
    if proved.tokens is not None:
        await replace_tokens(admin, session, row.id, proved.tokens)
    await proved_well(admin, session, row)
    await look_again(admin, session, row.id)


async def _distrust_pictures(session: AsyncSession, row: CalendarConnection) -> None:
    """Until the new account answers, nobody can tell how old what the former one said is."""
    query = select(Calendar).where(Calendar.connection_id == row.id)
    ids = []
    for calendar in await session.scalars(query):
        calendar.read_at = calendar.cursor = calendar.told_by = None
        calendar.unconfirmed_empty = False
        ids.append(calendar.id)
    rooms = await rooms_of_calendars(session, ids)
    news_after_commit(session, *(room_topic(room.id) for room in rooms))
