"""Calendars are read when they are due, and who shows them hears of it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from roomdisplay.admin.context import Admin
from roomdisplay.admin.jobs import Jobs
from roomdisplay.admin.news import DUE, PAGES
from roomdisplay.admin.security.roles import Actor
from roomdisplay.admin.store.tables import (
    Room,
)
from roomdisplay.admin.use_cases import devices, rooms, settings
from roomdisplay.admin.use_cases.overview import overview
from roomdisplay.admin.use_cases.schedule import (
    room_schedule,
)
from roomdisplay.model.room import Place


async def test_an_assigned_calendar_is_read_and_shown(building: Any) -> None:
    assert await building.titles() == ["Planning", "Review"]
    _, fresh, _ = await room_schedule(building.admin, building.devices["Atlas"])
    assert (fresh.source_state, fresh.source_age_s, fresh.reason) == ("ok", 0, None)
    assert [read[3] for read in building.service.reads] == ["Europe/Paris"] * 2
    calendar = await building.calendar()
    assert calendar.next_due_at is not None
    assert timedelta(seconds=54) <= calendar.next_due_at - building.clock() <= timedelta(seconds=60)


async def test_nothing_is_read_before_it_is_due(building: Any) -> None:
    reads = len(building.service.reads)
    await building.read_again(seconds=50)
    assert len(building.service.reads) == reads
    await building.read_again(seconds=11)
    assert len(building.service.reads) == reads + 2


async def test_a_few_calendars_are_read_often_where_asking_is_cheap(building: Any) -> None:
    building.service.cheap_check = True
    await building.read_again(seconds=61)
    reads = len(building.service.reads)
    await building.read_again(seconds=8)
    assert len(building.service.reads) == reads
    await building.read_again(seconds=3)
    assert len(building.service.reads) == reads + 2


async def test_a_change_is_news_only_for_the_rooms_that_show_it(
    building: Any, meeting: Any, heard_at_once: Any
) -> None:
    async with building.news("Atlas") as atlas, building.news("Zephyr") as zephyr:
        await building.read_again()
        assert not await heard_at_once(atlas)
        building.service.calendars["atlas"].append(meeting("Standup", at=5))
        await building.read_again()
        assert await heard_at_once(atlas)
        assert not await heard_at_once(zephyr)
    assert await building.titles() == ["Planning", "Review", "Standup"]


async def test_what_no_display_shows_is_no_news(
    building: Any, owner: Actor, meeting: Any, heard_at_once: Any
) -> None:
    door = building.devices["Atlas"]
    await devices.change_place(building.admin, owner, door, Place.DOOR)
    _, _, before = await room_schedule(building.admin, door)
    async with building.news() as news:
        building.service.calendars["atlas"][0] = meeting("Secret merger", at=1)
        building.service.calendars["atlas"][0] = meeting("Planning", at=1, body_text="New agenda")
        await building.read_again()
        assert not await heard_at_once(news)
    _, _, after = await room_schedule(building.admin, door)
    assert before == after


async def test_the_etag_is_one_displays_own_and_stable(building: Any, owner: Actor) -> None:
    atlas = building.devices["Atlas"]
    _, _, first = await room_schedule(building.admin, atlas)
    building.clock.pass_(hours=2)
    _, fresh, second = await room_schedule(building.admin, atlas)
    assert first == second  # time alone changes nothing
    assert fresh.source_state == "late"
    await settings.change_settings(building.admin, owner, f"device:{atlas}", {"language": "fr"})
    _, _, third = await room_schedule(building.admin, atlas)
    assert third != second


async def test_the_running_jobs_read_on_news_and_when_the_time_comes(
    building: Any, meeting: Any
) -> None:
    running = asyncio.create_task(building.jobs.run())
    try:
        async with asyncio.timeout(10), building.news() as news:
            building.service.calendars["atlas"].append(meeting("By news", at=5))
            building.clock.pass_(seconds=61)
            building.admin.news.publish([DUE])
            await news.wait()
            assert "By news" in await building.titles()

            building.service.calendars["atlas"].append(meeting("By timer", at=6))
            due = (await building.calendar()).next_due_at
            assert due is not None
            building.clock.run_from(due - timedelta(milliseconds=300))
            building.admin.news.publish([DUE])
            await news.wait()
            assert building.clock() >= due
            assert "By timer" in await building.titles()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert building.service.open == 0


async def test_rooms_keep_their_calendars_over_a_restart(
    building: Any, admin: Admin, house: Any
) -> None:
    restarted = Jobs(admin)
    await restarted.read_due()
    reads = len(house.reads)
    assert reads == 2  # nothing was due
    building.clock.pass_(minutes=5)
    await restarted.read_due()
    assert len(house.reads) == 4
    await restarted._connections.aclose()
    async with admin.store.reading() as session:
        assert all(room.calendar_id for room in await session.scalars(select(Room)))
    assert (await rooms.list_rooms(admin, building.owner))[0].calendar is not None


async def test_what_cannot_be_read_stands_on_the_overview_until_it_can(
    building: Any, owner: Any
) -> None:
    building.service.unreadable = 2
    async with building.admin.news.subscribe([PAGES]) as pages:
        await building.read_again()
        assert PAGES in await pages.wait()
    seen = (await overview(building.admin, owner)).attention
    told = {one.name: one for one in seen if one.key == "calendar_incomplete"}
    assert told.keys() == {"Atlas", "Zephyr"}
    assert (told["Atlas"].count, told["Atlas"].detail) == (2, "2 objects cannot be read.")
    assert await building.titles() == ["Planning", "Review"]  # what can be read is shown
    building.service.cursors = True
    await building.read_again()
    await building.read_again()  # unchanged, so it still holds
    keys = [one.key for one in (await overview(building.admin, owner)).attention]
    assert "calendar_incomplete" in keys
    building.service.unreadable, building.service.version = 0, 1
    await building.read_again()
    keys = [one.key for one in (await overview(building.admin, owner)).attention]
    assert "calendar_incomplete" not in keys
