from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from roomdisplay.model.clock import ClockReading
from roomdisplay.sync.outbox import MIGRATIONS, SINK_AFTER, ActionKind, Entry, Outbox, new_entry


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox.db"


@pytest.fixture
def outbox(path: Path) -> Iterator[Outbox]:
    with closing(Outbox(path)) as opened:
        yield opened


@pytest.fixture
def tap(noon: datetime) -> Callable[..., Entry]:
    def make(meeting_id: str = "m1", *, boot_id: str = "boot-1", trusted: bool = True) -> Entry:
        return new_entry(
            ActionKind.CHECK_IN,
            meeting_id,
            over_at=noon + timedelta(hours=1),
            boot_id=boot_id,
            boottime=500.0,
            clock=ClockReading(utc=noon, boottime=500.0, trusted=trusted),
        )

    return make


def _ids(outbox: Outbox) -> list[str]:
    return [entry.meeting_id for entry in outbox.entries()]


def test_a_tap_outlives_the_process_with_its_key(path: Path, tap: Callable[..., Entry]) -> None:
    entry = tap()
    with closing(Outbox(path)) as first:
        first.add(entry)
    with closing(Outbox(path)) as second:
        assert second.entries() == (entry,)


def test_entries_are_sent_in_the_order_of_taps(outbox: Outbox, tap: Callable[..., Entry]) -> None:
    for name in ("c", "a", "b"):
        outbox.add(tap(name))
    assert _ids(outbox) == ["c", "a", "b"]


def test_an_entry_that_only_fails_lets_the_others_go_first(
    outbox: Outbox, tap: Callable[..., Entry]
) -> None:
    poison, good = tap("poison"), tap("good")
    outbox.add(poison)
    outbox.add(good)
    for _ in range(SINK_AFTER - 1):
        outbox.failed(poison)
    assert _ids(outbox) == ["poison", "good"]
    outbox.failed(poison)
    assert _ids(outbox) == ["good", "poison"]


def test_an_answered_entry_is_gone_for_good(path: Path, tap: Callable[..., Entry]) -> None:
    entry = tap()
    with closing(Outbox(path)) as outbox:
        outbox.add(entry)
        outbox.remove(entry)
    with closing(Outbox(path)) as outbox:
        assert outbox.entries() == ()


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b"not a database" * 500),
        lambda path: path.write_bytes(path.read_bytes()[:1000]),
    ],
    ids=["foreign", "cut"],
)
def test_a_damaged_file_is_set_aside_never_deleted_and_said_so(
    path: Path, tap: Callable[..., Entry], damage: Callable[[Path], None]
) -> None:
    with closing(Outbox(path)) as outbox:
        outbox.add(tap("before"))
    damage(path)
    damaged = path.read_bytes()
    with closing(Outbox(path)) as outbox:
        outbox.open()
        assert outbox.disk_error is None
        (name,) = outbox.set_aside
        assert (path.parent / name).read_bytes() == damaged
        outbox.add(tap("after"))
        assert _ids(outbox) == ["after"]


def test_many_damaged_files_are_all_kept(path: Path) -> None:
    for _ in range(4):
        path.write_bytes(b"no database" * 500)
        with closing(Outbox(path)) as outbox:
            outbox.open()
    assert len(list(path.parent.glob("outbox.db.bad-*"))) == 4


def test_on_a_full_disk_a_tap_is_kept_in_memory_and_written_when_there_is_room(
    path: Path, outbox: Outbox, tap: Callable[..., Entry]
) -> None:
    outbox.add(tap("stored"))
    assert outbox._connection is not None
    (pages,) = outbox._connection.execute("PRAGMA page_count").fetchone()
    outbox._connection.execute(f"PRAGMA max_page_count = {pages}")
    crowd = [tap(f"m{n}") for n in range(200)]
    for entry in crowd:
        outbox.add(entry)
        if outbox.disk_error:
            break
    assert outbox.disk_error
    written = len(outbox.entries())  # a new connection has no page limit: all is written now
    assert outbox.disk_error is None
    with closing(Outbox(path)) as other:
        assert len(other.entries()) == written


def test_a_folder_that_is_gone_does_not_stop_a_tap(
    tmp_path: Path, tap: Callable[..., Entry]
) -> None:
    with closing(Outbox(tmp_path / "gone" / "outbox.db")) as outbox:
        outbox.add(tap("m1"))
        assert outbox.disk_error
        assert _ids(outbox) == ["m1"]
        (tmp_path / "gone").mkdir()
        assert _ids(outbox) == ["m1"]
        assert outbox.disk_error is None


def test_a_file_of_a_newer_display_is_used_and_its_unknown_actions_are_left_alone(
    path: Path, tap: Callable[..., Entry]
) -> None:
    with closing(Outbox(path)) as outbox:
        outbox.add(tap("mine"))
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("ALTER TABLE entry ADD COLUMN added_later TEXT")
        raw.execute("UPDATE entry SET kind = 'rearrange_chairs' WHERE meeting_id = 'mine'")
        raw.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    with closing(Outbox(path)) as outbox:
        outbox.add(tap("new"))
        assert _ids(outbox) == ["new"]
    with closing(sqlite3.connect(path)) as raw:
        assert raw.execute("SELECT count(*) FROM entry").fetchone() == (2,)


def test_every_write_is_synced(outbox: Outbox, tap: Callable[..., Entry]) -> None:
    outbox.add(tap())
    assert outbox._connection is not None
    assert outbox._connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL


def test_the_age_of_a_tap_is_counted_on_the_boot_time_clock(
    tap: Callable[..., Entry], noon: datetime
) -> None:
    wrong_by_years = ClockReading(utc=noon - timedelta(days=4000), boottime=500.0, trusted=True)
    assert tap().ago("boot-1", 530.0, wrong_by_years) == 30.0


def test_after_a_reboot_only_two_trusted_clocks_tell_the_age(
    tap: Callable[..., Entry], noon: datetime
) -> None:
    later = ClockReading(utc=noon + timedelta(minutes=10), boottime=20.0, trusted=True)
    unsure = ClockReading(utc=noon + timedelta(minutes=10), boottime=20.0, trusted=False)
    assert tap().ago("boot-2", 20.0, later) == 600.0
    assert tap().ago("boot-2", 20.0, unsure) == 20.0
    assert tap(trusted=False).ago("boot-2", 20.0, later) == 20.0


def test_an_action_is_over_with_its_meeting_if_the_clock_can_tell(
    tap: Callable[..., Entry], noon: datetime
) -> None:
    after = ClockReading(utc=noon + timedelta(hours=2), boottime=0.0, trusted=True)
    unsure = ClockReading(utc=noon + timedelta(hours=2), boottime=0.0, trusted=False)
    assert tap().is_over(0.0, after)
    assert not tap().is_over(0.0, unsure)


def test_each_tap_has_a_key_of_its_own(tap: Callable[..., Entry]) -> None:
    assert len({tap().key for _ in range(100)}) == 100
