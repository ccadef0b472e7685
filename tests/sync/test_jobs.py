from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from roomdisplay.sync.jobs import INTERVALS, Jobs


async def _nothing() -> None:
    return


class Wall:
    def __init__(self) -> None:
        self.offset = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.offset


@pytest.fixture
def wall() -> Wall:
    return Wall()


async def test_every_interval_runs_on_its_own_time(wall: Wall) -> None:
    jobs = Jobs(dict.fromkeys(INTERVALS, _nothing), boottime=lambda: 0.0, wall=wall)
    jobs.start()
    try:
        for name, interval in INTERVALS.items():
            wait = (jobs.due_at(name) - datetime.now(UTC)).total_seconds()
            assert abs(wait - interval.seconds) <= interval.jitter + 2
    finally:
        jobs.stop()


@pytest.mark.parametrize("years", [-4, 4])
async def test_a_clock_set_by_years_leaves_no_job_behind(wall: Wall, years: int) -> None:
    jobs = Jobs(dict.fromkeys(INTERVALS, _nothing), boottime=time.monotonic, wall=wall)
    jobs.start()
    try:
        stale = datetime.now(UTC) + timedelta(days=4 * 365)
        jobs._scheduler.modify_job("heartbeat", next_run_time=stale)
        jobs.wall_clock_may_have_jumped()
        assert jobs.due_at("heartbeat") == stale  # nothing jumped yet
        wall.offset = timedelta(days=365 * years)
        jobs.wall_clock_may_have_jumped()
        wait = (jobs.due_at("heartbeat") - datetime.now(UTC)).total_seconds()
        assert 0 < wait <= INTERVALS["heartbeat"].seconds
    finally:
        jobs.stop()
