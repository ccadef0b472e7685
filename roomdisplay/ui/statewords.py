"""What the screen says in each state: one word, and one line under it."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from roomdisplay.model.roomstate import RoomState, StateKind
from roomdisplay.ui.wording import Wording, marked, plain

_OLDEST_WORTH_TELLING = timedelta(days=31)

_WORDS: dict[StateKind, str] = {
    StateKind.UNPAIRED: marked("State", "Pair this screen"),
    StateKind.REVOKED: marked("State", "Removed by an administrator"),
    StateKind.NO_CALENDAR: marked("State", "No calendar yet"),
    StateKind.OUT_OF_SERVICE: marked("State", "Closed"),
    StateKind.CLOCK_UNTRUSTED: marked("State", "Setting the clock"),
    StateKind.UNKNOWN: marked("State", "No information"),
    StateKind.STALE_BUSY: marked("State", "In use?"),
    StateKind.STALE_FREE: marked("State", "Free?"),
    StateKind.RELEASE_UNDO: marked("State", "Not confirmed"),
    StateKind.RUNNING_OVER: marked("State", "Over time"),
    StateKind.CHECK_IN: marked("State", "Reserved"),
    StateKind.ENDING: marked("State", "In use"),
    StateKind.IN_USE: marked("State", "In use"),
    StateKind.STARTING_SOON: marked("State", "Reserved"),
    StateKind.FREE: marked("State", "Free"),
}


def state_word(kind: StateKind, w: Wording) -> str:
    """The word that is read from across the corridor."""
    return w.translate("State", _WORDS[kind])


def state_line(state: RoomState, now: datetime, w: Wording) -> str:
    """The line under the word: until when, since when, or what to do; may be empty."""
    match state.kind:
        case StateKind.NO_CALENDAR:
            return w.translate("State", "Manage Rooms → Add a calendar → Apply")
        case StateKind.OUT_OF_SERVICE:
            return plain(state.reason)
        case StateKind.UNKNOWN:
            return w.translate("State", "check your calendar")
        case StateKind.STALE_BUSY | StateKind.STALE_FREE:
            return _as_of(state, now, w)
        case StateKind.UNPAIRED | StateKind.REVOKED | StateKind.CLOCK_UNTRUSTED:
            return ""
        case _:
            return _timed_line(state, now, w)


def minutes_until(instant: datetime, now: datetime) -> int:
    """Whole minutes as the visible clock counts them: 11:00 is 5 minutes away at 10:55:30."""
    return max(1, math.ceil((instant - now) / timedelta(minutes=1)))


def seconds_until(instant: datetime, now: datetime) -> int:
    """Whole seconds, rounded up."""
    return max(1, math.ceil((instant - now) / timedelta(seconds=1)))


def _timed_line(state: RoomState, now: datetime, w: Wording) -> str:
    until = state.until
    if until is None:
        return w.translate("State", "for the rest of the day")
    match state.kind:
        case StateKind.RELEASE_UNDO:
            return w.translate("State", "free in %n s", "", seconds_until(until, now))
        case StateKind.RUNNING_OVER:
            since = w.translate("State", "next meeting since {time}")
            return since.format(time=w.moment(until, now))
        case StateKind.CHECK_IN:
            before = w.translate("State", "check in before {time}")
            return before.format(time=w.moment(until, now))
        case StateKind.ENDING:
            left = minutes_until(until, now)
            return w.translate("State", "%n min left, then reserved", "", left)
        case StateKind.STARTING_SOON:
            return w.translate("State", "in %n min", "", minutes_until(until, now))
        case _:
            return _until(until, now, w)


def _until(until: datetime, now: datetime, w: Wording) -> str:
    """Until when; midnight is the end of the day before, not the beginning of the next."""
    ends, today = w.local(until), w.local(now).date()
    if (ends.hour, ends.minute) == (0, 0):
        last = ends.date() - timedelta(days=1)
        if last <= today:
            return w.translate("State", "for the rest of the day")
        return w.translate("State", "until the end of {day}").format(day=w.day(last, today))
    return w.translate("State", "until {time}").format(time=w.moment(until, now))


def _as_of(state: RoomState, now: datetime, w: Wording) -> str:
    if state.as_of is None or now - state.as_of > _OLDEST_WORTH_TELLING:
        return w.translate("State", "check your calendar")
    return w.translate("State", "as of {time}").format(time=w.moment(state.as_of, now))
