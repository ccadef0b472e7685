"""A real Admin Center on a real SQLite file, with a clock and a calendar service of ours."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest

from roomdisplay.admin.context import Admin
from roomdisplay.admin.jobs import Jobs
from roomdisplay.admin.last_read import LastRead
from roomdisplay.admin.news import News
from roomdisplay.admin.security.passwords import hash_password
from roomdisplay.admin.security.roles import Actor, Role
from roomdisplay.admin.security.sealing import Sealer
from roomdisplay.admin.settings import ServerSettings
from roomdisplay.admin.store import Store, new_id
from roomdisplay.admin.store.migrate import migrate
from roomdisplay.admin.store.tables import Device, Person
from roomdisplay.admin.use_cases import sessions
from roomdisplay.connectors import registry
from roomdisplay.connectors.base import (
    CalendarGoneError,
    CalendarInfo,
    Capabilities,
    ConnectionSettings,
    Connector,
    ConnectorError,
    CredentialsRejectedError,
    Field,
    Occurrence,
    Picture,
    Unchanged,
    Window,
)
from roomdisplay.model.room import SourceKind

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SECRET = "correct horse battery staple"


@dataclass
class Clock:
    now: datetime = START
    since: float | None = None
    """When it began to run, monotonic; None: it stands."""
    passed: float = 0.0
    """Seconds that went by, whatever the clock was set to."""

    def __call__(self) -> datetime:
        elapsed = 0.0 if self.since is None else time.monotonic() - self.since
        return self.now + timedelta(seconds=elapsed)

    def run_from(self, now: datetime) -> None:
        self.now, self.since = now, time.monotonic()

    def pass_(self, **span: float) -> None:
        self.now += timedelta(**span)
        self.passed += timedelta(**span).total_seconds()

    def set(self, now: datetime) -> None:
        """Somebody sets the server's clock; no time goes by."""
        self.now = now

    def boottime(self) -> float:
        return self.passed


@dataclass
class HouseService:
    """A calendar service whose calendars and faults the test decides."""

    calendars: dict[str, list[Occurrence]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    faults: list[Exception] = field(default_factory=list)
    """Raised by the next readings, one each."""
    refuses: ConnectorError | None = None
    """Raised by every check."""
    reads: list[tuple[str, Window, str | None, str]] = field(default_factory=list)
    cursors: bool = False
    cheap_check: bool = False
    open: int = 0
    version: int = 0
    unreadable: int = 0
    """Of each answer: what has no time."""
    gate: asyncio.Event | None = None
    """Readings wait for it."""
    at_gate: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, address: str, name: str, *meetings: Occurrence) -> None:
        self.calendars[address] = list(meetings)
        self.names[address] = name

    def module(self) -> ModuleType:
        module = ModuleType("roomdisplay_tests_house_service")
        module.FIELDS = (
            Field(key="url", kind="url"),
            Field(key="user", required=False),
            Field(key="password", kind="password", secret=True),
        )

        def connect(settings: ConnectionSettings, surroundings: object) -> Connector:
            del surroundings
            self.open += 1
            return HouseConnector(self, settings)

        module.connect = connect
        return module


