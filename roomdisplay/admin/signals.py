"""What calendar services tell: answered at once, then turned into what is due. Nothing is believed.

A signal that is forged, doubled, late or out of order costs a reading at most, and a flood of them
costs no more readings than `pace` allows.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from roomdisplay.admin.context import Admin
from roomdisplay.admin.hooks import Purpose, State, find_hook, hook_of, seal_code
from roomdisplay.admin.live import settings_of
from roomdisplay.admin.news import DUE, PAGES, READ, room_topic
from roomdisplay.admin.store import news_after_commit
from roomdisplay.admin.store.tables import Calendar, CalendarConnection, CalendarHook
from roomdisplay.admin.use_cases.reach import rooms_of_calendars
from roomdisplay.connectors import registry
from roomdisplay.connectors.base import ConnectorError, Push
from roomdisplay.connectors.push import HookAnswer, HookRequest, Signal, SignalKind

ONCE_IN = timedelta(seconds=60)
"""How often a service can have a watch renewed or made anew by telling so."""
REFUSED_FOR = timedelta(hours=6)
"""A refused authorisation is asked for again this much later."""
_LOOKS_AT_ONCE = 4
_WELL = 300
"""A status from here on says that it was no request of the service's."""
_WORDS_LIMIT = 500
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Received:
    """What to answer to a request, and whose it was."""

    answer: HookAnswer
    hook_id: str | None = None
    """None: nobody's; there is nothing to do."""


class Signals:
    """Takes what services post, a few at a time, so that a flood leaves the store to others."""

    def __init__(self, admin: Admin) -> None:
        self._admin = admin
        self._turns = asyncio.Semaphore(_LOOKS_AT_ONCE)

    async def receive(self, path: str, request: HookRequest) -> Received:
        """What to answer; an unknown path is answered like a known one, so that nobody learns."""
        nothing = HookAnswer()
        async with self._turns, self._admin.store.reading() as session:
            row = await find_hook(session, path)
            calendar = await session.get(Calendar, row.calendar_id) if row else None
            if row is None or calendar is None:
                return Received(nothing)
            connection = await session.get_one(CalendarConnection, calendar.connection_id)
        hook = hook_of(self._admin, row)
        if hook is None:
            return Received(nothing)
        try:
            reader = registry.hook_reader(connection.service)
            answer = reader(request, hook, settings_of(self._admin, connection))
        except ConnectorError:
            return Received(nothing)
        except Exception as error:  # noqa: BLE001 - whatever was posted, it is no fault of ours
            # Neither message nor traceback: they could quote what was posted.
            _log.error("a hook could not be read: %s", type(error).__qualname__)
            return Received(nothing)
        return Received(answer, row.id if answer.status < _WELL else None)

    async def act(self, received: Received) -> None:
        """Do what a request asks for, after it was answered."""
        if received.hook_id is None:
            return
        try:
            async with self._turns:
                await _act(self._admin, received.hook_id, received.answer)
        except Exception as error:  # noqa: BLE001 - nobody waits for it; the calendar is read by time
            _log.error("a signal could not be noted: %s", type(error).__qualname__)


async def tell(admin: Admin, calendar_ids: Collection[str], told_by: Push | None) -> None:
    """A service told that calendars may have changed: they are read as soon as their pace allows.

    Where nothing is to be written, nothing is: a flood costs a look each.

    Args:
        admin: the Admin Center.
        calendar_ids: which.
        told_by: how it was told, and is from now on; None: it was only supposed.
    """
    async with admin.store.reading() as session:
        rows = [await session.get(Calendar, id_) for id_ in calendar_ids]
    changed = [
        row.id
        for row in rows
        if row is not None
        and row.next_due_at is not None
        and (_is_new(row, told_by) or _earlier(admin, row) is not None)
    ]
    for row in rows:
        if row is not None:
            admin.pace.tell(row.id)
    if not changed:
        return
    async with admin.store.transaction() as session:
        for id_ in changed:
            calendar = await session.get(Calendar, id_)
            if calendar is None or calendar.next_due_at is None:
                continue
            if told_by is not None and _is_new(calendar, told_by):
                calendar.told_by = told_by.value
                news_after_commit(session, PAGES)
            calendar.next_due_at = _earlier(admin, calendar) or calendar.next_due_at
        news_after_commit(session, READ)


