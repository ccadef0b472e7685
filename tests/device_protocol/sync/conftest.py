"""A display without a glass: the real engine against the real Admin Center."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from roomdisplay.admin.news import room_topic
from roomdisplay.admin.pictures import keep, seal_picture
from roomdisplay.admin.security.roles import SYSTEM
from roomdisplay.admin.store import new_id, news_after_commit
from roomdisplay.admin.store.tables import Calendar, CalendarConnection, CalendarPicture, Room
from roomdisplay.admin.use_cases.activation import make_activation_codes
from roomdisplay.admin.use_cases.settings import change_settings
from roomdisplay.connectors.base import Occurrence
from roomdisplay.device.box import BoxFacts
from roomdisplay.device.http import DeviceHttp
from roomdisplay.device.identity import IdentityStore
from roomdisplay.device.pairing import Pairing
from roomdisplay.device.server_address import parse_server
from roomdisplay.device.vault.opening import open_vault
from roomdisplay.model.room import Place
from roomdisplay.sync.engine import DisplayEngine, create_engine
from roomdisplay.sync.options import Clocks, DisplayOptions, JoinOptions
from roomdisplay.sync.snapshot import Snapshot

PATIENCE = 15.0
"""Seconds after which what a test waits for counts as not coming."""


class BoxClock:
    """The clocks of one box: boot-time and wall, that jump when told."""

    def __init__(self) -> None:
        self.boot = "boot-1"
        self.elapsed = 1000.0
        self.wall_offset = timedelta(0)
        self.wall_trusted = False
        self.speed = 1.0
        self._begun = time.monotonic()

    def boottime(self) -> float:
        return self.elapsed + (time.monotonic() - self._begun) * self.speed

    def wall(self) -> datetime:
        return datetime.now(UTC) + self.wall_offset

    def reboot(self, *, away: timedelta) -> None:
        """The box was off for a while; a battery or the network may tell it how long."""
        self.boot, self.elapsed, self._begun = self.boot + "+", 5.0, time.monotonic()
        self.wall_offset += away

    def clocks(self, *, server_is_trusted: bool | None = True) -> Clocks:
        return Clocks(
            boottime=self.boottime,
            wall=self.wall,
            wall_is_trusted=lambda: self.wall_trusted,
            boot_id=self.boot,
            speed=self.speed,
            server_is_trusted=server_is_trusted,
        )


class Display:
    """One display: its disk, its clocks, and the engine that runs on them now."""

    def __init__(self, folder: Path, server: str) -> None:
        self.folder = folder
        self.server = server
        self.clock = BoxClock()
        self.runtime_dir: Path | None = None
        self.join = JoinOptions(command="no-such-browser")
        self.server_is_trusted: bool | None = True
        self.restarts = 0
        self.engine: DisplayEngine | None = None
        self.snapshots: list[Snapshot] = []
        self._arrived = asyncio.Event()

    @property
    def state_dir(self) -> Path:
        return self.folder / "state"

    @property
    def snapshot(self) -> Snapshot:
        assert self.engine is not None
        return self.engine.snapshot

    def start(self) -> None:
        loop = asyncio.get_running_loop()

        def listener(snapshot: Snapshot) -> None:
            self.snapshots.append(snapshot)
            loop.call_soon_threadsafe(self._arrived.set)

        def restart() -> None:
            self.restarts += 1
            loop.call_soon_threadsafe(self._arrived.set)

        self.engine = create_engine(
            DisplayOptions(
                state_dir=self.state_dir,
                server=self.server,
                insecure_key_file=self.folder / "key",
                runtime_dir=self.runtime_dir,
                join=self.join,
                restart=restart,
                clocks=self.clock.clocks(server_is_trusted=self.server_is_trusted),
            )
        )
        self.engine.start(listener)
        self.engine.frame_painted()

    async def stop(self) -> None:
        if self.engine is not None:
            engine, self.engine = self.engine, None
            await asyncio.to_thread(engine.stop)

    async def restart(self) -> None:
        await self.stop()
        self.snapshots.clear()
        self.start()

    async def until(self, holds: Callable[[Snapshot], object]) -> Snapshot:
        """Wait for a snapshot of which something holds."""
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    self._arrived.clear()
                    if holds(self.snapshot):
                        return self.snapshot
                    await self._arrived.wait()
        except TimeoutError:
            raise AssertionError(f"did not come; the last was {self.snapshot}") from None

    async def pair(self, code: str) -> str:
        """Redeem an activation code, as `roomdisplay pair` does; the device's id."""
        vault = open_vault(self.state_dir, insecure_key_file=self.folder / "key")
        store = IdentityStore(vault)
        identity = store.load()
        async with DeviceHttp(parse_server(self.server), identity.key) as http:
            paired = await Pairing(http, identity, store, BoxFacts(model="Test")).redeem(code)
        return paired.device_id


