"""A display that has been paired with a real Admin Center and has its room's day in its cache."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.programs import QT_ENVIRON, SIZE, BenchmarkError, Program, notifying
from roomdisplay.embedded.process import CODE

PAIRING_S = 60


class Building:
    """The Admin Center's process (benchmarks.building) and what it can be told to do."""

    def __init__(self, folder: Path) -> None:
        self._log = (folder / "admin.log").open("wb")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.building", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        self.server = str(self._answer()["server"])

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            said = Path(self._log.name).read_text(errors="replace")[-2000:]
            raise BenchmarkError(f"the Admin Center ended:\n{said}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def tell(self, order: str) -> dict[str, Any]:
        """Give an order and wait until it is carried out."""
        assert self._process.stdin is not None
        self._process.stdin.write(order + "\n")
        self._process.stdin.flush()
        return self._answer()

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()


@contextlib.contextmanager
def building(folder: Path) -> Iterator[Building]:
    """An Admin Center for as long as the block lasts."""
    it = Building(folder)
    try:
        yield it
    finally:
        it.close()


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
