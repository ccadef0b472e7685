"""Opening a small SQLite file on a memory card, and setting a damaged one aside."""

from __future__ import annotations

import logging
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

logger = logging.getLogger(__name__)

_COMPANIONS = ("", "-wal", "-shm")
BUSY_S = 2.0


class DiskError(Exception):
    """The disk is full, read-only or failing; what was to be written is in memory only."""


class DamagedError(Exception):
    """The file is not a sound database of ours."""


def connect(path: Path, *, synchronous: str) -> sqlite3.Connection:
    """Open or make the database, in WAL mode, checked.

    Args:
        path: the database file; its folder must exist.
        synchronous: NORMAL (the last commits may be lost with the power) or FULL (they may not).

    Raises:
        DamagedError: it is no database, or its pages do not hold together.
        DiskError: it cannot be opened or written here and now.
    """
    connection: sqlite3.Connection | None = None
    try:
        connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("PRAGMA journal_size_limit = 1048576")
        findings = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        if connection is not None:
            connection.close()
        raise judged(error) from error
    if findings != ("ok",):
        connection.close()
        raise DamagedError(str(findings))
    return connection


def judged(error: sqlite3.Error) -> DiskError | DamagedError:
    """Which of the two a SQLite error is; anything not known as damage is the disk's fault."""
    damage = {"SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_FORMAT", "SQLITE_SCHEMA"}
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith("SQLITE_CORRUPT") or name in damage or _shape_is_foreign(error):
        return DamagedError(str(error))
    return DiskError(str(error))


def set_aside(path: Path) -> Path | None:
    """Rename the database with its -wal and -shm, so that nothing of it meets a new one.

    Returns:
        The new name of the main file; None if even that failed.
    """
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    target = path.with_name(f"{path.name}.bad-{stamp}")
    number = 1
    while target.exists():
        number += 1
        target = path.with_name(f"{path.name}.bad-{stamp}-{number}")
    try:
        for suffix in _COMPANIONS:
            companion = path.with_name(path.name + suffix)
            if companion.exists():
                companion.rename(target.with_name(target.name + suffix))
    except OSError as error:
        logger.warning("%s is damaged and cannot be set aside: %s", path.name, error)
        return None
    return target


def remove(path: Path) -> None:
    """Delete the database with its companions.

    Raises:
        DiskError: it could not be deleted.
    """
    try:
        for suffix in _COMPANIONS:
            path.with_name(path.name + suffix).unlink(missing_ok=True)
    except OSError as error:
        raise DiskError(str(error)) from error


def _shape_is_foreign(error: sqlite3.Error) -> bool:
    """Whether a sound database simply is not ours: tables or columns are missing."""
    text = str(error)
    return isinstance(error, sqlite3.OperationalError) and (
        text.startswith(("no such table", "no such column")) or "has no column named" in text
    )
