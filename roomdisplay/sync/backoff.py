"""How long to wait before asking the server again: full jitter, so that a fleet spreads itself."""

from __future__ import annotations

from dataclasses import dataclass, replace

POLL_EVERY = 30.0
"""Seconds between polls while the stream is down and the server answers."""
LONGEST = 60.0
"""Seconds between attempts, at most, while the server does not answer."""
FIRST = 2.0
"""Seconds within which the first attempt after a loss is made."""
SHORTEST = 0.2
_DOUBLINGS = 16  # beyond this every cap is reached; keeps the power of two small


@dataclass(frozen=True, slots=True)
class Backoff:
    """The attempts that failed since the stream last stood."""

    failures: int = 0
    answered: bool = False
    """Whether the last attempt got an answer from the server, though no stream."""

    def failed(self, *, answered: bool) -> Backoff:
        """One more attempt ended without a stream."""
        return replace(self, failures=self.failures + 1, answered=answered)

    @property
    def ceiling(self) -> float:
        """The longest that the next wait can be, seconds."""
        cap = POLL_EVERY if self.answered else LONGEST
        return float(min(cap, FIRST * 2 ** min(max(self.failures - 1, 0), _DOUBLINGS)))

    def delay(self, draw: float, retry_after: float | None = None) -> float:
        """Seconds to wait now.

        Args:
            draw: a random number from [0, 1).
            retry_after: what the server asked for, seconds; it is a lower bound, and the jitter
                is added so that the whole fleet does not come back in the same second.
        """
        jittered = max(SHORTEST, draw * self.ceiling)
        if retry_after is None:
            return jittered
        return min(max(retry_after, 0.0), 3600.0) + jittered


STEADY = Backoff()
"""Nothing failed since the stream last stood."""
