"""Whether displays keep the interval between two polls (RFC 8628 section 3.5, `slow_down`).

A courtesy of one process, kept in memory: writing each poll down would wear a small server's disk,
and nothing but politeness depends on it.
"""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable

from litestar.datastructures import State

from roomdisplay.admin.use_cases.pairing_grants import INTERVAL

TOLERANCE = 0.5
"""Seconds by which a poll may come early: networks bunch packets."""
_SLOWER = 5.0
_REMEMBERED = 10_000


class Pace:
    """When each device code was last polled, and how long it has to wait."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._polls: OrderedDict[bytes, tuple[float, float]] = OrderedDict()

    def keeps(self, device_code: str) -> bool:
        """Note a poll; False: it came too early, and the interval grows by five seconds."""
        name, now = hashlib.sha256(device_code.encode()).digest(), self._monotonic()
        last, interval = self._polls.pop(name, (None, float(INTERVAL)))
        early = last is not None and now - last < interval - TOLERANCE
        self._polls[name] = (now, interval + _SLOWER if early else interval)
        while len(self._polls) > _REMEMBERED:
            self._polls.popitem(last=False)
        return not early


def pace_of(state: State) -> Pace:
    """The pace kept by this application."""
    if "pace" not in state:
        state["pace"] = Pace()
    pace: Pace = state["pace"]
    return pace
