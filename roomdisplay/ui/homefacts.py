"""Everything the home screen says at one moment, as text: the pure half of its view model."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from roomdisplay.model.freshness import FreshnessReading
from roomdisplay.model.meeting import Meeting
from roomdisplay.model.room import Place, SourceKind
from roomdisplay.model.roomstate import Action, RoomState, Standing, StateKind, room_state
from roomdisplay.model.service_names import service_name
from roomdisplay.sync.snapshot import CallPhase, Snapshot
from roomdisplay.ui.dayplan import NO_STRIP, DayStrip, MeetingRow, day_strip, headline, meeting_rows
from roomdisplay.ui.statewords import state_line, state_word
from roomdisplay.ui.troublewords import note_text
from roomdisplay.ui.wording import Wording, isolated, plain

_WITHOUT_A_DAY = frozenset(
    {
        StateKind.NO_CALENDAR,
        StateKind.OUT_OF_SERVICE,
        StateKind.CLOCK_UNTRUSTED,
        StateKind.UNKNOWN,
    }
)


class HomeFacts(Struct, frozen=True, kw_only=True):
    """What the home screen shows. All texts are final; empty means: not there."""

    room: str = ""
    clock: str = ""
    date: str = ""
    role: str = "neutral"
    shape: str = "none"
    word: str = ""
    line: str = ""
    title: str = ""
    organizer: str = ""
    note: str = ""
    trouble: bool = False
    meeting_id: str = ""
    join: str = ""
    check_in: str = ""
    check_in_ready: bool = False
    rows: tuple[MeetingRow, ...] = ()
    rows_label: str = ""
    strip: DayStrip = NO_STRIP
    more: str = ""
    less: str = ""
    touch: bool = True


def current_state(snapshot: Snapshot, boottime: float) -> RoomState:
    """The room's state as the glass shows it at `boottime`.

    While the keyring is still being read (no standing yet) the cached day is shown as it is.
    """
    call = snapshot.call
    return room_state(
        snapshot.schedule,
        snapshot.now(boottime),
        snapshot.freshness(boottime),
        clock_trusted=snapshot.clock.trusted,
        standing=snapshot.standing or Standing.PAIRED,
        open_call=call.meeting_id if call and call.phase is CallPhase.OPEN else None,
    )


def home_facts(
    snapshot: Snapshot,
    state: RoomState,
    boottime: float,
    w: Wording,
    *,
    place: Place,
    tapped: frozenset[str] = frozenset(),
) -> HomeFacts:
    """Put the state into words.

    Args:
        snapshot: what is known.
        state: the room's state at `boottime`.
        boottime: CLOCK_BOOTTIME, seconds.
        w: the language.
        place: where the display hangs.
        tapped: ids of meetings whose check-in was tapped since the snapshot was made.
    """
    now, reading, schedule = snapshot.now(boottime), snapshot.freshness(boottime), snapshot.schedule
    trouble = note_text(snapshot, reading, boottime, w)
    facts = HomeFacts(
        room=isolated(plain(schedule.room.name)) if schedule else "",
        clock=w.time(now) if snapshot.clock.trusted else "",
        date=w.date(now) if snapshot.clock.trusted else "",
        role=state.role.value,
        shape=state.shape.value,
        word=state_word(state.kind, w),
        line=state_line(state, now, w),
        note=trouble,
        trouble=bool(trouble),
        touch=schedule.device.touch if schedule else True,
        more=w.translate("Home", "More"),
        less=w.translate("Home", "Close"),
    )
    if schedule is None or state.kind in _WITHOUT_A_DAY:
        return facts
    feed = "" if trouble else _feed_note(snapshot, reading, now, w)
    return replace(
        _with_meeting(facts, state, snapshot.pending | tapped, place, w),
        note=trouble or feed,
        rows=_rows(state, now, place, w),
        rows_label=w.translate("Home", "Next"),
        strip=day_strip(schedule, now, w),
    )


def join_words(meeting: Meeting, w: Wording) -> str:
    """What stands on the button that opens a meeting's call."""
    if meeting.join is None:
        return ""
    words = w.translate("Home", "Join · {service}")
    return words.format(service=service_name(meeting.join.service))


def _with_meeting(
    facts: HomeFacts, state: RoomState, pending: frozenset[str], place: Place, w: Wording
) -> HomeFacts:
    meeting = state.meeting
    if meeting is None:
        return facts
    title, organizer = headline(meeting, w)
    if place is Place.DOOR and not (meeting.title or meeting.organizer or meeting.private):
        title = ""
    sent = meeting.id in pending
    asked = Action.CHECK_IN in state.actions
    words = w.translate("Home", "Checking in…") if sent else w.translate("Home", "I'm here")
    return replace(
        facts,
        meeting_id=meeting.id,
        title=isolated(title),
        organizer=isolated(organizer),
        join=join_words(meeting, w) if Action.JOIN in state.actions else "",
        check_in=words if asked else "",
        check_in_ready=asked and not sent,
    )


def _rows(state: RoomState, now: datetime, place: Place, w: Wording) -> tuple[MeetingRow, ...]:
    rows = meeting_rows(state.coming, now, place, w)
    if rows and Action.JOIN_NEXT in state.actions:
        return (replace(rows[0], join=join_words(state.coming[0], w)), *rows[1:])
    return rows


def _feed_note(snapshot: Snapshot, reading: FreshnessReading, now: datetime, w: Wording) -> str:
    """A feed's publisher may be hours behind: the screen says whose word it is, and of when."""
    source = snapshot.schedule.source if snapshot.schedule else None
    if source is None or source.kind is not SourceKind.FEED:
        return ""
    words = w.translate("Home", "according to the feed, {time}")
    return words.format(time=w.moment(now - reading.age, now))
