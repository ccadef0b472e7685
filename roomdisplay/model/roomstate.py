"""What the screen says of the room: exactly one state at any instant, and until when it holds.

The one rule above all others: the positive (green) role appears only in `StateKind.FREE`, and that
is reached only with a fresh picture on both hops, a trusted clock and no open undo.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from datetime import time as wall_time
from enum import StrEnum

from msgspec import Struct, field

from roomdisplay.model.freshness import FreshnessReading
from roomdisplay.model.meeting import Meeting, Permit, require_utc
from roomdisplay.model.room import Place
from roomdisplay.model.schedule import (
    Schedule,
    busy_until,
    change_instants,
    current_meeting,
    next_meetings,
)

FOREVER = datetime.max.replace(tzinfo=UTC)
"""`valid_until` of a state that only news can end."""


class StateKind(StrEnum):
    """The states in order of precedence: the first that matches wins."""

    UNPAIRED = "unpaired"
    REVOKED = "revoked"
    NO_CALENDAR = "no_calendar"
    OUT_OF_SERVICE = "out_of_service"
    CLOCK_UNTRUSTED = "clock_untrusted"
    UNKNOWN = "unknown"
    STALE_BUSY = "stale_busy"
    STALE_FREE = "stale_free"
    RELEASE_UNDO = "release_undo"
    RUNNING_OVER = "running_over"
    CHECK_IN = "check_in"
    ENDING = "ending"
    IN_USE = "in_use"
    STARTING_SOON = "starting_soon"
    FREE = "free"


class ColourRole(StrEnum):
    """What a colour means; the theme decides which colour that is."""

    BRAND = "brand"
    NEUTRAL = "neutral"
    CAUTION = "caution"
    NEGATIVE = "negative"
    POSITIVE = "positive"


class Shape(StrEnum):
    """The second way a state is told, for eyes that do not tell colours apart."""

    NONE = "none"
    BAR = "bar"
    QUESTION = "question"
    HOURGLASS = "hourglass"
    HAND = "hand"
    TICK = "tick"


class Action(StrEnum):
    """What the screen may offer in a state."""

    JOIN = "join"
    JOIN_NEXT = "join_next"
    CHECK_IN = "check_in"
    KEEP = "keep"
    EXTEND = "extend"
    END = "end"


class Standing(StrEnum):
    """Whether the display belongs to an Admin Center."""

    UNPAIRED = "unpaired"
    PAIRED = "paired"
    REVOKED = "revoked"


LOOK: dict[StateKind, tuple[ColourRole, Shape]] = {
    StateKind.UNPAIRED: (ColourRole.BRAND, Shape.NONE),
    StateKind.REVOKED: (ColourRole.BRAND, Shape.NONE),
    StateKind.NO_CALENDAR: (ColourRole.BRAND, Shape.NONE),
    StateKind.OUT_OF_SERVICE: (ColourRole.NEUTRAL, Shape.BAR),
    StateKind.CLOCK_UNTRUSTED: (ColourRole.NEUTRAL, Shape.QUESTION),
    StateKind.UNKNOWN: (ColourRole.NEUTRAL, Shape.QUESTION),
    StateKind.STALE_BUSY: (ColourRole.NEUTRAL, Shape.QUESTION),
    StateKind.STALE_FREE: (ColourRole.NEUTRAL, Shape.QUESTION),
    StateKind.RELEASE_UNDO: (ColourRole.CAUTION, Shape.HOURGLASS),
    StateKind.RUNNING_OVER: (ColourRole.NEGATIVE, Shape.BAR),
    StateKind.CHECK_IN: (ColourRole.CAUTION, Shape.HAND),
    StateKind.ENDING: (ColourRole.NEGATIVE, Shape.BAR),
    StateKind.IN_USE: (ColourRole.NEGATIVE, Shape.BAR),
    StateKind.STARTING_SOON: (ColourRole.CAUTION, Shape.HOURGLASS),
    StateKind.FREE: (ColourRole.POSITIVE, Shape.TICK),
}


class RoomState(Struct, frozen=True, kw_only=True):
    """One state with the facts its texts need; no words here."""

    kind: StateKind
    valid_until: datetime
    """The next instant at which anything said here could change without news (UTC)."""
    until: datetime | None = None
    """Of "until 11:00", "check in before", "free in 58 s", "since 11:00"; None: rest of the day."""
    meeting: Meeting | None = None
    """The meeting the state is about: the current one, or the one about to start."""
    coming: tuple[Meeting, ...] = ()
    """The meetings after it, soonest first."""
    as_of: datetime | None = None
    """When the picture was last known to be right; only in the stale states."""
    reason: str | None = None
    """Why the room is closed."""
    actions: frozenset[Action] = field(default_factory=frozenset)

    @property
    def role(self) -> ColourRole:
        """The colour role of the state."""
        return LOOK[self.kind][0]

    @property
    def shape(self) -> Shape:
        """The shape of the state."""
        return LOOK[self.kind][1]


def room_state(
    schedule: Schedule | None,
    now: datetime,
    freshness: FreshnessReading,
    *,
    clock_trusted: bool,
    standing: Standing = Standing.PAIRED,
    open_call: str | None = None,
) -> RoomState:
    """Decide what the screen says at `now` (UTC).

    Args:
        schedule: the last good picture, or None where there is none.
        now: the display's best idea of the time, UTC.
        freshness: how old the picture is at `now`.
        clock_trusted: whether `now` may be believed.
        standing: whether the display is paired at all.
        open_call: the id of the meeting whose call is open on the conference display.
    """
    require_utc(now)
    if standing is not Standing.PAIRED:
        kind = StateKind.UNPAIRED if standing is Standing.UNPAIRED else StateKind.REVOKED
        return RoomState(kind=kind, valid_until=FOREVER)
    if schedule is None:
        kind = StateKind.UNKNOWN if clock_trusted else StateKind.CLOCK_UNTRUSTED
        return RoomState(kind=kind, valid_until=FOREVER)
    if schedule.source is None:
        return RoomState(kind=StateKind.NO_CALENDAR, valid_until=FOREVER)
    if schedule.room.out_of_service is not None:
        return RoomState(
            kind=StateKind.OUT_OF_SERVICE,
            valid_until=FOREVER,
            reason=schedule.room.out_of_service,
        )
    if not clock_trusted:
        return RoomState(kind=StateKind.CLOCK_UNTRUSTED, valid_until=FOREVER)
    valid_until = _valid_until(schedule, now, freshness)
    if not schedule.knows(now):
        return RoomState(kind=StateKind.UNKNOWN, valid_until=valid_until)
    return _known(schedule, now, freshness, valid_until, open_call)


def _known(
    schedule: Schedule,
    now: datetime,
    freshness: FreshnessReading,
    valid_until: datetime,
    open_call: str | None,
) -> RoomState:
    """The states that rest on a known picture of the day."""
    rules, meetings = schedule.settings.rules, schedule.meetings
    current, block_end = current_meeting(meetings, now), busy_until(meetings, now)
    coming = next_meetings(meetings, now)
    # A zero-length entry is listed but claims no time: it neither reserves nor ends a free spell.
    following = next((m for m in coming if m.duration), None)
    soon = following if following and following.start - now <= rules.starting_soon else None

    def state(
        kind: StateKind,
        about: Meeting | None,
        *,
        until: datetime | None = None,
        as_of: datetime | None = None,
    ) -> RoomState:
        return RoomState(
            kind=kind,
            valid_until=valid_until,
            until=until,
            meeting=about,
            coming=tuple(m for m in coming if m is not about),
            as_of=as_of,
            actions=_actions(schedule, now, about, coming, kind),
        )

    red = _red(
        schedule,
        now,
        current=current,
        block_end=block_end,
        following=following,
        open_call=open_call,
    )
    if not freshness.fresh:
        kept = red and current and _red_may_stand(current, now, freshness, rules.red_grace)
        if not kept:
            kind = StateKind.STALE_BUSY if current else StateKind.STALE_FREE
            about = current or soon
            return state(kind, about, as_of=_as_of(now, freshness.age))
    else:
        undo = next((m for m in meetings if m.released and m.released.undo_open(now)), None)
        if undo and undo.released:
            return state(StateKind.RELEASE_UNDO, undo, until=undo.released.undo_until)
        asked = next(
            (
                m
                for m in meetings
                if m.check_in and m.check_in.is_open(now) and m.occupies(now) and m.end > now
            ),
            None,
        )
        if asked and asked.check_in and not (red and red[0] is StateKind.RUNNING_OVER):
            return state(StateKind.CHECK_IN, asked, until=asked.check_in.closes_at)
    if red:
        return state(red[0], red[1], until=red[2])
    if soon:
        return state(StateKind.STARTING_SOON, soon, until=soon.start)
    return state(StateKind.FREE, None, until=_free_until(schedule, following, now))


def _red(
    schedule: Schedule,
    now: datetime,
    *,
    current: Meeting | None,
    block_end: datetime | None,
    following: Meeting | None,
    open_call: str | None,
) -> tuple[StateKind, Meeting, datetime] | None:
    """Which of the negative states holds, if any: its kind, its meeting and its "until"."""
    if current is None or block_end is None:
        return None
    over = next((m for m in schedule.meetings if m.id == open_call and m.end <= now), None)
    if over is not None:
        return StateKind.RUNNING_OVER, over, current.start
    others_next = following is not None and following.start <= current.end
    if others_next and current.end - now <= schedule.settings.rules.ending:
        return StateKind.ENDING, current, current.end
    return StateKind.IN_USE, current, block_end


def _red_may_stand(
    current: Meeting, now: datetime, freshness: FreshnessReading, grace: timedelta
) -> bool:
    """Whether a meeting that was on when freshness ended may still be shown as on."""
    stale_since = freshness.fresh_left  # zero or negative: how long ago freshness ended
    return freshness.trusted and -stale_since < grace and current.start - now <= stale_since


def _actions(
    schedule: Schedule,
    now: datetime,
    about: Meeting | None,
    coming: tuple[Meeting, ...],
    kind: StateKind,
) -> frozenset[Action]:
    """What may be offered: joining rests on the meeting being known, not on how fresh it is."""
    actions: set[Action] = set()
    rules = schedule.settings.rules
    if about is not None:
        if _joinable(schedule, about, now):
            actions.add(Action.JOIN)
        if kind is StateKind.CHECK_IN and Permit.CHECK_IN in about.permits:
            actions.add(Action.CHECK_IN)
        if kind is StateKind.RELEASE_UNDO:
            actions.add(Action.KEEP)
        if about.is_on(now):
            actions |= {Action(p.value) for p in about.permits - {Permit.CHECK_IN}}
        after = next((m for m in coming if m is not about), None)
        if (
            after is not None
            and about.is_on(now)
            and about.end - now <= rules.next_join_before_end
            and _joinable(schedule, after, now)
        ):
            actions.add(Action.JOIN_NEXT)
    return frozenset(actions)


def _joinable(schedule: Schedule, meeting: Meeting, now: datetime) -> bool:
    device = schedule.device
    return (
        meeting.join is not None
        and device.place is not Place.DOOR
        and (device.conference_display or device.joins_elsewhere)
        and meeting.start - schedule.settings.rules.join_before <= now < meeting.end
    )


def _free_until(schedule: Schedule, following: Meeting | None, now: datetime) -> datetime | None:
    """The next start if it is today in the room's zone, else None for the rest of the day."""
    if following is None or following.start >= next_midnight(schedule, now):
        return None
    return following.start


def next_midnight(schedule: Schedule, now: datetime) -> datetime:
    """The end of the room's local day that `now` lies in, UTC."""
    zone = schedule.room.timezone
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, wall_time(), tzinfo=zone).astimezone(UTC)


def _as_of(now: datetime, age: timedelta) -> datetime | None:
    try:
        return now - age
    except OverflowError:
        return None


def _valid_until(schedule: Schedule, now: datetime, freshness: FreshnessReading) -> datetime:
    rules = schedule.settings.rules
    leads = (rules.starting_soon, rules.ending, rules.join_before, rules.next_join_before_end)
    instants = change_instants(schedule.meetings, now, *leads)[:1]
    instants += [schedule.window_start, schedule.window_end, next_midnight(schedule, now)]
    left = (freshness.fresh_left, freshness.trust_left, freshness.fresh_left + rules.red_grace)
    instants += [now + interval for interval in left if interval > timedelta(0)]
    return min((instant for instant in instants if instant > now), default=FOREVER)
