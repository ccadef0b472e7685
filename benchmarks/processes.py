"""What a program costs, with everything it started: memory, processor time, wake-ups.

All read from /proc, so nothing is asked of the programs themselves.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
KIB = 1024


def tree(pid: int) -> list[int]:
    """A process and all below it."""
    found = [pid]
    for parent in found:
        with contextlib.suppress(OSError):
            for children in (PROC / str(parent) / "task").glob("*/children"):
                found += [int(child) for child in children.read_text().split()]
    return found


def pss_bytes(pid: int) -> int:
    """Proportional set size of a process tree: shared pages count for each sharer's part."""
    total = 0
    for member in tree(pid):
        with contextlib.suppress(OSError):
            for line in (PROC / str(member) / "smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * KIB
    return total


@dataclass(frozen=True, slots=True)
class Work:
    """What the threads of a process tree did since they began."""

    processor_s: float
    wakeups: int

    def __sub__(self, other: Work) -> Work:
        """What was done in between."""
        return Work(self.processor_s - other.processor_s, self.wakeups - other.wakeups)


def work(pid: int) -> Work:
    """Sum over the threads of a process tree.

    Processor time has nanoseconds (schedstat), where `time` has hundredths of a second. A wake-up
    is a voluntary context switch: the thread had gone to sleep and was woken.
    """
    nanoseconds = wakeups = 0
    for member in tree(pid):
        for thread in (PROC / str(member) / "task").glob("*"):
            with contextlib.suppress(OSError):
                nanoseconds += int((thread / "schedstat").read_text().split()[0])
                for line in (thread / "status").read_text().splitlines():
                    if line.startswith("voluntary_ctxt_switches:"):
                        wakeups += int(line.split()[1])
    return Work(nanoseconds / 1e9, wakeups)
