from __future__ import annotations

import asyncio
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from roomdisplay.sync.ledger import Ledger
from roomdisplay.sync.life import Life
from roomdisplay.sync.options import Clocks, DisplayOptions
from roomdisplay.sync.warm import WarmCopy


def _open_files(folder: Path) -> list[str]:
    opened = (os.path.realpath(link) for link in Path("/proc/self/fd").iterdir())
    return [path for path in opened if path.startswith(str(folder))]


async def test_stopped_while_its_outbox_is_being_opened_it_leaves_no_file_open(
    tmp_path: Path,
) -> None:
    clocks = Clocks(wall_is_trusted=lambda: True)
    ledger = Ledger(clocks, {})
    published = asyncio.Event()
    ledger.listen(lambda _: published.set())
    life = Life(DisplayOptions(state_dir=tmp_path, clocks=clocks), ledger, WarmCopy(None, "", ""))
    with closing(sqlite3.connect(tmp_path / "outbox.db")) as other:
        other.execute("BEGIN EXCLUSIVE")
        living = asyncio.create_task(life.run(None))
        await published.wait()
        living.cancel()
        await asyncio.sleep(0)  # it hears of it while the file still waits for the other's lock
        other.rollback()
    with pytest.raises(asyncio.CancelledError):
        await living
    assert not _open_files(tmp_path)
