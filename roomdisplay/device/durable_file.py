"""Small files that survive a power cut: the old content or the new, never half of one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def replace_durably(path: Path, content: bytes) -> None:
    """Put `content` in place of the file, on the disk when this returns; mode 0600, folder 0700.

    Raises:
        OSError: the disk is full, read-only or gone; the old content stays.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(handle, "wb") as file:  # noqa: PTH123 - a descriptor, not a path
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def read_bounded(path: Path, limit: int) -> bytes:
    """The file's content.

    Raises:
        OSError: it cannot be read.
        ValueError: it has more than `limit` bytes.
    """
    with path.open("rb") as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise ValueError(f"{path.name} is too large")
    return content


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
