"""How often a calendar is read because its service tells of changes: at once, but never in a flood.

It is kept in the process that reads: what is due stands in the store, and after a restart a signal
is good at once.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

BURST = 3
"""Readings that a calendar gets in `SPAN`: a meeting that is made tells of itself several times."""
SPAN = timedelta(seconds=10)
GAP = timedelta(milliseconds=500)
"""Between two readings."""


@dataclass(slots=True)
class _Readings:
    began: deque[datetime] = field(default_factory=lambda: deque(maxlen=BURST))
    told: bool = False


class Pace:
    """When calendars were read, and which were told of since."""

    def __init__(self) -> None:
        self._readings: dict[str, _Readings] = {}

    def begin(self, calendar_id: str, now: datetime) -> bool:
        """Note that a reading begins; whether a signal had come since the last one began."""
        one = self._readings.setdefault(calendar_id, _Readings())
        if one.began and one.began[-1] > now:  # the server's clock was set back
            one.began.clear()
        one.began.append(now)
        told, one.told = one.told, False
        return told

    def tell(self, calendar_id: str) -> None:
        """Note that the service told of a change."""
        self._readings.setdefault(calendar_id, _Readings()).told = True

    def is_told(self, calendar_id: str) -> bool:
        """Whether a signal has come since the last reading began."""
        one = self._readings.get(calendar_id)
        return one is not None and one.told

    def due_at(self, calendar_id: str, planned: datetime, now: datetime) -> datetime | None:
        """When to read a calendar that was told of; None: it is as early as it may be already.

        Args:
            calendar_id: the calendar's.
            planned: when it is to be read next; a reading that is under way had that time, too.
            now: the server's.
        """
        one = self._readings.get(calendar_id)
        earliest, began = now, None
        if one is not None and one.began:
            began = min(one.began[-1], now)
            earliest = max(now, began + GAP)
            if len(one.began) == BURST:
                earliest = max(earliest, min(one.began[0], now) + SPAN)
        waiting = began is None or planned > began
        return None if waiting and planned <= earliest else earliest

    def retain(self, calendar_ids: set[str]) -> None:
        """Forget all other calendars."""
        for gone in self._readings.keys() - calendar_ids:
            del self._readings[gone]
