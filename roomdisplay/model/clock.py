"""The display's idea of the time, as a value."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from msgspec import Struct


class ClockReading(Struct, frozen=True, kw_only=True):
    """The display's idea of the time: an instant tied to the boot-time clock.

    Once the server's time was heard in this boot, `utc` comes from it, so that all displays of a
    room turn at the same moment and a wrong wall clock is harmless.
    """

    utc: datetime
    boottime: float
    """CLOCK_BOOTTIME, seconds, at `utc`."""
    trusted: bool

    def at(self, boottime: float) -> datetime:
        """The time at `boottime` (CLOCK_BOOTTIME, seconds), UTC."""
        try:
            return self.utc + timedelta(seconds=boottime - self.boottime)
        except OverflowError:
            return self.utc

    def boottime_of(self, instant: datetime) -> float:
        """When on the boot-time clock (seconds) `instant` is."""
        return self.boottime + (instant - self.utc).total_seconds()


EPOCH_CLOCK = ClockReading(utc=datetime(1970, 1, 1, tzinfo=UTC), boottime=0.0, trusted=False)
"""A clock of which nothing is known."""
