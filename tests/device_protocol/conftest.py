"""A real Admin Center on loopback, and a wire to it that can be cut, tapped and captured."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import uvicorn

from roomdisplay.admin.app import create_app
from roomdisplay.admin.context import Admin
from roomdisplay.admin.device_api.pace import Pace
from roomdisplay.admin.news import News
from roomdisplay.admin.security.roles import SYSTEM
from roomdisplay.admin.security.sealing import Sealer
from roomdisplay.admin.settings import ServerSettings
from roomdisplay.admin.store import Store
from roomdisplay.admin.store.migrate import migrate
from roomdisplay.admin.use_cases.pairing import (
    PendingDisplay,
    approve_pairing,
    look_up_pairing,
)
from roomdisplay.admin.use_cases.rooms import RoomInput, create_room
from roomdisplay.device.box import BoxFacts
from roomdisplay.device.clock import boottime
from roomdisplay.device.http import DeviceHttp, TokenRejected
from roomdisplay.device.identity import DeviceIdentity, IdentityStore, Paired
from roomdisplay.device.pairing import Pairing
from roomdisplay.device.pairing_client import PROBE_PATH
from roomdisplay.device.server_address import parse_server
from roomdisplay.device.settings import PROVISIONING_FILE
from roomdisplay.device.vault.opening import open_vault
from roomdisplay.model.pairing import PairingOffer
from roomdisplay.model.room import Place
from roomdisplay.model.trouble import Trouble

FACTS = BoxFacts(model="Raspberry Pi 5", serial="10000000a1b2c3d4", version="0.1.0")
SEAL_KEY = bytes(range(32))


class ServerClock:
    """The Admin Center's clock: the real one, moved by whatever a test likes."""

    def __init__(self) -> None:
        self.offset = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def advance(self, by: timedelta) -> None:
        self.offset += by


class Wire:
    """TCP between display and server, with faults on demand.

    Each connection carries one request when `faulty` has something to say, so that faults strike
    exactly the request they were meant for.
    """

    def __init__(self) -> None:
        self.port = 0
        self.target = 0
        self.cut = False
        """Nobody answers at all."""
        self.captive: bytes | None = None
        """Answered to every request, whatever it was: a captive portal."""
        self.lose: Callable[[bytes], bool] = lambda _request: False
        """Whether the answer to a request is lost on the way, after the server did its work."""
        self.lost = 0
        self.on_request: Callable[[bytes], None] = lambda _request: None
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        self.drop()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @staticmethod
    def once(part: bytes) -> Callable[[bytes], bool]:
        """Lose the answer to the first request that has `part` in it."""
        left = [part]
        return lambda request: part in request and bool(left) and left.pop() == part

    def drop(self) -> None:
        """Break every connection that is open."""
        for writer in list(self._open):
            writer.transport.abort()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self._open.add(writer)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._serve(reader, writer)
        finally:
            self._open.discard(writer)
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.cut:
            return
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            (
                int(line.split(b":")[1])
                for line in head.split(b"\r\n")
                if line.lower().startswith(b"content-length:")
            ),
            0,
        )
        request = head + await reader.readexactly(length)
        self.on_request(request)
        if self.cut:
            return
        if self.captive is not None:
            writer.write(self.captive)
            await writer.drain()
            return
        # One request for each connection: the client is told so, and so is the server.
        line, _, rest = request.partition(b"\r\n")
        sent = line + b"\r\nConnection: close\r\n" + _without_connection(rest)
        upstream_reader, upstream = await asyncio.open_connection("127.0.0.1", self.target)
        self._open.add(upstream)
        try:
            upstream.write(sent)
            await upstream.drain()
            first = await upstream_reader.read(65536)
            if b" 40" not in first.partition(b"\r\n")[0] and self.lose(request):
                self.lost += 1
                return
            while first:
                writer.write(first)
                await writer.drain()
                first = await upstream_reader.read(65536)
        finally:
            self._open.discard(upstream)
            upstream.transport.abort()


def _without_connection(rest: bytes) -> bytes:
    lines = rest.split(b"\r\n")
    return b"\r\n".join(line for line in lines if not line.lower().startswith(b"connection:"))


