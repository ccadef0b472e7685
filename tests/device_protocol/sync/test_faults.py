from __future__ import annotations

import asyncio
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from roomdisplay.admin.security.roles import SYSTEM
from roomdisplay.admin.store.tables import CheckIn
from roomdisplay.admin.use_cases.devices import move_device, revoke_device
from roomdisplay.device.traces import forget_room
from roomdisplay.model.roomstate import ColourRole, Standing, StateKind, room_state
from roomdisplay.model.trouble import TroubleKind
from roomdisplay.sync.snapshot import CallPhase
from roomdisplay.sync.warm import in_memory

PORTAL = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 26\r\n"
    b"Connection: close\r\n\r\n<html>Please log in</html>"
)


def _state(display):
    snapshot, boottime = display.snapshot, display.clock.boottime()
    return room_state(
        snapshot.schedule,
        snapshot.now(boottime),
        snapshot.freshness(boottime),
        clock_trusted=snapshot.clock.trusted,
        standing=snapshot.standing,
    )


def _offline(center) -> None:
    center.wire.cut = True
    center.wire.drop()


def _is(kind: TroubleKind):
    return lambda s: s.trouble is not None and s.trouble.kind is kind


def _modes(folder: Path) -> set[int]:
    return {file.stat().st_mode & 0o777 for file in folder.iterdir()}


async def _check_ins(center) -> int:
    async with center.admin.store.reading() as session:
        return (await session.scalar(select(func.count()).select_from(CheckIn))) or 0


async def test_a_restart_without_network_shows_the_day_and_its_age(running, center, titles) -> None:
    _, display = await running()
    await display.stop()
    _offline(center)
    display.clock.elapsed += 2400
    display.start()
    snapshot = await display.until(lambda s: titles(s) and s.trouble)
    assert titles(snapshot) == ["Planning"]
    assert snapshot.trouble.kind is TroubleKind.SERVER_UNREACHABLE
    assert snapshot.freshness(display.clock.boottime()).age >= timedelta(minutes=40)
    assert _state(display).kind is StateKind.STALE_BUSY


async def test_a_restart_within_one_boot_shows_the_day_before_anything_is_loaded(
    running, center, titles, tmp_path
) -> None:
    memory = Path(f"/dev/shm/{tmp_path.name}-roomdisplay")
    if not in_memory(memory):
        pytest.skip("no tmpfs at hand")
    _, display = await running()
    display.runtime_dir = memory
    try:
        restarted_at = display.clock.boottime()
        await display.restart()
        await display.until(lambda s: s.account and s.account.heard_at > restarted_at)
        await display.stop()
        _offline(center)
        display.start()
        await display.until(lambda s: s.schedule is not None)
        first = display.snapshots[0]
        assert titles(first) == ["Planning"]
        assert first.standing is Standing.PAIRED
        assert first.freshness(display.clock.boottime()).fresh
        assert first.clock.trusted
        assert _modes(memory) == {0o600}
        await display.stop()
        forget_room(display.state_dir)  # as `roomdisplay unpair` does
        display.snapshots.clear()
        display.start()
        await display.until(lambda s: s.trouble)
        assert not any(titles(snapshot) for snapshot in display.snapshots)
        assert _modes(memory) == set()
    finally:
        await display.stop()
        shutil.rmtree(memory)


async def test_join_after_an_offline_restart_says_at_once_why_it_cannot(
    house, meeting, center, titles
) -> None:
    room_id = await house.room()
    await house.put_meetings(room_id, meeting(link="https://meet.goto.com/123456789"))
    display = await house.display(room_id)
    display.start()
    await display.until(lambda s: titles(s) == ["Planning"] and s.account)
    await display.stop()
    _offline(center)
    display.start()
    snapshot = await display.until(lambda s: titles(s) and s.trouble)
    display.engine.join(snapshot.schedule.meetings[0].id)
    async with asyncio.timeout(3):
        failed = await display.until(lambda s: s.call and s.call.phase is CallPhase.FAILED)
    assert failed.call.reason == "no_connection"


@pytest.mark.parametrize("trusted", [True, False])
async def test_after_a_reboot_an_age_is_never_too_small(running, center, titles, trusted) -> None:
    _, display = await running()
    await display.stop()
    _offline(center)
    display.clock.reboot(away=timedelta(hours=3))
    display.clock.wall_trusted = trusted
    display.start()
    snapshot = await display.until(lambda s: titles(s) and s.trouble)
    age = snapshot.freshness(display.clock.boottime()).age
    if trusted:
        assert timedelta(hours=3) <= age < timedelta(hours=3, minutes=1)
        assert _state(display).kind in {StateKind.STALE_FREE, StateKind.STALE_BUSY}
    else:
        assert age > timedelta(days=365)
        assert _state(display).kind is StateKind.CLOCK_UNTRUSTED
    assert _state(display).role is not ColourRole.POSITIVE


