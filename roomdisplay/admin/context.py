"""What every use case works with, passed explicitly; nothing here is global."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from roomdisplay.admin.last_read import LastRead
from roomdisplay.admin.news import News
from roomdisplay.admin.pace import Pace
from roomdisplay.admin.security.sealing import Sealer
from roomdisplay.admin.settings import ServerSettings
from roomdisplay.admin.store import Store

Clock = Callable[[], datetime]
"""Tells the time in UTC; the demo and the tests pass their own."""


def utc_now() -> datetime:
    """The server's own time."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Admin:
    """One Admin Center: its store and its doors to the outside."""

    store: Store
    clock: Clock
    news: News
    sealer: Sealer
    settings: ServerSettings
    last_read: LastRead = field(default_factory=LastRead, compare=False, repr=False)
    pace: Pace = field(default_factory=Pace, compare=False, repr=False)
    """How often calendars are read because their services tell of changes."""
    proofs: Counter[str] = field(default_factory=Counter, compare=False, repr=False)
    """How often each connection, by its id, was proven to work since the start."""
    setting_up: asyncio.Lock = field(default_factory=asyncio.Lock, compare=False, repr=False)
    """Held while one's only screen is given its calendar."""
