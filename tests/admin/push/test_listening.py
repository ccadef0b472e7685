"""Services that are listened to: what is heard is read; while nobody listens, time is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from roomdisplay.admin.use_cases import assignment, services
from roomdisplay.admin.use_cases.told import how_told
from roomdisplay.connectors.base import CredentialsRejectedError, Push, UnavailableError


async def until(true: Callable[[], bool]) -> None:
    """Wait for what happens on the loop, and on timers of two seconds at most."""
    async with asyncio.timeout(5):
        while not true():  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.01)


@pytest.fixture
async def house(push_house: Any) -> Any:
    push_house.service.push = Push.STREAM
    await push_house.connect("Streaming")
    await push_house.use("atlas", "zephyr")
    await push_house.work()
    await until(lambda: push_house.service.listening == {"atlas", "zephyr"})
    await push_house.work(seconds=15)
    push_house.clock.pass_(seconds=15)
    push_house.service.reads.clear()
    return push_house


async def streamed(house: Any, address: str = "atlas") -> Any:
    calendars = await services.list_calendars(
        house.admin, house.owner, connection_id=house.connection
    )
    id_ = next(one.id for one in calendars if one.address == address)
    async with house.admin.store.reading() as session:
        from roomdisplay.admin.store.tables import Calendar  # noqa: PLC0415

        return await session.get_one(Calendar, id_)


async def test_what_is_heard_is_read(house: Any) -> None:
    calendar = await streamed(house)
    assert calendar.told_by == "stream"
    view = await how_told(house.admin, house.owner, house.connection)
    assert (view.push, view.told, len(view.calendars)) == ("stream", 2, 2)
    assert view.calendars[0].read_every_s == 300
    assert house.due_in(calendar) > timedelta(minutes=4)
    house.service.heard("zephyr")
    house.service.heard("zephyr")
    house.service.heard("somebody-else")
    await house.work()
    assert house.service.reads == ["zephyr"]


async def test_other_calendars_are_listened_to_as_soon_as_they_are_shown(house: Any) -> None:
    await assignment.remove_calendar(house.admin, house.owner, house.rooms["atlas"], confirm=True)
    await house.work()
    await until(lambda: house.service.listening == {"zephyr"})
    assert house.service.listened == 2
    assert (await streamed(house, "zephyr")).told_by == "stream"


async def test_a_line_that_ends_leaves_calendars_read_by_time(house: Any) -> None:
    house.service.faults["hang_up"] = [UnavailableError("The line broke.")]
    house.service.hang_up.set()
    await until(lambda: not house.service.listening)
    for _ in range(100):
        if (await streamed(house)).told_by is None:
            break
        await asyncio.sleep(0.01)
    await house.work()
    calendar = await streamed(house)
    assert calendar.told_by is None
    assert sorted(house.service.reads) == ["atlas", "zephyr"]  # at once
    assert house.due_in(calendar) <= timedelta(minutes=1)


async def test_a_calendar_that_cannot_be_listened_to_is_read_by_time(house: Any) -> None:
    house.service.refused("atlas", UnavailableError("Not this one."))
    for _ in range(100):
        if (await streamed(house)).told_by is None:
            break
        await asyncio.sleep(0.01)
    assert (await streamed(house)).told_by is None
    assert (await streamed(house, "zephyr")).told_by == "stream"
    assert house.service.listening


async def test_a_rejected_password_ends_listening(house: Any) -> None:
    house.service.faults["read"] = [CredentialsRejectedError("This is not the password.")] * 5
    house.service.heard("atlas")
    await house.work()
    await until(lambda: not house.service.listening)
    await house.work()
    assert house.service.listened == 1


async def test_disconnecting_hangs_up(house: Any) -> None:
    await services.disconnect_service(house.admin, house.owner, house.connection, confirm=True)
    await house.work()
    assert not house.service.listening
