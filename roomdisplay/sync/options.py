"""What a display is started with."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def _boottime() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _wall() -> datetime:
    return datetime.now(UTC)


def boot_id() -> str:
    """What tells this boot from all others; one of its own where the kernel does not say."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return f"process-{os.getpid()}-{time.time_ns()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """Where the time comes from; the demo and the tests pass their own."""

    boottime: Callable[[], float] = _boottime
    """CLOCK_BOOTTIME, seconds."""
    wall: Callable[[], datetime] = _wall
    """The wall clock, UTC, right or wrong."""
    wall_is_trusted: Callable[[], bool] | None = None
    """Whether the wall clock may be believed; None: ask the machine."""
    boot_id: str = field(default_factory=boot_id)
    server_is_trusted: bool | None = None
    """Whether the server's time may be believed; None: only if it came over TLS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinOptions:
    """How the conference window is opened."""

    browser: Path | None = None
    """The Chromium to start; None: looked for."""
    extra_arguments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayOptions:
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
    join: JoinOptions = JoinOptions()
    clocks: Clocks = field(default_factory=Clocks)
