"""Reading one calendar: from its service into the store, and news where a display sees it."""

from __future__ import annotations

import asyncio
import logging
import random
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from roomdisplay.admin.asking import Answer, Task, ask, begin, look_at
from roomdisplay.admin.authorizations import want_authorization
from roomdisplay.admin.connections import Connections
from roomdisplay.admin.context import Admin
from roomdisplay.admin.live import reason_of
from roomdisplay.admin.news import DUE, PAGES, room_topic
from roomdisplay.admin.next_reading import plan_next
from roomdisplay.admin.pictures import (
    KeptMeeting,
    seal_picture,
    unseal_picture,
)
from roomdisplay.admin.reading_plan import (
    CONFIRM_AFTER,
    REJECTED_AGAIN,
    REJECTED_FIRST,
    due_after_error,
    due_after_success,
    is_suspicious,
    next_full_read,
    throttled_until,
)
from roomdisplay.admin.store import news_after_commit
from roomdisplay.admin.store.tables import Calendar, CalendarConnection, CalendarPicture
from roomdisplay.admin.use_cases.reach import rooms_of_calendars
from roomdisplay.admin.use_cases.schedule import etags_of_rooms
from roomdisplay.admin.visible import KeptPicture
from roomdisplay.connectors.base import (
    AuthorizationNeededError,
    Connector,
    ConnectorError,
    CredentialsRejectedError,
    Picture,
    ThrottledError,
    Unchanged,
    Window,
)

READ_LIMIT = timedelta(seconds=120)
_DETAIL_LIMIT = 500
_WARNINGS_LIMIT = 20
_log = logging.getLogger(__name__)


async def read_calendar(
    admin: Admin, connections: Connections, calendar_id: str, rng: random.Random
) -> datetime | None:
    """Read a calendar once and store when to read it next; that is also the answer.

    Where the service fails, the last good picture stays as it is. None: no room shows it any more.

    Raises:
        SQLAlchemyError: the store itself failed, for instance on a full disk.
    """
    task = await begin(admin, calendar_id)
    if task is None:
        return None
    try:
        async with connections.use(task.connection) as connector:
            if (until := await _paused_until(admin, task)) is not None:
                return until  # others were told so while this one waited for its turn
            # A failure is stored before the turn goes to the next, who heeds it.
            return await _read(admin, connections, task, connector, rng)
    except ConnectorError as error:  # what was entered makes no sense
        return await _failed(admin, task, reason_of(error), error, rng)


async def _read(
    admin: Admin, connections: Connections, task: Task, connector: Connector, rng: random.Random
) -> datetime | None:
    """Ask, and store what is answered, or that there was no answer to be believed."""
    try:
        async with asyncio.timeout(READ_LIMIT.total_seconds()):
            told, full = await ask(connector, task)
        answer = await asyncio.to_thread(look_at, admin, task, told, full)
        return await _believe(admin, task, answer, full=full, connector=connector, rng=rng)
    except ConnectorError as error:
        if isinstance(error, CredentialsRejectedError):
            connections.note_rejected(connector)
        return await _failed(admin, task, reason_of(error), error, rng)
    except TimeoutError:
        return await _failed(admin, task, "unavailable", None, rng)
    except SQLAlchemyError:
        raise  # the store's fault, not the service's
    except Exception as error:  # noqa: BLE001 - one calendar's surprise must not reach the others
        # Neither message nor traceback: they could quote the service's answer.
        _log.error("reading a calendar failed unexpectedly: %s", type(error).__qualname__)
        return await _failed(admin, task, "unexpected", None, rng)


async def _paused_until(admin: Admin, task: Task) -> datetime | None:
    """Until when the whole service wants to be left alone; None: it does not."""
    of_connection = CalendarConnection.id == task.connection.id
    query = select(CalendarConnection.throttled_until).where(of_connection)
    async with admin.store.reading() as session:
        until = await session.scalar(query)
    return until if until is not None and until > admin.clock() else None


async def _believe(
    admin: Admin,
    task: Task,
    answer: Answer,
    *,
    full: bool,
    connector: Connector,
    rng: random.Random,
) -> datetime | None:
    """Store a good answer; tell the displays that see something else now."""
    now, told, kept = admin.clock(), answer.told, answer.meetings
    async with admin.store.transaction() as session:
        calendar = await session.get(Calendar, task.calendar.id)
        if calendar is None or calendar.next_due_at is None:
            return None  # taken from its last room meanwhile
        connection = await session.get_one(CalendarConnection, calendar.connection_id)
        if not _same_account(connection, task.connection):
            return calendar.next_due_at
        before = _picture(admin, task.kept) if kept is not None else None
        suspicious = kept is not None and is_suspicious(before, kept, now)
        if suspicious and not calendar.unconfirmed_empty:
            calendar.unconfirmed_empty = True
            _forget_impossible_age(calendar, now)
            return _due(task, calendar, now + CONFIRM_AFTER)
        calendar.unconfirmed_empty = False
        _mend(session, calendar, task)
        if connection.reason is not None:
            connection.reason = connection.detail = connection.reason_since = None
            connection.throttled_until = None
        if calendar.read_at is None:  # what is shown may stay, but it is known again
            news_after_commit(session, PAGES, *(room_topic(room.id) for room in task.rooms))
            news_after_commit(session, DUE)  # to be watched from now on
        calendar.read_at, calendar.failures = task.started, 0
        unchanged = isinstance(told, Unchanged)
        calendar.cursor = told.cursor or (calendar.cursor if unchanged else None)
        if full and calendar.full_due_at == task.calendar.full_due_at:
            calendar.full_due_at = next_full_read(calendar.id, now)
        if isinstance(told, Picture):
            hint = told.check_every
            calendar.check_every_s = max(1, round(hint.total_seconds())) if hint else None
            calendar.warnings = [text[:_DETAIL_LIMIT] for text in told.warnings[:_WARNINGS_LIMIT]]
            if calendar.unreadable != told.unreadable:
                calendar.unreadable = told.unreadable
                news_after_commit(session, PAGES)
        wait = await plan_next(admin, session, task, calendar, connector, answer)
        if kept is not None:
            await _replace_picture(admin, session, task, kept, answer.digest)
        due_at = _due(task, calendar, due_after_success(task.zones, now, wait, rng))
    admin.last_read.note(task.calendar.id, task.started, task.began)  # what is stored only
    return due_at


