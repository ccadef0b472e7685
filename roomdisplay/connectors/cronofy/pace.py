"""Cronofy's limits for one application: 50 requests a second and 500 a minute, all rooms together.

Source: Cronofy's documentation, "Rate limits". There is no documented Retry-After.
"""

from __future__ import annotations

import asyncio
import time
from bisect import insort
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from weakref import WeakValueDictionary

from roomdisplay.connectors.base import ThrottledError
from roomdisplay.connectors.cronofy.reasons import diagnosis

A_SECOND = 40
A_MINUTE = 450
"""Below the documented limits: requests bunch on their way, and the command line asks as well."""
ROUTINE = 380
"""Requests a minute that readings may take; the rest is for what somebody waits for, and for tokens
and codes, which must not be lost."""
LONGEST_WAIT = 10.0
"""Seconds that a request waits for its turn; beyond, the caller is told when to come again."""
_FIRST_PAUSE = 15.0
_LONGEST_PAUSE = 300.0


class Pace:
    """Gives each request its turn; times are monotonic seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._turns: deque[float] = deque()
        self._closed_until = 0.0
        self._refusals = 0

    def turn(self, *, urgent: bool = False) -> float:
        """Take the next turn; the seconds to wait for it.

        Raises:
            ThrottledError: it is too far away; no turn was taken.
        """
        now = self._clock()
        at = max(now, self._closed_until)
        if len(self._turns) >= A_SECOND:
            at = max(at, self._turns[-A_SECOND] + 1.0)
        most = A_MINUTE if urgent else ROUTINE
        if len(self._turns) >= most:
            at = max(at, self._turns[-most] + 60.0)
        if at - now > LONGEST_WAIT:
            raise ThrottledError(
                "as many requests are under way as Cronofy allows an application",
                timedelta(seconds=at - now),
                diagnosis=diagnosis("throttled"),
            )
        insort(self._turns, at)
        if len(self._turns) > A_MINUTE:
            self._turns.popleft()
        return at - now

    async def wait(self) -> None:
        """Wait for the next turn.

        Raises:
            ThrottledError: it is too far away.
        """
        pause = self.turn(urgent=_urgent.get())
        if pause > 0:
            await asyncio.sleep(pause)

    def refused(self, asked: timedelta | None) -> timedelta:
        """Close, because the service refused a request: as long as it asked, or longer each time.

        Returns:
            For how long.
        """
        growing = min(_FIRST_PAUSE * 2**self._refusals, _LONGEST_PAUSE)
        pause = asked.total_seconds() if asked is not None else growing
        self._refusals = min(self._refusals + 1, 8)
        self._closed_until = max(self._closed_until, self._clock() + pause)
        return timedelta(seconds=pause)

    def served(self) -> None:
        """The service answered: the next refusal is the first again."""
        self._refusals = 0

    def in_the_last_minute(self) -> int:
        """Requests that were sent, or have their turn."""
        since = self._clock() - 60.0
        return sum(at > since for at in self._turns)


_urgent: ContextVar[bool] = ContextVar("urgent", default=False)


@contextmanager
def urgently() -> Iterator[None]:
    """Somebody waits for the requests within, or they must not be lost."""
    token = _urgent.set(True)
    try:
        yield
    finally:
        _urgent.reset(token)


_paces: WeakValueDictionary[tuple[str, str], Pace] = WeakValueDictionary()


def pace_of(api: str, client_id: str) -> Pace:
    """The one of an application, shared by all its connectors in this process."""
    return _paces.setdefault((api, client_id), Pace())
