"""Watches that are in doubt, and watches that end."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import ServiceError
from roomdisplay.admin.hooks import Purpose, State
from roomdisplay.admin.live import settings_of, trying
from roomdisplay.admin.news import DUE, PAGES
from roomdisplay.admin.store import news_after_commit
from roomdisplay.admin.store.tables import Calendar, CalendarConnection, CalendarHook
from roomdisplay.admin.token_store import StoredTokens
from roomdisplay.connectors.base import ConnectorError
from roomdisplay.connectors.push import HookedConnector, Watch

END_LIMIT = timedelta(seconds=20)
"""How long somebody waits who disconnects a service."""
DOUBTED_FOR = timedelta(seconds=60)
"""How long a watch that missed a change may be silent before it is renewed."""
_AT_ONCE = 4
_log = logging.getLogger(__name__)
_OF_WATCHES = CalendarHook.purpose == Purpose.WATCH.value


async def doubt(admin: Admin, session: AsyncSession, calendar: Calendar) -> None:
    """A calendar changed and nobody told: it is read by time until its service is heard again."""
    now = admin.clock()
    calendar.told_by = None
    row = await session.scalar(
        select(CalendarHook).where(_OF_WATCHES, CalendarHook.calendar_id == calendar.id)
    )
    if row is not None and row.state == State.AGREED:
        row.heard_at = None
        row.due_at = min(row.due_at or now, now + DOUBTED_FOR)
    news_after_commit(session, DUE, PAGES)


async def end_watches(admin: Admin, connection: CalendarConnection) -> None:
    """Tell a service that is being disconnected to post no more; what fails is left to lapse."""
    async with admin.store.reading() as session:
        found = await session.execute(
            select(CalendarHook, Calendar)
            .join(Calendar, CalendarHook.calendar_id == Calendar.id)
            .where(Calendar.connection_id == connection.id, CalendarHook.watch_id.is_not(None))
        )
        watched = [(calendar.address, watch) for row, calendar in found if (watch := watch_of(row))]
    if not watched:
        return
    try:
        tokens = StoredTokens(admin, connection.id)
        settings = settings_of(admin, connection)
        async with (
            asyncio.timeout(END_LIMIT.total_seconds()),
            trying(admin, connection.service, settings, tokens) as connector,
        ):
            if isinstance(connector, HookedConnector):
                turns = asyncio.Semaphore(_AT_ONCE)
                await asyncio.gather(
                    *(unwatch(connector, address, watch, turns) for address, watch in watched)
                )
    except (ConnectorError, ServiceError, TimeoutError):
        _log.info("not every watch could be ended; those left lapse by themselves")


def watch_of(row: CalendarHook) -> Watch | None:
    """What the service agreed to; None: nothing yet, or no more."""
    return Watch(id=row.watch_id, expires_at=row.expires_at) if row.watch_id else None


async def unwatch(
    connector: HookedConnector, address: str, watch: Watch, turns: asyncio.Semaphore | None = None
) -> None:
    """End a watch, if the service lets us; its hook is unknown afterwards in any case."""
    try:
        async with turns or asyncio.Semaphore():
            await connector.unwatch(address, watch)
    except ConnectorError:
        _log.info("a watch could not be ended; it lapses by itself")
