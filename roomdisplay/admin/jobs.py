"""What happens by itself: calendars are read when they are due, and old rows go.

What is due stands in the store, so that a restart forgets nothing. There is one timer, set to the
earliest calendar; news of `DUE` and of `READ` set it anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from datetime import UTC, datetime, timedelta
from typing import Protocol

from apscheduler.schedulers.asyncio import (  # type: ignore[import-untyped]  # it has no types
    AsyncIOScheduler,
)
from sqlalchemy import delete, func, or_, select
from sqlalchemy.exc import SQLAlchemyError

from roomdisplay.admin.authorizations import Authorizations
from roomdisplay.admin.connections import Connections
from roomdisplay.admin.context import Admin
from roomdisplay.admin.listening import Listening
from roomdisplay.admin.news import DUE, READ
from roomdisplay.admin.reading import read_calendar
from roomdisplay.admin.reading_plan import CLOCK_MOVED
from roomdisplay.admin.rounds import Rounds
from roomdisplay.admin.security.throttle import forget_old
from roomdisplay.admin.store.tables import (
    AuditEntry,
    Calendar,
    CalendarConnection,
    Command,
    DeviceAuthorization,
    InstallerLink,
    Invitation,
    PendingConnection,
)
from roomdisplay.admin.use_cases.check_in import forget_old_keys
from roomdisplay.admin.use_cases.sessions import forget_ended_sessions
from roomdisplay.admin.watches import Watches

AUDIT_KEPT_FOR = timedelta(days=400)
LEFTOVERS_KEPT_FOR = timedelta(days=14)
HELD_FOR = timedelta(seconds=60)
"""How long a calendar waits whose reading could not be stored (a full disk)."""
BREATH = timedelta(milliseconds=300)
"""Between two looks that the timer asks for, so that many calendars share one."""
TIDY_EVERY = timedelta(hours=24)
_log = logging.getLogger(__name__)


class _Beside(Protocol):
    """Work that is not reading: what is due of it stands in the store, too."""

    async def start(self) -> None: ...
    async def look(self) -> datetime | None: ...
    async def settle(self) -> None: ...
    async def aclose(self) -> None: ...


class Jobs:
    """The Admin Center's own work; one of it runs in a process."""

    def __init__(self, admin: Admin, rng: random.Random | None = None) -> None:
        self._admin = admin
        self._rng = rng or random.SystemRandom()
        self._connections = Connections(admin)
        self._reading: dict[str, asyncio.Task[datetime | None]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at: datetime | None = None
        self._held: dict[str, datetime] = {}
        self._beside_at: datetime | None = None
        """When something beside the readings is due."""
        self._beside: list[_Beside] = [
            Watches(admin, self._connections, self._rng),
            Authorizations(admin, self._connections, self._rng),
            Listening(admin, self._connections, self._rng),
            Rounds(admin),
        ]
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    async def run(self) -> None:
        """Work until cancelled."""
        self._scheduler.add_job(
            self.tidy, "interval", seconds=TIDY_EVERY.total_seconds(), id="tidy"
        )
        self._scheduler.start()
        try:
            for work in self._beside:
                with contextlib.suppress(SQLAlchemyError):  # each look makes good for it
                    await work.start()
            async with self._admin.news.subscribe([DUE, READ]) as news:
                await self.look()
                while heard := await news.wait():
                    await self.look(beside=DUE in heard)
        finally:
            self._scheduler.shutdown(wait=False)
            self._stop_timer()
            for task in self._reading.values():
                task.cancel()
            await asyncio.gather(*self._reading.values(), return_exceptions=True)
            await self.aclose()

    async def look(self, *, beside: bool = True) -> None:
        """Begin what is due, and set the timer to what is due next.

        Args:
            beside: whether more than calendars may be due earlier than thought: services tell of
                changes many times a minute.
        """
        later = await self._look_at_calendars()
        if beside or self._beside_at is None or self._beside_at <= self._admin.clock():
            times = [await self._look_beside(work) for work in self._beside]
            self._beside_at = min((at for at in times if at is not None), default=None)
            async with self._admin.store.reading() as session:
                in_use = set(await session.scalars(select(CalendarConnection.id)))
            await self._connections.retain(in_use)
        later.append(self._beside_at)
        self._stop_timer()
        self._remind(min((at for at in later if at is not None), default=None))

    async def _look_beside(self, work: _Beside) -> datetime | None:
        try:
            return await work.look()
        except SQLAlchemyError as error:  # a full disk: calendars are read all the same
            _log.error("cannot look for what is due: %s", type(error).__qualname__)
            return self._admin.clock() + HELD_FOR

    async def _look_at_calendars(self) -> list[datetime | None]:
        """Begin to read what is due; what is due later."""
        now = self._admin.clock()
        # What was read in the future was read before the server's clock was set back.
        due = Calendar.next_due_at.is_not(None) & or_(
            Calendar.next_due_at <= now,
            Calendar.next_due_at > now + CLOCK_MOVED,
            Calendar.read_at.is_not(None) & (Calendar.read_at > now),
        )
        throttled = CalendarConnection.throttled_until
        async with self._admin.store.reading() as session:
            found = await session.execute(
                select(Calendar.id, throttled, Calendar.throttled_until)
                .join(CalendarConnection)
                .where(due)
            )
            later = list(await session.scalars(select(func.min(Calendar.next_due_at)).where(~due)))
        for calendar_id, *not_before in found:
            held = max(now, *(at for at in not_before if at), self._held.get(calendar_id, now))
            if calendar_id in self._reading:
                continue
            if now < held:
                later.append(held)
            else:
                self._begin(calendar_id)
        return later

    async def read_due(self) -> None:
        """Read all that is due now, and wait for it: for commands and tests without a timer."""
        await self._look_at_calendars()
        await asyncio.gather(*self._reading.values(), return_exceptions=True)

    async def work_due(self) -> None:
        """Do all that is due now, watches and authorisations too: for tests without a timer."""
        await self.look()
        await asyncio.gather(*self._reading.values(), return_exceptions=True)
        for work in self._beside:
            await work.settle()

    async def aclose(self) -> None:
        """Give up what is under way, and close all connections."""
        for work in self._beside:
            await work.aclose()
        await self._connections.aclose()

    async def tidy(self) -> None:
        """Remove rows that nobody asks for any more."""
        now = self._admin.clock()
        old = now - LEFTOVERS_KEPT_FOR
        async with self._admin.store.transaction() as session:
            self._admin.pace.retain(set(await session.scalars(select(Calendar.id))))
            await forget_old(session, now)
            await forget_ended_sessions(session, now)
            await forget_old_keys(session, now)
            for leftovers in (
                delete(AuditEntry).where(AuditEntry.at < now - AUDIT_KEPT_FOR),
                delete(Invitation).where(Invitation.expires_at < old),
                delete(InstallerLink).where(InstallerLink.expires_at < old),
                delete(DeviceAuthorization).where(DeviceAuthorization.expires_at < old),
                delete(Command).where(Command.created_at < old),
                delete(PendingConnection).where(PendingConnection.expires_at < now),
            ):
                await session.execute(leftovers)

    def _begin(self, calendar_id: str) -> None:
        task = asyncio.create_task(self._read(calendar_id), name=f"read {calendar_id}")
        self._reading[calendar_id] = task
        task.add_done_callback(lambda done: self._done(calendar_id, done))

    async def _read(self, calendar_id: str) -> datetime | None:
        return await read_calendar(self._admin, self._connections, calendar_id, self._rng)

    def _done(self, calendar_id: str, task: asyncio.Task[datetime | None]) -> None:
        self._reading.pop(calendar_id, None)
        if task.cancelled():
            return
        error = task.exception()
        self._held.pop(calendar_id, None)
        if error is not None:  # the store itself failed, so it does not say when to read next
            self._held[calendar_id] = self._admin.clock() + HELD_FOR
            _log.error("cannot store what was read: %s", type(error).__qualname__)
            self._remind(self._held[calendar_id])
        else:
            self._remind(task.result())

    def _remind(self, at: datetime | None) -> None:
        """Look again at `at` on the Admin Center's clock, or when the timer is set already."""
        if at is None or not self._scheduler.running:
            return
        if self._timer_at is not None and self._timer_at <= at:
            return
        self._stop_timer()
        self._timer_at = at
        # Not by the scheduler, which goes by the wall clock: one that is set back would hold
        # every reading up for as long as it went back.
        delay = max(at - self._admin.clock(), BREATH).total_seconds()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(delay, self._admin.news.publish, [READ])

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._timer_at = None
