"""When and how a calendar is read next: pure decisions, carried out by `reading` and `jobs`."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from roomdisplay.admin.pictures import KeptMeeting
from roomdisplay.admin.visible import KeptPicture, next_midnight, window_of
from roomdisplay.connectors.base import (
    CalendarGoneError,
    ConnectorError,
    CredentialsRejectedError,
    PermissionMissingError,
    ThrottledError,
    Window,
)

CONFIRM_AFTER = timedelta(seconds=5)
"""A sudden empty answer is asked for again after this long."""
FIRST_BACK_OFF = timedelta(seconds=30)
LONGEST_BACK_OFF = timedelta(minutes=15)
SHORTEST_DELAY = timedelta(seconds=5)
ADMINISTRATOR_NEEDED = timedelta(hours=1)
"""How seldom to ask where only an administrator can help: more often could lock an account."""
PUSHED_EVERY = timedelta(minutes=5)
"""How often a calendar is read whose service tells of its changes: what it does not tell is found
by then."""
REJECTED_FIRST = timedelta(minutes=1)
"""How long all calendars of an account wait whose password is rejected: it may be this one's."""
REJECTED_AGAIN = timedelta(minutes=15)
"""And where the next one is rejected, too, and none was read in between."""
LONGEST_INTERVAL = timedelta(hours=1)
SHORTEST_INTERVAL = timedelta(seconds=10)
TURN = timedelta(seconds=1)
"""For each calendar in use: more often than its connector asks for, a calendar is read only while
its service gets no more than one question a second."""
CLOCK_MOVED = timedelta(hours=3)
"""Due later than any delay we ever choose: the server's clock was set back meanwhile."""
_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """What to ask a calendar service for."""

    window: Window
    zone: str
    cursor: str | None
    """None: read in full."""


def plan_read(
    zones: Sequence[str],
    now: datetime,
    *,
    cursor: str | None,
    full_due_at: datetime | None,
    read_window: Window | None,
    read_zone: str | None,
) -> ReadPlan:
    """What to read for rooms in `zones` (the first one's rules hold for floating times).

    A cursor is good for the window and the zone it was given for, and once a day at most it is
    set aside and all is read.
    """
    windows = [window_of(ZoneInfo(zone), now) for zone in zones]
    window = Window(min(w.start for w in windows), max(w.end for w in windows))
    same = read_window == window and read_zone == zones[0]
    full = full_due_at is None or full_due_at <= now
    return ReadPlan(window=window, zone=zones[0], cursor=cursor if same and not full else None)


def is_suspicious(
    previous: KeptPicture | None, new: Collection[KeptMeeting], now: datetime
) -> bool:
    """Whether a picture removes every meeting that is on or to come: a blip, or the truth?"""
    if previous is None:
        return False
    return any(m.end > now for m in previous.meetings) and not any(m.end > now for m in new)


def interval(
    check_every: timedelta, *, cheap_check: bool, in_use: int, told: bool = False
) -> timedelta:
    """How long to wait between two readings of a calendar.

    Args:
        check_every: what its connector asks for.
        cheap_check: whether it costs the service next to nothing to say that nothing changed.
        in_use: how many calendars of this service are shown somewhere.
        told: whether the service tells of changes at present.
    """
    if told:
        return max(check_every, PUSHED_EVERY)
    if not cheap_check:
        return check_every
    return min(check_every, max(SHORTEST_INTERVAL, in_use * TURN))


def due_after_success(
    zones: Sequence[str], now: datetime, check_every: timedelta, rng: random.Random
) -> datetime:
    """When to read next: a little early at random, so that rooms spread; at midnight at last."""
    usual = now + min(check_every, LONGEST_INTERVAL) * rng.uniform(0.9, 1.0)
    return min(usual, *(next_midnight(ZoneInfo(zone), now) for zone in zones))


def due_after_error(
    error: ConnectorError | None, failures: int, now: datetime, rng: random.Random
) -> datetime:
    """When to try again after `failures` in a row, the present one included (full jitter)."""
    if isinstance(error, ThrottledError):
        return throttled_until(error, now) + SHORTEST_DELAY * rng.random()
    if isinstance(error, CredentialsRejectedError | PermissionMissingError | CalendarGoneError):
        return now + ADMINISTRATOR_NEEDED * rng.uniform(0.9, 1.0)
    doubled: int = 2 ** min(failures - 1, 10)
    longest = min(FIRST_BACK_OFF * doubled, LONGEST_BACK_OFF)
    return now + max(SHORTEST_DELAY, longest * rng.random())


def throttled_until(error: ThrottledError, now: datetime) -> datetime:
    """Until when a service wants to be left alone; an absurd wish is cut to an hour."""
    return now + min(max(error.retry_after, SHORTEST_DELAY), LONGEST_INTERVAL)


def next_full_read(calendar_id: str, now: datetime) -> datetime:
    """Once a day, at a time of day that only depends on the calendar, so that reads spread out."""
    digest = hashlib.sha256(calendar_id.encode()).digest()
    at = timedelta(seconds=int.from_bytes(digest[:4]) % _DAY_S)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    today = midnight + at
    return today if today > now else today + timedelta(days=1)
