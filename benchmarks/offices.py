"""An Admin Center of a whole company, as a process of its own, for the benchmarks.

Usage: python -m benchmarks.offices FOLDER. It says its address; then it is given one JSON object,
what to connect: {"service", "form", "push", "rooms"}. For a service with a window of its own it
says the `link` that leads there and is given what came back. Orders afterwards: those of
`benchmarks.building`; `settled` answers when all calendars have been read and, with push, told of;
`look` reads Atlas's; `listen` begins to note news, and `heard` says when there were news of which
room.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

from sqlalchemy import ColumnElement, func, select, update

from benchmarks.building import obey, serving
from benchmarks.told import orders, say
from roomdisplay.admin.context import Admin
from roomdisplay.admin.news import PAGES, room_topic
from roomdisplay.admin.signals import tell
from roomdisplay.admin.store.tables import Calendar, CalendarConnection, Room
from roomdisplay.admin.use_cases import rooms
from roomdisplay.admin.use_cases.authorization import begin_authorization, finish_authorization
from roomdisplay.admin.use_cases.consents import consent_documents
from roomdisplay.admin.use_cases.device_tokens import DisplayFacts, place_device
from roomdisplay.admin.use_cases.services import connect_service
from roomdisplay.admin.use_cases.sessions import SignedInAs
from roomdisplay.connectors import registry
from roomdisplay.connectors.base import Push
from roomdisplay.demo.clock import ZONE
from roomdisplay.demo.furnish import Furnished, furnish
from roomdisplay.demo.services.sample import SampleService
from roomdisplay.demo.services.service import DemoService
from roomdisplay.model.room import Place

SETTLED = timedelta(minutes=8)
"""Until every room was read: Cronofy allows 500 requests a minute, and each room needs some."""


class CompanyService:
    """Implements `DemoService` with what the company's process said."""

    def __init__(self, asked: dict[str, Any], lines: AsyncIterator[str]) -> None:
        self._asked = asked
        self._lines = lines

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        pass

    async def connect(self, admin: Admin, who: SignedInAs, surprise_at: datetime) -> list[str]:
        """See `DemoService`."""
        del surprise_at
        key, form, actor = self._asked["service"], self._asked["form"], who.actor
        consents = await consent_documents(admin)
        if registry.SERVICES[key].window:
            url = await begin_authorization(admin, actor, who.session_id, key, key, form, consents)
            say(link=url)
            back = json.loads(await anext(self._lines))
            state, code = back["state"], back["code"]
            id_ = await finish_authorization(admin, actor, who.session_id, state, code=code)
        else:
            id_ = await connect_service(admin, actor, key, key, form, consents=consents)
        if not self._asked["push"]:
            async with admin.store.transaction() as session:
                await session.execute(update(CalendarConnection).values(push=Push.NONE.value))
        return [id_]

    async def surprise(self) -> None:
        """See `DemoService`."""

    def words(self) -> list[tuple[str, str]]:
        """See `DemoService`."""
        return []


class Offices:
    """What can be told to the Admin Center beside `benchmarks.building`'s orders."""

    def __init__(self, admin: Admin, furnished: Furnished, *, push: bool) -> None:
        self._admin = admin
        self._furnished = furnished
        self._push = push
        self._heard: defaultdict[str, list[float]] = defaultdict(list)
        self._listening: asyncio.Task[None] | None = None

    async def obey(self, order: str, argument: str) -> None:
        """Do one thing."""
        if order == "settled":
            await self._settled()
        elif order == "look":
            async with self._admin.store.reading() as session:
                room = await session.get_one(Room, self._furnished.atlas)
            await tell(self._admin, [room.calendar_id] if room.calendar_id else [], None)
            say(looked=argument)
        elif order == "listen":
            listed = await rooms.list_rooms(self._admin, self._furnished.owner)
            names = {room_topic(room.id): room.name for room in listed}
            ready = asyncio.Event()
            self._listening = asyncio.create_task(self._listen(names, ready))
            await ready.wait()
            say(listening=len(names))
        elif order == "heard":
            say(heard=self._heard)
        else:
            await obey(self._admin, self._furnished, order, argument)

    def close(self) -> None:
        """Listen no more."""
        if self._listening is not None:
            self._listening.cancel()

    async def _listen(self, names: dict[str, str], ready: asyncio.Event) -> None:
        async with self._admin.news.subscribe(names) as news:
            ready.set()
            while topics := await news.wait():
                at = time.monotonic()
                for topic in topics:
                    self._heard[names[topic]].append(at)

    async def _settled(self) -> None:
        begun = time.monotonic()
        try:
            async with (
                asyncio.timeout(SETTLED.total_seconds()),
                self._admin.news.subscribe([PAGES]) as news,
            ):
                while await self._unsettled():
                    await news.wait()
        except TimeoutError:
            say(error=f"{await self._unsettled()} calendars were not read, or not told of, in time")
        else:
            say(settled_s=time.monotonic() - begun)

    async def _unsettled(self) -> int:
        used: ColumnElement[bool] = Calendar.next_due_at.is_not(None)
        missing = Calendar.read_at.is_(None) | Calendar.reason.is_not(None)
        if self._push:
            missing |= Calendar.told_by.is_(None)
        async with self._admin.store.reading() as session:
            return await session.scalar(select(func.count(Calendar.id)).where(used, missing)) or 0


async def _add_idle_rooms(admin: Admin, furnished: Furnished, wanted: int) -> None:
    there = len(await rooms.list_rooms(admin, furnished.owner))
    async with admin.store.transaction() as session:
        for number in range(there, wanted):
            room = rooms.RoomInput(name=f"Room {number:03}", timezone=ZONE.key)
            rooms.add_room(admin, session, furnished.owner, room)


async def _add_displays(admin: Admin, furnished: Furnished) -> None:
    """One that is away in each room but Atlas, so that it is worked out what each would show."""
    async with admin.store.transaction() as session:
        for room_id in list(await session.scalars(select(Room.id))):
            if room_id != furnished.atlas:
                facts = DisplayFacts(key_thumbprint=f"display of {room_id}")
                await place_device(admin, session, facts, room_id, Place.INSIDE)


async def work(admin: Admin, stop: asyncio.Event) -> None:
    """Furnish, then obey until there are no more lines."""
    say(server=admin.settings.canonical_origin)
    lines = orders()
    asked = json.loads(await anext(lines))
    sample = asked["service"] == "sample"
    service: DemoService = SampleService("en") if sample else CompanyService(asked, lines)
    furnished = await furnish(admin, "en", service)
    await _add_idle_rooms(admin, furnished, asked["rooms"])
    await _add_displays(admin, furnished)
    offices = Offices(admin, furnished, push=asked["push"])
    say(furnished=True)
    async for line in lines:
        order, _, argument = line.partition(" ")
        await offices.obey(order, argument)
    offices.close()
    stop.set()


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR)
    asyncio.run(serving(Path(sys.argv[1]), work))
