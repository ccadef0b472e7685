"""A meeting as a display knows it: already expanded, already masked, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum

from msgspec import Struct

TITLE_LIMIT = 300
"""Characters of a title or an organiser's name that are kept."""


class Permit(StrEnum):
    """What the calendar service allows a display to do with a meeting."""

    EXTEND = "extend"
    END = "end"
    CHECK_IN = "check_in"


class CheckIn(Struct, frozen=True, kw_only=True):
    """When somebody must say that the meeting takes place, and whether somebody did."""

    opens_at: datetime
    closes_at: datetime
    done_at: datetime | None = None

    def __post_init__(self) -> None:
        require_utc(self.opens_at, self.closes_at, self.done_at)
        if self.closes_at < self.opens_at:
            raise ValueError("check-in closes before it opens")

    def is_open(self, now: datetime) -> bool:
        """Whether check-in is asked for at `now`."""
        return self.done_at is None and self.opens_at <= now < self.closes_at


class Release(Struct, frozen=True, kw_only=True):
    """The server gave the room up because nobody checked in; until `undo_until` it can be kept."""

    at: datetime
    undo_until: datetime

    def __post_init__(self) -> None:
        require_utc(self.at, self.undo_until)
        if self.undo_until < self.at:
            raise ValueError("a release's undo ends before the release")

    def undo_open(self, now: datetime) -> bool:
        """Whether the release can still be taken back at `now`."""
        return self.at <= now < self.undo_until


class JoinOffer(Struct, frozen=True, kw_only=True):
    """That a conference can be joined, and with which service; the address travels apart."""

    service: str
    """A key of `roomdisplay.model.conference.SERVICES`, such as "teams"."""
    has_dial_in: bool = False


class Meeting(Struct, frozen=True, kw_only=True):
    """One occurrence of a meeting in one room.

    Times are UTC and half-open: a meeting is on from `start` up to, not including, `end`. A
    zero-length meeting is legal (a reminder somebody put into the room's calendar) and never on.

    Raises:
        ValueError: a time without a zone or not in UTC, or an end before the start.
    """

    id: str
    start: datetime
    end: datetime
    title: str | None = None
    organizer: str | None = None
    all_day: bool = False
    private: bool = False
    check_in: CheckIn | None = None
    released: Release | None = None
    join: JoinOffer | None = None
    permits: frozenset[Permit] = frozenset()

    def __post_init__(self) -> None:
        require_utc(self.start, self.end)
        if self.end < self.start:
            raise ValueError(f"meeting {self.id!r} ends before it starts")

    @property
    def duration(self) -> timedelta:
        """The exact elapsed time between start and end."""
        return self.end - self.start

    def is_on(self, now: datetime) -> bool:
        """Whether `now` lies within the meeting."""
        return self.start <= now < self.end

    def stands(self, now: datetime) -> bool:
        """Whether the meeting still takes place, seen at `now`: a settled release does not."""
        return self.released is None or now < self.released.undo_until

    def occupies(self, now: datetime) -> bool:
        """Whether the meeting claims the room for any time at all, seen at `now`."""
        return self.start < self.end and self.stands(now)


def require_utc(*times: datetime | None) -> None:
    """Refuse times that are not in UTC.

    Raises:
        ValueError: a time is naive or in another zone.
    """
    for time in times:
        if time is not None and time.tzinfo is not UTC:
            raise ValueError(f"{time!r} is not in UTC")
