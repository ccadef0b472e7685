"""A company of many rooms behind a simulated calendar service, as a process of its own.

Usage: python -m benchmarks.company SERVICE ROOMS ADMIN_ORIGIN. It says what is to be entered in
Step 2, then answers each line that it is given: `link URL` does in the service's own window what an
administrator does; `title WORDS` renames the meeting that is on in Atlas; `begin` renames the one
that is on in each other room once a minute, each at a moment of its own; `end` says when; `counted`
says how often the service was asked.
"""

from __future__ import annotations

import asyncio
import random
import secrets
import sys
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks.told import orders, say
from roomdisplay.demo.clock import ZONE

sys.path.append(str(Path(__file__).resolve().parent.parent / "tests"))

from simulators.building import SERVICE_ACCOUNT
from simulators.faults import App, Receive, Scope, Send
from simulators.organisation import Draft, Organisation, Processing
from simulators.standing import Standing, standing

GLASS = "Atlas"
"""The room whose display is looked at."""
ROOMS_OF_A_LIST = 40
DAYS = 8
STARTS = (9, 10.5, 13, 14, 15.5)
"""Hours at which the meetings of a day begin, each an hour long."""
EVERY_S = 60.0
"""A room's calendar changes as often."""
_BODY = "Agenda: what was decided, what is open, who does it until when. " * 8
_AS_THEY_COME = Processing(
    delete_subject=False,
    add_organizer_to_subject=False,
    delete_comments=False,
    remove_private=False,
    allow_conflicts=True,
)


class Company:
    """Rooms with a week of meetings; one is on in each for the whole time of a measurement."""

    def __init__(self, rooms: int) -> None:
        self.organisation = Organisation(ZONE.key, lambda: datetime.now(UTC))
        self.on: dict[str, str] = {}
        """The UID of the meeting that is on, by the room's name."""
        self.changed: defaultdict[str, list[float]] = defaultdict(list)
        """When each room's was changed, on the monotonic clock."""
        password = secrets.token_urlsafe(9)
        self.organisation.add_person(SERVICE_ACCOUNT, "Room Display", password=password)
        lists = -(-rooms // ROOMS_OF_A_LIST)
        for number in range(lists):
            self.organisation.add_person(_organiser(number), f"Department {number + 1}")
        for number in range(rooms):
            self._furnish(number)

    def _furnish(self, number: int) -> None:
        name = GLASS if number == 0 else f"Room {number:03}"
        address = f"room{number:03}@building.example"
        floor = number // ROOMS_OF_A_LIST
        self.organisation.add_room(
            address, name, room_list=f"Floor {floor + 1}", capacity=8, processing=_AS_THEY_COME
        )
        now = datetime.now(ZONE).replace(minute=0, second=0, microsecond=0)
        on = now - timedelta(hours=1), now + timedelta(hours=4)
        self.on[name] = self._invite(floor, address, "Quarterly planning", *on)
        for day in range(DAYS):
            for hour in STARTS:
                start = now.replace(hour=0) + timedelta(days=day, hours=hour)
                end = start + timedelta(hours=1)
                if end <= on[0] or start >= on[1]:
                    self._invite(floor, address, f"Meeting {day}/{hour:g}", start, end)

    def _invite(self, floor: int, room: str, title: str, start: datetime, end: datetime) -> str:
        draft = Draft(subject=title, start=start, end=end, rooms=(room,), body=_BODY)
        return self.organisation.invite(_organiser(floor), draft)

    def rename(self, room: str, title: str) -> float:
        """Rename the meeting that is on, and tell everybody; when, on the monotonic clock."""
        at = time.monotonic()
        self.organisation.change(self.on[room], subject=title)
        self.changed[room].append(at)
        return at

    async def keep_changing(self, after: Callable[[], None]) -> None:
        """Rename the meeting of each room but Atlas once in `EVERY_S`, until cancelled."""
        moments = random.Random(1)  # noqa: S311 - odd moments, no secrets
        begun, round_ = time.monotonic(), 0
        plan = sorted((moments.uniform(0, EVERY_S), room) for room in self.on if room != GLASS)
        while True:
            for moment, room in plan:
                until = begun + round_ * EVERY_S + moment
                await asyncio.sleep(max(0.0, until - time.monotonic()))
                self.rename(room, f"Review {round_}")
                after()
            round_ += 1


def _organiser(number: int) -> str:
    return f"department{number}@building.example"


class Counter:
    """Counts what an application is asked over HTTP."""

    def __init__(self) -> None:
        self.requests = 0
        self.most_at_once = 0
        self._under_way = 0

    def around(self, app: App) -> App:
        """The same application, counted."""

        async def counted(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            self.requests += 1
            self._under_way += 1
            self.most_at_once = max(self.most_at_once, self._under_way)
            try:
                await app(scope, receive, send)
            finally:
                self._under_way -= 1

        return counted


class Front:
    """The service's door: what is asked of it, in its own measure."""

    def __init__(self, stands: Standing, counter: Counter) -> None:
        self._service = stands.service
        self._front = stands.front
        self._counter = counter

    def counted(self) -> dict[str, object]:
        """Requests since the beginning, as the service counts them, and more of its own."""
        found: dict[str, object] = {
            "at": time.monotonic(),
            "requests": self._counter.requests,
            "most_at_once": self._counter.most_at_once,
        }
        if self._service == "office365":
            # Each request within a batch counts, the batch itself does not.
            asked = self._front.requests
            found["requests"] = len(asked) - sum(one.endswith("/$batch") for one in asked)
            found["by_mailbox"] = dict(self._front.limits.counts)
            found["refused"] = self._front.limits.refused
        if self._service == "exchange":
            found["hanging"] = self._front.streams.open_connections
        self._counter.most_at_once = 0
        return found

    def forget(self) -> None:
        """Let go of what Exchange's simulator keeps for tests to look at."""
        if self._service == "exchange":
            self._front.traffic.clear()
            self._front.calls.clear()


async def obey(stands: Standing, company: Company, front: Front) -> None:
    """Do what is told until there are no more lines."""
    changing: asyncio.Task[None] | None = None

    async def link(url: str) -> None:
        say(**await stands.link_account(url))

    async def title(words: str) -> None:
        say(changed=company.rename(GLASS, words))

    async def begin(_: str) -> None:
        nonlocal changing
        company.changed.clear()
        changing = asyncio.create_task(company.keep_changing(front.forget))
        say(begun=time.monotonic())

    async def end(_: str) -> None:
        if changing is not None:
            changing.cancel()
        say(changed=company.changed)

    async def counted(_: str) -> None:
        say(**front.counted())

    known: dict[str, Callable[[str], Awaitable[None]]] = {
        "link": link,
        "title": title,
        "begin": begin,
        "end": end,
        "counted": counted,
    }
    async for line in orders():
        order, _, argument = line.partition(" ")
        await known[order](argument)
    if changing is not None:
        changing.cancel()


async def main(service: str, rooms: int, admin_origin: str) -> None:
    """Serve until standard input ends."""
    company, counter = Company(rooms), Counter()
    clock: Any = company.organisation.clock
    async with standing(
        service,
        clock,
        ZoneInfo(ZONE.key),
        admin_origin=admin_origin,
        organisation=company.organisation,
        around=counter.around,
    ) as stands:
        say(form=stands.form)
        await obey(stands, company, Front(stands, counter))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
