from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomdisplay.device.clock import (
    RELEASED,
    DeviceClock,
    better_anchor,
    boottime,
    heard,
    kept_by_battery,
    synchronised_by_ntp,
)

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


class Machine:
    """A machine's clocks, and who vouches for them."""

    def __init__(self, wall: datetime = NOW, *, vouched: bool = False) -> None:
        self.wall, self.vouched, self.boottime = wall, vouched, 1000.0

    def clock(self, floor: datetime = RELEASED) -> DeviceClock:
        return DeviceClock(
            floor=floor,
            boottime_clock=lambda: self.boottime,
            wall_clock=lambda: self.wall,
            wall_is_trusted=lambda: self.vouched,
        )


def test_boottime_moves_on() -> None:
    assert 0 < boottime() <= boottime()


def test_nobody_vouches() -> None:
    clock = Machine().clock()
    assert clock.look() is False
    assert clock.reading().utc == NOW
    assert not clock.reading().trusted


def test_somebody_vouches() -> None:
    clock = Machine(vouched=True).clock()
    assert not clock.reading().trusted  # until it was looked at
    assert clock.look() is True
    assert clock.reading().trusted


@pytest.mark.parametrize("floor", [RELEASED, NOW + timedelta(seconds=1)])
def test_a_wall_clock_before_the_floor_is_wrong_whoever_vouches(floor: datetime) -> None:
    machine = Machine(min(NOW, floor - timedelta(seconds=1)), vouched=True)
    assert machine.clock(floor).look() is False


def test_the_servers_time_makes_a_wrong_wall_clock_harmless() -> None:
    machine = Machine(datetime(1970, 1, 1, tzinfo=UTC))
    clock = machine.clock()
    clock.heard(NOW, sent=1000.0, received=1000.2)
    machine.boottime += 60.1
    machine.wall += timedelta(days=9000)  # the wall clock jumps as it likes
    reading = clock.reading()
    assert reading.trusted
    assert abs(reading.utc - (NOW + timedelta(seconds=60))) < timedelta(milliseconds=1)


def test_a_slow_answer_does_not_shake_an_exact_one() -> None:
    exact = heard(NOW, 1000.0, 1000.01)
    slow = heard(NOW + timedelta(seconds=3), 1001.0, 1007.0)
    assert better_anchor(exact, slow) == exact


def test_a_server_whose_clock_was_set_is_followed() -> None:
    exact = heard(NOW, 1000.0, 1000.01)
    jumped = heard(NOW + timedelta(hours=3), 1001.0, 1003.0)
    assert better_anchor(exact, jumped) == jumped
    back = heard(NOW - timedelta(days=1), 1010.0, 1010.5)
    assert better_anchor(jumped, back) == back


@given(
    st.lists(st.tuples(st.floats(0, 600), st.floats(0, 10), st.floats(0, 1)), min_size=1),
)
def test_whatever_the_network_does_the_error_stays_within_its_bound(
    answers: list[tuple[float, float, float]],
) -> None:
    anchor, at = None, 1000.0
    for pause, way, share in answers:
        at += pause
        truth = NOW + timedelta(seconds=at + way * share - 1000.0)
        anchor = better_anchor(anchor, heard(truth, at, at + way))
        at += way
        real = NOW + timedelta(seconds=at - 1000.0)
        assert abs((anchor.at(at) - real).total_seconds()) <= anchor.error_at(at) + 1e-5


def test_timesyncds_file_vouches(tmp_path: Path) -> None:
    stamp = tmp_path / "synchronized"
    stamp.touch()
    assert synchronised_by_ntp(stamp)


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        (str(int(NOW.timestamp())), True),
        (str(int(NOW.timestamp()) + 59), True),
        (str(int(NOW.timestamp()) + 3600), False),
        ("0", False),
        ("12", False),
        ("", False),
        ("never", False),
        ("9" * 30, False),
    ],
)
def test_a_battery_clock_must_be_plausible_and_agree(
    tmp_path: Path, content: str, *, kept: bool
) -> None:
    (tmp_path / "since_epoch").write_text(content)
    assert kept_by_battery(NOW, tmp_path) is kept


def test_a_board_without_a_battery_clock(tmp_path: Path) -> None:
    assert not kept_by_battery(NOW, tmp_path / "none")
