"""Asking a calendar's service: what is known before, what it answers, and what of that is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from roomdisplay.admin.context import Admin
from roomdisplay.admin.pictures import (
    KeptMeeting,
    digest,
    digest_prefix,
    keep,
)
from roomdisplay.admin.reading_plan import (
    ReadPlan,
    plan_read,
)
from roomdisplay.admin.store.tables import Calendar, CalendarConnection, CalendarPicture, Room
from roomdisplay.admin.use_cases.reach import rooms_of_calendars
from roomdisplay.connectors.base import (
    Connector,
    CursorExpiredError,
    MalformedAnswerError,
    Picture,
    Unchanged,
    Window,
)


@dataclass(slots=True)
class Task:
    """What was known when the reading began."""

    calendar: Calendar
    connection: CalendarConnection
    rooms: list[Room]
    kept: CalendarPicture | None
    """The last good picture, unless it is of another key or an older version."""
    plan: ReadPlan
    started: datetime
    began: float
    """The same on the clock that nobody sets."""
    told: bool
    """Whether the service had told of a change."""

    @property
    def zones(self) -> list[str]:
        """The IANA zones of its rooms."""
        return [room.timezone for room in self.rooms]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service said, and what to keep of it; nothing new where `meetings` is None."""

    told: Picture | Unchanged
    digest: str = ""
    meetings: tuple[KeptMeeting, ...] | None = None


async def begin(admin: Admin, calendar_id: str) -> Task | None:
    """Gather what a reading needs; None: no room uses the calendar any more."""
    now, began = admin.clock(), admin.last_read.now()
    told = admin.pace.begin(calendar_id, now)
    async with admin.store.reading() as session:
        calendar = await session.get(Calendar, calendar_id)
        rooms = await rooms_of_calendars(session, [calendar_id])
        if calendar is None or not rooms:
            return None
        connection = await session.get(CalendarConnection, calendar.connection_id)
        row = await session.get(CalendarPicture, calendar_id)
    assert connection is not None  # kept by the foreign key
    kept = row if row and row.digest.startswith(digest_prefix(admin.sealer)) else None
    plan = plan_read(
        [room.timezone for room in rooms],
        now,
        cursor=calendar.cursor if not calendar.unconfirmed_empty else None,
        full_due_at=calendar.full_due_at,
        read_window=Window(kept.window_start, kept.window_end) if kept else None,
        read_zone=kept.timezone if kept else None,
    )
    return Task(calendar, connection, rooms, kept, plan, now, began, told)


def look_at(admin: Admin, task: Task, told: Picture | Unchanged, full: bool) -> Answer:  # noqa: FBT001 - called through a thread
    """Find what is to be kept; takes long for a long answer, so not on the loop."""
    if isinstance(told, Unchanged):
        return Answer(told)
    mark, kept, plan = digest(admin.sealer, told.occurrences), task.kept, task.plan
    window = Window(kept.window_start, kept.window_end) if kept else None
    same = kept is not None and mark == kept.digest and window == plan.window
    daily = full and (task.calendar.full_due_at or task.started) <= task.started
    if same and kept is not None and kept.timezone == plan.zone and not daily:
        return Answer(told, mark)
    return Answer(told, mark, keep(told.occurrences))


async def ask(connector: Connector, task: Task) -> tuple[Picture | Unchanged, bool]:
    """The service's answer, and whether it was asked without a cursor."""
    plan, address = task.plan, task.calendar.address
    try:
        answer = await connector.read(address, plan.window, plan.cursor, zone=plan.zone)
    except CursorExpiredError:
        return await connector.read(address, plan.window, None, zone=plan.zone), True
    if isinstance(answer, Unchanged) and plan.cursor is None:
        raise MalformedAnswerError("The service says nothing changed, but nothing was read yet.")
    return answer, plan.cursor is None
