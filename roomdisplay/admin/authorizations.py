"""Single calendars that their service authorises apart: asked for in bulk, answered at a hook.

A calendar that is not authorised yet says so, on pages and displays, until its first picture.
"""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from roomdisplay.admin.background import Tasks
from roomdisplay.admin.connections import Connections
from roomdisplay.admin.context import Admin
from roomdisplay.admin.hooks import Purpose, State, code_of, hook_of, make_hook, move_hook
from roomdisplay.admin.news import DUE, PAGES
from roomdisplay.admin.origins import hook_origin, service_on_loopback
from roomdisplay.admin.push_plan import ANSWERED_WITHIN, again_at
from roomdisplay.admin.signals import say_why
from roomdisplay.admin.store import news_after_commit
from roomdisplay.admin.store.tables import Calendar, CalendarConnection, CalendarHook
from roomdisplay.admin.use_cases.calendars import make_due
from roomdisplay.connectors.base import (
    AuthorizationNeededError,
    ConnectorError,
    ThrottledError,
    UnavailableError,
)
from roomdisplay.connectors.push import AuthorizingConnector, Hook

GATHERED_FOR = timedelta(seconds=1)
"""Calendars that are wanted within it are asked for together."""
MOST_TOGETHER = 50
ASK_LIMIT = timedelta(seconds=60)
_DETAIL_LIMIT = 500
_OF_THESE = CalendarHook.purpose == Purpose.AUTHORIZATION.value
_SILENT = "The service has not answered in time; it is asked again."
_NO_ADDRESS = "The service answers to an https address of the Admin Center that it can reach."


async def want_authorization(
    admin: Admin, session: AsyncSession, calendar: Calendar, connection: CalendarConnection
) -> tuple[str, str | None]:
    """Have a calendar authorised, unless that is under way; the reason to show, and its words."""
    now = admin.clock()
    row = await _hook_row(session, calendar.id)
    if row is not None and row.state != State.DONE:
        return row.reason or "authorizing", row.detail
    origin = hook_origin(admin.settings, on_loopback=service_on_loopback(connection.values))
    if origin is None:
        return "authorization_unreachable", _NO_ADDRESS
    news_after_commit(session, DUE)
    if row is None:
        row = make_hook(admin, session, calendar.id, Purpose.AUTHORIZATION, origin)
        if row is None:
            return "authorization_unreachable", _NO_ADDRESS
        row.due_at = now + GATHERED_FOR
        return "authorizing", None
    row.state = State.WANTED.value
    if row.agreed_at is not None and now - row.agreed_at > timedelta(hours=1):
        row.failures = 0
    row.failures += 1  # one that does not last is not asked for again and again
    row.due_at = again_at(None, row.failures, now, random.SystemRandom())
    return "authorizing", None


