"""Small files that survive a power cut: whole and on the disk, or not there at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def replace_durably(path: Path, content: bytes) -> None:
    """Put `content` in place of the file, on the disk when this returns; mode 0600, folder 0700.

    Raises:
        OSError: the disk is full, read-only or gone; what was there stays.
    """
    folder = path.parent
    if not folder.is_dir():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sync_folder(folder.parent)
    with _written(path, content) as written:
        written.replace(path)
    _sync_folder(folder)


def make_durably(path: Path, content: bytes) -> None:
    """Make a file that is not there yet, on the disk when this returns; mode 0600.

    Raises:
        FileExistsError: it is there; of several processes that make it, one succeeds.
        OSError: the disk is full, read-only or gone; nothing was made.
    """
    with _written(path, content) as written:
        path.hardlink_to(written)  # a rename would replace what another process has made
    _sync_folder(path.parent)


@contextmanager
def _written(path: Path, content: bytes) -> Iterator[Path]:
    """A file beside `path` with the content on the disk; gone afterwards, unless renamed."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    written = Path(name)
    try:
        with open(handle, "wb") as file:  # noqa: PTH123 - a descriptor, not a path
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield written
    finally:
        written.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
