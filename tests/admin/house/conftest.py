"""What an administrator does first, and listening to what comes of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from roomdisplay.admin.context import Admin
from roomdisplay.admin.security.roles import Actor
from roomdisplay.admin.use_cases import services

FORM = {
    "url": "https://dav.example.com/",
    "user": "rooms",
    "password": "correct horse battery staple",
}


@pytest.fixture
def connect() -> Callable[..., Awaitable[str]]:
    """Connect the service with two calendars; the connection's id."""

    async def connected(admin: Admin, owner: Actor, house: Any) -> str:
        house.add("atlas", "Atlas")
        house.add("zephyr", "Zephyr")
        return await services.connect_service(admin, owner, "house", "Calendars", FORM)

    return connected


@pytest.fixture
def calendar_ids() -> Callable[..., Awaitable[dict[str, str]]]:
    """The calendars' ids by their names."""

    async def listed(admin: Admin, owner: Actor) -> dict[str, str]:
        return {one.name: one.id for one in await services.list_calendars(admin, owner)}

    return listed


@pytest.fixture
def heard() -> Callable[..., Awaitable[set[str]]]:
    """The topics that had news while something was done."""

    async def told(admin: Admin, topics: list[str], work: Callable[[], Awaitable[Any]]) -> set[str]:
        async with admin.news.subscribe(topics) as news:
            await work()
            return set(await news.wait())

    return told
