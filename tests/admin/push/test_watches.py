"""Watches are made, renewed, made anew and ended; while one does not work, time does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from roomdisplay.admin.context import Admin
from roomdisplay.admin.jobs import Jobs
from roomdisplay.admin.store.tables import Calendar
from roomdisplay.admin.use_cases import assignment, services
from roomdisplay.admin.use_cases.told import how_told
from roomdisplay.connectors.base import (
    CalendarGoneError,
    PermissionMissingError,
    Push,
    ThrottledError,
    UnavailableError,
)

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def house(push_house: Any) -> Any:
    await push_house.use("atlas")
    await push_house.work()
    return push_house


async def hear(house: Any, tell: Any) -> None:
    """The service posts for the first time."""
    await tell(house.post_to().hook, "verification")


async def test_a_calendar_is_watched_once_it_was_read_and_read_again_then(house: Any) -> None:
    assert len(house.service.watches) == 1
    hook = house.post_to().hook
    assert hook.url.startswith("https://rooms.example.com/hooks/")
    assert house.service.reads == ["atlas"]
    await house.work(seconds=1)
    assert house.service.reads == ["atlas", "atlas"]  # what happened in between is told by nobody


async def test_only_a_service_that_was_heard_is_trusted_to_tell(house: Any, tell: Any) -> None:
    await house.work(seconds=61)
    assert house.due_in(await house.calendar()) <= MINUTE
    await hear(house, tell)
    await house.work(seconds=61)
    calendar = await house.calendar()
    assert calendar.told_by == "hooks"
    assert house.due_in(calendar) > 4 * MINUTE


async def test_a_watch_is_renewed_well_before_it_ends(house: Any) -> None:
    house.service.lifetime = timedelta(hours=10)
    await house.work(hours=24)  # the first one, of three days
    await house.work(hours=6)
    assert house.service.renewed == ["atlas", "atlas"]
    row = await house.hook_row()
    assert row.due_at < row.expires_at
    assert len(house.service.watches) == 1


async def test_a_watch_that_never_ends_is_renewed_daily(house: Any) -> None:
    house.service.lifetime = None
    await house.work(hours=24)
    await house.work(hours=24)
    await house.work(hours=24)
    assert len(house.service.renewed) == 3


async def test_a_watch_that_the_service_forgot_is_made_anew(house: Any) -> None:
    old = house.post_to()
    house.service.watches.clear()
    await house.work(hours=24)
    await house.work(seconds=1)
    assert house.service.watched == 2
    assert house.post_to().hook == old.hook
    assert (await house.hook_row()).state == "agreed"


async def test_a_service_has_a_watch_renewed_or_made_anew_by_telling_so(
    house: Any, tell: Any
) -> None:
    hook = house.post_to().hook
    house.clock.pass_(minutes=2)
    await tell(hook, "renew")
    await house.work()
    assert house.service.renewed == ["atlas"]
    house.clock.pass_(minutes=2)
    reads = len(house.service.reads)
    house.service.watches.clear()
    await tell(hook, "lost")
    await tell(hook, "lost")
    await house.work(seconds=1)
    assert house.service.watched == 2
    assert len(house.service.reads) > reads
    await tell(hook, "lost")  # late, of the watch before
    await house.work(seconds=1)
    assert house.service.watched == 2


async def test_a_refused_watch_leaves_the_calendar_read_by_time(push_house: Any) -> None:
    push_house.service.faults["watch"] = [PermissionMissingError("Not for this account.")] * 3
    await push_house.use("atlas")
    await push_house.work()
    await push_house.work(seconds=61)
    assert len(push_house.service.reads) == 2
    view = await how_told(push_house.admin, push_house.owner, push_house.connection)
    (one,) = view.calendars
    assert (one.told_by, one.reason) == (None, "permission_missing")
    assert one.detail == "Not for this account."
    assert (await push_house.calendar()).reason is None
    await push_house.work(hours=6)
    assert len(push_house.service.faults["watch"]) == 2  # seldom: it takes an administrator


@pytest.mark.parametrize(
    ("error", "least"),
    [
        (UnavailableError("It is down."), timedelta(seconds=15)),
        (ThrottledError("Wait.", timedelta(minutes=7)), timedelta(minutes=7)),
    ],
)
async def test_failed_tries_back_off(push_house: Any, error: Exception, least: timedelta) -> None:
    push_house.service.faults["watch"] = [error, error]
    await push_house.use("atlas")
    await push_house.work()
    row = await push_house.hook_row()
    first = row.due_at - push_house.clock()
    assert least <= first <= least + MINUTE
    await push_house.work(seconds=first.total_seconds())
    await push_house.work(minutes=8)
    await push_house.work(minutes=8)
    row = await push_house.hook_row()
    assert (row.state, row.failures, row.reason) == ("agreed", 0, None)


async def test_a_renewal_that_fails_to_the_end_has_the_calendar_read_by_time_again(
    house: Any, tell: Any
) -> None:
    await hear(house, tell)
    house.service.faults["renew"] = [UnavailableError("It is down.")] * 100
    house.service.faults["watch"] = [UnavailableError("It is down.")] * 100
    for _ in range(14):
        await house.work(hours=6)
    row, calendar = await house.hook_row(), await house.calendar()
    assert (row.state, calendar.told_by) == ("wanted", None)
    assert house.due_in(calendar) <= MINUTE


async def test_a_service_that_falls_silent_is_found_out(
    house: Any, tell: Any, meeting: Any
) -> None:
    await hear(house, tell)
    await house.work(seconds=61)
    house.service.calendars["atlas"].append(meeting("Untold", at=4))
    await house.work(minutes=5)
    calendar = await house.calendar()
    assert calendar.told_by is None
    assert house.due_in(calendar) <= MINUTE
    await house.work(minutes=2)
    assert house.service.renewed == ["atlas"]  # asked whether the watch is still there
    await tell(house.post_to().hook)  # and it speaks again
    await house.work(seconds=1)
    assert (await house.calendar()).told_by == "hooks"


async def test_midnight_is_no_silence(house: Any, tell: Any) -> None:
    """The window rolls on, so that the answer differs though nothing was changed."""
    await hear(house, tell)
    await house.work(hours=14)
    await house.work(hours=1)
    assert (await house.calendar()).told_by == "hooks"


@pytest.mark.parametrize("how", ["taken_away", "disconnected"])
async def test_a_watch_that_nobody_needs_is_ended(house: Any, how: str) -> None:
    if how == "taken_away":
        await assignment.remove_calendar(
            house.admin, house.owner, house.rooms["atlas"], confirm=True
        )
        await house.work()
        assert await house.hook_row() is None
    else:
        await services.disconnect_service(house.admin, house.owner, house.connection, confirm=True)
    assert house.service.watches == {}


async def test_disconnecting_waits_for_no_service_that_refuses(house: Any) -> None:
    house.service.faults["unwatch"] = [UnavailableError("It is down.")]
    await services.disconnect_service(house.admin, house.owner, house.connection, confirm=True)
    assert await services.list_connections(house.admin, house.owner) == []


@pytest.fixture
async def jobs_elsewhere(admin: Admin) -> AsyncIterator[Any]:
    """The same Admin Center, started under other addresses."""
    made: list[Jobs] = []

    def start(*origins: str) -> Jobs:
        settings = replace(admin.settings, public_origins=origins)
        made.append(Jobs(replace(admin, settings=settings)))
        return made[-1]

    yield start
    for one in made:
        await one.aclose()


async def restart(jobs: Jobs) -> None:
    for work in jobs._beside:
        await work.start()
    for _ in range(3):
        await jobs.work_due()


async def test_another_public_address_has_watches_made_anew(
    house: Any, jobs_elsewhere: Any
) -> None:
    old = house.post_to().hook
    await restart(jobs_elsewhere("https://salles.example.com"))
    assert len(house.service.watches) == 1
    new = house.post_to().hook
    assert new.url.startswith("https://salles.example.com/hooks/")
    assert new.secret != old.secret


async def test_without_an_address_that_the_service_reaches_all_is_read_by_time(
    house: Any, jobs_elsewhere: Any, clock: Any
) -> None:
    jobs = jobs_elsewhere("http://127.0.0.1:8750")
    await restart(jobs)
    assert await house.hook_row() is None
    reads = len(house.service.reads)
    clock.pass_(seconds=61)
    await jobs.read_due()
    assert len(house.service.reads) == reads + 1


async def test_what_is_due_stands_in_the_store(house: Any, jobs_elsewhere: Any, clock: Any) -> None:
    clock.pass_(hours=24)
    await restart(jobs_elsewhere("https://rooms.example.com"))
    assert house.service.renewed == ["atlas"]
    assert house.service.watched == 1


async def test_a_service_that_cannot_post_is_not_asked_to(push_house: Any, admin: Admin) -> None:
    push_house.service.push = Push.NONE
    await push_house.connect("Plain")
    await push_house.use("zephyr")
    await push_house.work()
    assert push_house.service.watches == {}
    async with admin.store.reading() as session:
        assert await session.get(Calendar, "none") is None


async def test_a_calendar_that_is_gone_is_not_watched(push_house: Any) -> None:
    push_house.service.faults["read"] = [CalendarGoneError("No such calendar.")]
    await push_house.use("atlas")
    await push_house.work()
    assert push_house.service.watches == {}
