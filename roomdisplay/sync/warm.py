"""The copy of the last good picture that lives in memory only, for a restart within one boot.

A process that starts again (an update, a crash, the watchdog) must show the day at once, before a
keyring could be asked for the key of `cache.db`, and must know how old it is to the second. So the
picture also lies, unsealed, in a folder that is gone with the power: only on a tmpfs, mode 0600,
owned by us. It tells nobody anything that the memory of the running process does not.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from roomdisplay.model.wire import SCHEDULE_LIMIT
from roomdisplay.sync.picture import (
    Moment,
    Picture,
    PictureError,
    decode_moment,
    decode_picture,
    encode_moment,
    encode_picture,
)

_IN_MEMORY = frozenset({"tmpfs", "ramfs"})
_LIMIT = 4 * SCHEDULE_LIMIT
_MOUNTS = Path("/proc/self/mountinfo")


class WarmCopy:
    """Two small files on a tmpfs; every failure means no more than that there is no copy.

    The picture is written when it changes, its freshness with every beat. A freshness is only ever
    laid beside the picture it speaks of or a newer one, so an age read back is never too small.
    """

    def __init__(self, folder: Path | None, name: str, boot_id: str) -> None:
        """`name` tells displays of one user apart; None or a folder on a disk: there is no copy."""
        self._folder = folder or Path()
        self._name = name
        self._boot_id = boot_id
        self._usable = folder is not None and in_memory(folder) and _ours(folder)
        self._written: Picture | None = None

    def read(self) -> tuple[Picture, Moment] | None:
        """The copy of this boot, whole and valid, or None."""
        if not self._usable:
            return None
        try:
            picture = decode_picture(self._content("picture"))
            moment = decode_moment(self._content("moment"))
        except (OSError, PictureError):
            return None
        return (picture, moment) if moment.boot_id == self._boot_id else None

    def write(self, picture: Picture, moment: Moment) -> None:
        """Bring the copy up to date."""
        if not self._usable:
            return
        try:
            if picture is not self._written:
                self._replace("picture", encode_picture(picture))
                self._written = picture
            self._replace("moment", encode_moment(moment))
        except OSError:
            self.forget()

    def forget(self) -> None:
        """Delete the copy."""
        self._written = None
        if not self._usable:
            return
        for kind in ("moment", "picture", "moment.new", "picture.new"):
            try:
                self._path(kind).unlink(missing_ok=True)
            except OSError:
                self._usable = False

    def _path(self, kind: str) -> Path:
        return self._folder / f"{self._name}.{kind}"

    def _content(self, kind: str) -> bytes:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(self._path(kind), flags), "rb") as file:
            return file.read(_LIMIT)

    def _replace(self, kind: str, content: bytes) -> None:
        beside = self._path(f"{kind}.new")
        beside.unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(beside, flags, 0o600), "wb") as file:
            file.write(content)
        beside.replace(self._path(kind))


def copy_name(state_dir: Path) -> str:
    """What a display's copy is called: its state folder's path, as far as a file name may go."""
    return quote(str(state_dir.absolute()), safe="")[-200:]


def runtime_folder(environment: Mapping[str, str], uid: int) -> Path | None:
    """Where a copy may lie: the service's runtime folder, the session's, or shared memory."""
    if service := environment.get("RUNTIME_DIRECTORY"):
        return Path(service.split(":", maxsplit=1)[0])
    session = Path(environment.get("XDG_RUNTIME_DIR") or f"/run/user/{uid}")
    for folder in (session / "roomdisplay", Path(f"/dev/shm/roomdisplay-{uid}")):  # noqa: S108 - ownership is checked, see _ours
        if in_memory(folder) and _ours(folder):
            return folder
    return None


def in_memory(folder: Path, mounts: Path = _MOUNTS) -> bool:
    """Whether `folder` lies, or would lie, on a file system that is gone with the power.

    Read from /proc/self/mountinfo (proc(5)): field 5 is the mount point, and the type follows the
    separator "-". The longest mount point that holds the folder counts, the last one if stacked.
    """
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
        resolved = f"{os.path.realpath(folder)}/"
    except (OSError, RuntimeError):
        return False
    best, kind = "", ""
    for line in lines:
        left, separator, right = line.partition(" - ")
        fields = left.split(" ")
        if not separator or len(fields) < 5:  # noqa: PLR2004 - the count stands in proc(5)
            continue
        point = fields[4].replace("\\040", " ").rstrip("/") + "/"
        if resolved.startswith(point) and len(point) >= len(best):
            best, kind = point, right.split(" ", maxsplit=1)[0]
    return kind in _IN_MEMORY


def _ours(folder: Path) -> bool:
    """Whether the folder is ours alone, or can be made so: nobody else may have laid it there."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.lstat()
    except OSError:
        return False
    return (
        stat.S_ISDIR(status.st_mode)
        and status.st_uid == os.getuid()
        and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    )
