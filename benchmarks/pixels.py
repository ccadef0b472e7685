"""A real display of a room on a virtual screen, and the pixels that tell two titles apart."""

from __future__ import annotations

import contextlib
import mmap
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.paired import Building, pair, paired_display
from benchmarks.programs import BenchmarkError, virtual_screen

SETTLED_S = 8
"""Until everything that is loaded after the first frame has been loaded, and the day fetched."""
LOOK_EVERY_S = 0.003
_PROBES = 200
"""Pixels, at most, by which two titles are told from each other."""


class Glass:
    """The frame buffer, and the pixels that tell two titles apart."""

    def __init__(self, pixels: mmap.mmap) -> None:
        self._pixels = pixels
        self._probes: list[tuple[int, int, int]] = []

    def learn(self, first: bytes, second: bytes, again: bytes) -> None:
        """Take two pictures of the first title with one of the second in between.

        Raises:
            BenchmarkError: they look alike.
        """
        # What else moves on the glass, such as the clock, does not come back to what it was.
        differ = [
            at
            for at, (one, other, back) in enumerate(zip(first, second, again, strict=True))
            if one == back != other
        ]
        if not differ:
            raise BenchmarkError("the meeting's title cannot be seen on the glass")
        step = -(-len(differ) // _PROBES)
        self._probes = [(at, first[at], second[at]) for at in differ[::step]]

    def picture(self) -> bytes:
        """All pixels."""
        return self._pixels[:]

    def shows(self) -> int:
        """Which of the two titles: 0 or 1."""
        second = sum(self._pixels[at] == other for at, _, other in self._probes)
        return int(second * 2 > len(self._probes))

    def wait_for(self, title: int, patience_s: float) -> float:
        """When a title is there, on the monotonic clock.

        Raises:
            BenchmarkError: it never is.
        """
        until = time.monotonic() + patience_s
        # X tells nobody of a changed pixel as fast as looking does.
        while self.shows() != title:
            if time.monotonic() > until:
                raise BenchmarkError("a change never reached the glass")
            time.sleep(LOOK_EVERY_S)
        return time.monotonic()


@contextlib.contextmanager
def displayed(admin: Building, folder: Path) -> Iterator[mmap.mmap]:
    """The pixels of a real display of Atlas."""
    with virtual_screen(frame_buffer=folder) as screen:
        state = pair(admin, folder)
        with (
            paired_display(screen, admin, state, folder),
            (folder / "Xvfb_screen0").open("rb") as buffer,
            mmap.mmap(buffer.fileno(), 0, prot=mmap.PROT_READ) as pixels,
        ):
            time.sleep(SETTLED_S)
            yield pixels
