"""The display's clocks: one that cannot be wrong, and one that must earn its trust.

CLOCK_BOOTTIME counts seconds since the start of the machine, through suspend, and nobody sets it.
The wall clock of a board without a battery may be years off until the network has spoken.
"""

from __future__ import annotations

import time


def boottime() -> float:
    """Seconds since this machine started, those asleep included (CLOCK_BOOTTIME)."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
