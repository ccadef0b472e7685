"""Watches: calendar services agree to post what changes; renewed, made anew, and ended.

What is to be done stands in the store. While a watch does not work, its calendar is read by time.
"""

from __future__ import annotations

import asyncio
import logging
import random
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select

from roomdisplay.admin.background import Tasks
from roomdisplay.admin.connections import Connections
from roomdisplay.admin.context import Admin
from roomdisplay.admin.hooks import Purpose, State, hook_of, make_hook, move_hook
from roomdisplay.admin.live import reason_of
from roomdisplay.admin.news import DUE, PAGES
from roomdisplay.admin.origins import hook_origin, service_on_loopback
from roomdisplay.admin.push_plan import again_at, renew_at
from roomdisplay.admin.signals import read_by_time, tell, told_from_now_on
from roomdisplay.admin.store import news_after_commit
from roomdisplay.admin.store.tables import Calendar, CalendarConnection, CalendarHook
from roomdisplay.admin.watch_ends import unwatch, watch_of
from roomdisplay.connectors.base import CalendarGoneError, Connector, ConnectorError, Push
from roomdisplay.connectors.push import Hook, HookedConnector, Watch

AT_ONCE = 4
"""Services that are asked for watches at the same time; readings are not to wait for them."""
ASK_LIMIT = timedelta(seconds=60)
_ENDINGS = 5
"""Tries to end a watch; afterwards what it tells is nobody's."""
_DETAIL_LIMIT = 500
_log = logging.getLogger(__name__)
_OF_WATCHES = CalendarHook.purpose == Purpose.WATCH.value


