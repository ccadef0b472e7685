"""When a calendar that was just read is read next, if nobody tells of a change before."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from roomdisplay.admin.asking import Answer, Task
from roomdisplay.admin.context import Admin
from roomdisplay.admin.reading_plan import interval
from roomdisplay.admin.store.tables import Calendar
from roomdisplay.admin.watch_ends import doubt
from roomdisplay.connectors.base import Connector, Window


async def plan_next(  # noqa: PLR0917 - what was read, in the order it came to be known
    admin: Admin,
    session: AsyncSession,
    task: Task,
    calendar: Calendar,
    connector: Connector,
    answer: Answer,
) -> timedelta:
    """How long to wait for the next reading, if nobody tells of a change."""
    if _was_not_told(admin, task, answer):
        await doubt(admin, session, calendar)
    check_every = connector.check_every
    if calendar.check_every_s:
        check_every = timedelta(seconds=calendar.check_every_s)
    cheap = connector.capabilities.cheap_check
    in_use = await _in_use(session, calendar.connection_id) if cheap else 1
    told = calendar.told_by is not None
    wait = interval(check_every, cheap_check=cheap, in_use=in_use, told=told)
    calendar.read_every_s = round(wait.total_seconds())
    return wait


async def _in_use(session: AsyncSession, connection_id: str) -> int:
    """How many calendars of a connection are read."""
    shown = Calendar.next_due_at.is_not(None), Calendar.connection_id == connection_id
    return await session.scalar(select(func.count(Calendar.id)).where(*shown)) or 0


def _was_not_told(admin: Admin, task: Task, answer: Answer) -> bool:
    """Whether a calendar changed whose service should have told, and did not."""
    kept = task.kept
    if task.calendar.told_by is None or task.told or admin.pace.is_told(task.calendar.id):
        return False
    if kept is None or not answer.digest or task.plan.zone != kept.timezone:
        return False
    same_window = task.plan.window == Window(kept.window_start, kept.window_end)
    return same_window and answer.digest != kept.digest