def _is_new(calendar: Calendar, told_by: Push | None) -> bool:
    return told_by is not None and calendar.told_by != told_by


def _earlier(admin: Admin, calendar: Calendar) -> datetime | None:
    """When to read a calendar that was told of, if that is earlier than planned."""
    if calendar.next_due_at is None or calendar.reason is not None:
        return None  # where reading fails, its own back-off says when to try again
    return admin.pace.due_at(calendar.id, calendar.next_due_at, admin.clock())


async def _act(admin: Admin, hook_id: str, answer: HookAnswer) -> None:
    async with admin.store.reading() as session:
        row = await session.get(CalendarHook, hook_id)
    if row is None:
        return
    kinds = {signal.kind for signal in answer.signals}
    first = row.heard_at is None and row.purpose == Purpose.WATCH
    if first or kinds - {SignalKind.CHANGED}:
        async with admin.store.transaction() as session:
            again = await session.get(CalendarHook, hook_id)
            if again is not None:
                await _note(admin, session, again, answer.signals, first=first)
    if kinds & {SignalKind.CHANGED, SignalKind.LOST}:
        await tell(admin, [row.calendar_id], Push.HOOKS)


async def _note(
    admin: Admin,
    session: AsyncSession,
    row: CalendarHook,
    signals: Collection[Signal],
    *,
    first: bool,
) -> None:
    now = admin.clock()
    if first:
        row.heard_at = now
        if row.state == State.AGREED:
            await told_from_now_on(session, row)
    for signal in signals:
        if row.purpose == Purpose.AUTHORIZATION:
            await _note_authorization(admin, session, row, signal)
        elif row.state == State.AGREED and signal.kind in {SignalKind.RENEW, SignalKind.LOST}:
            if row.agreed_at is not None and row.agreed_at + ONCE_IN > now:
                continue  # of the watch before, or one of many
            row.due_at = now
            if signal.kind is SignalKind.LOST:
                row.state, row.watch_id, row.heard_at = State.WANTED.value, None, None
    news_after_commit(session, DUE)


async def told_from_now_on(session: AsyncSession, row: CalendarHook) -> None:
    """Note that a calendar's service reaches us: it is read by time less often."""
    calendar = await session.get_one(Calendar, row.calendar_id)
    if calendar.told_by != Push.HOOKS and calendar.next_due_at is not None:
        calendar.told_by = Push.HOOKS.value
        news_after_commit(session, PAGES)


async def _note_authorization(
    admin: Admin, session: AsyncSession, row: CalendarHook, signal: Signal
) -> None:
    """Take up the first answer to what was asked; later ones change nothing."""
    now, waiting = admin.clock(), row.state in {State.ASKED, State.WANTED, State.REFUSED}
    if signal.kind is SignalKind.AUTHORIZED and waiting:
        seal_code(admin, row, signal.code)
        row.state, row.due_at, row.reason, row.detail = State.GRANTED.value, now, None, None
    elif signal.kind is SignalKind.REFUSED and row.state == State.ASKED:
        row.state, row.due_at = State.REFUSED.value, now + REFUSED_FOR
        row.reason, row.detail = "authorization_refused", signal.words[:_WORDS_LIMIT]
        calendar = await session.get_one(Calendar, row.calendar_id)
        await say_why(session, calendar, "authorization_refused", row.detail)


async def say_why(
    session: AsyncSession, calendar: Calendar, reason: str, detail: str | None
) -> None:
    """Put another reason on a calendar that cannot be read."""
    if calendar.next_due_at is None or calendar.reason is None:
        return
    if calendar.reason != reason:
        rooms = await rooms_of_calendars(session, [calendar.id])
        news_after_commit(session, *(room_topic(room.id) for room in rooms))
    calendar.reason, calendar.detail = reason, detail
    news_after_commit(session, PAGES)


async def read_by_time(session: AsyncSession, calendar_id: str, now: datetime) -> None:
    """Read a calendar soon, and by time from now on: nobody tells of its changes any more."""
    calendar = await session.get_one(Calendar, calendar_id)
    if calendar.told_by is None:
        return
    calendar.told_by = None
    if calendar.next_due_at is not None and calendar.reason is None:
        calendar.next_due_at = min(calendar.next_due_at, now)
    news_after_commit(session, DUE, PAGES)
