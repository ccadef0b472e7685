"""Reading one calendar: from its service into the store, and news where a display sees it."""

from __future__ import annotations

import asyncio
import logging
import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from roomdisplay.admin.connections import Connections
from roomdisplay.admin.context import Admin
from roomdisplay.admin.live import reason_of
from roomdisplay.admin.news import PAGES, room_topic
from roomdisplay.admin.pictures import KeptMeeting, keep, seal_picture, unseal_picture
from roomdisplay.admin.reading_plan import (
    CONFIRM_AFTER,
    ReadPlan,
    due_after_error,
    due_after_success,
    is_suspicious,
    next_full_read,
    plan_read,
    throttled_until,
)
from roomdisplay.admin.store import news_after_commit
from roomdisplay.admin.store.tables import Calendar, CalendarConnection, CalendarPicture, Room
from roomdisplay.admin.use_cases.reach import rooms_of_calendars
from roomdisplay.admin.use_cases.schedule import etags_of_rooms
from roomdisplay.admin.visible import KeptPicture
from roomdisplay.connectors.base import (
    Connector,
    ConnectorError,
    CredentialsRejectedError,
    CursorExpiredError,
    MalformedAnswerError,
    Picture,
    ThrottledError,
    Unchanged,
    Window,
)

READ_LIMIT = timedelta(seconds=120)
_DETAIL_LIMIT = 500
_WARNINGS_LIMIT = 20
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Task:
    """What was known when the reading began."""

    calendar: Calendar
    connection: CalendarConnection
    rooms: list[Room]
    before: KeptPicture | None
    plan: ReadPlan
    started: datetime

    @property
    def zones(self) -> list[str]:
        return [room.timezone for room in self.rooms]


async def read_calendar(
    admin: Admin, connections: Connections, calendar_id: str, rng: random.Random
) -> None:
    """Read a calendar once; whatever happens, the store says when to read it next.

    Where the service fails, the last good picture stays as it is.
    """
    task = await _begin(admin, calendar_id)
    if task is None:
        return
    try:
        async with connections.use(task.connection) as connector:
            async with asyncio.timeout(READ_LIMIT.total_seconds()):
                answer, full = await _ask(connector, task)
            kept = (
                await asyncio.to_thread(keep, answer.occurrences)
                if isinstance(answer, Picture)
                else None
            )
            await _believe(admin, task, answer, kept, full=full, connector=connector, rng=rng)
    except ConnectorError as error:
        await _failed(admin, task, reason_of(error), error, rng)
    except TimeoutError:
        await _failed(admin, task, "unavailable", None, rng)
    except Exception as error:  # noqa: BLE001 - one calendar's surprise must not reach the others
        # Neither message nor traceback: they could quote the service's answer.
        _log.error("reading a calendar failed unexpectedly: %s", type(error).__qualname__)
        await _failed(admin, task, "unexpected", None, rng)


async def _begin(admin: Admin, calendar_id: str) -> _Task | None:
    now = admin.clock()
    async with admin.store.reading() as session:
        calendar = await session.get(Calendar, calendar_id)
        rooms = await rooms_of_calendars(session, [calendar_id])
        if calendar is None or not rooms:
            return None
        connection = await session.get(CalendarConnection, calendar.connection_id)
        row = await session.get(CalendarPicture, calendar_id)
    assert connection is not None  # kept by the foreign key
    before, zone = _picture(admin, row), row.timezone if row else None
    plan = plan_read(
        [room.timezone for room in rooms],
        now,
        cursor=calendar.cursor if before and not calendar.unconfirmed_empty else None,
        full_due_at=calendar.full_due_at,
        read_window=before.window if before else None,
        read_zone=zone,
    )
    return _Task(calendar, connection, rooms, before, plan, now)


async def _ask(connector: Connector, task: _Task) -> tuple[Picture | Unchanged, bool]:
    """The service's answer, and whether it was asked without a cursor."""
    plan, address = task.plan, task.calendar.address
    try:
        answer = await connector.read(address, plan.window, plan.cursor, zone=plan.zone)
    except CursorExpiredError:
        return await connector.read(address, plan.window, None, zone=plan.zone), True
    if isinstance(answer, Unchanged) and plan.cursor is None:
        raise MalformedAnswerError("The service says nothing changed, but nothing was read yet.")
    return answer, plan.cursor is None


