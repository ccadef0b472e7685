"""The glass sleeps until something it shows could read differently, and no longer."""

from __future__ import annotations

from datetime import timedelta
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from roomdisplay.model.room import Place
from roomdisplay.sync.snapshot import Snapshot
from roomdisplay.ui.homefacts import current_state
from roomdisplay.ui.measure import diagonal, reading_distance, word_cap_px
from roomdisplay.ui.viewmodels.glass import GlassModel
from roomdisplay.ui.wake import next_look


def look_after(snapshot: Snapshot, boottime: float) -> float:
    return next_look(snapshot, current_state(snapshot, boottime), boottime) - boottime


def test_it_wakes_on_the_minute_of_the_shared_clock(samples: ModuleType) -> None:
    snapshot = samples.snapshot()
    assert look_after(snapshot, samples.BOOTTIME) == pytest.approx(60)
    assert look_after(snapshot, samples.BOOTTIME + 42.5) == pytest.approx(17.5)


def test_it_wakes_when_freshness_ends(samples: ModuleType) -> None:
    snapshot = samples.snapshot("13:05", age=170)
    assert look_after(snapshot, samples.BOOTTIME) == pytest.approx(10)
    assert current_state(snapshot, samples.BOOTTIME + 10).role.value == "neutral"


def test_only_an_open_undo_counts_seconds(samples: ModuleType) -> None:
    undo = samples.STATES[samples.StateKind.RELEASE_UNDO]()
    assert look_after(undo, samples.BOOTTIME + 0.25) == pytest.approx(0.75)


def test_an_untrusted_clock_is_not_watched(samples: ModuleType) -> None:
    assert look_after(samples.snapshot(trusted=False), samples.BOOTTIME) == pytest.approx(3600)


@given(st.floats(min_value=0, max_value=4000))
def test_nothing_shown_changes_before_the_next_look(elapsed: float) -> None:
    import sys  # noqa: PLC0415

    samples = sys.modules["roomdisplay_ui_samples"]
    instant = samples.BOOTTIME + elapsed
    times = [instant]
    glass = GlassModel(samples.snapshot("10:56"), clock=lambda: times[-1])
    before, sleeps = glass.home.facts, glass.next_look - instant
    times.append(instant + sleeps * 0.99)
    glass.look()
    assert glass.home.facts == before


@pytest.mark.parametrize(
    ("inches", "metres"), [(7.0, 4.0), (10.0, 6.0), (13.0, 8.0), (55.0, 8.0), (8.5, 5.0)]
)
def test_the_reading_distance_grows_with_the_panel(inches: float, metres: float) -> None:
    assert reading_distance((1280, 800), inches, Place.DOOR) == pytest.approx(metres)


def test_an_upright_panel_is_read_like_a_lying_one_of_its_width() -> None:
    upright = reading_distance((800, 1280), 10.1, Place.DOOR)
    assert upright < reading_distance((1280, 800), 10.1, Place.DOOR)
    assert word_cap_px((800, 1280), 10.1, Place.DOOR) > 80


@pytest.mark.parametrize(
    ("edid", "installed", "expected"),
    [
        ((217.0, 136.0), None, 10.08),
        ((0.0, 0.0), 7.0, 7.0),
        ((1600.0, 900.0), 10.1, 72.3),
        ((160.0, 90.0), 10.1, 7.2),
        ((16.0, 9.0), 10.1, 10.1),
        ((90.0, 160.0), 10.1, 10.1),
        (None, 500.0, 10.1),
        (None, None, 10.1),
    ],
)
def test_the_diagonal_is_what_can_be_believed(
    edid: tuple[float, float] | None, installed: float | None, expected: float
) -> None:
    inches = diagonal((1280, 800), place=Place.DOOR, touch=True, edid_mm=edid, installed=installed)
    assert inches == pytest.approx(expected, abs=0.05)


def test_a_clock_far_away_breaks_nothing(samples: ModuleType) -> None:
    snapshot = samples.snapshot()
    far = replace(
        snapshot, clock=replace(snapshot.clock, utc=samples.at("10:36") + timedelta(9000))
    )
    assert look_after(far, samples.BOOTTIME) > 0
