"""What a display is started with."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field

from roomdisplay.device.clock import boot_id, boottime, wall_time

if TYPE_CHECKING:  # not needed to start, and the first frame waits for this module
    from roomdisplay.device.call import Call
    from roomdisplay.model.conference import JoinTarget


def _terminate() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


class Clocks(Struct, frozen=True, kw_only=True):
    """Where the time comes from; the demo and the tests pass their own."""

    boottime: Callable[[], float] = boottime
    """CLOCK_BOOTTIME, seconds."""
    wall: Callable[[], datetime] = wall_time
    """The wall clock, UTC, right or wrong."""
    wall_is_trusted: Callable[[], bool] | None = None
    """Whether the wall clock may be believed; None: ask the machine."""
    boot_id: str = field(default_factory=boot_id)
    speed: float = 1.0
    """Boot-time seconds that pass in a real one; tests hasten waiting with it."""
    server_is_trusted: bool | None = None
    """Whether the server's time may be believed; None: unless its address is loopback. Where the
    Admin Center runs on this very machine its time is no other than the wall clock's, and a small
    computer without a clock battery would vouch for itself."""


class JoinOptions(Struct, frozen=True, kw_only=True):
    """How the conference window is opened."""

    command: str = "chromium"
    """A name looked up in PATH, or a path."""
    profile_base: Path | None = None
    """Where browser profiles are made; None: the session's runtime folder, which is in memory."""
    sandbox: bool = True
    """Off only where Chromium's own sandbox cannot work, as for root in a test."""
    extra_switches: tuple[str, ...] = ()
    make_call: Callable[[JoinTarget, str], Call] | None = None
    """What is opened for a target and a room's name; None: the service's own page. The demo and
    the tests open a page of theirs."""


class DisplayOptions(Struct, frozen=True, kw_only=True):
    """Start-up settings of a display; everything else comes from the Admin Center."""

    state_dir: Path
    """Where `cache.db` and `outbox.db` lie; made if absent, mode 0700."""
    server: str | None = None
    """The Admin Center's address as an administrator wrote it; None: none was set."""
    server_pin: str | None = None
    insecure_key_file: Path | None = None
    """A key in a plain file instead of a keyring, for demo and tests; the screen names it."""
    runtime_dir: Path | None = None
    """A folder on a tmpfs for the copy in memory; None: there is no copy."""
    restart: Callable[[], None] = _terminate
    """What the administrator's Restart does once it was acknowledged; a supervisor starts anew."""
    join: JoinOptions = JoinOptions()
    clocks: Clocks = field(default_factory=Clocks)
