"""`outbox.db`: what people did at the screen and the server has not acknowledged yet.

Durable: written and synced before anything is sent, migrated, never dropped; a damaged file is set
aside, never deleted. Each entry keeps its idempotency key for life, so that however often it is
sent, it happens once.
"""

from __future__ import annotations

import logging
import sqlite3
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from roomdisplay.model.clock import ClockReading
from roomdisplay.sync import database
from roomdisplay.sync.database import DamagedError, DiskError

logger = logging.getLogger(__name__)

T = TypeVar("T")

SINK_AFTER = 5
"""Failures of one entry alone, the server being well, after which it no longer holds up others."""

MIGRATIONS = (
    """
    CREATE TABLE entry (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        key TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL,
        meeting_id TEXT NOT NULL,
        boot_id TEXT NOT NULL,
        boottime REAL NOT NULL,
        utc TEXT,
        over_at TEXT,
        failures INTEGER NOT NULL DEFAULT 0
    ) STRICT
    """,
)
"""Each brings the file from the version of its index to the next; `user_version` counts them."""

_SELECT = (
    "SELECT key, kind, meeting_id, boot_id, boottime, utc, over_at, failures"
    " FROM entry ORDER BY number"
)
_INSERT = (
    "INSERT INTO entry (key, kind, meeting_id, boot_id, boottime, utc, over_at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)


class ActionKind(StrEnum):
    """What somebody did at the screen that may be sent later."""

    CHECK_IN = "check_in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One action on its way."""

    key: str
    """The idempotency key, from the tap to the calendar service."""
    kind: ActionKind
    meeting_id: str
    boot_id: str
    boottime: float
    """CLOCK_BOOTTIME of the tap, seconds, in that boot."""
    utc: datetime | None
    """The time of the tap, where the clock was trusted."""
    over_at: datetime | None
    """The meeting's end: afterwards the action means nothing any more."""
    failures: int = 0

    def ago(self, boot_id: str, boottime: float, clock: ClockReading) -> float:
        """Seconds since the tap, at least: unknown time while the box was off does not count."""
        if self.boot_id == boot_id:
            return max(0.0, boottime - self.boottime)
        if self.utc is not None and clock.trusted:
            return max(boottime, (clock.at(boottime) - self.utc).total_seconds())
        return boottime

    def is_over(self, boottime: float, clock: ClockReading) -> bool:
        """Whether the meeting has ended, as far as a trusted clock can tell."""
        return clock.trusted and self.over_at is not None and clock.at(boottime) >= self.over_at

    @property
    def sunk(self) -> bool:
        """Whether it failed so often that the others go first."""
        return self.failures >= SINK_AFTER


def new_entry(
    kind: ActionKind,
    meeting_id: str,
    *,
    over_at: datetime | None,
    boot_id: str,
    boottime: float,
    clock: ClockReading,
) -> Entry:
    """An action of now, with a key of its own."""
    return Entry(
        key=str(uuid.uuid4()),
        kind=kind,
        meeting_id=meeting_id,
        boot_id=boot_id,
        boottime=boottime,
        utc=clock.at(boottime) if clock.trusted else None,
        over_at=over_at,
    )


class Outbox:
    """The queue. Nothing raises for the disk's sake: `disk_error` says what is wrong with it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._in_memory: list[Entry] = []
        self.disk_error: str | None = None
        """Why entries are held in memory only; None while the disk does its part."""
        self.set_aside: list[str] = []
        """Names of damaged files that hold entries nobody could read."""

    def open(self) -> None:
        """Open, check and migrate the file; a damaged one is set aside and begun anew."""
        self._on_disk(_read_all)

    def entries(self) -> tuple[Entry, ...]:
        """All entries in the order of sending: as tapped, those that sank last."""
        if self._in_memory:
            self._in_memory = [e for e in self._in_memory if not self._on_disk(_insert(e))]
        stored = self._on_disk(_read_all) or []
        return tuple(sorted([*stored, *self._in_memory], key=lambda e: e.sunk))

    def add(self, entry: Entry) -> None:
        """Keep an action; it is on the disk when this returns, unless `disk_error` says why not."""
        if not self._on_disk(_insert(entry)):
            self._in_memory.append(entry)

    def remove(self, entry: Entry) -> None:
        """The server gave its final answer, or the action means nothing any more."""
        self._in_memory = [kept for kept in self._in_memory if kept.key != entry.key]
        self._on_disk(
            lambda connection: connection.execute("DELETE FROM entry WHERE key = ?", (entry.key,))
        )

    def failed(self, entry: Entry) -> None:
        """The server could not deal with this entry, though it answers others."""
        self._in_memory = [
            replace(kept, failures=kept.failures + 1) if kept.key == entry.key else kept
            for kept in self._in_memory
        ]
        self._on_disk(
            lambda connection: connection.execute(
                "UPDATE entry SET failures = failures + 1 WHERE key = ?", (entry.key,)
            )
        )

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _on_disk(self, work: Callable[[sqlite3.Connection], T]) -> T | None:
        """Do `work` on the open file; what fails is written down in `disk_error`, not raised."""
        reason = ""
        for _ in range(2):  # a file found damaged is set aside, and the second try meets a new one
            try:
                if self._connection is None:
                    self._connection = self._begin()
                done = work(self._connection)
            except (sqlite3.Error, DiskError, DamagedError) as error:
                self.close()
                reason = str(error)
                failure = database.judged(error) if isinstance(error, sqlite3.Error) else error
                if not isinstance(failure, DamagedError):
                    break
                self._set_aside(failure)
            else:
                self.disk_error = None
                return done
        if self.disk_error is None:
            logger.error("The outbox cannot be written, actions are kept in memory: %s", reason)
        self.disk_error = reason
        return None

    def _begin(self) -> sqlite3.Connection:
        connection = database.connect(self._path, synchronous="FULL")
        try:
            _migrate(connection)
            connection.execute(_SELECT).fetchone()
        except sqlite3.Error as error:
            connection.close()
            raise database.judged(error) from error
        return connection

    def _set_aside(self, error: DamagedError) -> None:
        target = database.set_aside(self._path)
        logger.error("The outbox is damaged (%s); set aside as %s, never deleted", error, target)
        self.set_aside.append(target.name if target else self._path.name)


def _migrate(connection: sqlite3.Connection) -> None:
    """Bring the file to the newest version; one of a newer display is used as it is."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
        connection.execute("BEGIN IMMEDIATE")
        with connection:
            connection.execute(script)
            connection.execute(f"PRAGMA user_version = {number:d}")


def _insert(entry: Entry) -> Callable[[sqlite3.Connection], bool]:
    values = (
        entry.key,
        entry.kind.value,
        entry.meeting_id,
        entry.boot_id,
        entry.boottime,
        _text(entry.utc),
        _text(entry.over_at),
    )

    def work(connection: sqlite3.Connection) -> bool:
        connection.execute(_INSERT, values)
        return True

    return work


def _read_all(connection: sqlite3.Connection) -> list[Entry]:
    """Every entry of a kind known here; others, of a newer display, stay where they are."""
    return [
        Entry(
            key=key,
            kind=ActionKind(kind),
            meeting_id=meeting_id,
            boot_id=boot_id,
            boottime=boottime,
            utc=_instant(utc),
            over_at=_instant(over_at),
            failures=failures,
        )
        for key, kind, meeting_id, boot_id, boottime, utc, over_at, failures in connection.execute(
            _SELECT
        )
        if kind in set(ActionKind)
    ]


def _text(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None


def _instant(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone(UTC) if text else None
    except (ValueError, OverflowError):  # an unreadable time is an unknown one
        return None
