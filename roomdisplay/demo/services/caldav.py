"""The building through a real CalDAV server: Radicale, as a process beside the demo."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import secrets
import sys
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import StartError
from roomdisplay.admin.use_cases.services import connect_service
from roomdisplay.admin.use_cases.sessions import SignedInAs
from roomdisplay.connectors.sample.building import ATLAS, BUILDING
from roomdisplay.demo import building_ical
from roomdisplay.demo.clock import ZONE, DemoClock
from roomdisplay.demo.ports import free_port

USER = "building"
_PATIENCE = 30.0
"""Seconds in which the server must be ready."""
_CONFIGURATION = """\
[server]
hosts = 127.0.0.1:{port}
[auth]
type = htpasswd
htpasswd_filename = {folder}/users
htpasswd_encryption = plain
[storage]
filesystem_folder = {folder}/storage
[logging]
level = info
"""


def make(name: str, language: str, clock: DemoClock, folder: Path) -> CalDavService:
    """See `make_service`."""
    del name
    if importlib.util.find_spec("radicale") is None:
        raise StartError("This needs Radicale: install the project with its extra `demo`.")
    return CalDavService(language, clock, folder)


class CalDavService:
    """Implements `DemoService`."""

    def __init__(self, language: str, clock: DemoClock, folder: Path) -> None:
        self._language = language
        self._clock = clock
        self._folder = folder
        self._password = secrets.token_urlsafe(9)
        self._port = free_port()
        self._process: asyncio.subprocess.Process | None = None
        self._log: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self._write)
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "radicale", "--config", str(self._folder / "radicale.ini"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._until_ready(self._process)
        except TimeoutError:
            raise StartError("Radicale did not start in time.") from None
        self._log = asyncio.create_task(_drain(self._process))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.terminate()
            await self._process.wait()
        if self._log is not None:
            await self._log

    @property
    def url(self) -> str:
        """Where the server answers."""
        return f"http://127.0.0.1:{self._port}/"

    async def connect(self, admin: Admin, who: SignedInAs, surprise_at: datetime) -> list[str]:
        """See `DemoService`."""
        del surprise_at
        form = {"url": self.url, "username": USER, "password": self._password}
        return [await connect_service(admin, who.actor, "caldav", "CalDAV", form)]

    async def surprise(self) -> None:
        """See `DemoService`."""
        today = self._clock().astimezone(ZONE).date()
        uid, lines = building_ical.surprise(ATLAS, self._language, today)
        await asyncio.to_thread(self._put, ATLAS.address, uid, lines)

    def words(self) -> list[tuple[str, str]]:
        """Where it answers, so that any CalDAV client can take part."""
        return [("CalDAV", f"{self.url} user {USER}, password {self._password}")]

    async def _until_ready(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        while line := await process.stderr.readline():
            if b"server ready" in line:
                return
        raise StartError("Radicale ended before it was ready.")

    def _write(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        configuration = _CONFIGURATION.format(port=self._port, folder=self._folder)
        (self._folder / "radicale.ini").write_text(configuration)
        (self._folder / "users").write_text(f"{USER}:{self._password}\n")
        today = self._clock().astimezone(ZONE).date()
        for room in BUILDING:
            collection = self._collection(room.address)
            collection.mkdir(parents=True)
            properties = {"tag": "VCALENDAR", "D:displayname": room.name}
            (collection / ".Radicale.props").write_text(json.dumps(properties))
            for uid, lines in building_ical.events(room, self._language, today).items():
                self._put(room.address, uid, lines)

    def _put(self, address: str, uid: str, lines: str) -> None:
        """Into the server's storage, whole at once: it looks there with every request."""
        body = building_ical.calendar(address, {uid: lines})
        unfinished = self._folder / f"{uid}.ics"
        unfinished.write_text(body, newline="")
        unfinished.rename(self._collection(address) / f"{uid}.ics")

    def _collection(self, address: str) -> Path:
        return self._folder / "storage" / "collection-root" / USER / address


async def _drain(process: asyncio.subprocess.Process) -> None:
    assert process.stderr is not None
    while await process.stderr.readline():
        pass  # what it logs is nobody's business here