async def _believe(
    admin: Admin,
    task: _Task,
    answer: Picture | Unchanged,
    kept: tuple[KeptMeeting, ...] | None,
    *,
    full: bool,
    connector: Connector,
    rng: random.Random,
) -> None:
    """Store a good answer; tell the displays that see something else now."""
    now = admin.clock()
    async with admin.store.transaction() as session:
        calendar = await session.get(Calendar, task.calendar.id)
        if calendar is None or calendar.next_due_at is None:
            return  # taken from its last room meanwhile
        suspicious = kept is not None and is_suspicious(task.before, kept, now)
        if suspicious and not calendar.unconfirmed_empty:
            calendar.unconfirmed_empty = True
            calendar.next_due_at = now + CONFIRM_AFTER
            return
        calendar.unconfirmed_empty = False
        _mend(session, calendar, task)
        connection = await session.get(CalendarConnection, calendar.connection_id)
        if connection is not None:
            connection.reason = connection.detail = connection.reason_since = None
        calendar.read_at, calendar.failures = task.started, 0
        calendar.cursor = answer.cursor or (calendar.cursor if kept is None else None)
        if full or calendar.full_due_at is None:
            calendar.full_due_at = next_full_read(calendar.id, now)
        if isinstance(answer, Picture):
            hint = answer.check_every
            calendar.check_every_s = max(1, round(hint.total_seconds())) if hint else None
            calendar.warnings = [text[:_DETAIL_LIMIT] for text in answer.warnings[:_WARNINGS_LIMIT]]
        check_every = connector.check_every
        if calendar.check_every_s:
            check_every = timedelta(seconds=calendar.check_every_s)
        calendar.next_due_at = due_after_success(task.zones, now, check_every, rng)
        if kept is not None:
            await _replace_picture(admin, session, task, kept)


async def _replace_picture(
    admin: Admin, session: AsyncSession, task: _Task, kept: tuple[KeptMeeting, ...]
) -> None:
    """Store the new picture if it is another one, with news to the rooms that it changes."""
    id_, plan, before = task.calendar.id, task.plan, task.before
    row = await session.get(CalendarPicture, id_)
    same = before is not None and tuple(before.meetings) == kept and before.window == plan.window
    if same and row is not None and row.timezone == plan.zone:
        return
    room_ids = [room.id for room in await rooms_of_calendars(session, [id_])]
    shown = await etags_of_rooms(admin, session, room_ids)
    if row is None:
        row = CalendarPicture(calendar_id=id_)
        session.add(row)
    row.window_start, row.window_end = plan.window.start, plan.window.end
    row.timezone, row.body = plan.zone, seal_picture(admin.sealer, id_, kept)
    await session.flush()
    for (room_id, device_id), etag in (await etags_of_rooms(admin, session, room_ids)).items():
        if shown.get((room_id, device_id)) != etag:
            news_after_commit(session, room_topic(room_id))
    news_after_commit(session, PAGES)


async def _failed(
    admin: Admin,
    task: _Task,
    reason: str,
    error: ConnectorError | None,
    rng: random.Random,
) -> None:
    """Note the failure and when to try again; the picture stays."""
    now = admin.clock()
    detail = error.detail[:_DETAIL_LIMIT] if error else None
    async with admin.store.transaction() as session:
        calendar = await session.get(Calendar, task.calendar.id)
        if calendar is None or calendar.next_due_at is None:
            return
        calendar.failures += 1
        calendar.next_due_at = due_after_error(error, calendar.failures, now, rng)
        connection = await session.get(CalendarConnection, calendar.connection_id)
        if connection is not None and isinstance(error, ThrottledError):
            connection.throttled_until = throttled_until(error, now)
        if isinstance(error, ThrottledError):
            return  # asked to wait, which is no failure to tell anybody of
        if connection is not None and isinstance(error, CredentialsRejectedError):
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


def _mend(session: AsyncSession, calendar: Calendar, task: _Task) -> None:
    if calendar.reason is None:
        return
    _log.info("calendar %s (%s) can be read again", calendar.id, task.connection.service)
    calendar.reason = calendar.detail = calendar.reason_since = None
    news_after_commit(session, PAGES, *(room_topic(room.id) for room in task.rooms))


def _picture(admin: Admin, row: CalendarPicture | None) -> KeptPicture | None:
    if row is None:
        return None
    meetings = unseal_picture(admin.sealer, row.calendar_id, row.body)
    if meetings is None:
        return None
    return KeptPicture(window=Window(row.window_start, row.window_end), meetings=meetings)
