"""The client of the simulated service: who it is, what it paid for, how much it may ask."""

from __future__ import annotations

import hmac
import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from simulators.cronofy.calls import RefusedError

PLANS = ("starter", "emerging", "growth", "enterprise")
"""From the cheapest on; Enterprise Connect begins with the third."""


@dataclass(kw_only=True, slots=True)
class Application:
    """What is registered with the service; tests may change any of it at any time."""

    client_id: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    client_secrets: list[str] = field(default_factory=lambda: [f"CRN_{secrets.token_urlsafe(32)}"])
    """All that are good now: two while a secret is being replaced, else one."""
    redirect_uris: list[str] = field(default_factory=list)
    name: str = "Room Display"
    plan: str = "growth"
    data_centre: str = "us"
    """Where it is registered; those of other places do not know it."""

    def is_let_in(self, client_id: object, secret: object) -> bool:
        """Whether somebody who says so is this application."""
        if client_id != self.client_id or not isinstance(secret, str):
            return False
        return any(
            hmac.compare_digest(secret.encode(), one.encode()) for one in self.client_secrets
        )

    @property
    def has_enterprise_connect(self) -> bool:
        """Whether the plan holds service accounts."""
        return PLANS.index(self.plan) >= PLANS.index("growth")


@dataclass(slots=True)
class RateLimit:
    """50 requests a second and 500 a minute for one application, as documented."""

    per_second: int = 50
    per_minute: int = 500
    clock: Callable[[], float] = time.monotonic
    _taken: deque[float] = field(default_factory=deque)

    def take(self) -> None:
        """Count one request.

        Raises:
            RefusedError: 429, without a word about when to come again.
        """
        now = self.clock()
        while self._taken and self._taken[0] <= now - 60:
            self._taken.popleft()
        in_a_second = 0
        for at in reversed(self._taken):
            if at <= now - 1:
                break
            in_a_second += 1
        if len(self._taken) >= self.per_minute or in_a_second >= self.per_second:
            raise RefusedError(429)
        self._taken.append(now)
