"""How old the news is, counted on clocks that cannot be wrong.

There are two hops: display ↔ Admin Center, and Admin Center ↔ calendar service. Each hop's age is
what it was when we heard of it plus the boot-time clock elapsed since; wall clocks are never
subtracted. What is shown is the older of the two.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

MIN_FRESH = timedelta(seconds=180)
"""News is called fresh for three minutes at least, however often the source is asked."""


class Hop(StrEnum):
    """One leg of the way from the calendar to the glass."""

    SERVER = "server"
    SOURCE = "source"


class SourceState(StrEnum):
    """What the Admin Center says of the calendar service."""

    OK = "ok"
    LATE = "late"
    FAILING = "failing"


def fresh_for(check_every: timedelta) -> timedelta:
    """How long a reading counts as fresh when the source is asked every `check_every`."""
    return max(MIN_FRESH, 2 * check_every)


class FreshnessReading(Struct, frozen=True, kw_only=True):
    """The freshness at one instant; `after` moves it on."""

    age: timedelta
    """Of the older hop's news."""
    fresh_left: timedelta
    """Until the news stops being fresh; zero or less: stale."""
    trust_left: timedelta
    """Until "In use" may no longer stand on it; never less than `fresh_left`."""
    weaker_hop: Hop = Hop.SERVER
    source_state: SourceState = SourceState.OK
    reason: str | None = None
    """The key of a problem (`roomdisplay.model.problems`) when the source fails."""

    @property
    def fresh(self) -> bool:
        """Whether both hops are fresh."""
        return self.fresh_left > timedelta(0)

    @property
    def trusted(self) -> bool:
        """Whether an occupied room may still be shown as occupied."""
        return self.trust_left > timedelta(0)

    def after(self, elapsed: timedelta) -> FreshnessReading:
        """The reading `elapsed` later, if nothing is heard until then."""
        return replace(
            self,
            age=self.age + elapsed,
            fresh_left=self.fresh_left - elapsed,
            trust_left=self.trust_left - elapsed,
        )


NOTHING_HEARD = FreshnessReading(
    age=timedelta.max / 4, fresh_left=timedelta(0), trust_left=timedelta(0)
)
"""The reading of a display that does not know how old its picture is."""


class FreshnessAccount(Struct, frozen=True, kw_only=True):
    """What the last answer said, and when on the boot-time clock (seconds) it was heard."""

    heard_at: float
    """CLOCK_BOOTTIME, seconds, when the request whose answer this is was *sent*: ages may be
    overestimated, never under."""
    source_age: timedelta
    """Since the calendar service was last read whole and well, when the answer was made."""
    contact_age: timedelta = timedelta(0)
    """Of the contact itself when it was heard: zero, but for an account restored from disk."""
    fresh_for: timedelta
    trust_for: timedelta
    source_state: SourceState = SourceState.OK
    reason: str | None = None

    def reading(self, boottime: float) -> FreshnessReading:
        """The freshness at `boottime` (CLOCK_BOOTTIME, seconds)."""
        elapsed = timedelta(seconds=max(0.0, boottime - self.heard_at))
        contact, source = self.contact_age + elapsed, self.source_age + elapsed
        age = max(contact, source)
        return FreshnessReading(
            age=age,
            fresh_left=self.fresh_for - age,
            trust_left=max(self.trust_for, self.fresh_for) - age,
            weaker_hop=Hop.SERVER if contact >= source else Hop.SOURCE,
            source_state=self.source_state,
            reason=self.reason,
        )
