"""Two rooms with a display each, and a calendar service that does what a test wants."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import select

from roomdisplay.admin.context import Admin
from roomdisplay.admin.jobs import Jobs
from roomdisplay.admin.news import room_topic
from roomdisplay.admin.security.roles import Actor
from roomdisplay.admin.store.tables import (
    Calendar,
)
from roomdisplay.admin.use_cases import assignment, services
from roomdisplay.admin.use_cases.schedule import (
    room_schedule,
)

FORM = {"url": "https://dav.example.com/", "password": "correct horse battery staple"}
MakeDevice = Callable[..., Awaitable[str]]


class House:
    """Two rooms with a display each, read once."""

    form = FORM

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


@pytest.fixture
def heard_at_once() -> Callable[[Any], Awaitable[bool]]:
    """Whether a subscription has news, without waiting for any."""

    async def heard(news: Any) -> bool:
        try:
            async with asyncio.timeout(0):
                return bool(await news.wait())
        except TimeoutError:
            return False

    return heard
