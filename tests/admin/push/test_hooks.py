"""What services post makes calendars due: at once, never in a flood, never others' calendars."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from roomdisplay.admin.context import Admin
from roomdisplay.admin.news import DUE, READ
from roomdisplay.admin.store.tables import Calendar, CalendarHook
from roomdisplay.connectors.base import UnavailableError
from roomdisplay.connectors.push import HOOK_BODY_LIMIT, Hook


@pytest.fixture
async def watched(push_house: Any, service: Any, tell: Any) -> Any:
    """Both calendars are shown and watched, and the service has been heard."""

    async def handshake(hook: Hook) -> None:
        assert (await tell(hook, "verification")).status_code == 202

    service.handshake = handshake
    await push_house.use("atlas", "zephyr")
    await push_house.work()
    await push_house.work(seconds=15)
    push_house.clock.pass_(seconds=15)
    service.reads.clear()
    return push_house


async def test_a_signal_has_its_calendar_read_and_no_other(watched: Any, tell: Any) -> None:
    answer = await tell(watched.post_to("atlas").hook)
    assert (answer.status_code, answer.content) == (202, b"")
    await watched.work()
    assert watched.service.reads == ["atlas"]


async def test_a_calendar_that_is_told_of_is_read_by_time_every_five_minutes(watched: Any) -> None:
    calendar = await watched.calendar()
    assert calendar.told_by == "hooks"
    assert timedelta(minutes=4) < watched.due_in(calendar) <= timedelta(minutes=5)
    await watched.work(minutes=4)
    assert watched.service.reads == []
    await watched.work(minutes=1)
    assert sorted(watched.service.reads) == ["atlas", "zephyr"]


async def test_forged_and_unknown_requests_change_nothing_and_learn_nothing(
    watched: Any, tell: Any, web: httpx.AsyncClient
) -> None:
    hook = watched.post_to("atlas").hook
    forged = await tell(hook, x_secret="guess")
    unknown = await web.post("https://rooms.example.com/hooks/nosuchpath", content=b"changed")
    broken = await tell(hook, "nonsense")
    assert forged.status_code == unknown.status_code == broken.status_code == 202
    assert forged.content == unknown.content == broken.content == b""
    assert dict(forged.headers) == dict(unknown.headers)
    await watched.work()
    assert watched.service.reads == []


async def test_a_signal_sets_no_cookie_and_needs_no_session(watched: Any, tell: Any) -> None:
    answer = await tell(watched.post_to().hook, cookie="roomdisplay-session=x")
    assert "set-cookie" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


async def test_other_methods_and_endless_bodies_are_refused(
    watched: Any, web: httpx.AsyncClient
) -> None:
    url = watched.post_to().hook.url
    for method in ("PUT", "DELETE", "PATCH"):
        assert (await web.request(method, url)).status_code == 405
    too_much = b"x" * (HOOK_BODY_LIMIT + 1)
    assert (await web.post(url, content=too_much)).status_code == 413

    async def pieces() -> Any:
        for _ in range(65):
            yield b"x" * 1024

    assert (await web.post(url, content=pieces())).status_code == 413
    echoed = await web.get(url, params={"challenge": "<b>42</b>"})
    assert (echoed.status_code, echoed.text) == (200, "<b>42</b>")
    assert echoed.headers["content-type"].startswith("text/plain")
    await watched.work()
    assert watched.service.reads == []


async def test_a_flood_costs_a_calendar_three_readings_in_ten_seconds(
    watched: Any, tell: Any
) -> None:
    hook = watched.post_to("atlas").hook
    for _ in range(20):
        for _ in range(5):
            assert (await tell(hook)).status_code == 202
        await watched.work(milliseconds=500)
    assert 2 <= len(watched.service.reads) <= 4  # ten seconds of it
    assert set(watched.service.reads) == {"atlas"}
    await watched.work(seconds=10)
    reads = len(watched.service.reads)
    await watched.work(seconds=60)
    assert len(watched.service.reads) == reads  # nothing of it is left over


async def test_a_flood_writes_nothing_while_a_reading_is_due(watched: Any, tell: Any) -> None:
    hook = watched.post_to("atlas").hook
    await tell(hook)
    due = (await watched.calendar()).next_due_at
    heard = 0
    async with watched.admin.news.subscribe([DUE, READ]) as news:
        for _ in range(20):
            await tell(hook)
        try:
            async with asyncio.timeout(0):
                heard = len(await news.wait())
        except TimeoutError:
            pass
    assert heard == 0
    assert (await watched.calendar()).next_due_at == due


async def test_a_signal_during_a_reading_is_not_lost(
    watched: Any, tell: Any, meeting: Any, service: Any
) -> None:
    service.gate = asyncio.Event()
    hook = watched.post_to("atlas").hook
    await tell(hook)
    reading = asyncio.create_task(watched.jobs.work_due())
    while not service.at_work:  # noqa: ASYNC110 - until the reading stands at the gate
        await asyncio.sleep(0)
    service.calendars["atlas"].append(meeting("Standup", at=3))  # after the service looked
    await tell(hook)
    service.gate.set()
    await reading
    service.gate = None
    calendar = await watched.calendar()
    assert watched.due_in(calendar) <= timedelta(seconds=1)
    await watched.work(seconds=1)
    assert service.reads == ["atlas", "atlas"]


async def test_doubled_and_late_signals_cost_a_reading_at_most(watched: Any, tell: Any) -> None:
    hook = watched.post_to("atlas").hook
    await tell(hook)
    await tell(hook)
    await watched.work()
    await tell(hook)  # late: what it tells of was read already
    await watched.work(seconds=1)
    assert watched.service.reads == ["atlas", "atlas"]
    await watched.work(seconds=30)
    assert watched.service.reads == ["atlas", "atlas"]


async def test_a_signal_does_not_hurry_a_calendar_whose_reading_fails(
    watched: Any, tell: Any
) -> None:
    watched.service.faults["read"] = [UnavailableError("It is down.")] * 3
    await tell(watched.post_to("atlas").hook)
    await watched.work()
    due = (await watched.calendar()).next_due_at
    reads = len(watched.service.reads)
    for _ in range(5):
        await tell(watched.post_to("atlas").hook)
        await watched.work(milliseconds=100)
    assert (await watched.calendar()).next_due_at == due
    assert len(watched.service.reads) == reads


async def test_a_calendar_that_nobody_shows_is_not_read_for_a_late_signal(
    watched: Any, tell: Any, owner: Any
) -> None:
    from roomdisplay.admin.use_cases import assignment  # noqa: PLC0415

    hook = watched.post_to("atlas").hook
    await assignment.remove_calendar(watched.admin, owner, watched.rooms["atlas"], confirm=True)
    assert (await tell(hook)).status_code == 202
    await watched.work()
    assert watched.service.reads == []
    assert (await tell(hook)).status_code == 202  # its path is unknown now


async def test_neither_path_nor_secret_stand_in_the_store(watched: Any, admin: Admin) -> None:
    hook = watched.post_to("atlas").hook
    path = hook.url.rpartition("/")[2]
    async with admin.store.reading() as session:
        rows = (await session.scalars(select(CalendarHook))).all()
        assert len(rows) == 2
        assert len((await session.scalars(select(Calendar))).all()) == 2
    files = [one.read_bytes() for one in admin.settings.data_dir.iterdir() if one.is_file()]
    assert not any(path.encode() in content for content in files)
    assert not any(hook.secret.encode() in content for content in files)
    assert len(hook.url) <= 128
    assert len(hook.secret) <= 128
