"""Never more requests than Cronofy allows, and no queue without an end."""

from __future__ import annotations

from bisect import bisect_left
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomdisplay.connectors.base import ThrottledError
from roomdisplay.connectors.cronofy.pace import (
    A_MINUTE,
    A_SECOND,
    LONGEST_WAIT,
    ROUTINE,
    Pace,
    pace_of,
)


class Now:
    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


@given(
    st.lists(st.tuples(st.floats(0, 3), st.booleans()), min_size=1, max_size=60),
    st.integers(1, 40),
)
def test_no_second_and_no_minute_holds_too_many(gaps: list[tuple[float, bool]], burst: int) -> None:
    now, sent = Now(), []
    pace = Pace(now)
    for gap, urgent in gaps:
        now.at += gap
        for _ in range(burst):
            with suppress(ThrottledError):
                sent.append(now.at + pace.turn(urgent=urgent))
    sent.sort()
    for index, at in enumerate(sent):
        assert bisect_left(sent, at + 1.0 - 1e-6) - index <= A_SECOND
        assert bisect_left(sent, at + 60.0 - 1e-6) - index <= A_MINUTE


def test_waits_are_bounded_and_take_no_turn() -> None:
    now = Now()
    pace = Pace(now)
    full = int(A_SECOND * LONGEST_WAIT) + A_SECOND
    waits = [pace.turn(urgent=True) for _ in range(full)]
    assert max(waits) == pytest.approx(LONGEST_WAIT)
    for _ in range(3):
        with pytest.raises(ThrottledError) as caught:
            pace.turn(urgent=True)
    assert caught.value.retry_after > timedelta(seconds=LONGEST_WAIT)
    assert pace.in_the_last_minute() == full
    now.at += 60
    assert pace.turn() == pytest.approx(0, abs=LONGEST_WAIT)


def test_readings_leave_room_for_what_somebody_waits_for() -> None:
    now = Now()
    pace = Pace(now)
    for _ in range(ROUTINE):
        pace.turn()
        now.at += 0.03
    with pytest.raises(ThrottledError):
        pace.turn()
    waits = [pace.turn(urgent=True) for _ in range(A_MINUTE - ROUTINE)]
    assert max(waits) < LONGEST_WAIT
    with pytest.raises(ThrottledError):
        pace.turn(urgent=True)


def test_a_refusal_closes_for_all_as_long_as_it_asks() -> None:
    now = Now()
    pace = Pace(now)
    assert pace.refused(timedelta(seconds=42)) == timedelta(seconds=42)
    with pytest.raises(ThrottledError) as caught:
        pace.turn()
    assert caught.value.retry_after == timedelta(seconds=42)
    now.at += 42
    assert pace.turn() == 0


def test_refusals_without_a_pause_grow_until_one_is_served() -> None:
    pace = Pace(Now())
    pauses = [pace.refused(None) for _ in range(8)]
    assert pauses == sorted(pauses)
    assert pauses[0] == timedelta(seconds=15)
    assert pauses[-1] == timedelta(minutes=5)
    pace.served()
    assert pace.refused(None) == timedelta(seconds=15)


def test_one_application_has_one_pace() -> None:
    first = pace_of("https://api.cronofy.com/", "a")
    assert pace_of("https://api.cronofy.com/", "a") is first
    assert pace_of("https://api-de.cronofy.com/", "a") is not first
    assert pace_of("https://api.cronofy.com/", "b") is not first
