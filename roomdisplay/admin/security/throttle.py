"""Delays that grow with missed tries; nobody is ever locked out for good.

A try is counted as missed *before* it is looked at, so that a hundred at once gain nothing, and
forgiven when it was right. Each try runs in several lanes: one account from one address may be
slowed down for long, a whole address (a company's NAT) or a whole account only for seconds.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from roomdisplay.admin.errors import TooManyTriesError
from roomdisplay.admin.security.sealing import Sealer
from roomdisplay.admin.store.tables import Throttle

FORGOTTEN_AFTER = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One thing that tries are counted by."""

    key: str
    free: int
    """How many tries may be missed before the first delay."""
    most: timedelta
    """The longest delay."""


def wait_after(lane: Lane, failures: int) -> timedelta:
    """How long to wait after `failures` missed tries in a row: 1 s, doubling."""
    excess = failures - lane.free
    if excess <= 0:
        return timedelta(0)
    return min(timedelta(seconds=2 ** min(excess - 1, 20)), lane.most)


def sign_in_lanes(sealer: Sealer, email: str, address: str | None) -> tuple[Lane, ...]:
    """The lanes of a sign-in; the keys are hashed, since people mistype passwords as addresses."""
    account, where = _keyed(sealer, email.strip().lower()), _keyed(sealer, address or "unknown")
    return (
        Lane(key=f"both:{account}:{where}", free=4, most=timedelta(minutes=15)),
        Lane(key=f"account:{account}", free=10, most=timedelta(seconds=30)),
        Lane(key=f"address:{where}", free=30, most=timedelta(seconds=5)),
    )


def code_lanes(sealer: Sealer, session_id: str, address: str | None) -> tuple[Lane, ...]:
    """The lanes of entering a pairing or an activation code."""
    return (
        Lane(key=f"code:{_keyed(sealer, session_id)}", free=4, most=timedelta(minutes=5)),
        Lane(
            key=f"code-address:{_keyed(sealer, address or 'unknown')}",
            free=20,
            most=timedelta(seconds=10),
        ),
    )


async def count_try(session: AsyncSession, lanes: Sequence[Lane], now: datetime) -> None:
    """Count a try as missed; call `forgive` when it turns out right.

    Raises:
        TooManyTriesError: it comes too early and does not count.
    """
    rows = [await session.get(Throttle, lane.key) for lane in lanes]
    waits = [
        row.last_at + wait_after(lane, row.failures) - now
        for lane, row in zip(lanes, rows, strict=True)
        if row is not None and now - row.last_at < FORGOTTEN_AFTER
    ]
    longest = max(waits, default=timedelta(0))
    if longest > timedelta(0):
        raise TooManyTriesError("too_many_tries", longest)
    for lane, row in zip(lanes, rows, strict=True):
        if row is None:
            session.add(Throttle(key=lane.key, failures=1, last_at=now))
        else:
            row.failures = row.failures + 1 if now - row.last_at < FORGOTTEN_AFTER else 1
            row.last_at = now


async def forgive(session: AsyncSession, lanes: Sequence[Lane]) -> None:
    """Take back what `count_try` counted: the try was right.

    The first lane begins anew; the wider ones lose this one try only, or whoever knows one
    password could try others without end.
    """
    for position, lane in enumerate(lanes):
        row = await session.get(Throttle, lane.key)
        if row is None:
            continue
        row.failures = 0 if position == 0 else max(0, row.failures - 1)


async def forget_old(session: AsyncSession, now: datetime) -> None:
    """Remove what no longer slows anybody down."""
    await session.execute(delete(Throttle).where(Throttle.last_at < now - FORGOTTEN_AFTER))


def _keyed(sealer: Sealer, value: str) -> str:
    key = sealer.derive("throttle")
    return hmac.new(key, value.encode(), hashlib.sha256).hexdigest()[:32]
