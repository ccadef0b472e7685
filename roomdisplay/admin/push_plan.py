"""When what services agreed to is asked for again: pure decisions."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from roomdisplay.connectors.base import (
    CalendarGoneError,
    ConnectorError,
    CredentialsRejectedError,
    PermissionMissingError,
    ThrottledError,
)

RENEWED_EVERY = timedelta(hours=24)
OF_A_LIFE = 0.6
"""Of a watch's life has gone by when it is renewed: what is left is for tries that fail."""
FIRST_BACK_OFF = timedelta(seconds=30)
LONGEST_BACK_OFF = timedelta(hours=6)
NOT_ALLOWED = timedelta(hours=12)
"""How seldom to ask where an administrator has to change something first."""
ANSWERED_WITHIN = timedelta(minutes=15)
"""An authorisation that was asked for is given up by then."""


def renew_at(expires_at: datetime | None, now: datetime, rng: random.Random) -> datetime:
    """When to renew a watch: daily, well before it ends, and not all of them at once."""
    span = RENEWED_EVERY
    if expires_at is not None:
        span = min(span, max(expires_at - now, timedelta(0)) * OF_A_LIFE)
    return now + max(span * rng.uniform(0.75, 1.0), timedelta(seconds=30))


def again_at(
    error: ConnectorError | None, failures: int, now: datetime, rng: random.Random
) -> datetime:
    """When to try again after `failures` in a row, the present one included.

    None for an error means that there was no answer in time.
    """
    if isinstance(error, ThrottledError):
        return now + min(error.retry_after, LONGEST_BACK_OFF) + FIRST_BACK_OFF * rng.random()
    if isinstance(error, PermissionMissingError | CredentialsRejectedError | CalendarGoneError):
        return now + NOT_ALLOWED * rng.uniform(0.75, 1.0)
    doubled: int = 2 ** min(failures - 1, 12)
    return now + min(FIRST_BACK_OFF * doubled, LONGEST_BACK_OFF) * rng.uniform(0.5, 1.0)
