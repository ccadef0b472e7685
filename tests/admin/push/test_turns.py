"""Nobody waits for others: throttled mailboxes, slow services, wrong passwords."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from roomdisplay.connectors.base import CredentialsRejectedError, Push, ThrottledError


@pytest.fixture
async def house(push_house: Any) -> Any:
    push_house.service.push = Push.NONE
    await push_house.connect("Plain")
    await push_house.use("atlas", "zephyr")
    await push_house.work()
    push_house.service.reads.clear()
    return push_house


@pytest.mark.parametrize("whole", [True, False])
async def test_a_pause_is_of_the_mailbox_or_of_the_service(house: Any, whole: bool) -> None:  # noqa: FBT001
    pause = ThrottledError("Wait.", timedelta(minutes=10), whole_service=whole)
    house.service.faults["read"] = [pause]
    await house.work(seconds=60)
    waiting = house.service.reads[0]
    house.service.reads.clear()
    await house.work(minutes=5)
    other = "zephyr" if waiting == "atlas" else "atlas"
    assert set(house.service.reads) == (set() if whole else {other})
    await house.work(minutes=6)
    assert waiting in house.service.reads


async def test_a_wrong_password_is_not_tried_for_every_calendar(push_house: Any) -> None:
    service = push_house.service
    service.push, service.at_once = Push.NONE, 1
    service.calendars = {f"room{n}": [] for n in range(12)}
    await push_house.connect("Many")
    await push_house.use(*service.calendars)
    await push_house.work()
    service.reads.clear()
    service.faults["read"] = [CredentialsRejectedError("This is not the password.")] * 500
    for _ in range(60):
        await push_house.read(minutes=1)
    tried = len(service.reads)
    assert tried <= 8
    service.reads.clear()
    for _ in range(12):
        await push_house.read(minutes=5)
    assert len(service.reads) <= 6
    service.faults.clear()
    for _ in range(20):
        await push_house.read(minutes=1)
    assert len(set(service.reads)) == 12


async def test_a_service_gets_no_more_readings_at_once_than_it_bears(house: Any) -> None:
    service = house.service
    service.at_once = 2
    service.calendars = {f"room{n}": [] for n in range(9)}
    await house.connect("Slow")
    await house.use(*service.calendars)
    service.most_at_work, service.gate = 0, asyncio.Event()
    working = asyncio.create_task(house.jobs.read_due())
    while service.at_work < 2:  # noqa: ASYNC110 - until the readings stand at the gate
        await asyncio.sleep(0)
    service.gate.set()
    await working
    assert service.most_at_work == 2
