"""Cursors, windows, and what is kept of a calendar."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from roomdisplay.admin.errors import NotFoundError, RefusedError
from roomdisplay.admin.pictures import digest, seal_picture
from roomdisplay.admin.security.roles import Actor
from roomdisplay.admin.security.sealing import Sealer
from roomdisplay.admin.store.tables import (
    CalendarPicture,
)
from roomdisplay.admin.use_cases import assignment, devices, rooms
from roomdisplay.admin.use_cases.rooms import RoomInput
from roomdisplay.admin.use_cases.schedule import (
    join_tickets,
    room_preview,
    room_schedule,
)
from roomdisplay.connectors.base import (
    CursorExpiredError,
    UnavailableError,
)
from roomdisplay.model.room import Place


async def test_cursors_are_used_given_up_daily_and_when_they_expire(building: Any) -> None:
    service = building.service
    service.cursors = True
    await building.read_again()
    await building.read_again()
    assert [read[2] for read in service.reads[-2:]] == ["0", "0"]
    assert (await building.calendar()).read_at == building.clock()  # unchanged is fresh, too

    service.faults = [CursorExpiredError("410")]
    await building.read_again()
    assert sorted(str(read[2]) for read in service.reads[-3:]) == ["0", "0", "None"]
    assert (await building.calendar()).reason is None

    full = (await building.calendar()).full_due_at
    assert full is not None
    building.clock.now = full
    await building.jobs.read_due()
    atlas = [read for read in service.reads if read[0] == "atlas"]
    assert atlas[-1][2] is None


async def test_the_window_moves_on_at_midnight_of_the_room(
    building: Any, heard_at_once: Any
) -> None:
    building.clock.now = datetime.fromisoformat("2026-11-23T22:59:30+00:00")
    await building.jobs.read_due()
    calendar = await building.calendar()
    assert calendar.next_due_at is not None
    assert calendar.next_due_at.isoformat() == "2026-11-23T23:00:00+00:00"
    async with building.news() as news:
        await building.read_again(seconds=30)
        assert await heard_at_once(news)
    message, _, _ = await room_schedule(building.admin, building.devices["Atlas"])
    assert message.window_start.isoformat() == "2026-11-22T23:00:00+00:00"
    assert message.window_end.isoformat() == "2026-12-01T23:00:00+00:00"


async def test_a_calendar_that_no_room_shows_is_not_read(building: Any, owner: Actor) -> None:
    atlas, reads = building.rooms["Atlas"], len(building.service.reads)
    await assignment.remove_calendar(building.admin, owner, atlas, confirm=True)
    await assignment.undo_assignment(building.admin, owner, atlas)
    await building.jobs.read_due()
    assert [read[0] for read in building.service.reads[reads:]] == ["atlas"]
    await assignment.remove_calendar(building.admin, owner, atlas, confirm=True)
    await building.read_again()
    assert [read[0] for read in building.service.reads[reads:]] == ["atlas", "zephyr"]


async def test_a_calendar_made_due_while_it_is_read_is_read_once_more(
    building: Any, owner: Actor
) -> None:
    building.service.gate = asyncio.Event()
    building.clock.pass_(seconds=61)
    reading = asyncio.create_task(building.jobs.read_due())
    await building.service.at_gate.wait()
    moved = RoomInput(name="Atlas", timezone="Asia/Tokyo")
    await rooms.edit_room(building.admin, owner, building.rooms["Atlas"], moved)
    building.service.gate.set()
    await reading
    await building.jobs.read_due()
    assert building.service.reads[-1][0] == "atlas"
    assert building.service.reads[-1][3] == "Asia/Tokyo"


async def test_meetings_and_addresses_are_not_readable_in_the_file(
    building: Any, meeting: Any
) -> None:
    link = "https://zoom.us/j/98765432101?pwd=hush"
    building.service.calendars["atlas"].append(
        meeting("Acquisition", at=0.1, structured_links=(link,))
    )
    await building.read_again()
    assert "Acquisition" in await building.titles()
    (ticket,) = (await join_tickets(building.admin, building.devices["Atlas"])).tickets
    assert ticket.url == link
    for path in building.admin.settings.data_dir.glob("admin.db*"):
        content = path.read_bytes()
        assert b"Acquisition" not in content
        assert b"98765432101" not in content


async def test_a_picture_sealed_with_a_lost_key_is_read_anew(building: Any) -> None:
    lost = Sealer(bytes(32), "test")
    async with building.admin.store.transaction() as session:
        for row in await session.scalars(select(CalendarPicture)):
            row.body = seal_picture(lost, row.calendar_id, ())
            row.digest = digest(lost, ())
    building.service.cursors = True
    assert await building.titles() == []
    await building.read_again()
    assert await building.titles() == ["Planning", "Review"]


async def test_a_damaged_picture_is_mended_by_the_daily_full_reading(building: Any) -> None:
    async with building.admin.store.transaction() as session:
        for row in await session.scalars(select(CalendarPicture)):
            row.body = b"\x01" + bytes(60)
    assert await building.titles() == []
    await building.read_again(days=1)
    assert await building.titles() == ["Planning", "Review"]


async def test_a_clock_that_was_set_back_does_not_stop_reading(building: Any) -> None:
    reads = len(building.service.reads)
    await building.read_again(days=-40)
    assert len(building.service.reads) == reads + 2


async def test_after_a_small_step_back_all_is_read_at_once(building: Any) -> None:
    reads = len(building.service.reads)
    await building.read_again(minutes=-20)
    assert len(building.service.reads) == reads + 2
    _, fresh, _ = await room_schedule(building.admin, building.devices["Atlas"])
    assert (fresh.source_state, fresh.source_age_s) == ("ok", 0)


async def test_what_was_read_in_the_future_never_becomes_fresh_by_waiting(building: Any) -> None:
    building.service.faults += [UnavailableError("away")] * 40
    await building.read_again(minutes=-20)
    for _ in range(20):
        await building.read_again(seconds=61)
        _, fresh, _ = await room_schedule(building.admin, building.devices["Atlas"])
        assert fresh.source_age_s >= fresh.fresh_for_s
    assert await building.titles() == ["Planning", "Review"]


async def test_a_room_preview_is_for_those_who_may_see_meetings(
    building: Any, owner: Actor, viewer: Actor
) -> None:
    atlas = building.rooms["Atlas"]
    inside, _ = await room_preview(building.admin, owner, atlas, Place.INSIDE)
    door, _ = await room_preview(building.admin, owner, atlas, Place.DOOR)
    assert [m.title for m in inside.meetings] == ["Planning", "Review"]
    assert [m.title for m in door.meetings] == [None, None]
    with pytest.raises(Exception, match="forbidden"):
        await room_preview(building.admin, viewer, atlas, Place.INSIDE)


async def test_a_display_without_a_room_or_a_pairing_gets_no_schedule(
    building: Any, owner: Actor
) -> None:
    atlas = building.devices["Atlas"]
    await devices.move_device(building.admin, owner, atlas, None)
    with pytest.raises(RefusedError) as refused:
        await room_schedule(building.admin, atlas)
    assert refused.value.key == "no_room"
    await devices.revoke_device(building.admin, owner, atlas)
    with pytest.raises(NotFoundError):
        await room_schedule(building.admin, atlas)