class HouseConnector:
    kind = SourceKind.LIVE
    check_every = timedelta(seconds=60)

    def __init__(self, service: HouseService, settings: ConnectionSettings) -> None:
        self._service = service
        self._settings = settings

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(cheap_check=self._service.cheap_check)

    async def check(self) -> None:
        if self._service.refuses:
            raise self._service.refuses
        if self._settings.secrets.get("password") != SECRET:
            raise CredentialsRejectedError("The server does not know this password.")

    async def list_calendars(self) -> Sequence[CalendarInfo]:
        return [
            CalendarInfo(address=address, name=name, group="Main building", capacity=8)
            for address, name in self._service.names.items()
        ]

    async def read(
        self, address: str, window: Window, cursor: str | None = None, *, zone: str = "UTC"
    ) -> Picture | Unchanged:
        self._service.reads.append((address, window, cursor, zone))
        if self._service.gate:
            self._service.at_gate.set()
            await self._service.gate.wait()
        if self._service.faults:
            raise self._service.faults.pop(0)
        if address not in self._service.calendars:
            raise CalendarGoneError("No such calendar.")
        current = str(self._service.version) if self._service.cursors else None
        if cursor is not None and cursor == current:
            return Unchanged(cursor)
        found = tuple(o for o in self._service.calendars[address] if window.touches(o.start, o.end))
        broken = self._service.unreadable
        return Picture(
            occurrences=found,
            cursor=current,
            unreadable=broken,
            warnings=(f"{broken} objects cannot be read.",) if broken else (),
        )

    async def aclose(self) -> None:
        self._service.open -= 1


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty store, to be copied: migrating takes longer than most tests."""
    path = tmp_path_factory.mktemp("store") / "admin.db"

    async def make() -> None:
        store = Store(f"sqlite+aiosqlite:///{path}", News())
        await migrate(store)
        await store.close()

    asyncio.run(make())
    return path


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def admin_sealer() -> Sealer:
    return Sealer(os.urandom(32), "test")


@pytest.fixture
async def admin(
    empty_store: Path, tmp_path: Path, clock: Clock, admin_sealer: Sealer
) -> AsyncIterator[Admin]:
    shutil.copy(empty_store, tmp_path / "admin.db")
    settings = ServerSettings(data_dir=tmp_path, public_origins=("https://rooms.example.com",))
    news = News()
    store = Store(settings.database_url, news)
    yield Admin(
        store=store,
        clock=clock,
        news=news,
        sealer=admin_sealer,
        settings=settings,
        last_read=LastRead(clock.boottime),
    )
    await store.close()


@pytest.fixture(scope="session")
def secret_hash() -> str:
    """Of `SECRET`: hashing takes long on purpose."""
    return asyncio.run(hash_password(SECRET))


@pytest.fixture
async def owner(admin: Admin, secret_hash: str) -> Actor:
    """The first owner."""
    person = Person(
        id=new_id(),
        email="ada@example.com",
        name="Ada Owner",
        role=Role.OWNER.value,
        password_hash=secret_hash,
        created_at=admin.clock(),
    )
    async with admin.store.transaction() as session:
        session.add(person)
    return sessions.actor_of(person)


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> HouseService:
    """A service under the key "house", offered like any other."""
    service = HouseService()
    module = service.module()
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(
        registry.SERVICES, "house", registry.Service("house", module.__name__, offered=True)
    )
    return service


@pytest.fixture
async def jobs(admin: Admin) -> AsyncIterator[Jobs]:
    working = Jobs(admin, random.Random(7))
    yield working
    await working.aclose()


@pytest.fixture
def make_device(admin: Admin) -> Callable[..., object]:
    """A paired display, as pairing leaves it."""

    async def make(room_id: str | None, place: str = "inside", **facts: object) -> str:
        async with admin.store.transaction() as session:
            device = Device(
                id=new_id(),
                room_id=room_id,
                name=f"Display {place}",
                place=place,
                key_thumbprint=new_id(),
                created_at=admin.clock(),
                **facts,
            )
            session.add(device)
        return device.id

    return make


@pytest.fixture
def viewer() -> Actor:
    return Actor(id=None, name="Vera", role=Role.VIEWER)


def meeting(
    title: str = "Planning", *, at: float = 1, hours: float = 1, **facts: object
) -> Occurrence:
    """A meeting `at` hours after the clock's start."""
    start = START + timedelta(hours=at)
    return Occurrence(
        source_id=f"{title}@{at}",
        title=title,
        start=start,
        end=start + timedelta(hours=hours),
        **facts,
    )


@pytest.fixture(name="meeting")
def meeting_fixture() -> Callable[..., Occurrence]:
    return meeting
