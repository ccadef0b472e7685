"""How long ago calendars were read, on a clock that nobody sets."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

Boottime = Callable[[], float]
"""Seconds since the machine started, those of its sleep too."""


def boottime() -> float:
    """The machine's own count; a server's clock that is set moves it neither way."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class LastRead:
    """When this process began the last successful reading of each calendar.

    The store knows that by the server's clock only, which may be set back: then an old picture
    looks young. After a restart the store's word is all there is.
    """

    def __init__(self, clock: Boottime = boottime) -> None:
        self._clock = clock
        self._began: dict[str, tuple[datetime, float]] = {}

    def now(self) -> float:
        """To be taken when a reading begins."""
        return self._clock()

    def note(self, calendar_id: str, read_at: datetime, began: float) -> None:
        """A reading has been stored as of `read_at` (UTC) that began at `began` (`now`)."""
        self._began[calendar_id] = read_at, began

    def elapsed(self, calendar_id: str, read_at: datetime | None) -> timedelta | None:
        """How long ago the reading began that is stored as of `read_at`; None: not known here.

        Another process may have read the calendar since; its reading is not ours to time.
        """
        noted, began = self._began.get(calendar_id, (None, 0.0))
        if read_at is None or noted != read_at:
            return None
        return timedelta(seconds=max(0.0, self._clock() - began))