class PairingDisplay:
    """A display's pairing half on a hastened boot-time clock; `restart` is a new process."""

    SPEED = 40.0

    def __init__(
        self,
        origin: str,
        state: Path,
        *,
        key_wall: Callable[[], float] | None = None,
        pin: str | None = None,
    ) -> None:
        self.origin = origin
        self.state = state
        self.offset = 0.0
        self.this_boot = "boot-1"
        self.pin = pin
        self.offers: asyncio.Queue[PairingOffer] = asyncio.Queue()
        self.troubles: asyncio.Queue[Trouble | None] = asyncio.Queue()
        self._base = boottime()
        self._key_wall = key_wall
        self.store: IdentityStore
        self.identity: DeviceIdentity
        self.http: DeviceHttp
        self.pairing: Pairing
        self._task: asyncio.Task[Paired] | None = None
        self._open()

    def now(self) -> float:
        return self._base + (boottime() - self._base) * self.SPEED + self.offset

    def start(self) -> asyncio.Task[Paired]:
        self._task = asyncio.create_task(self.pairing.pair(self._offered, self.troubles.put_nowait))
        return self._task

    async def stop(self) -> None:
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task])
        await self.http.aclose()

    async def is_known(self, paired: Paired) -> bool:
        """Whether the Admin Center accepts the display's token."""
        try:
            await self.http.request("GET", PROBE_PATH, token=paired.token)
        except TokenRejected:
            return False
        return True

    async def restart(self, *, reboot: bool = False) -> None:
        """The power fails and comes back."""
        await self.stop()
        if reboot:
            self.this_boot += "+"
        self.offers, self.troubles = asyncio.Queue(), asyncio.Queue()
        self._open()

    def advance(self, seconds: float) -> None:
        """Let time pass at once."""
        self.offset += seconds
        self.pairing.network_changed()  # wakes the plan, which looks at the clock

    def _offered(self, offer: PairingOffer | None) -> None:
        if offer is not None:
            self.offers.put_nowait(offer)

    def _open(self) -> None:
        vault = open_vault(self.state, insecure_key_file=self.state.with_suffix(".key"))
        self.store = IdentityStore(vault)
        self.identity = self.store.load()
        if self._key_wall is not None:
            self.identity.key._wall_time = self._key_wall
        server = parse_server(self.origin, self.pin)
        self.http = DeviceHttp(server, self.identity.key, boottime_clock=self.now)
        self.pairing = Pairing(
            self.http,
            self.identity,
            self.store,
            FACTS,
            boottime_clock=self.now,
            this_boot=self.this_boot,
            speed=self.SPEED,
            provisioning=self.state / PROVISIONING_FILE,
        )


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listens.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # The signals are pytest's.
        yield


class Center:
    """A running Admin Center that can be stopped, restarted and put back to an older state."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.clock = ServerClock()
        self.wire = Wire()
        self.settings_changes: dict[str, object] = {}
        self.speed = 1.0
        """Seconds that pass for the pace of polls in a real one."""
        self.admin: Admin
        self._server: _Server | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def origin(self) -> str:
        return self.wire.origin

    async def start(self) -> None:
        if not self.wire.port:
            await self.wire.start()
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        self.wire.target = listening.getsockname()[1]
        settings = ServerSettings(
            data_dir=self.data_dir,
            port=self.wire.target,
            **{"public_origins": (self.origin,), **self.settings_changes},  # type: ignore[arg-type]
        )
        news = News()
        self.admin = Admin(
            store=Store(settings.database_url, news),
            clock=self.clock,
            news=news,
            sealer=Sealer(SEAL_KEY, "the test"),
            settings=settings,
        )
        await migrate(self.admin.store)
        app = create_app(self.admin)
        app.state["pace"] = Pace(lambda: time.monotonic() * self.speed)
        config = uvicorn.Config(app, lifespan="on", log_config=None, timeout_graceful_shutdown=1)
        self._server = _Server(config)
        self._task = asyncio.create_task(self._server.serve(sockets=[listening]))
        listens = asyncio.create_task(self._server.listens.wait())
        await asyncio.wait({listens, self._task}, return_when=asyncio.FIRST_COMPLETED)
        listens.cancel()
        if self._task.done():  # it could not start
            await self._task

    async def stop(self) -> None:
        if self._server is None or self._task is None:
            return
        self.admin.news.close()
        self.wire.drop()
        self._server.should_exit = True
        await self._task
        await self.admin.store.close()
        self._server = self._task = None

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    def backup(self) -> dict[str, bytes]:
        """The store's files, as a backup would keep them; only while stopped."""
        return {file.name: file.read_bytes() for file in self.data_dir.iterdir()}

    def restore(self, files: dict[str, bytes]) -> None:
        """Put the store back; only while stopped."""
        for file in self.data_dir.iterdir():
            file.unlink()
        for name, content in files.items():
            (self.data_dir / name).write_bytes(content)

    def pace_speed(self, speed: float) -> None:
        """Let the pace of polls be judged on a hastened clock."""
        self.speed = speed

    async def room(self, name: str = "Atlas") -> str:
        return await create_room(self.admin, SYSTEM, RoomInput(name=name, timezone="Europe/Paris"))

    async def look_up(
        self, code: str, *, session: str = "the installer's", address: str = "192.0.2.1"
    ) -> PendingDisplay:
        return await look_up_pairing(self.admin, SYSTEM, code, session_id=session, address=address)

    async def approve(self, pairing_id: str, room_id: str, place: Place = Place.DOOR) -> str:
        return await approve_pairing(self.admin, SYSTEM, pairing_id, room_id=room_id, place=place)

    async def confirm(self, code: str, room_id: str, place: Place = Place.DOOR) -> str:
        """Do what the installer does with a code; the device's id."""
        pending = await self.look_up(code)
        return await self.approve(pending.id, room_id, place)


@pytest.fixture
async def center(tmp_path: Path) -> AsyncIterator[Center]:
    """An Admin Center with an empty store, running."""
    data_dir = tmp_path / "center"
    data_dir.mkdir()
    one = Center(data_dir)
    await one.start()
    yield one
    await one.stop()
    await one.wire.stop()


@pytest.fixture
def display_class() -> type[PairingDisplay]:
    """The pairing half of a display, to be made as often as a test needs one."""
    return PairingDisplay


@pytest.fixture
async def display(
    center: Center, display_class: type[PairingDisplay], tmp_path: Path
) -> AsyncIterator[PairingDisplay]:
    """A display that is not paired yet."""
    center.pace_speed(display_class.SPEED)
    one = display_class(center.origin, tmp_path / "display")
    yield one
    await one.stop()
