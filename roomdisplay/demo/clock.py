"""The demo's time: it runs like ours, from another point, and can jump."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from datetime import time as wall_time
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Paris")
"""Where the sample building stands."""
OPENING = wall_time(10, 59, 15)
"""When the demo begins: 45 s before the first meeting on the glass gives way to the next."""


class DemoClock:
    """A clock that counts from `start` (UTC) on the monotonic clock."""

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._frozen = False
        self._since = time.monotonic()

    def __call__(self) -> datetime:
        """The demo's time, UTC."""
        elapsed = 0.0 if self._frozen else time.monotonic() - self._since
        return self._start + timedelta(seconds=elapsed)

    def jump(self, to: datetime) -> None:
        """Go on from `to` (UTC)."""
        self._start = to
        self._since = time.monotonic()

    def stand_still(self, at: datetime) -> None:
        """Be at `at` (UTC) from now on."""
        self._start = at
        self._frozen = True


def opening(today: date) -> datetime:
    """When the demo begins on `today` of the building, UTC."""
    return datetime.combine(today, OPENING, ZONE).astimezone(UTC)


def from_wall(text: str) -> datetime:
    """The UTC instant of an ISO date and time; without a zone it is the building's.

    Raises:
        ValueError: it is not an ISO 8601 date and time.
    """
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZONE)).astimezone(UTC)