async def test_a_server_that_is_gone_for_a_week_leaves_no_false_green(
    running, center, house, meeting, titles
) -> None:
    room_id, display = await running()
    _offline(center)
    await display.until(_is(TroubleKind.SERVER_UNREACHABLE))
    roles = set()
    for _ in range(7 * 24):
        display.clock.elapsed += 3600
        roles.add(_state(display).role)
    assert roles == {ColourRole.NEUTRAL}
    assert titles(display.snapshot) == ["Planning"]
    center.clock.advance(timedelta(days=7))
    await house.put_meetings(room_id, meeting("After", starts_in=7 * 24 * 60 - 5))
    center.wire.cut = False
    display.engine.network_changed()
    await display.until(lambda s: titles(s) == ["After"] and s.trouble is None)
    assert _state(display).kind is StateKind.IN_USE


async def test_removed_while_offline_the_display_forgets_its_room(running, center, titles) -> None:
    _, display = await running()
    await display.stop()
    display.clock.speed = 200.0
    _offline(center)
    display.start()
    await display.until(lambda s: titles(s) == ["Planning"])
    await revoke_device(center.admin, SYSTEM, display.device_id)
    center.wire.cut = False
    snapshot = await display.until(lambda s: s.standing is Standing.REVOKED and s.pairing)
    assert snapshot.schedule is None
    assert snapshot.account is None
    assert not (display.state_dir / "cache.db").exists()
    assert not list(display.state_dir.glob("cache.db*"))


async def test_one_rejection_is_not_enough_to_lose_the_pairing(running, center, titles) -> None:
    _, display = await running()
    await revoke_device(center.admin, SYSTEM, display.device_id)
    display.engine.network_changed()
    asked = asyncio.Event()

    def note(request: bytes) -> None:
        if b"/device/v1/schedule" in request:
            asked.set()

    center.wire.on_request = note
    await center.restart()
    display.engine.network_changed()
    async with asyncio.timeout(15):
        await asked.wait()
    assert display.snapshot.standing is Standing.PAIRED
    assert titles(display.snapshot) == ["Planning"]


async def test_a_captive_portal_is_named_and_changes_nothing(running, center, titles) -> None:
    _, display = await running()
    center.wire.captive = PORTAL
    center.wire.drop()
    snapshot = await display.until(_is(TroubleKind.FOREIGN_ANSWER))
    assert snapshot.standing is Standing.PAIRED
    assert titles(snapshot) == ["Planning"]
    center.wire.captive = None
    display.engine.network_changed()
    await display.until(lambda s: s.trouble is None)


async def test_a_clock_wrong_by_years_is_put_right_by_the_server(house, meeting, titles) -> None:
    room_id = await house.room()
    await house.put_meetings(room_id, meeting())
    display = await house.display(room_id)
    display.clock.wall_offset = -timedelta(days=4000)
    display.start()
    snapshot = await display.until(lambda s: titles(s) and s.clock.trusted)
    assert abs(snapshot.now(display.clock.boottime()) - datetime.now(UTC)) < timedelta(seconds=2)
    assert _state(display).kind is StateKind.IN_USE


async def test_without_a_trusted_clock_no_state_is_claimed(house, meeting, titles) -> None:
    room_id = await house.room()
    await house.put_meetings(room_id, meeting())
    display = await house.display(room_id)
    display.server_is_trusted = None  # it is on loopback: the Admin Center's clock is our own
    display.start()
    await display.until(lambda s: titles(s) == ["Planning"])
    assert _state(display).kind is StateKind.CLOCK_UNTRUSTED
    display.clock.wall_trusted = True
    display.clock.elapsed += 60
    await house.put_meetings(room_id, meeting("Later"))
    display.engine.network_changed()
    center_wire = house.center.wire
    center_wire.drop()
    await display.until(lambda s: s.clock.trusted)
    assert _state(display).kind is StateKind.IN_USE


async def test_a_restarted_server_is_found_again(running, center, house, meeting, titles) -> None:
    room_id, display = await running()
    await center.restart()
    await house.put_meetings(room_id, meeting("After the restart"))
    await display.until(lambda s: titles(s) == ["After the restart"])


async def test_a_lost_answer_makes_exactly_one_check_in(running, center, house) -> None:
    room_id, display = await running()
    await house.ask_for_check_in(room_id)
    shown = await display.until(lambda s: s.schedule.meetings[0].check_in)
    lost = []

    def lose(request: bytes) -> bool:
        if b"/check-in" in request.partition(b"\r\n")[0] and len(lost) < 2:
            lost.append(request)
            return True
        return False

    await display.stop()
    display.clock.speed = 100.0
    display.start()
    await display.until(lambda s: s.schedule and s.trouble is None and s.account)
    center.wire.lose = lose
    display.engine.check_in(shown.schedule.meetings[0].id)
    await display.until(lambda s: s.pending)
    await display.until(lambda s: not s.pending and s.schedule.meetings[0].check_in.done_at)
    assert len(lost) == 2
    assert await _check_ins(center) == 1
    keys = {line for r in lost for line in r.split(b"\r\n") if b"idempotency-key" in line.lower()}
    assert len(keys) == 1


