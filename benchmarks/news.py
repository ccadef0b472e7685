"""From a commit in the Admin Center to the pixel on the glass.

A room is renamed by the use case its page calls; the display shows the name. The screen is a
virtual one whose frame buffer is a file, so a changed pixel is seen as soon as it is there. Both
ends are on the same machine and the same monotonic clock; the time counts from before the
transaction begins.
"""

from __future__ import annotations

import contextlib
import mmap
import random
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.paired import Building, building, pair, paired_display
from benchmarks.programs import BenchmarkError, virtual_screen

LOOK_EVERY_S = 0.002
PATIENCE_S = 10
SETTLED_S = 8
REACH_S = 0.25


def _seconds_to_pixel(admin: Building, glass: mmap.mmap, name: str) -> float:
    before = glass[:]
    answer = admin.tell(f"commit {name}")
    until = time.monotonic() + PATIENCE_S
    # A poll, and the only one in the project: X tells nobody of a changed pixel as fast.
    while glass[:] == before:
        if time.monotonic() > until:
            raise BenchmarkError(f"the new name {name} never reached the glass")
        time.sleep(LOOK_EVERY_S)
    return time.monotonic() - float(answer["begun"])


def run(*, commits: int = 200) -> dict[str, object]:
    """Measure many commits, at odd moments."""
    seconds: list[float] = []
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="roomdisplay-bench-")))
        screen = stack.enter_context(virtual_screen(frame_buffer=folder))
        admin = stack.enter_context(building(folder))
        state = pair(admin, folder)
        stack.enter_context(paired_display(screen, admin, state, folder))
        buffer = stack.enter_context((folder / "Xvfb_screen0").open("rb"))
        glass = stack.enter_context(mmap.mmap(buffer.fileno(), 0, prot=mmap.PROT_READ))
        time.sleep(SETTLED_S)
        moments = random.Random(1)  # noqa: S311 -- odd moments, no secrets
        for number in range(commits):
            seconds.append(_seconds_to_pixel(admin, glass, f"Atlas {number}"))
            time.sleep(moments.uniform(0.2, 0.4))
    ordered = sorted(seconds)
    p99 = ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))]
    return {
        "what": f"milliseconds from the beginning of a commit to the pixel, {commits} commits",
        "median_ms": round(statistics.median(seconds) * 1000, 1),
        "p99_ms": round(p99 * 1000, 1),
        "worst_ms": round(ordered[-1] * 1000, 1),
        "reach": REACH_S * 1000,
        "reached": p99 <= REACH_S,
    }
