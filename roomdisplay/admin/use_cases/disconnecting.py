"""Disconnecting a calendar service for a while: its secrets go, the rooms keep their calendars."""

from __future__ import annotations

from sqlalchemy import delete, select

from roomdisplay.admin.context import Admin
from roomdisplay.admin.news import DUE, PAGES, room_topic
from roomdisplay.admin.security.roles import Actor, Permission, require
from roomdisplay.admin.store import news_after_commit
from roomdisplay.admin.store.tables import Calendar, CalendarHook, DoctorReport
from roomdisplay.admin.token_store import replace_tokens
from roomdisplay.admin.use_cases.audit import record
from roomdisplay.admin.use_cases.connecting import found
from roomdisplay.admin.use_cases.reach import rooms_of_calendars
from roomdisplay.admin.watch_ends import end_watches

DISCONNECTED = "disconnected"
"""The connection's reason; its calendars say that they are not let in."""


async def disconnect_for_now(admin: Admin, actor: Actor, connection_id: str) -> None:
    """Forget a service's secrets and tokens, and ask it nothing more; all else stays.

    Its rooms keep their calendars, and their displays say how old what they show is. Once it is
    connected again, by `change_connection` or `begin_authorization`, they are read at once.

    Raises:
        ForbiddenError: the role does not disconnect services.
        NotFoundError: there is no such connection.
    """
    require(actor, Permission.CONNECT)
    async with admin.store.reading() as session:
        row = await found(session, connection_id)
    await end_watches(admin, row)
    now = admin.clock()
    async with admin.store.transaction() as session:
        row = await found(session, connection_id)
        row.sealed_secrets = row.detail = row.throttled_until = None
        row.reason, row.reason_since = DISCONNECTED, now
        await replace_tokens(admin, session, row.id, {})
        calendars = list(
            await session.scalars(select(Calendar).where(Calendar.connection_id == row.id))
        )
        ids = [calendar.id for calendar in calendars]
        await session.execute(delete(CalendarHook).where(CalendarHook.calendar_id.in_(ids)))
        await session.execute(delete(DoctorReport).where(DoctorReport.connection_id == row.id))
        for calendar in calendars:
            if calendar.next_due_at is not None:
                calendar.next_due_at = calendar.full_due_at = None
                calendar.reason, calendar.reason_since = "credentials_rejected", now
            calendar.cursor = calendar.told_by = calendar.detail = None
        rooms = await rooms_of_calendars(session, ids)
        news_after_commit(session, PAGES, DUE, *(room_topic(room.id) for room in rooms))
        record(admin, session, actor, "service.paused", subject_id=row.id, name=row.name)
