"""What a display leaves on its disk besides the keyring, and how it is removed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

CACHE = "cache.db"
_CACHED = f"{CACHE}*"
_UNSENT = "outbox.db*"


def forget_room(state_dir: Path) -> None:
    """Remove the cached meetings.

    Raises:
        OSError: they cannot be removed.
    """
    _remove(state_dir.glob(_CACHED))


def forget_everything(state_dir: Path) -> None:
    """Remove the cached meetings, and what waits to be sent.

    Raises:
        OSError: they cannot be removed.
    """
    _remove(state_dir.glob(_CACHED))
    _remove(state_dir.glob(_UNSENT))


def cache_age(state_dir: Path, *, now: float | None = None) -> float | None:
    """Seconds since the cached meetings were last written (wall clock); None: there are none."""
    written = [file.stat().st_mtime for file in state_dir.glob(_CACHED) if file.is_file()]
    if not written:
        return None
    return max(0.0, (time.time() if now is None else now) - max(written))


def _remove(files: Iterator[Path]) -> None:
    for file in files:
        file.unlink(missing_ok=True)
