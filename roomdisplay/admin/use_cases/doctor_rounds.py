"""When the calendar doctor looks at a connection by itself. What it looks at: `doctor`."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from roomdisplay.admin.context import Admin
from roomdisplay.admin.news import DUE, PAGES
from roomdisplay.admin.store import news_after_commit
from roomdisplay.admin.store.tables import DoctorReport
from roomdisplay.connectors.diagnosis import Verdict

PAUSES = tuple(timedelta(minutes=m) for m in (1, 2, 5, 10, 15, 30, 30, 30, 60, 60, 120, 240, 480))
"""Between two looks at a connection that is not well yet: a permission that was given may take two
hours to be true. After the last the doctor waits to be asked."""


def next_look(verdict: Verdict, rounds: int, now: datetime) -> datetime | None:
    """When to look again by oneself; None: it is well, or nobody seems to repair it."""
    if verdict is not Verdict.BAD or rounds >= len(PAUSES):
        return None
    return now + PAUSES[rounds]


async def look_again(
    admin: Admin,
    session: AsyncSession,
    connection_id: str,
    *,
    room: str | None = None,
    invitation: bool = False,
) -> None:
    """Have the doctor look at a connection at once, in the background."""
    row = await session.get(DoctorReport, connection_id)
    if row is None:
        row = DoctorReport(connection_id=connection_id)
        session.add(row)
    row.room, row.invitation, row.rounds = room, invitation, 0
    row.due_at = admin.clock()
    news_after_commit(session, DUE, PAGES)
