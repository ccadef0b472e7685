"""A display that has been paired with a real Admin Center and has its room's day in its cache."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.programs import QT_ENVIRON, SIZE, BenchmarkError, Program, notifying
from benchmarks.told import Told
from roomdisplay.embedded.process import CODE

PAIRING_S = 60


class Building(Told):
    """The Admin Center's process (`benchmarks.building`, or another) and what it can be told."""

    def __init__(self, folder: Path, module: str = "benchmarks.building") -> None:
        super().__init__(folder / "admin.log", module, str(folder))
        self.server = str(self.answer()["server"])


@contextlib.contextmanager
def building(folder: Path) -> Iterator[Building]:
    """An Admin Center for as long as the block lasts."""
    with Building(folder) as it:
        yield it


def key_file(state: Path) -> Path:
    """Where this trial's key lies; an appliance has it from systemd."""
    return state.with_suffix(".key")


def pair(at: Building, folder: Path) -> Path:
    """Pair a display by the code on its glass; return its state folder, the day in its cache."""
    state = folder / "display"
    # The embedded glass says its code aloud and ends once it has painted its room's day.
    with subprocess.Popen(
        [
            *(sys.executable, "-m", "roomdisplay.embedded.glass", "--server", at.server),
            *("--state-dir", str(state), "--insecure-key-file", str(key_file(state))),
            *("--place", "inside", "--language", "en", "--trust-server-clock"),
            *("--size", f"{SIZE[0]}x{SIZE[1]}", "--screenshot", str(folder / "paired.png")),
        ],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "QT_QUICK_BACKEND": "software"},
        stdout=subprocess.PIPE,
        text=True,
    ) as glass:
        assert glass.stdout is not None
        for line in glass.stdout:
            said, _, code = line.strip().partition(" ")
            if said == CODE:
                at.tell(f"approve {code}")
        if glass.wait(PAIRING_S) != 0:
            raise BenchmarkError("the display did not get its room's day")
    return state


@contextlib.contextmanager
def paired_display(screen: str, at: Building, state: Path, folder: Path) -> Iterator[Program]:
    """`roomdisplay display`, as it starts after a power cut, until it has painted, and on."""
    command = [
        *(
            str(Path(sys.executable).with_name("roomdisplay")),
            "display",
            "--trust-clock",
            "--server",
            at.server,
        ),
        *("--state-dir", str(state), "--insecure-key-file", str(key_file(state))),
        *("--windowed", f"{SIZE[0]}x{SIZE[1]}", "--place", "inside", "--language", "en"),
    ]
    with notifying(command, QT_ENVIRON | {"DISPLAY": screen}, folder) as it:
        yield it