async def test_a_tap_made_offline_survives_a_restart_and_is_told_once(
    running, center, house
) -> None:
    room_id, display = await running()
    await house.ask_for_check_in(room_id)
    shown = await display.until(lambda s: s.schedule.meetings[0].check_in)
    meeting_id = shown.schedule.meetings[0].id
    _offline(center)
    display.engine.check_in(meeting_id)
    display.engine.check_in(meeting_id)
    await display.until(lambda s: meeting_id in s.pending)
    await display.restart()
    await display.until(lambda s: meeting_id in s.pending)
    center.wire.cut = False
    display.engine.network_changed()
    await display.until(lambda s: not s.pending and s.schedule.meetings[0].check_in.done_at)
    assert await _check_ins(center) == 1
    with closing(sqlite3.connect(display.state_dir / "outbox.db")) as outbox:
        assert outbox.execute("SELECT count(*) FROM entry").fetchone() == (0,)


async def test_a_tap_on_a_meeting_that_is_over_is_dropped(running, center, house, caplog) -> None:
    room_id, display = await running()
    await house.ask_for_check_in(room_id)
    shown = await display.until(lambda s: s.schedule.meetings[0].check_in)
    _offline(center)
    display.engine.check_in(shown.schedule.meetings[0].id)
    await display.until(lambda s: s.pending)
    await display.stop()
    display.snapshots.clear()
    display.clock.elapsed += 3 * 3600
    center.clock.advance(timedelta(hours=3))
    display.start()
    await display.until(lambda s: not s.pending and any(x.pending for x in display.snapshots))
    assert await _check_ins(center) == 0
    assert "over is dropped" in caplog.text


async def test_a_cache_that_cannot_be_written_is_told_and_the_display_goes_on(
    house, meeting, titles
) -> None:
    room_id = await house.room()
    await house.put_meetings(room_id, meeting())
    display = await house.display(room_id)
    (display.state_dir / "cache.db").mkdir()
    display.start()
    await display.until(lambda s: titles(s) == ["Planning"] and _is(TroubleKind.DISK)(s))
    assert _state(display).kind is StateKind.IN_USE


async def test_damaged_files_are_set_aside_and_the_lost_taps_are_named(
    running, center, titles
) -> None:
    _, display = await running()
    await display.stop()
    for name in ("cache.db", "outbox.db"):
        (display.state_dir / name).write_bytes(b"damaged" * 1000)
    _offline(center)
    display.start()
    snapshot = await display.until(
        lambda s: "outbox_set_aside" in s.notices and _is(TroubleKind.SERVER_UNREACHABLE)(s)
    )
    assert snapshot.schedule is None
    assert _state(display).kind is not StateKind.FREE
    center.wire.cut = False
    display.engine.network_changed()
    await display.until(lambda s: titles(s) == ["Planning"])
    assert len(list(display.state_dir.glob("*.bad-*"))) == 2


async def test_a_display_without_a_room_says_how_to_give_it_one(running, center, titles) -> None:
    room_id, display = await running()
    await move_device(center.admin, SYSTEM, display.device_id, None)
    await display.until(lambda s: s.schedule.source is None and not titles(s))
    assert _state(display).kind is StateKind.NO_CALENDAR
    await move_device(center.admin, SYSTEM, display.device_id, room_id)
    await display.until(lambda s: titles(s) == ["Planning"])
    assert _state(display).kind is StateKind.IN_USE


async def test_without_an_address_the_display_says_so(house) -> None:
    room_id = await house.room()
    display = await house.display(room_id)
    display.server = "https://user@nonsense/path"
    display.start()
    await display.until(_is(TroubleKind.NO_SERVER_ADDRESS))


async def test_without_a_place_to_write_the_display_says_so(house) -> None:
    room_id = await house.room()
    display = await house.display(room_id)
    (display.folder / "state").rename(display.folder / "elsewhere")
    (display.folder / "state").write_text("a file in the way")
    display.start()
    snapshot = await display.until(lambda s: s.trouble is not None and s.standing is not None)
    assert snapshot.trouble.kind in {TroubleKind.NO_KEYRING, TroubleKind.DISK}
    assert display.engine._thread.is_alive()


async def test_a_token_is_shown_to_no_other_server(house, center) -> None:
    room_id = await house.room()
    display = await house.display(room_id)
    requests: list[bytes] = []
    center.wire.on_request = requests.append
    display.server = center.origin.replace("127.0.0.1", "localhost")
    display.start()
    await display.until(lambda s: s.standing is Standing.UNPAIRED and (s.pairing or s.trouble))
    assert requests
    assert not any(b"authorization: dpop" in request.lower() for request in requests)