class Watches:
    """Keeps a watch on each calendar that is shown and whose service posts."""

    def __init__(self, admin: Admin, connections: Connections, rng: random.Random) -> None:
        self._admin = admin
        self._connections = connections
        self._rng = rng
        self._tasks = Tasks(AT_ONCE)

    async def start(self) -> None:
        """Make those anew that lead to an address which is ours no more."""
        async with self._admin.store.transaction() as session:
            for row, connection in await session.execute(
                select(CalendarHook, CalendarConnection)
                .join(Calendar, CalendarHook.calendar_id == Calendar.id)
                .join(CalendarConnection)
                .where(_OF_WATCHES, CalendarHook.state != State.ENDING.value)
            ):
                hook = hook_of(self._admin, row)
                origin = self._origin(connection)
                if origin is None or hook is None or not hook.url.startswith(f"{origin}/"):
                    row.due_at = self._admin.clock()

    async def look(self) -> datetime | None:
        """Begin what is due; when to look again."""
        now = self._admin.clock()
        await self._settle_use(now)
        async with self._admin.store.reading() as session:
            due = list(
                await session.scalars(
                    select(CalendarHook.id)
                    .join(Calendar, CalendarHook.calendar_id == Calendar.id)
                    .join(CalendarConnection)
                    .where(_OF_WATCHES, CalendarHook.due_at <= now, _answers(now))
                )
            )
            later = await session.scalar(
                select(func.min(CalendarHook.due_at)).where(_OF_WATCHES, CalendarHook.due_at > now)
            )
        for hook_id in due:
            if hook_id not in self._tasks:
                self._tasks.begin(hook_id, self._attend(hook_id))
        return later

    async def settle(self) -> None:
        """Wait for what was begun."""
        await self._tasks.settle()

    async def aclose(self) -> None:
        """Give up what is under way."""
        await self._tasks.aclose()

    async def _settle_use(self, now: datetime) -> None:
        """A hook for each calendar that is shown; an end for those of others."""
        used = Calendar.next_due_at.is_not(None) & (CalendarConnection.push == Push.HOOKS.value)
        pairs = (
            select(Calendar, CalendarConnection, CalendarHook)
            .join(CalendarConnection)
            .outerjoin(CalendarHook, (CalendarHook.calendar_id == Calendar.id) & _OF_WATCHES)
        )
        # A calendar that cannot be read is not watched either: its own reason is told already.
        missing = pairs.where(used, CalendarHook.id.is_(None), Calendar.reason.is_(None))
        missing = missing.where(Calendar.read_at.is_not(None))
        over = pairs.where(~used, CalendarHook.id.is_not(None))
        over = over.where(CalendarHook.state != State.ENDING.value)
        async with self._admin.store.reading() as session:
            found = [
                calendar.id
                for calendar, connection, _ in await session.execute(missing)
                if self._origin(connection) is not None
            ]
            ending = [row.id for _, _, row in await session.execute(over)]
        if not found and not ending:
            return
        async with self._admin.store.transaction() as session:
            for calendar, connection, _ in await session.execute(
                missing.where(Calendar.id.in_(found))
            ):
                if (origin := self._origin(connection)) is not None:
                    make_hook(self._admin, session, calendar.id, Purpose.WATCH, origin)
            for calendar, _, row in await session.execute(over.where(CalendarHook.id.in_(ending))):
                row.state, row.due_at, row.failures = State.ENDING.value, now, 0
                calendar.told_by = None

    def _origin(self, connection: CalendarConnection) -> str | None:
        on_loopback = service_on_loopback(connection.values)
        return hook_origin(self._admin.settings, on_loopback=on_loopback)

    async def _attend(self, hook_id: str) -> None:
        """Do with one hook what its state asks for."""
        async with self._admin.store.reading() as session:
            row = await session.get(CalendarHook, hook_id)
            if row is None:
                return
            calendar = await session.get_one(Calendar, row.calendar_id)
            connection = await session.get_one(CalendarConnection, calendar.connection_id)
        try:
            async with (
                self._connections.use(connection) as connector,
                asyncio.timeout(ASK_LIMIT.total_seconds()),
            ):
                if row.state == State.ENDING:
                    await self._end(row, calendar, connector)
                elif isinstance(connector, HookedConnector):
                    await self._keep(row, calendar, connection, connector)
                else:
                    await self._drop(hook_id)
        except CalendarGoneError as error:
            await self._failed(hook_id, error, gone=row.state == State.AGREED)
        except ConnectorError as error:
            await self._failed(hook_id, error)
        except TimeoutError:
            await self._failed(hook_id, None)

    async def _keep(
        self,
        row: CalendarHook,
        calendar: Calendar,
        connection: CalendarConnection,
        connector: HookedConnector,
    ) -> None:
        origin, hook = self._origin(connection), hook_of(self._admin, row)
        if origin is None:
            await self._drop(row.id)
            return
        watch = watch_of(row)
        if hook is None or not hook.url.startswith(f"{origin}/"):
            if watch is not None:
                await unwatch(connector, calendar.address, watch)
            watch, hook = None, await self._moved(row.id, origin)
        elif row.state == State.WANTED:
            await self._not_heard(row.id)
        if hook is None:
            await self._drop(row.id)
        elif row.state == State.AGREED and watch is not None:
            await self._agreed(row.id, await connector.renew(calendar.address, watch, hook))
        else:
            await self._agreed(row.id, await connector.watch(calendar.address, hook))
            # What happened since the last reading is not told by anybody.
            await tell(self._admin, [calendar.id], None)

    async def _moved(self, hook_id: str, origin: str) -> Hook | None:
        """The hook under an address of ours; the service is asked anew."""
        async with self._admin.store.transaction() as session:
            row = await session.get(CalendarHook, hook_id)
            if row is None or not move_hook(self._admin, row, origin):
                return None
            row.state, row.watch_id, row.heard_at = State.WANTED.value, None, None
            return hook_of(self._admin, row)

    async def _not_heard(self, hook_id: str) -> None:
        """From before the service is asked on: what it then posts is news of the new watch."""
        async with self._admin.store.transaction() as session:
            row = await session.get(CalendarHook, hook_id)
            if row is not None:
                row.heard_at = None

    async def _agreed(self, hook_id: str, watch: Watch) -> None:
        now = self._admin.clock()
        async with self._admin.store.transaction() as session:
            row = await session.get(CalendarHook, hook_id)
            if row is None:
                return
            if row.state != State.ENDING:
                row.state = State.AGREED.value
                row.due_at = renew_at(watch.expires_at, now, self._rng)
            row.watch_id, row.expires_at, row.agreed_at = watch.id, watch.expires_at, now
            row.failures, row.reason, row.detail = 0, None, None
            if row.heard_at is not None and row.state == State.AGREED:
                await told_from_now_on(session, row)
            news_after_commit(session, DUE, PAGES)

    async def _failed(
        self, hook_id: str, error: ConnectorError | None, *, gone: bool = False
    ) -> None:
        """Note why, and when to try again; meanwhile the calendar is read by time."""
        now = self._admin.clock()
        async with self._admin.store.transaction() as session:
            row = await session.get(CalendarHook, hook_id)
            if row is None:
                return
            row.failures += 1
            if row.state == State.ENDING and row.failures >= _ENDINGS:
                await session.delete(row)
                return
            lapsed = row.expires_at is not None and row.expires_at <= now
            if gone or (row.state == State.AGREED and lapsed):
                row.state, row.watch_id, row.heard_at = State.WANTED.value, None, None
            row.due_at = now if gone else again_at(error, row.failures, now, self._rng)
            row.reason = reason_of(error) if error else "unavailable"
            row.detail = error.detail[:_DETAIL_LIMIT] if error else None
            if row.state != State.AGREED:
                await read_by_time(session, row.calendar_id, now)
            news_after_commit(session, DUE, PAGES)
            if row.failures == 1 and not gone:
                _log.info("a calendar is not watched: %s", row.reason)

    async def _end(self, row: CalendarHook, calendar: Calendar, connector: Connector) -> None:
        watch = watch_of(row)
        if watch is not None and isinstance(connector, HookedConnector):
            await connector.unwatch(calendar.address, watch)
        await self._drop(row.id)

    async def _drop(self, hook_id: str) -> None:
        async with self._admin.store.transaction() as session:
            row = await session.get(CalendarHook, hook_id)
            if row is not None:
                await read_by_time(session, row.calendar_id, self._admin.clock())
                await session.delete(row)


def _answers(now: datetime) -> ColumnElement[bool]:
    """Connections that are well and do not ask to wait."""
    free = CalendarConnection.throttled_until
    return CalendarConnection.reason.is_(None) & or_(free.is_(None), free <= now)
