"""The day of one room: which meeting is on, until when the room is busy, what comes next."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

from msgspec import Struct, field

from roomdisplay.model.meeting import Meeting, require_utc
from roomdisplay.model.room import DeviceProfile, Room, Source
from roomdisplay.model.settings import DisplaySettings


class Schedule(Struct, frozen=True, kw_only=True):
    """Everything a display shows of its room, as one value.

    `meetings` are sorted by start, then end, then id, and lie within the half-open window; outside
    of the window nothing is known, which is not the same as free.

    Raises:
        ValueError: the window is empty or its bounds are not UTC, or the meetings are unsorted.
    """

    room: Room
    device: DeviceProfile
    settings: DisplaySettings = field(default_factory=DisplaySettings)
    source: Source | None = None
    """None: nobody gave the room a calendar yet."""
    window_start: datetime
    window_end: datetime
    meetings: tuple[Meeting, ...] = ()

    def __post_init__(self) -> None:
        require_utc(self.window_start, self.window_end)
        if self.window_end <= self.window_start:
            raise ValueError("the schedule's window is empty")
        if any(order_key(a) > order_key(b) for a, b in pairwise(self.meetings)):
            raise ValueError("the schedule's meetings are not sorted")

    def knows(self, now: datetime) -> bool:
        """Whether `now` lies within the window the server read."""
        return self.window_start <= now < self.window_end


def order_key(meeting: Meeting) -> tuple[datetime, datetime, str]:
    """Meetings are listed by start, then end, then id."""
    return (meeting.start, meeting.end, meeting.id)


def current_meeting(meetings: tuple[Meeting, ...], now: datetime) -> Meeting | None:
    """The meeting to show as the current one.

    Of overlapping meetings the one that can be joined is shown, else the one that started earlier.
    """
    on = [m for m in meetings if m.is_on(now) and m.occupies(now)]
    return min(on, key=lambda m: (m.join is None, order_key(m)), default=None)


def busy_until(meetings: tuple[Meeting, ...], now: datetime) -> datetime | None:
    """The end of the unbroken busy block around `now`, back-to-back joined; None if free."""
    end: datetime | None = None
    for meeting in meetings:
        if not meeting.occupies(now) or meeting.end <= now:
            continue
        if meeting.start > (end or now):
            break
        end = max(end or meeting.end, meeting.end)
    return end


def next_meetings(meetings: tuple[Meeting, ...], now: datetime) -> tuple[Meeting, ...]:
    """The meetings that have yet to start at `now`, soonest first."""
    return tuple(m for m in meetings if m.start > now and m.stands(now))


def change_instants(
    meetings: tuple[Meeting, ...], now: datetime, *leads: timedelta
) -> list[datetime]:
    """Every instant after `now` at which a meeting's own facts change what is said about the room.

    `leads` are the intervals before a start or an end that matter too (starting soon, ending).
    """
    instants: set[datetime] = set()
    for meeting in meetings:
        edges = [meeting.start, meeting.end]
        if meeting.check_in:
            edges += [meeting.check_in.opens_at, meeting.check_in.closes_at]
        if meeting.released:
            edges += [meeting.released.at, meeting.released.undo_until]
        instants.update(edges)
        instants.update(edge - lead for edge in (meeting.start, meeting.end) for lead in leads)
    return sorted(instant for instant in instants if instant > now)
