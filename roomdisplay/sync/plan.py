"""What the sync side decides, as pure functions of values and an explicit now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from roomdisplay.model.clock import ClockReading
from roomdisplay.model.freshness import FreshnessAccount
from roomdisplay.model.meeting import Meeting
from roomdisplay.model.room import DeviceProfile, Place, Room
from roomdisplay.model.schedule import Schedule
from roomdisplay.model.settings import DisplaySettings
from roomdisplay.model.wire import FreshnessMessage
from roomdisplay.model.wire_schedule import account_from_message
from roomdisplay.sync.picture import Moment

PERSIST_EVERY = timedelta(minutes=15)
"""Freshness is written to the disk at edges and this often: a memory card must live for years."""
TICKETS_BEFORE = timedelta(minutes=15)
"""How long before a start the server gives out a conference's address."""
TICKETS_RETRY = timedelta(minutes=1)
CLOCK_SLACK = 0.25
"""Seconds by which the server's time may differ from the anchor before the anchor moves."""
BEAT_SLACK = 5.0
"""Seconds by which a beat may be late before its time is held against the clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One answer or beat of the server: what it says of its picture, and when it came."""

    message: FreshnessMessage
    sent: float
    """CLOCK_BOOTTIME, seconds, when the request left; for a beat, when it came."""
    received: float
    is_beat: bool = False


def disagrees(clock: ClockReading, heard: Heard) -> bool:
    """Whether a beat's time is so far from the clock that an answer should be asked for."""
    off = heard.message.now.astimezone(UTC) - clock.at(heard.received)
    return abs(off) > timedelta(seconds=BEAT_SLACK)


def vouches(beat: Heard, shown: str | None, newest: str | None) -> bool:
    """Whether a beat speaks of the picture that is shown, and that is the newest.

    Args:
        beat: what came.
        shown: the ETag of the picture on the glass; None: there is none.
        newest: what the stream last said is the newest. A beat may be ahead of it: between a
            change and the news of it.
    """
    return shown is not None and shown == newest and beat.message.etag in {None, shown}


def account_of(heard: Heard, clock: ClockReading) -> FreshnessAccount:
    """The freshness that an answer or a beat tells of.

    An answer is as old as its request. A beat has no request: it is as old as the server's own
    time in it says, so that beats held back by a proxy do not make the picture younger.
    """
    at = heard.sent
    if heard.is_beat and clock.trusted:
        at = min(at, clock.boottime_of(heard.message.now.astimezone(UTC)) + CLOCK_SLACK)
    return account_from_message(heard.message, max(0.0, min(at, heard.received)))


def merged_account(old: FreshnessAccount | None, new: FreshnessAccount) -> FreshnessAccount | None:
    """The newer of two accounts; a late answer does not replace what was heard after it."""
    return new if old is None or new.heard_at >= old.heard_at else old


def must_persist(saved: Moment | None, now: Moment) -> bool:
    """Whether the freshness has to go to the disk: at edges, else every 15 minutes."""
    if saved is None or saved.boot_id != now.boot_id:
        return True
    old, new = saved.account, now.account
    edge = (
        old.source_state is not new.source_state
        or old.reason != new.reason
        or old.fresh_for != new.fresh_for
        or old.trust_for != new.trust_for
        or saved.clock.trusted is not now.clock.trusted
    )
    return edge or new.heard_at - old.heard_at >= PERSIST_EVERY.total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketPlan:
    """When the conference addresses are to be fetched, and which may be kept."""

    fetch: bool
    again_at: datetime | None
    """When to look again without news; None: news will tell."""
    keep: frozenset[str]
    """Ids of meetings whose ticket may still be held."""


def ticket_plan(
    schedule: Schedule | None, now: datetime, held: frozenset[str], asked_at: datetime | None
) -> TicketPlan:
    """Decide about the conference addresses at `now` (UTC).

    Args:
        schedule: the last good picture.
        now: the time.
        held: ids of meetings whose ticket is held.
        asked_at: when they were last asked for; a meeting without one is asked for once a minute.
    """
    if schedule is None or not schedule.device.conference_display:
        return TicketPlan(fetch=False, again_at=None, keep=frozenset())
    due = [m for m in schedule.meetings if _has_ticket(m, now)]
    missing = [m for m in due if m.id not in held]
    waiting = missing and asked_at is not None and timedelta(0) <= now - asked_at < TICKETS_RETRY
    instants = [
        instant
        for meeting in schedule.meetings
        if meeting.join is not None
        for instant in (meeting.start - TICKETS_BEFORE, meeting.end)
        if instant > now
    ]
    if waiting and asked_at is not None:
        instants.append(asked_at + TICKETS_RETRY)
    elif missing:
        instants.append(now + TICKETS_RETRY)
    return TicketPlan(
        fetch=bool(missing) and not waiting,
        again_at=min(instants, default=None),
        keep=frozenset(m.id for m in due),
    )


def roomless(before: Schedule | None, now: datetime) -> Schedule:
    """What a display shows that is paired but stands at no room: the way to give it one."""
    return Schedule(
        room=Room(name="", timezone=ZoneInfo("UTC")),
        device=before.device if before else DeviceProfile(place=Place.INSIDE),
        settings=before.settings if before else DisplaySettings(),
        source=None,
        window_start=now,
        window_end=now + timedelta(days=1),
    )


def meeting_of(schedule: Schedule | None, meeting_id: str) -> Meeting | None:
    """The meeting of this id in the last good picture."""
    meetings = schedule.meetings if schedule else ()
    return next((m for m in meetings if m.id == meeting_id), None)


def _has_ticket(meeting: Meeting, now: datetime) -> bool:
    return meeting.join is not None and meeting.start - TICKETS_BEFORE <= now < meeting.end
