"""`roomdisplay admin serve`: run the Admin Center."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys

from roomdisplay.admin.configuration import add_server_arguments, read_settings
from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import StartError
from roomdisplay.admin.server import serve
from roomdisplay.admin.service_manager import notify, stay_alive
from roomdisplay.admin.settings import ServerSettings

_QUIET = ("httpx", "httpcore", "apscheduler", "aiosqlite", "uvicorn", "alembic")
"""They would log addresses, which can be secrets, or every small step."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_server_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT; 0, or 1 if it cannot start."""
    os.umask(0o077)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        asyncio.run(_serve(read_settings(options)))
    except StartError as error:
        sys.stderr.write(f"roomdisplay: {error}\n")
        return 1
    return 0


async def _serve(settings: ServerSettings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    life = asyncio.create_task(stay_alive())
    try:
        await serve(settings, ready=_ready, stop=stop)
    finally:
        notify("STOPPING=1")
        life.cancel()


def _ready(admin: Admin) -> None:
    origin = admin.settings.canonical_origin
    notify(f"READY=1\nSTATUS=Serving {origin}")
    logging.getLogger(__name__).info(
        "serving %s; secrets are sealed with the key from the %s", origin, admin.sealer.kept_in
    )
    if (pin := admin.settings.certificate_pin) is not None:
        logging.getLogger(__name__).info(
            "displays trust its own authority by ROOMDISPLAY_SERVER_PIN=%s", pin.hex()
        )
