"""`cache.db`: the last good picture on the disk, sealed; may be deleted at any time.

Imports nothing beyond the standard library and the model, so that it can be read at once.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from roomdisplay.sync import database
from roomdisplay.sync.database import DamagedError, DiskError
from roomdisplay.sync.picture import (
    FORMAT,
    Moment,
    Picture,
    PictureError,
    decode_moment,
    decode_picture,
    encode_moment,
    encode_picture,
)

logger = logging.getLogger(__name__)

_KEEP_BAD = 2
_TABLE = "CREATE TABLE IF NOT EXISTS sealed (name TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT"
_REPLACE = "INSERT OR REPLACE INTO sealed (name, body) VALUES (?, ?)"


class Seal(Protocol):
    """Encrypts and authenticates; see `roomdisplay.sync.sealing`."""

    def seal(self, plain: bytes, purpose: bytes) -> bytes:
        """Encrypt and authenticate `plain`, bound to `purpose`."""

    def open(self, sealed: bytes, purpose: bytes) -> bytes:
        """The plain bytes; raises `PictureError`."""


class Cache:
    """The file. Every method raises `DiskError` where the disk does not do its part."""

    def __init__(self, path: Path, seal: Seal) -> None:
        self._path = path
        self._seal = seal
        self._connection: sqlite3.Connection | None = None

    def load(self) -> tuple[Picture, Moment] | None:
        """The last good picture, or None: never written, sealed with another key, or damaged.

        What cannot be opened is of no use to anybody: a damaged file is set aside, a picture of
        another key is deleted.

        Raises:
            DiskError: the file cannot be read at all.
        """
        try:
            with self._opened() as connection:
                rows: dict[str, bytes] = dict(connection.execute("SELECT name, body FROM sealed"))
        except DamagedError:
            return None
        if not {"picture", "moment"} <= rows.keys():
            return None
        try:
            return (
                decode_picture(self._seal.open(rows["picture"], _purpose("picture"))),
                decode_moment(self._seal.open(rows["moment"], _purpose("moment"))),
            )
        except PictureError as error:
            logger.warning("The cached schedule is not used: %s", error)
            self.forget()
            return None

    def store(self, picture: Picture, moment: Moment) -> None:
        """Replace picture and freshness in one transaction.

        Raises:
            DiskError: not stored; what was stored before still is.
        """
        self._write(picture=encode_picture(picture), moment=encode_moment(moment))

    def store_moment(self, moment: Moment) -> None:
        """Replace the freshness alone.

        Raises:
            DiskError: not stored.
        """
        self._write(moment=encode_moment(moment))

    def forget(self) -> None:
        """Delete the file: the display lost its pairing, or its key.

        Raises:
            DiskError: it could not be deleted.
        """
        self.close()
        database.remove(self._path)
        for bad in self._path.parent.glob(f"{self._path.name}.bad-*"):
            bad.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _write(self, **bodies: bytes) -> None:
        rows = [(name, self._seal.seal(plain, _purpose(name))) for name, plain in bodies.items()]
        for last_try in (False, True):
            try:
                with self._opened() as connection, connection:
                    connection.execute("BEGIN IMMEDIATE")
                    connection.executemany(_REPLACE, rows)
            except DamagedError as error:  # was set aside: the second try meets a new file
                if last_try:
                    raise DiskError(str(error)) from error
            else:
                return

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """The open database; one found damaged is set aside and begun anew, once."""
        if self._connection is None:
            self._connection = self._open()
        try:
            yield self._connection
        except sqlite3.Error as error:
            self.close()
            judgement = database.judged(error)
            if isinstance(judgement, DamagedError):
                self._set_aside(judgement)
            raise judgement from error

    def _open(self) -> sqlite3.Connection:
        try:
            return self._begin()
        except DamagedError as error:
            self._set_aside(error)
        try:
            return self._begin()
        except DamagedError as error:
            raise DiskError(str(error)) from error

    def _begin(self) -> sqlite3.Connection:
        connection = database.connect(self._path, synchronous="NORMAL")
        try:
            connection.execute(_TABLE)
            connection.execute("SELECT name, body FROM sealed LIMIT 1").fetchone()
        except sqlite3.Error as error:
            connection.close()
            raise database.judged(error) from error
        return connection

    def _set_aside(self, error: DamagedError) -> None:
        target = database.set_aside(self._path)
        logger.warning("The cache is damaged (%s); set aside as %s", error, target)
        if target is None:
            database.remove(self._path)
        bad = sorted(p for p in self._path.parent.glob(f"{self._path.name}.bad-*"))
        mains = [p for p in bad if not p.name.endswith(("-wal", "-shm"))]
        for old in mains[:-_KEEP_BAD]:
            for path in self._path.parent.glob(f"{old.name}*"):
                path.unlink(missing_ok=True)


def _purpose(name: str) -> bytes:
    return f"roomdisplay cache {FORMAT} {name}".encode()
