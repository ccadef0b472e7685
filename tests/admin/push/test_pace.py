"""However signals come, no calendar is read in a flood, and none of them is forgotten."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from roomdisplay.admin.pace import BURST, GAP, SPAN, Pace
from roomdisplay.admin.push_plan import LONGEST_BACK_OFF, again_at, renew_at
from roomdisplay.connectors.base import UnavailableError

START = datetime(2026, 11, 23, 9, tzinfo=UTC)
FAR = timedelta(minutes=5)
delays = st.lists(st.integers(min_value=0, max_value=4000), min_size=1, max_size=80)


@given(delays, st.integers(min_value=0, max_value=300))
def test_a_flood_is_read_at_a_pace_and_to_its_end(delays: list[int], takes_ms: int) -> None:
    """A calendar, signals after `delays` (ms), readings that take a while: as the jobs do it."""
    pace, now = Pace(), START
    planned, reading_until = START, None
    began: list[datetime] = []

    def run_until(end: datetime) -> None:
        nonlocal planned, reading_until
        while True:
            at = reading_until if reading_until is not None else planned
            if at > end:
                return
            if reading_until is not None:
                if planned <= began[-1]:  # nobody made it due meanwhile
                    planned = reading_until + FAR
                reading_until = None
            else:
                start = max(at, began[-1] if began else at)
                pace.begin("atlas", start)
                began.append(start)
                reading_until = start + timedelta(milliseconds=takes_ms)

    for delay in delays:
        now += timedelta(milliseconds=delay)
        run_until(now)
        due = pace.due_at("atlas", planned, now)
        if due is not None:
            assert now <= due <= now + SPAN
            planned = due
    last = now
    run_until(last + SPAN + timedelta(seconds=1))
    assert began[-1] >= last  # what the last signal told of was read after it
    for first, second in pairwise(began):
        assert second - first >= min(GAP, FAR)
    for first, later in zip(began, began[BURST:], strict=False):
        assert later - first >= SPAN


def test_a_first_signal_is_good_at_once_and_a_second_one_soon() -> None:
    pace = Pace()
    assert pace.due_at("atlas", START + FAR, START) == START
    pace.begin("atlas", START)
    soon = START + timedelta(milliseconds=100)
    assert pace.due_at("atlas", START, soon) == START + GAP


def test_a_clock_that_is_set_back_holds_nothing_up() -> None:
    pace = Pace()
    for second in range(5):
        pace.begin("atlas", START + timedelta(seconds=second))
    before = START - timedelta(days=1)
    due = pace.due_at("atlas", START, before)
    assert due is not None
    assert due <= before + SPAN


def test_signals_are_noted_until_a_reading_begins() -> None:
    pace = Pace()
    assert not pace.begin("atlas", START)
    pace.tell("atlas")
    assert pace.is_told("atlas")
    assert pace.begin("atlas", START)
    assert not pace.is_told("atlas")
    pace.tell("atlas")
    pace.retain(set())
    assert not pace.is_told("atlas")


@given(st.one_of(st.none(), st.timedeltas(timedelta(0), timedelta(days=30))), st.integers())
def test_watches_are_renewed_in_time_and_at_least_daily(life: timedelta | None, seed: int) -> None:
    expires_at = START + life if life is not None else None
    at = renew_at(expires_at, START, random.Random(seed))
    assert START < at <= START + timedelta(hours=24)
    if life is not None and life > timedelta(minutes=2):
        assert at <= START + life * 0.7


@given(st.integers(min_value=1, max_value=10_000), st.integers())
def test_tries_grow_apart_and_never_end(failures: int, seed: int) -> None:
    at = again_at(UnavailableError("down"), failures, START, random.Random(seed))
    assert timedelta(seconds=15) <= at - START <= LONGEST_BACK_OFF