class House:
    """Rooms, calendars and displays of one Admin Center."""

    def __init__(self, center, folder: Path) -> None:
        self.center = center
        self.folder = folder
        self.displays: list[Display] = []

    async def room(self, name: str = "Atlas", *, calendar: bool = True) -> str:
        room_id = await self.center.room(name)
        if calendar:
            await self.give_calendar(room_id)
        return room_id

    async def give_calendar(self, room_id: str) -> str:
        now = self.center.clock()
        connection, calendar_id = new_id(), new_id()
        async with self.center.admin.store.transaction() as session:
            session.add(
                CalendarConnection(
                    id=connection, service="caldav", name="Test", check_every_s=60, created_at=now
                )
            )
            await session.flush()
            session.add(
                Calendar(
                    id=calendar_id,
                    connection_id=connection,
                    address=f"https://calendar.example/{room_id}",
                    name="Room",
                    read_at=now,
                )
            )
            await session.flush()
            (await session.get_one(Room, room_id)).calendar_id = calendar_id
            news_after_commit(session, room_topic(room_id))
        await self.put_meetings(room_id)
        return calendar_id

    async def put_meetings(self, room_id: str, *occurrences: Occurrence) -> None:
        """What a read of the room's calendar leaves in the store, with its news."""
        admin, now = self.center.admin, self.center.clock()
        async with admin.store.transaction() as session:
            calendar_id = (await session.get_one(Room, room_id)).calendar_id
            assert calendar_id is not None
            (await session.get_one(Calendar, calendar_id)).read_at = now
            row = await session.get(CalendarPicture, calendar_id)
            if row is None:
                row = CalendarPicture(calendar_id=calendar_id)
                session.add(row)
            row.window_start, row.window_end = now - timedelta(days=3), now + timedelta(days=10)
            row.timezone = "Europe/Paris"
            row.body = seal_picture(admin.sealer, calendar_id, keep(occurrences))
            news_after_commit(session, room_topic(room_id))

    async def ask_for_check_in(self, room_id: str) -> None:
        values = {"check_in": True, "check_in_closes_after_min": 60}
        await change_settings(self.center.admin, SYSTEM, f"room:{room_id}", values)

    async def display(self, room_id: str, place: Place = Place.INSIDE) -> Display:
        """A display paired into the room, not yet started."""
        folder = self.folder / f"display-{len(self.displays)}"
        folder.mkdir()
        display = Display(folder, self.center.origin)
        self.displays.append(display)
        (code,) = await make_activation_codes(self.center.admin, SYSTEM, [room_id], place=place)
        display.device_id = await display.pair(code.code)
        return display


@pytest.fixture
async def house(center, tmp_path: Path) -> AsyncIterator[House]:
    one = House(center, tmp_path)
    yield one
    for display in one.displays:
        await display.stop()


@pytest.fixture
def meeting() -> Callable[..., Occurrence]:
    """A meeting that began some minutes ago."""

    def make(
        title: str = "Planning",
        *,
        starts_in: float = -5,
        minutes: float = 60,
        link: str | None = None,
    ) -> Occurrence:
        start = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=starts_in)
        return Occurrence(
            source_id=f"{title}@test",
            title=title,
            start=start,
            end=start + timedelta(minutes=minutes),
            location=link,
        )

    return make


Titles = Callable[[Snapshot], list[str | None]]


@pytest.fixture
def titles() -> Titles:
    """The titles of the meetings in a snapshot."""

    def read(snapshot: Snapshot) -> list[str | None]:
        return [m.title for m in snapshot.schedule.meetings] if snapshot.schedule else []

    return read


@pytest.fixture
def running(
    house: House, meeting: Callable[..., Occurrence], titles: Titles
) -> Callable[..., Awaitable[tuple[str, Display]]]:
    """Start a display in a room with one meeting, up to date and fresh."""

    async def make(place: Place = Place.INSIDE) -> tuple[str, Display]:
        room_id = await house.room()
        await house.put_meetings(room_id, meeting())
        display = await house.display(room_id, place)
        display.start()
        await display.until(
            lambda s: titles(s) == ["Planning"] and s.freshness(display.clock.boottime()).fresh
        )
        return room_id, display

    return make
