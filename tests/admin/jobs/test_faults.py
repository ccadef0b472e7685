"""Whatever a service does, the last good picture stays and the others go on."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from roomdisplay.admin.last_read import LastRead
from roomdisplay.admin.security.roles import Actor
from roomdisplay.admin.store.tables import (
    CalendarConnection,
    CalendarPicture,
)
from roomdisplay.admin.use_cases import services
from roomdisplay.admin.use_cases.schedule import (
    room_freshness,
    room_schedule,
)
from roomdisplay.connectors.base import (
    CredentialsRejectedError,
    MalformedAnswerError,
    ThrottledError,
    UnavailableError,
)


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
    building: Any, fault: Exception, reason: str, caplog: pytest.LogCaptureFixture
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


async def test_a_clock_set_back_makes_no_picture_younger(building: Any, clock: Any) -> None:
    read_at = clock()
    down = UnavailableError("down")
    building.service.faults = [down] * 20
    await building.read_again(minutes=12)
    clock.set(read_at + timedelta(minutes=1))
    building.service.faults = [down] * 20
    await building.jobs.read_due()
    fresh = await room_freshness(building.admin, building.devices["Atlas"])
    assert fresh.source_age_s == 12 * 60
    building.service.faults = []
    await building.read_again(minutes=40)
    fresh = await room_freshness(building.admin, building.devices["Atlas"])
    assert (fresh.source_age_s, fresh.source_state) == (0, "ok")


async def test_a_new_process_and_one_beside_go_by_the_servers_clock(
    building: Any, clock: Any
) -> None:
    restarted = replace(building.admin, last_read=LastRead(clock.boottime))
    clock.pass_(minutes=12)
    fresh = await room_freshness(restarted, building.devices["Atlas"])
    assert fresh.source_age_s == 12 * 60
    atlas = await building.calendar()
    restarted.last_read.note(atlas.id, atlas.read_at, clock.boottime() - 5000)
    await building.read_again()  # by the other process
    fresh = await room_freshness(restarted, building.devices["Atlas"])
    assert fresh.source_age_s == 0


async def test_one_calendars_failure_does_not_reach_the_others(building: Any, meeting: Any) -> None:
    del building.service.calendars["atlas"]
    building.service.calendars["zephyr"].append(meeting("Demo", at=4))
    await building.read_again()
    assert (await building.calendar("Atlas")).reason == "calendar_gone"
    assert await building.titles("Atlas") == ["Planning", "Review"]
    assert await building.titles("Zephyr") == ["Retro", "Demo"]


async def test_throttling_leaves_the_whole_connection_alone(building: Any) -> None:
    building.service.faults = [ThrottledError("slow down", timedelta(minutes=10))] * 2
    await building.read_again()
    reads = len(building.service.reads)
    await building.read_again(minutes=9)
    assert len(building.service.reads) == reads
    assert (await building.calendar()).reason is None  # being asked to wait is no failure
    await building.read_again(minutes=2)
    assert len(building.service.reads) == reads + 2


async def test_a_rejected_password_is_told_of_the_connection_until_it_works(
    building: Any, owner: Actor
) -> None:
    building.service.faults = [CredentialsRejectedError("Password expired.")] * 2
    await building.read_again()
    view = await services.get_connection(building.admin, owner, building.connection)
    assert (view.reason, view.detail) == ("credentials_rejected", "Password expired.")
    await building.read_again(minutes=2)  # one that waited for its turn has its own try
    reads = len(building.service.reads)
    await building.read_again(minutes=30)
    assert len(building.service.reads) == reads
    await services.change_connection(building.admin, owner, building.connection, building.form)
    await building.jobs.read_due()  # at once, with the new secret
    assert len(building.service.reads) == reads + 2
    view = await services.get_connection(building.admin, owner, building.connection)
    assert view.reason is None


@pytest.mark.parametrize("change", [{"user": "another"}, {"url": "https://dav.example.net/"}])
async def test_the_former_accounts_picture_is_not_taken_for_the_new_ones(
    building: Any, owner: Actor, heard_at_once: Any, change: dict[str, str]
) -> None:
    building.service.cursors = True
    await building.read_again()
    assert (await building.calendar()).cursor is not None
    async with building.news() as news:
        await services.change_connection(
            building.admin, owner, building.connection, building.form | change
        )
        assert await heard_at_once(news)
    calendar = await building.calendar()
    assert (calendar.read_at, calendar.cursor) == (None, None)
    assert calendar.next_due_at == building.clock()
    fresh = await room_freshness(building.admin, building.devices["Atlas"])
    assert fresh.source_age_s >= fresh.trust_for_s
    async with building.news() as news:
        await building.jobs.read_due()
        assert await heard_at_once(news)  # the same meetings, but known again
    fresh = await room_freshness(building.admin, building.devices["Atlas"])
    assert (fresh.source_age_s, fresh.source_state) == (0, "ok")


async def test_an_answer_of_the_former_account_that_comes_late_is_dropped(
    building: Any, owner: Actor, meeting: Any
) -> None:
    building.service.gate = asyncio.Event()
    building.clock.pass_(seconds=61)
    reading = asyncio.create_task(building.jobs.read_due())
    await building.service.at_gate.wait()
    building.service.calendars["atlas"] = [meeting("Somebody else's", at=5)]
    await services.change_connection(
        building.admin, owner, building.connection, building.form | {"user": "another"}
    )
    building.service.gate.set()
    await reading
    assert (await building.calendar()).read_at is None
    assert await building.titles() == ["Planning", "Review"]


async def test_a_new_password_alone_leaves_the_picture_as_fresh_as_it_was(
    building: Any, owner: Actor
) -> None:
    before = (await building.calendar()).read_at
    await services.change_connection(building.admin, owner, building.connection, building.form)
    assert (await building.calendar()).read_at == before is not None


async def test_a_sudden_empty_answer_is_asked_for_again_before_it_is_believed(
    building: Any, heard_at_once: Any
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


async def test_a_calendar_taken_away_while_it_is_read_leaves_no_trace(
    building: Any, owner: Actor
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


async def test_a_full_disk_keeps_the_last_picture_and_does_not_busy_the_server(
    building: Any, meeting: Any, caplog: pytest.LogCaptureFixture
) -> None:
    engine = building.admin.store.engine

    def no_room_left(connection: Any, _: object) -> None:
        connection.execute("PRAGMA max_page_count=1")  # SQLite: no less than there are

    event.listen(engine.sync_engine, "connect", no_room_left)
    await engine.dispose()
    titles = [f"Merger {number} " + "x" * 250 for number in range(500)]
    building.service.calendars["atlas"] += [meeting(title, at=9) for title in titles]
    await building.read_again()
    assert await building.titles() == ["Planning", "Review"]
    assert "Merger" not in caplog.text
    reads = len(building.service.reads)
    await building.read_again(seconds=30)
    assert [read[0] for read in building.service.reads[reads:]] == []

    event.remove(engine.sync_engine, "connect", no_room_left)
    await engine.dispose()
    await building.read_again(seconds=31)
    assert len(await building.titles()) == 502
