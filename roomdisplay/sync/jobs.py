"""All that a display does at regular intervals, in one table. The only user of APScheduler here."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import (  # type: ignore[import-untyped]  # it has no types
    AsyncIOScheduler,
)
from apscheduler.triggers.interval import (  # type: ignore[import-untyped]  # it has no types
    IntervalTrigger,
)

Job = Callable[[], Awaitable[None]]

CLOCK_JUMP = 5.0
"""Seconds by which the wall clock has to leave the boot-time clock to count as set anew."""


@dataclass(frozen=True, slots=True)
class Interval:
    """How often, and by how much the start is spread so that a fleet does not march in step."""

    seconds: int
    jitter: int


INTERVALS: Mapping[str, Interval] = {
    "fetch": Interval(600, 60),
    "heartbeat": Interval(60, 5),
    "persist": Interval(900, 0),
}
"""`fetch`: a full conditional fetch, whatever the stream says. `heartbeat`: the health report.
`persist`: freshness to the disk, if it changed."""


class Jobs:
    """The table, running.

    APScheduler goes by the wall clock, which on a board without a battery jumps by years when the
    network first speaks; set back, it would leave every job years in the future. So whoever hears
    from the server also calls `wall_clock_may_have_jumped`, which starts the intervals afresh.
    """

    def __init__(
        self,
        work: Mapping[str, Job],
        *,
        boottime: Callable[[], float],
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`work` has the job of each name in `INTERVALS`."""
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._boottime = boottime
        self._wall = wall
        self._offset = self._measured_offset()
        for name, interval in INTERVALS.items():
            self._scheduler.add_job(
                work[name],
                IntervalTrigger(seconds=interval.seconds, jitter=interval.jitter or None),
                id=name,
                max_instances=1,
                coalesce=True,
                misfire_grace_time=None,
            )

    def start(self) -> None:
        """Begin; the first runs come one interval from now."""
        # One line per run, every minute for years, would be most of what the journal holds.
        logging.getLogger("apscheduler").setLevel(logging.WARNING)
        self._scheduler.start()

    def wall_clock_may_have_jumped(self) -> None:
        """Start all intervals afresh if the wall clock was set since the last look."""
        offset = self._measured_offset()
        if abs(offset - self._offset) < CLOCK_JUMP:
            return
        self._offset = offset
        now = datetime.now(UTC)
        for name, interval in INTERVALS.items():
            self._scheduler.modify_job(
                name, next_run_time=now + timedelta(seconds=interval.seconds)
            )

    def due_at(self, name: str) -> datetime:
        """When the job runs next, on the wall clock."""
        due: datetime = self._scheduler.get_job(name).next_run_time
        return due

    def stop(self) -> None:
        """End the table; a job that runs is left to its task."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def _measured_offset(self) -> float:
        return self._wall().timestamp() - self._boottime()