class Authorizations:
    """Asks for what is wanted, and redeems what was granted."""

    def __init__(self, admin: Admin, connections: Connections, rng: random.Random) -> None:
        self._admin = admin
        self._connections = connections
        self._rng = rng
        self._tasks = Tasks(at_once=4)

    async def start(self) -> None:
        """Nothing: all of it stands in the store."""

    async def look(self) -> datetime | None:
        """Begin what is due; when to look again."""
        now = self._admin.clock()
        asking: defaultdict[str, list[str]] = defaultdict(list)
        query = (
            select(CalendarHook, Calendar.connection_id)
            .join(Calendar, CalendarHook.calendar_id == Calendar.id)
            .join(CalendarConnection)
            .where(_OF_THESE, CalendarHook.due_at <= now, _answers(now))
        )
        async with self._admin.store.reading() as session:
            for row, connection_id in await session.execute(query):
                if row.state == State.GRANTED:
                    if row.id not in self._tasks:
                        self._tasks.begin(row.id, self._redeem(row.id))
                else:
                    asking[connection_id].append(row.id)
            later = await session.scalar(
                select(func.min(CalendarHook.due_at)).where(_OF_THESE, CalendarHook.due_at > now)
            )
        for connection_id, wanted in asking.items():
            if connection_id not in self._tasks:
                self._tasks.begin(connection_id, self._ask(connection_id, wanted))
        return later

    async def settle(self) -> None:
        """Wait for what was begun."""
        await self._tasks.settle()

    async def aclose(self) -> None:
        """Give up what is under way."""
        await self._tasks.aclose()

    async def _ask(self, connection_id: str, hook_ids: Sequence[str]) -> None:
        for first in range(0, len(hook_ids), MOST_TOGETHER):
            batch = hook_ids[first : first + MOST_TOGETHER]
            connection, requests = await self._prepare(connection_id, batch)
            if connection is None or not requests:
                continue
            try:
                async with (
                    self._connections.use(connection) as connector,
                    asyncio.timeout(ASK_LIMIT.total_seconds()),
                ):
                    if isinstance(connector, AuthorizingConnector):
                        await connector.authorize(requests)
            except ConnectorError as error:
                await self._failed(batch, error)
            except TimeoutError:
                await self._failed(batch, None)

    async def _prepare(
        self, connection_id: str, hook_ids: Sequence[str]
    ) -> tuple[CalendarConnection | None, list[tuple[str, Hook]]]:
        """Note, before it is done, that calendars are asked for; those that nobody shows go."""
        now = self._admin.clock()
        requests: list[tuple[str, Hook]] = []
        async with self._admin.store.transaction() as session:
            connection = await session.get(CalendarConnection, connection_id)
            if connection is None:
                return None, []
            origin = hook_origin(
                self._admin.settings, on_loopback=service_on_loopback(connection.values)
            )
            for hook_id in hook_ids:
                row = await session.get(CalendarHook, hook_id)
                calendar = await session.get_one(Calendar, row.calendar_id) if row else None
                if row is None or calendar is None or row.state in {State.GRANTED, State.DONE}:
                    continue
                if calendar.next_due_at is None or origin is None:
                    await session.delete(row)
                    continue
                if row.state == State.ASKED:  # there was no answer in time
                    row.failures += 1
                    row.state, row.detail = State.WANTED.value, _SILENT
                    row.due_at = again_at(None, row.failures, now, self._rng)
                    await say_why(session, calendar, "authorizing", _SILENT)
                    continue
                hook = hook_of(self._admin, row)
                if hook is None or not hook.url.startswith(f"{origin}/"):
                    hook = (
                        hook_of(self._admin, row) if move_hook(self._admin, row, origin) else None
                    )
                if hook is None:
                    await session.delete(row)
                    continue
                row.state, row.agreed_at, row.due_at = State.ASKED.value, now, now + ANSWERED_WITHIN
                row.reason = None
                await say_why(session, calendar, "authorizing", row.detail)
                requests.append((calendar.address, hook))
            news_after_commit(session, DUE)
        return connection, requests

    async def _redeem(self, hook_id: str) -> None:
        async with self._admin.store.reading() as session:
            row = await session.get(CalendarHook, hook_id)
            if row is None:
                return
            calendar = await session.get_one(Calendar, row.calendar_id)
            connection = await session.get_one(CalendarConnection, calendar.connection_id)
        hook, code = hook_of(self._admin, row), code_of(self._admin, row)
        if hook is None or code is None:
            await self._wanted_again(hook_id, None)
            return
        try:
            async with (
                self._connections.use(connection) as connector,
                asyncio.timeout(ASK_LIMIT.total_seconds()),
            ):
                if isinstance(connector, AuthorizingConnector):
                    await connector.redeem(calendar.address, code, hook)
        except (UnavailableError, ThrottledError) as error:
            await self._failed([hook_id], error)  # the code is good still, perhaps
            return
        except (AuthorizationNeededError, TimeoutError):
            await self._wanted_again(hook_id, None)  # soon: nothing but the code was refused
            return
        except ConnectorError as error:
            await self._wanted_again(hook_id, error)
            return
        await self._done(hook_id)

    async def _done(self, hook_id: str) -> None:
        async with self._admin.store.transaction() as session:
            row = await session.get(CalendarHook, hook_id)
            if row is None:
                return
            row.state, row.due_at, row.sealed_code = State.DONE.value, None, None
            row.reason = row.detail = None
            calendar = await session.get_one(Calendar, row.calendar_id)
            if calendar.next_due_at is not None:
                make_due(session, calendar, self._admin.clock())

    async def _wanted_again(self, hook_id: str, error: ConnectorError | None) -> None:
        """A code that is good no more: another one is asked for."""
        async with self._admin.store.transaction() as session:
            row = await session.get(CalendarHook, hook_id)
            if row is not None:
                row.state, row.sealed_code = State.WANTED.value, None
        await self._failed([hook_id], error)

    async def _failed(self, hook_ids: Sequence[str], error: ConnectorError | None) -> None:
        now = self._admin.clock()
        async with self._admin.store.transaction() as session:
            for hook_id in hook_ids:
                row = await session.get(CalendarHook, hook_id)
                if row is None:
                    continue
                row.failures += 1
                if row.state == State.ASKED:
                    row.state = State.WANTED.value
                row.due_at = again_at(error, row.failures, now, self._rng)
                row.detail = error.detail[:_DETAIL_LIMIT] if error else _SILENT
                calendar = await session.get_one(Calendar, row.calendar_id)
                await say_why(session, calendar, "authorizing", row.detail)
            news_after_commit(session, DUE, PAGES)


async def _hook_row(session: AsyncSession, calendar_id: str) -> CalendarHook | None:
    return await session.scalar(
        select(CalendarHook).where(_OF_THESE, CalendarHook.calendar_id == calendar_id)
    )


def _answers(now: datetime) -> ColumnElement[bool]:
    """Connections that are well and do not ask to wait."""
    free = CalendarConnection.throttled_until
    return CalendarConnection.reason.is_(None) & or_(free.is_(None), free <= now)
