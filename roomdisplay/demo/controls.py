"""What the demo's strip moves: the clock and the cable."""

from __future__ import annotations

import asyncio
import random
from datetime import datetime, timedelta

from sqlalchemy import select

from roomdisplay.admin.connections import Connections
from roomdisplay.admin.context import Admin
from roomdisplay.admin.news import DUE, PAGES, room_topic
from roomdisplay.admin.reading import read_calendar
from roomdisplay.admin.store.tables import Calendar, Room
from roomdisplay.admin.use_cases.schedule import room_preview
from roomdisplay.admin.web.demo_strip import DemoState
from roomdisplay.demo.clock import ZONE, DemoClock
from roomdisplay.demo.furnish import Furnished
from roomdisplay.demo.network import PullableNetwork
from roomdisplay.model.freshness import FreshnessReading
from roomdisplay.model.room import Place
from roomdisplay.model.roomstate import room_state
from roomdisplay.model.wire_schedule import schedule_from_message

_DAY = timedelta(days=1)
_READING = timedelta(seconds=45)
"""How long a service may take for the first reading of all rooms."""
_JUST_AFTER = timedelta(seconds=1)
_FRESH = FreshnessReading(age=timedelta(0), fresh_left=_DAY, trust_left=_DAY)


class Controls:
    """Implements `DemoControls`; given its Admin Center and rooms once they exist."""

    def __init__(self, clock: DemoClock) -> None:
        self._clock = clock
        self._admin: Admin | None = None
        self._network: PullableNetwork | None = None
        self._furnished: Furnished | None = None
        self.restart = asyncio.Event()
        """Set when the display is to be started again."""

    def take(self, admin: Admin, network: PullableNetwork, furnished: Furnished) -> None:
        """Begin to move these."""
        self._admin, self._network, self._furnished = admin, network, furnished

    async def jump(self, minutes: int) -> None:
        """Move the clock on; a time that is past comes tomorrow, since time never returns."""
        ahead = timedelta(minutes=minutes)
        self._clock.jump(self._clock() + (ahead if minutes >= 0 else ahead + _DAY))
        await self._read_all()

    async def stand_still(self, at: datetime) -> None:
        """Stop the clock at `at` (UTC), once every room's calendar has been read.

        Raises:
            TimeoutError: a calendar could not be read.
        """
        admin = self._admin
        assert admin is not None
        unread = select(Calendar.id).where(
            Calendar.next_due_at.is_not(None), Calendar.read_at.is_(None)
        )
        async with asyncio.timeout(_READING.total_seconds()), admin.news.subscribe([PAGES]) as news:
            while True:
                async with admin.store.reading() as session:
                    if await session.scalar(unread) is None:
                        break
                await news.wait()
        self._clock.stand_still(at)
        await self._read_all()

    async def next_state(self) -> None:
        """Move the clock to the next instant at which the display of Atlas changes by itself."""
        assert self._admin is not None
        assert self._furnished is not None
        message, _ = await room_preview(
            self._admin, self._furnished.owner, self._furnished.atlas, Place.INSIDE
        )
        now = self._clock()
        state = room_state(schedule_from_message(message), now, _FRESH, clock_trusted=True)
        self._clock.jump(min(state.valid_until, now + _DAY) + _JUST_AFTER)
        await self._read_all()

    async def toggle_network(self) -> None:
        """Pull the display's cable, or plug it in again."""
        assert self._network is not None
        await (self._network.pull() if self._network.up else self._network.plug())

    async def restart_display(self) -> None:
        """End the display's program and start it again."""
        self.restart.set()

    async def state(self) -> DemoState:
        """The time in the building, and whether the cable is in."""
        local = self._clock().astimezone(ZONE)
        return DemoState(time=f"{local:%H:%M}", network=self._network.up if self._network else True)

    async def _read_all(self) -> None:
        """Read each room's calendar at the new time, then let displays and pages look."""
        admin = self._admin
        assert admin is not None
        async with admin.store.reading() as session:
            rooms = list(await session.execute(select(Room.id, Room.calendar_id)))
        connections = Connections(admin)
        try:
            for calendar_id in sorted({id_ for _, id_ in rooms if id_}):
                await read_calendar(admin, connections, calendar_id, random.SystemRandom())
        finally:
            await connections.aclose()
        admin.news.publish([DUE, PAGES, *(room_topic(room_id) for room_id, _ in rooms)])
