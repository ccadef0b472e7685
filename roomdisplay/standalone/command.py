"""`roomdisplay standalone`: the Admin Center and its only display, paired by the same protocol."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from roomdisplay.admin.configuration import default_data_dir
from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import StartError
from roomdisplay.admin.security.roles import SYSTEM
from roomdisplay.admin.security.seal_key import open_sealer
from roomdisplay.admin.server import serve
from roomdisplay.admin.settings import DEFAULT_PORT, ServerSettings
from roomdisplay.admin.use_cases.pairing import approve_pairing, look_up_pairing
from roomdisplay.admin.use_cases.people import invite_owner
from roomdisplay.admin.use_cases.rooms import RoomInput, create_room, list_rooms
from roomdisplay.admin.web.zones import local_zone
from roomdisplay.device.clock import machine_clock_is_trusted
from roomdisplay.embedded.arguments import window_size
from roomdisplay.embedded.process import (
    CODE,
    INVITE,
    LINK_LIFETIME,
    DisplayProcess,
    EmbeddedDisplay,
    can_open_a_window,
)
from roomdisplay.model.room import Place
from roomdisplay.standalone.address import lan_address

_log = logging.getLogger(__name__)
_QUIET = ("httpx", "httpcore", "apscheduler", "aiosqlite", "uvicorn", "alembic")
_ROOM_NAMES = {"en": "Meeting room", "fr": "Salle de réunion"}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--data", type=Path, metavar="DIR", help="where everything is kept")
    parser.add_argument(
        "--port", type=int, default=DEFAULT_PORT, help=f"of its pages (default: {DEFAULT_PORT})"
    )
    parser.add_argument(
        "--loopback", action="store_true", help="open the pages to this machine only, by http"
    )
    parser.add_argument(
        "--place", type=Place, choices=list(Place), default=Place.DOOR, help="where the screen is"
    )
    parser.add_argument("--language", choices=sorted(_ROOM_NAMES), default="en")
    parser.add_argument(
        "--windowed", type=window_size, metavar="WxH", help="a window instead of the whole screen"
    )
    parser.add_argument(
        "--insecure-key-file",
        type=Path,
        metavar="FILE",
        help="where there is no keyring: seal secrets with a key in this file; the screen says so",
    )
    parser.add_argument(
        "--trust-clock",
        action="store_true",
        help="believe this machine's clock, though no time server and no battery vouches for it",
    )


def run(parsed: argparse.Namespace) -> int:
    """Serve and show until the screen is closed; 0, or 1 with words."""
    os.umask(0o077)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        return asyncio.run(_Standalone(parsed).run())
    except StartError as error:
        sys.stderr.write(f"roomdisplay: {error}\n")
        return 1


class _Standalone:
    """The Admin Center and its only display, from start to end."""

    def __init__(self, parsed: argparse.Namespace) -> None:
        self._parsed = parsed
        self._folder: Path = parsed.data or default_data_dir(os.environ).with_name(
            "roomdisplay-standalone"
        )
        self._stop = asyncio.Event()
        self._code = 1

    async def run(self) -> int:
        """Serve, pair, show; the exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop.set)
        self._require_a_keyring()
        await serve(self._settings(), ready=self._ready(), stop=self._stop)
        return self._code

    def _require_a_keyring(self) -> None:
        """Refuse early, and in this command's own words."""
        if self._parsed.insecure_key_file is not None:
            return
        try:
            open_sealer(None)
        except StartError as error:
            raise StartError(
                "There is no keyring here that could keep this screen's secrets. Start it in a"
                " desktop session that has one, or add --insecure-key-file FILE: whoever can read"
                " that file can then read the calendar's password, and the screen says so."
            ) from error

    def _settings(self) -> ServerSettings:
        parsed = self._parsed
        address = None if parsed.loopback else lan_address()
        return ServerSettings(
            data_dir=self._folder / "admin",
            host="0.0.0.0" if address else "127.0.0.1",  # noqa: S104 - a phone is to reach it, by TLS
            port=parsed.port,
            public_origins=(f"https://{address}:{parsed.port}",) if address else (),
            tls_self_made=address is not None,
            seal_key_file=parsed.insecure_key_file,
            standalone=True,
        )

    def _ready(self) -> Callable[[Admin], None]:
        tasks: set[asyncio.Task[None]] = set()  # a task that nobody holds may vanish

        def ready(admin: Admin) -> None:
            task = asyncio.create_task(self._show(admin))
            tasks.add(task)
            task.add_done_callback(self._shown)

        return ready

    def _shown(self, task: asyncio.Task[None]) -> None:
        self._stop.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("the screen failed", exc_info=error)

    async def _show(self, admin: Admin) -> None:
        sys.stdout.write(f"Pages  {admin.settings.canonical_origin}\n")
        sys.stdout.flush()
        if not self._parsed.trust_clock and not await asyncio.to_thread(machine_clock_is_trusted):
            _log.warning(
                "no time server and no battery vouches for this machine's clock yet, so the screen"
                " waits; if it is right, as in a container, add --trust-clock"
            )
        async with DisplayProcess(self._display(admin)) as screen:
            ended = asyncio.create_task(screen.ended())
            stopped = asyncio.create_task(self._stop.wait())
            answering = asyncio.create_task(self._answer(admin, screen))
            tasks = {ended, stopped, answering}
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                if answering.done():
                    answering.result()
                self._code = ended.result() if ended.done() else 0
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    def _display(self, admin: Admin) -> EmbeddedDisplay:
        parsed, settings = self._parsed, admin.settings
        scheme = "https" if settings.secure else "http"
        pin = settings.certificate_pin
        return EmbeddedDisplay(
            server=f"{scheme}://127.0.0.1:{settings.port}",
            server_pin=pin.hex() if pin else None,
            state_dir=self._folder / "display",
            insecure_key_file=parsed.insecure_key_file,
            place=parsed.place,
            language=parsed.language,
            size=parsed.windowed,
            way_in=True,
            trust_server_clock=parsed.trust_clock,
            offscreen=not can_open_a_window() and parsed.windowed is not None,
        )

    async def _answer(self, admin: Admin, screen: DisplayProcess) -> None:
        """Confirm the display's own code, and hand out the way in when somebody asks for it."""
        while True:
            word, code = await screen.heard()
            if word == CODE:
                pending = await look_up_pairing(
                    admin, SYSTEM, code, session_id="standalone", address="127.0.0.1"
                )
                room_id = await self._room(admin)
                place = self._parsed.place
                await approve_pairing(admin, SYSTEM, pending.id, room_id=room_id, place=place)
                _log.info("the screen is paired with its own Admin Center")
            elif word == INVITE:
                invitation = await invite_owner(admin, valid_for=LINK_LIFETIME)
                token = invitation.url.rsplit("/", 1)[-1]
                link = f"{admin.settings.canonical_origin}/setup/{token}"
                await screen.tell(link)
                self._say_link(link)

    def _say_link(self, link: str) -> None:
        """No phone can follow a link to this machine: whoever started us can, on a terminal."""
        if self._parsed.loopback and sys.stdout.isatty():
            sys.stdout.write(f"Set up {link}\n")
            sys.stdout.flush()

    async def _room(self, admin: Admin) -> str:
        rooms = await list_rooms(admin, SYSTEM)
        if rooms:
            return rooms[0].id
        name = _ROOM_NAMES[self._parsed.language]
        return await create_room(admin, SYSTEM, RoomInput(name=name, timezone=local_zone()))
