"""Telling systemd that the display is up, alive or going down (sd_notify(3)).

The protocol is one datagram of ``NAME=value`` lines to the Unix socket that ``$NOTIFY_SOCKET``
names. Without a service manager (the demo, a developer's shell) every call does nothing.

Nothing here decides *whether* the display is alive: the caller does, on the thread that would
hang, and only then says so.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Mapping
from datetime import timedelta

# systemd.service(5) asks for a sign of life at half the time after which it would act.
_SIGNS_PER_TIMEOUT = 2
_STATUS_LENGTH = 200


class ServiceManager:
    """What a process can say to the service manager that started it."""

    def __init__(self, environ: Mapping[str, str] | None = None, *, pid: int | None = None) -> None:
        """Take the addresses that systemd left in the environment.

        Args:
            environ: The environment to read; this process's by default.
            pid: Which process we are; this one by default.
        """
        environ = os.environ if environ is None else environ
        self._address = _address(environ.get("NOTIFY_SOCKET", ""))
        self._alive_every = _alive_every(environ, os.getpid() if pid is None else pid)

    @property
    def listening(self) -> bool:
        """Whether a service manager wants to hear from us."""
        return self._address is not None

    @property
    def alive_every(self) -> timedelta | None:
        """How often to call `alive`; None where nobody watches."""
        return self._alive_every

    def ready(self, status: str = "") -> None:
        """Say that the service is up: for the display, that its first frame is on the glass."""
        self._send("READY=1", status)

    def alive(self) -> None:
        """Give a sign of life."""
        self._send("WATCHDOG=1")

    def status(self, text: str) -> None:
        """Say in words how things are, for `systemctl status`; never anything secret."""
        self._send("", text)

    def stopping(self) -> None:
        """Say that the service is on its way down."""
        self._send("STOPPING=1")

    def _send(self, message: str, status: str = "") -> None:
        if self._address is None:
            return
        lines = [message] if message else []
        if status:
            # A line break would begin a message of its own.
            lines.append("STATUS=" + " ".join(status.split())[:_STATUS_LENGTH])
        with (
            # A manager that went away or is overrun must not take the display down or block it.
            contextlib.suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as door,
        ):
            door.setblocking(False)
            door.sendto("\n".join(lines).encode(), self._address)


def _address(name: str) -> str | None:
    """Turn ``$NOTIFY_SOCKET`` into a socket address.

    A path, or a leading ``@`` for the abstract namespace (a NUL byte in the kernel's eyes);
    anything else, as systemd's own client has it, is not for us.
    """
    if name.startswith("@") and len(name) > 1:
        return "\0" + name[1:]
    return name if name.startswith("/") else None


def _alive_every(environ: Mapping[str, str], pid: int) -> timedelta | None:
    """How often a sign of life is due, by sd_watchdog_enabled(3)."""
    try:
        timeout = timedelta(microseconds=int(environ.get("WATCHDOG_USEC", "0")))
        watched = int(environ.get("WATCHDOG_PID", str(pid)))
    except (ValueError, OverflowError):
        return None
    if timeout <= timedelta(0) or watched != pid:
        return None
    return timeout / _SIGNS_PER_TIMEOUT
