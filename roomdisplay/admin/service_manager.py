"""Telling systemd that the server is up, alive or going down (sd_notify(3)).

One datagram of `NAME=value` lines to the socket in `$NOTIFY_SOCKET`; without one, nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Mapping

_MICROSECONDS = 1_000_000


def notify(message: str, environ: Mapping[str, str] | None = None) -> None:
    """Say `message`, such as "READY=1"; a manager that does not listen is no reason to fail."""
    name = (os.environ if environ is None else environ).get("NOTIFY_SOCKET", "")
    if not name.startswith(("/", "@")):
        return
    address = "\0" + name[1:] if name.startswith("@") else name
    with (
        contextlib.suppress(OSError),
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as door,
    ):
        door.setblocking(False)
        door.sendto(message.encode(), address)


async def stay_alive(environ: Mapping[str, str] | None = None) -> None:
    """Give signs of life from the running loop, at half the time systemd would wait for one."""
    environ = os.environ if environ is None else environ
    try:
        timeout = int(environ.get("WATCHDOG_USEC", "0"))
        watched = int(environ.get("WATCHDOG_PID", str(os.getpid())))
    except ValueError:
        return
    if timeout <= 0 or watched != os.getpid():
        return
    while True:
        notify("WATCHDOG=1", environ)
        await asyncio.sleep(timeout / _MICROSECONDS / 2)
