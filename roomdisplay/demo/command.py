"""`roomdisplay demo`: everything at once, by the real protocol."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
import tempfile
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path

from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import StartError
from roomdisplay.admin.server import serve
from roomdisplay.admin.settings import DEFAULT_PORT, ServerSettings
from roomdisplay.admin.use_cases.pairing import approve_pairing, look_up_pairing
from roomdisplay.demo.call_page import CallPage
from roomdisplay.demo.clock import ZONE, DemoClock, opening
from roomdisplay.demo.controls import Controls
from roomdisplay.demo.furnish import OWNER_EMAIL, Furnished, furnish
from roomdisplay.demo.network import PullableNetwork
from roomdisplay.demo.options import DemoOptions, add_arguments, options_of
from roomdisplay.demo.ports import free_port
from roomdisplay.demo.services import make_service
from roomdisplay.demo.services.service import DemoService
from roomdisplay.embedded.process import (
    CODE,
    DisplayProcess,
    EmbeddedDisplay,
    can_open_a_window,
)

_BEFORE = timedelta(minutes=5)
"""How long before the chosen instant the clock of a picture begins to run."""
_QUIET = ("httpx", "httpcore", "apscheduler", "aiosqlite", "uvicorn", "alembic", "roomdisplay")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_arguments(parser)


def run(parsed: argparse.Namespace) -> int:
    """Show the demo until its window is closed; 0, or 1 with words."""
    options = options_of(parsed)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        with tempfile.TemporaryDirectory(prefix="roomdisplay-demo-") as folder:
            return asyncio.run(_Demo(options, Path(folder)).run())
    except StartError as error:
        sys.stderr.write(f"roomdisplay: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 0


class _Demo:
    """One showing: an Admin Center, its rooms, the cable and the screen, in a folder of its own."""

    def __init__(self, options: DemoOptions, folder: Path) -> None:
        self._options = options
        self._folder = folder
        self._start = options.at or opening(datetime.now(ZONE).date())
        # Services need time to pass until they have told everything; a picture's time stands still.
        early = _BEFORE if options.screenshot is not None else timedelta(0)
        self._clock = DemoClock(self._start - early)
        self._controls = Controls(self._clock)
        self._stop = asyncio.Event()
        self._code = 1

    async def run(self) -> int:
        """Serve, furnish, pair, show; the exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop.set)
        port = self._options.port or free_port(DEFAULT_PORT)
        # What the Admin Center listens to ends after the Admin Center.
        async with AsyncExitStack() as services, PullableNetwork(port) as network:
            show = asyncio.Event()
            admins: list[Admin] = []

            def ready(admin: Admin) -> None:
                admins.append(admin)
                show.set()

            settings = ServerSettings(
                data_dir=self._folder / "admin",
                port=port,
                public_origins=(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{network.port}"),
                seal_key_file=self._folder / "admin.key",
                demo=self._controls,
            )
            server = asyncio.create_task(
                serve(settings, clock=self._clock, ready=ready, stop=self._stop)
            )
            shown = asyncio.create_task(show.wait())
            await asyncio.wait({server, shown}, return_when=asyncio.FIRST_COMPLETED)
            shown.cancel()
            if admins:
                await self._open(admins[0], network, services)
            self._stop.set()
            await server
        return self._code

    async def _open(self, admin: Admin, network: PullableNetwork, services: AsyncExitStack) -> None:
        options, folder = self._options, self._folder / "service"
        try:
            service = make_service(options.service, options.language, self._clock, folder)
            await self._show(admin, network, await services.enter_async_context(service))
        except StartError as error:
            sys.stderr.write(f"roomdisplay: {error}\n")

    async def _show(self, admin: Admin, network: PullableNetwork, service: DemoService) -> None:
        furnished = await furnish(admin, self._options.language, service, opening=self._start)
        self._controls.take(admin, network, furnished)
        if self._options.screenshot is not None:
            try:
                await self._controls.stand_still(self._start)
            except TimeoutError:
                raise StartError("The service's calendars could not be read in time.") from None
        self._say(admin, furnished, service)
        surprise = asyncio.create_task(self._surprise(furnished, service))
        try:
            async with CallPage(self._options.language) as calls:
                display = self._display(network, calls)
                while await self._run_display(display, admin, furnished):
                    self._controls.restart.clear()
        finally:
            surprise.cancel()
            await asyncio.gather(surprise, return_exceptions=True)

    async def _run_display(
        self, display: EmbeddedDisplay, admin: Admin, furnished: Furnished
    ) -> bool:
        """Run the display once; whether it is to be started again."""
        async with DisplayProcess(display) as screen:
            ended = asyncio.create_task(screen.ended())
            tasks = {
                ended,
                asyncio.create_task(self._stop.wait()),
                asyncio.create_task(self._controls.restart.wait()),
            }
            approval = asyncio.create_task(self._approve(admin, furnished, screen))
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                if ended.done():
                    self._code = ended.result()
                    return False
                self._code = 0
                return not self._stop.is_set()
            finally:
                for task in (*tasks, approval):
                    task.cancel()
                await asyncio.gather(*tasks, approval, return_exceptions=True)

    def _display(self, network: PullableNetwork, calls: CallPage) -> EmbeddedDisplay:
        options, state_dir = self._options, self._folder / "display"
        return EmbeddedDisplay(
            server=f"http://127.0.0.1:{network.port}",
            state_dir=state_dir,
            insecure_key_file=state_dir / "demo.key",
            place=options.place,
            language=options.language,
            size=options.size,
            screenshot=options.screenshot,
            trust_server_clock=True,
            sample_calls=calls.origin,
            offscreen=options.screenshot is not None or not can_open_a_window(),
        )

    async def _approve(self, admin: Admin, furnished: Furnished, screen: DisplayProcess) -> None:
        """Do what an installer does: read the code from the glass, choose the room, confirm."""
        while True:
            word, code = await screen.heard()
            if word != CODE:
                continue
            pending = await look_up_pairing(
                admin, furnished.owner, code, session_id="demo", address="127.0.0.1"
            )
            await approve_pairing(
                admin, furnished.owner, pending.id,
                room_id=furnished.atlas, place=self._options.place,
            )  # fmt: skip

    async def _surprise(self, furnished: Furnished, service: DemoService) -> None:
        """When somebody has added a meeting, the calendar is read without waiting its minute."""
        left = (furnished.surprise_at - self._clock()).total_seconds()
        if self._options.screenshot is None:
            await asyncio.sleep(max(0.0, left))
            await service.surprise()
            await self._controls.jump(0)

    def _say(self, admin: Admin, furnished: Furnished, service: DemoService) -> None:
        if self._options.screenshot is not None:
            return
        local = self._clock().astimezone(ZONE)
        where = (
            "its window" if can_open_a_window() else "not shown: no screen here; see --screenshot"
        )
        sys.stdout.write(
            f"Screen        Atlas, {self._options.place.value}, {local:%H:%M} ({where})\n"
            f"Admin Center  {admin.settings.canonical_origin}\n"
            f"Sign in       {OWNER_EMAIL}  {furnished.password}\n"
        )
        for title, words in service.words():
            sys.stdout.write(f"{title:12}  {words}\n")
        sys.stdout.flush()
