"""Calendars are read when they are due, whatever a service does."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import NotFoundError, RefusedError
from roomdisplay.admin.jobs import Jobs
from roomdisplay.admin.news import DUE, room_topic
from roomdisplay.admin.pictures import digest, seal_picture
from roomdisplay.admin.security.roles import Actor
from roomdisplay.admin.security.sealing import Sealer
from roomdisplay.admin.store.tables import (
    Calendar,
    CalendarConnection,
    CalendarPicture,
    IdempotencyKey,
    Room,
)
from roomdisplay.admin.use_cases import assignment, devices, rooms, services, settings
from roomdisplay.admin.use_cases.check_in import check_in
from roomdisplay.admin.use_cases.rooms import RoomInput
from roomdisplay.admin.use_cases.schedule import (
    join_tickets,
    room_freshness,
    room_preview,
    room_schedule,
)
from roomdisplay.connectors.base import (
    CredentialsRejectedError,
    CursorExpiredError,
    MalformedAnswerError,
    ThrottledError,
    UnavailableError,
)
from roomdisplay.model.room import Place

FORM = {"url": "https://dav.example.com/", "password": "correct horse battery staple"}
MakeDevice = Callable[..., Awaitable[str]]


class House:
    """Two rooms with a display each, read once."""

    def __init__(self, admin: Admin, owner: Actor, house: Any, jobs: Jobs, clock: Any) -> None:
        self.admin, self.owner, self.service, self.jobs = admin, owner, house, jobs
        self.clock = clock
        self.rooms: dict[str, str] = {}
        self.devices: dict[str, str] = {}
        self.connection = ""

    async def furnish(self, make_device: MakeDevice) -> None:
        self.connection = await services.connect_service(
            self.admin, self.owner, "house", "Calendars", FORM
        )
        listed = await services.list_calendars(self.admin, self.owner)
        for calendar in listed:
            (room,) = await assignment.create_rooms_from_calendars(
                self.admin, self.owner, [calendar.id], timezone="Europe/Paris"
            )
            self.rooms[calendar.name] = room
            self.devices[calendar.name] = await make_device(room)

    async def titles(self, name: str = "Atlas") -> list[str | None]:
        message, _, _ = await room_schedule(self.admin, self.devices[name])
        return [meeting.title for meeting in message.meetings]

    async def calendar(self, name: str = "Atlas") -> Calendar:
        async with self.admin.store.reading() as session:
            query = select(Calendar).where(Calendar.name == name)
            return (await session.scalars(query)).one()

    async def read_again(self, **span: float) -> None:
        self.clock.pass_(**(span or {"seconds": 61}))
        await self.jobs.read_due()

    @asynccontextmanager
    async def news(self, name: str = "Atlas") -> AsyncIterator[Any]:
        async with self.admin.news.subscribe([room_topic(self.rooms[name])]) as news:
            yield news


@pytest.fixture
async def building(  # noqa: PLR0917 - fixtures are asked for by name
    admin: Admin,
    owner: Actor,
    house: Any,
    jobs: Jobs,
    clock: Any,
    make_device: MakeDevice,
    meeting: Any,
) -> House:
    house.add("atlas", "Atlas", meeting("Planning", at=1), meeting("Review", at=3))
    house.add("zephyr", "Zephyr", meeting("Retro", at=2))
    building = House(admin, owner, house, jobs, clock)
    await building.furnish(make_device)
    await jobs.read_due()
    return building


async def heard_at_once(news: Any) -> bool:
    try:
        async with asyncio.timeout(0):
            return bool(await news.wait())
    except TimeoutError:
        return False


async def test_an_assigned_calendar_is_read_and_shown(building: House) -> None:
    assert await building.titles() == ["Planning", "Review"]
    _, fresh, _ = await room_schedule(building.admin, building.devices["Atlas"])
    assert (fresh.source_state, fresh.source_age_s, fresh.reason) == ("ok", 0, None)
    assert [read[3] for read in building.service.reads] == ["Europe/Paris"] * 2
    calendar = await building.calendar()
    assert calendar.next_due_at is not None
    assert timedelta(seconds=54) <= calendar.next_due_at - building.clock() <= timedelta(seconds=60)


async def test_nothing_is_read_before_it_is_due(building: House) -> None:
    reads = len(building.service.reads)
    await building.read_again(seconds=50)
    assert len(building.service.reads) == reads
    await building.read_again(seconds=11)
    assert len(building.service.reads) == reads + 2


async def test_a_change_is_news_only_for_the_rooms_that_show_it(
    building: House, meeting: Any
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
    building: House, owner: Actor, meeting: Any
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


async def test_the_etag_is_one_displays_own_and_stable(building: House, owner: Actor) -> None:
    atlas = building.devices["Atlas"]
    _, _, first = await room_schedule(building.admin, atlas)
    building.clock.pass_(hours=2)
    _, fresh, second = await room_schedule(building.admin, atlas)
    assert first == second  # time alone changes nothing
    assert fresh.source_state == "late"
    await settings.change_settings(building.admin, owner, f"device:{atlas}", {"language": "fr"})
    _, _, third = await room_schedule(building.admin, atlas)
    assert third != second


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (UnavailableError("down"), "unavailable"),
        (MalformedAnswerError("HTML"), "malformed_answer"),
        (ValueError("Planning with Ada"), "unexpected"),
        (TimeoutError(), "unavailable"),
    ],
)
async def test_the_last_picture_stays_when_a_service_fails(
    building: House, fault: Exception, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "roomdisplay")
    building.service.faults = [fault, fault, fault, fault]
    await building.read_again()
    assert await building.titles() == ["Planning", "Review"]
    fresh = await room_freshness(building.admin, building.devices["Atlas"])
    assert (fresh.source_state, fresh.reason) == ("failing", reason)
    assert fresh.source_age_s == 61
    await building.read_again(minutes=20)  # fails again: no second line
    await building.read_again(minutes=20)
    fresh = await room_freshness(building.admin, building.devices["Atlas"])
    assert (fresh.source_state, fresh.reason) == ("ok", None)
    edges = [r.getMessage() for r in caplog.records if "be read" in r.getMessage()]
    assert sum("cannot" in line for line in edges) == 2  # one for each calendar
    assert sum("again" in line for line in edges) == 2
    assert "Ada" not in caplog.text
    assert "Planning" not in caplog.text


async def test_one_calendars_failure_does_not_reach_the_others(
    building: House, meeting: Any
) -> None:
    del building.service.calendars["atlas"]
    building.service.calendars["zephyr"].append(meeting("Demo", at=4))
    await building.read_again()
    assert (await building.calendar("Atlas")).reason == "calendar_gone"
    assert await building.titles("Atlas") == ["Planning", "Review"]
    assert await building.titles("Zephyr") == ["Retro", "Demo"]


async def test_throttling_leaves_the_whole_connection_alone(building: House) -> None:
    building.service.faults = [ThrottledError("slow down", timedelta(minutes=10))] * 2
    await building.read_again()
    reads = len(building.service.reads)
    await building.read_again(minutes=9)
    assert len(building.service.reads) == reads
    assert (await building.calendar()).reason is None  # being asked to wait is no failure
    await building.read_again(minutes=2)
    assert len(building.service.reads) == reads + 2


async def test_a_rejected_password_is_told_of_the_connection_until_it_works(
    building: House, owner: Actor
) -> None:
    building.service.faults = [CredentialsRejectedError("Password expired.")] * 2
    await building.read_again()
    view = await services.get_connection(building.admin, owner, building.connection)
    assert (view.reason, view.detail) == ("credentials_rejected", "Password expired.")
    reads = len(building.service.reads)
    await building.read_again(minutes=30)
    assert len(building.service.reads) == reads
    await services.change_connection(building.admin, owner, building.connection, FORM)
    await building.jobs.read_due()  # at once, with the new secret
    assert len(building.service.reads) == reads + 2
    view = await services.get_connection(building.admin, owner, building.connection)
    assert view.reason is None


async def test_a_sudden_empty_answer_is_asked_for_again_before_it_is_believed(
    building: House,
) -> None:
    kept = building.service.calendars["atlas"]
    building.service.calendars["atlas"] = []
    await building.read_again()
    assert await building.titles() == ["Planning", "Review"]
    fresh = await room_freshness(building.admin, building.devices["Atlas"])
    assert fresh.reason == "unconfirmed"

    building.service.calendars["atlas"] = kept  # it was a blip
    await building.read_again(seconds=5)
    assert await building.titles() == ["Planning", "Review"]
    assert not (await building.calendar()).unconfirmed_empty

    building.service.calendars["atlas"] = []  # it is true
    await building.read_again()
    async with building.news() as news:
        await building.read_again(seconds=5)
        assert await heard_at_once(news)
    assert await building.titles() == []


async def test_cursors_are_used_given_up_daily_and_when_they_expire(building: House) -> None:
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


async def test_the_window_moves_on_at_midnight_of_the_room(building: House) -> None:
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


async def test_a_calendar_that_no_room_shows_is_not_read(building: House, owner: Actor) -> None:
    atlas, reads = building.rooms["Atlas"], len(building.service.reads)
    await assignment.remove_calendar(building.admin, owner, atlas, confirm=True)
    await assignment.undo_assignment(building.admin, owner, atlas)
    await building.jobs.read_due()
    assert [read[0] for read in building.service.reads[reads:]] == ["atlas"]
    await assignment.remove_calendar(building.admin, owner, atlas, confirm=True)
    await building.read_again()
    assert [read[0] for read in building.service.reads[reads:]] == ["atlas", "zephyr"]


async def test_a_calendar_taken_away_while_it_is_read_leaves_no_trace(
    building: House, owner: Actor
) -> None:
    building.service.gate = asyncio.Event()
    building.clock.pass_(seconds=61)
    reading = asyncio.create_task(building.jobs.read_due())
    await building.service.at_gate.wait()
    await services.disconnect_service(building.admin, owner, building.connection, confirm=True)
    building.service.gate.set()
    await reading
    async with building.admin.store.reading() as session:
        assert (await session.scalars(select(CalendarPicture))).all() == []
        assert (await session.scalars(select(CalendarConnection))).all() == []
    await building.jobs.look()
    assert building.service.open == 0
    message, fresh, _ = await room_schedule(building.admin, building.devices["Atlas"])
    assert (message.source, fresh.source_state) == (None, "ok")


async def test_a_calendar_made_due_while_it_is_read_is_read_once_more(
    building: House, owner: Actor
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
    building: House, meeting: Any
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


async def test_a_picture_sealed_with_a_lost_key_is_read_anew(building: House) -> None:
    lost = Sealer(bytes(32), "test")
    async with building.admin.store.transaction() as session:
        for row in await session.scalars(select(CalendarPicture)):
            row.body = seal_picture(lost, row.calendar_id, ())
            row.digest = digest(lost, ())
    building.service.cursors = True
    assert await building.titles() == []
    await building.read_again()
    assert await building.titles() == ["Planning", "Review"]


async def test_a_damaged_picture_is_mended_by_the_daily_full_reading(building: House) -> None:
    async with building.admin.store.transaction() as session:
        for row in await session.scalars(select(CalendarPicture)):
            row.body = b"\x01" + bytes(60)
    assert await building.titles() == []
    await building.read_again(days=1)
    assert await building.titles() == ["Planning", "Review"]


async def test_a_clock_that_was_set_back_does_not_stop_reading(building: House) -> None:
    reads = len(building.service.reads)
    await building.read_again(days=-40)
    assert len(building.service.reads) == reads + 2


async def test_a_room_preview_is_for_those_who_may_see_meetings(
    building: House, owner: Actor, viewer: Actor
) -> None:
    atlas = building.rooms["Atlas"]
    inside, _ = await room_preview(building.admin, owner, atlas, Place.INSIDE)
    door, _ = await room_preview(building.admin, owner, atlas, Place.DOOR)
    assert [m.title for m in inside.meetings] == ["Planning", "Review"]
    assert [m.title for m in door.meetings] == [None, None]
    with pytest.raises(Exception, match="forbidden"):
        await room_preview(building.admin, viewer, atlas, Place.INSIDE)


async def test_a_display_without_a_room_or_a_pairing_gets_no_schedule(
    building: House, owner: Actor
) -> None:
    atlas = building.devices["Atlas"]
    await devices.move_device(building.admin, owner, atlas, None)
    with pytest.raises(RefusedError) as refused:
        await room_schedule(building.admin, atlas)
    assert refused.value.key == "no_room"
    await devices.revoke_device(building.admin, owner, atlas)
    with pytest.raises(NotFoundError):
        await room_schedule(building.admin, atlas)


# -- check-in ------------------------------------------------------------------------------------


async def test_check_in_counts_once_and_all_displays_of_the_room_hear_of_it(
    building: House, owner: Actor, make_device: MakeDevice
) -> None:
    admin, atlas = building.admin, building.devices["Atlas"]
    await settings.change_settings(admin, owner, "global", {"check_in": True})
    message, _, before = await room_schedule(admin, atlas)
    planning, review = message.meetings
    assert planning.check_in is not None

    with pytest.raises(RefusedError) as early:
        await check_in(admin, atlas, planning.id, timedelta(0), "k0")
    assert early.value.key == "check_in_closed"
    building.clock.pass_(minutes=55)
    async with building.news() as news:
        done = await check_in(admin, atlas, planning.id, timedelta(seconds=20), "k1")
        assert await heard_at_once(news)
        assert await check_in(admin, atlas, planning.id, timedelta(0), "k1") == done
        assert not await heard_at_once(news)
    assert done == building.clock() - timedelta(seconds=20)
    other = await make_device(building.rooms["Atlas"], "door")
    assert await check_in(admin, other, planning.id, timedelta(0), "k1") == done
    message, _, after = await room_schedule(admin, atlas)
    assert message.meetings[0].check_in is not None
    assert message.meetings[0].check_in.done_at == done
    assert after != before
    with pytest.raises(RefusedError) as reused:
        await check_in(admin, atlas, review.id, timedelta(0), "k1")
    assert reused.value.key == "key_reused"
    with pytest.raises(NotFoundError):
        await check_in(admin, atlas, "nosuch", timedelta(0), "k2")
    with pytest.raises(NotFoundError):  # another room's meeting
        await check_in(admin, building.devices["Zephyr"], planning.id, timedelta(0), "k3")


async def test_a_tap_made_offline_in_time_counts(building: House, owner: Actor) -> None:
    admin, atlas = building.admin, building.devices["Atlas"]
    await settings.change_settings(
        admin, owner, f"room:{building.rooms['Atlas']}", {"check_in": True}
    )
    message, _, _ = await room_schedule(admin, atlas)
    building.clock.pass_(minutes=90)
    with pytest.raises(RefusedError):
        await check_in(admin, atlas, message.meetings[0].id, timedelta(minutes=5), "late")
    tapped = await check_in(admin, atlas, message.meetings[0].id, timedelta(minutes=31), "k")
    assert tapped == building.clock() - timedelta(minutes=31)


async def test_old_keys_are_forgotten_after_two_weeks(building: House, owner: Actor) -> None:
    admin, atlas = building.admin, building.devices["Atlas"]
    await settings.change_settings(admin, owner, "global", {"check_in": True})
    message, _, _ = await room_schedule(admin, atlas)
    building.clock.pass_(minutes=55)
    await check_in(admin, atlas, message.meetings[0].id, timedelta(0), "k")
    for days, left in ((13.9, 1), (0.2, 0)):
        building.clock.pass_(days=days)
        await building.jobs.tidy()
        async with admin.store.reading() as session:
            assert len((await session.scalars(select(IdempotencyKey))).all()) == left


# -- the timer -----------------------------------------------------------------------------------


async def test_the_running_jobs_read_on_news_and_when_the_time_comes(
    building: House, meeting: Any
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
    building: House, admin: Admin, house: Any
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
