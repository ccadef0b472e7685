"""The calendar doctor's rounds: what somebody asked for, and what is due by itself."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select

from roomdisplay.admin.background import Tasks
from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import AdminError
from roomdisplay.admin.security.roles import SYSTEM
from roomdisplay.admin.store.tables import DoctorReport
from roomdisplay.admin.use_cases.doctor import run_doctor

AT_ONCE = 2
ASKED_EVERY = timedelta(minutes=1)
"""How often to look for what another process asked for."""


class Rounds:
    """Looks at what is due."""

    def __init__(self, admin: Admin) -> None:
        self._admin = admin
        self._tasks = Tasks(AT_ONCE)

    async def start(self) -> None:
        """Nothing: all of it stands in the store."""

    async def look(self) -> datetime | None:
        """Begin what is due; when to look again."""
        now = self._admin.clock()
        query = select(DoctorReport).where(DoctorReport.due_at <= now)
        later = select(func.min(DoctorReport.due_at)).where(DoctorReport.due_at > now)
        async with self._admin.store.reading() as session:
            due = list(await session.scalars(query))
            at = await session.scalar(later)
        for row in due:
            if row.connection_id not in self._tasks:
                self._tasks.begin(row.connection_id, self._look_at(row))
        # A command beside the server may have asked, and cannot tell.
        return min(at, now + ASKED_EVERY) if at else now + ASKED_EVERY

    async def settle(self) -> None:
        """Wait for what was begun."""
        await self._tasks.settle()

    async def aclose(self) -> None:
        """Give up what is under way: it is due still."""
        await self._tasks.aclose()

    async def _look_at(self, row: DoctorReport) -> None:
        try:
            async for _ in run_doctor(
                self._admin, SYSTEM, row.connection_id, room=row.room, invitation=row.invitation
            ):
                pass
        except AdminError:
            return  # disconnected meanwhile