async def _replace_picture(
    admin: Admin,
    session: AsyncSession,
    task: Task,
    kept: tuple[KeptMeeting, ...],
    mark: str,
) -> None:
    """Store the new picture, with news to the rooms whose displays it changes."""
    id_, plan = task.calendar.id, task.plan
    row = await session.get(CalendarPicture, id_)
    room_ids = [room.id for room in await rooms_of_calendars(session, [id_])]
    shown = await etags_of_rooms(admin, session, room_ids)
    if row is None:
        row = CalendarPicture(calendar_id=id_)
        session.add(row)
    row.window_start, row.window_end = plan.window.start, plan.window.end
    row.timezone, row.digest = plan.zone, mark
    row.body = seal_picture(admin.sealer, id_, kept)
    await session.flush()
    for (room_id, device_id), etag in (await etags_of_rooms(admin, session, room_ids)).items():
        if shown.get((room_id, device_id)) != etag:
            news_after_commit(session, room_topic(room_id))
    news_after_commit(session, PAGES)


async def _failed(
    admin: Admin,
    task: Task,
    reason: str,
    error: ConnectorError | None,
    rng: random.Random,
) -> datetime | None:
    """Note the failure and when to try again; the picture stays."""
    now = admin.clock()
    detail = error.detail[:_DETAIL_LIMIT] if error else None
    async with admin.store.transaction() as session:
        calendar = await session.get(Calendar, task.calendar.id)
        if calendar is None or calendar.next_due_at is None:
            return None
        calendar.failures += 1
        _forget_impossible_age(calendar, now)
        due_at = _due(task, calendar, due_after_error(error, calendar.failures, now, rng))
        connection = await session.get(CalendarConnection, calendar.connection_id)
        if isinstance(error, ThrottledError):
            paused = connection if error.whole_service else calendar
            if paused is not None:
                paused.throttled_until = throttled_until(error, now)
            return due_at  # asked to wait: no failure to tell anybody of
        if connection is not None and isinstance(error, AuthorizationNeededError):
            reason, detail = await want_authorization(admin, session, calendar, connection)
        if connection is not None and isinstance(error, CredentialsRejectedError):
            # Many calendars with one wrong password would lock the account.
            hold = REJECTED_AGAIN if connection.reason else REJECTED_FIRST
            connection.throttled_until = now + hold
            connection.reason_since = connection.reason_since or now
            connection.reason, connection.detail = reason, detail
        if calendar.reason is None:
            calendar.reason_since = now
            _log.warning(
                "calendar %s (%s) cannot be read: %s",
                calendar.id,
                task.connection.service,
                reason,
            )
        if calendar.reason != reason:
            news_after_commit(session, PAGES, *(room_topic(room.id) for room in task.rooms))
        calendar.reason, calendar.detail = reason, detail
        return due_at


def _same_account(now: CalendarConnection, then: CalendarConnection) -> bool:
    """Whether nothing else was entered while it was being read; else it is another's answer."""
    return (now.values, now.sealed_secrets) == (then.values, then.sealed_secrets)


def _due(task: Task, calendar: Calendar, at: datetime) -> datetime | None:
    """Read next at `at`, unless somebody made the calendar due while it was being read."""
    if calendar.next_due_at == task.calendar.next_due_at:
        calendar.next_due_at = at
    return calendar.next_due_at


def _forget_impossible_age(calendar: Calendar, now: datetime) -> None:
    """Once the server's clock was set back, nobody can tell how old a picture is."""
    if calendar.read_at is not None and calendar.read_at > now:
        calendar.read_at = None


def _mend(session: AsyncSession, calendar: Calendar, task: Task) -> None:
    if calendar.reason is None:
        return
    _log.info("calendar %s (%s) can be read again", calendar.id, task.connection.service)
    calendar.reason = calendar.detail = calendar.reason_since = None
    news_after_commit(session, DUE, PAGES, *(room_topic(room.id) for room in task.rooms))


def _picture(admin: Admin, row: CalendarPicture | None) -> KeptPicture | None:
    if row is None:
        return None
    meetings = unseal_picture(admin.sealer, row.calendar_id, row.body)
    if meetings is None:
        return None
    return KeptPicture(window=Window(row.window_start, row.window_end), meetings=meetings)
