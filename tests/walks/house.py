"""An Admin Center at an instant of our choice, and a display that is paired by its code."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import select

from roomdisplay.admin.context import Admin
from roomdisplay.admin.news import PAGES
from roomdisplay.admin.security.roles import SYSTEM
from roomdisplay.admin.server import serve
from roomdisplay.admin.settings import ServerSettings
from roomdisplay.admin.store.tables import Calendar
from roomdisplay.admin.use_cases.people import accept_invitation, invite_owner
from roomdisplay.admin.use_cases.sessions import Client
from roomdisplay.admin.use_cases.settings import change_settings
from roomdisplay.demo.clock import DemoClock, from_wall
from roomdisplay.embedded.process import CODE, DisplayProcess, EmbeddedDisplay
from roomdisplay.model.room import Place

AT = "2026-11-23T11:20"
"""When the walk begins: a Monday in the sample building; the design review is on in Atlas, with a
call to join."""
SIZE = (1280, 800)
EMAIL, PASSWORD = "ada@building.example", "a calm corridor at noon"


@asynccontextmanager
async def admin_center(folder: Path) -> AsyncIterator[Admin]:
    """Serve an empty Admin Center on loopback; its clock runs from `AT`."""
    stop = asyncio.Event()
    started: asyncio.Future[Admin] = asyncio.get_running_loop().create_future()
    settings = ServerSettings(
        data_dir=folder / "admin", port=0, seal_key_file=folder / "admin-seal.key"
    )
    clock = DemoClock(from_wall(AT))
    serving = serve(settings, clock=clock, ready=started.set_result, stop=stop)
    server = asyncio.create_task(serving)
    both: set[asyncio.Future[Any]] = {started, server}
    await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    try:
        if server.done():
            await server
        yield await started
    finally:
        stop.set()
        await server


async def add_owner(admin: Admin, language: str) -> None:
    """Make the first owner, who signs in with `EMAIL` and `PASSWORD`; displays speak alike."""
    invitation = await invite_owner(admin)
    token = invitation.url.rsplit("/", 1)[-1]
    await accept_invitation(
        admin,
        token,
        name="Ada",
        email=EMAIL,
        password=PASSWORD,
        language=language,
        client=Client(),
    )
    await change_settings(admin, SYSTEM, "global", {"language": language})


async def until_told(admin: Admin) -> None:
    """Wait until the service tells of changes of every calendar in use, and each has been read."""
    waited_for = select(Calendar.id).where(
        Calendar.next_due_at.is_not(None),
        Calendar.told_by.is_(None) | Calendar.read_at.is_(None),
    )
    async with admin.news.subscribe([PAGES]) as news:
        while True:
            async with admin.store.reading() as session:
                if await session.scalar(waited_for.limit(1)) is None:
                    return
            await news.wait()


class Screen:
    """A display in a process of its own, drawn into memory; its key and its news are in a folder.

    The context is open while the display runs. Afterwards it can be started again, for a picture.
    """

    def __init__(self, admin: Admin, folder: Path, language: str) -> None:
        self._display = EmbeddedDisplay(
            server=admin.settings.canonical_origin,
            state_dir=folder / "display",
            insecure_key_file=folder / "display" / "walk.key",
            place=Place.INSIDE,
            language=language,
            size=SIZE,
            trust_server_clock=True,
            offscreen=True,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[DisplayProcess]:
        """Run the display until the context is left."""
        async with DisplayProcess(self._display) as process:
            ended = asyncio.create_task(process.ended())
            try:
                yield process
            finally:
                ended.cancel()
                await asyncio.gather(ended, return_exceptions=True)

    async def picture(self, file: Path) -> None:
        """Start the display once more, on what it knows, and have it draw the glass."""
        async with DisplayProcess(replace(self._display, screenshot=file)) as process:
            if await process.ended():
                raise RuntimeError("the display drew no picture")


async def code_of(process: DisplayProcess) -> str:
    """The pairing code that stands on the glass."""
    while True:
        word, code = await process.heard()
        if word == CODE:
            return code
