from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from roomdisplay.model.freshness import FreshnessReading, Hop
from roomdisplay.model.meeting import CheckIn, JoinOffer, Meeting, Permit, Release
from roomdisplay.model.room import Place, Source, SourceKind
from roomdisplay.model.roomstate import (
    Action,
    ColourRole,
    Shape,
    Standing,
    StateKind,
    room_state,
)

MINUTE = timedelta(minutes=1)
FRESH = FreshnessReading(age=timedelta(seconds=5), fresh_left=3 * MINUTE, trust_left=33 * MINUTE)
GOTO = JoinOffer(service="goto")


def stale(since: timedelta) -> FreshnessReading:
    return FreshnessReading(
        age=3 * MINUTE + since,
        fresh_left=-since,
        trust_left=30 * MINUTE - since,
        weaker_hop=Hop.SOURCE,
    )


def meeting(monday, start, end, name="m", **more):
    return Meeting(id=name, start=monday(*start), end=monday(*end), **more)


def state_of(schedule, now, freshness=FRESH, **more):
    return room_state(schedule, now, freshness, clock_trusted=True, **more)


def test_free_until_the_next_meeting(build_schedule, monday):
    schedule = build_schedule(meeting(monday, (14,), (15,)))
    state = state_of(schedule, monday(10, 36))
    assert (state.kind, state.role, state.shape) == (
        StateKind.FREE,
        ColourRole.POSITIVE,
        Shape.TICK,
    )
    assert state.until == monday(14)
    assert [m.id for m in state.coming] == ["m"]


def test_free_for_the_rest_of_the_day_when_the_next_meeting_is_tomorrow(build_schedule, monday):
    state = state_of(build_schedule(meeting(monday, (33,), (34,))), monday(10))
    assert state.kind is StateKind.FREE
    assert state.until is None


def test_in_use_runs_to_the_end_of_the_unbroken_block(build_schedule, monday):
    schedule = build_schedule(
        meeting(monday, (10,), (11,), "a"),
        meeting(monday, (11,), (12,), "b"),
        meeting(monday, (11, 30), (12, 30), "c"),
        meeting(monday, (13,), (14,), "d"),
    )
    state = state_of(schedule, monday(10, 36))
    assert (state.kind, state.until) == (StateKind.IN_USE, monday(12, 30))


def test_of_overlapping_meetings_the_one_to_join_is_shown(build_schedule, monday):
    schedule = build_schedule(
        meeting(monday, (10,), (11,), "early"), meeting(monday, (10, 15), (11,), "call", join=GOTO)
    )
    assert state_of(schedule, monday(10, 20)).meeting.id == "call"
    assert state_of(schedule, monday(10, 10)).meeting.id == "early"


def test_ending_is_said_only_when_someone_is_next(build_schedule, monday):
    alone = build_schedule(meeting(monday, (10,), (11,), "a"))
    followed = build_schedule(
        meeting(monday, (10,), (11,), "a"), meeting(monday, (11,), (12,), "b")
    )
    assert state_of(alone, monday(10, 56)).kind is StateKind.IN_USE
    ending = state_of(followed, monday(10, 56))
    assert (ending.kind, ending.until) == (StateKind.ENDING, monday(11))
    assert state_of(followed, monday(10, 54)).kind is StateKind.IN_USE


def test_starting_soon_from_ten_minutes_before(build_schedule, monday):
    schedule = build_schedule(meeting(monday, (11,), (12,)))
    assert state_of(schedule, monday(10, 49, 59)).kind is StateKind.FREE
    soon = state_of(schedule, monday(10, 50))
    assert (soon.kind, soon.role, soon.until) == (
        StateKind.STARTING_SOON,
        ColourRole.CAUTION,
        monday(11),
    )


def test_check_in_may_open_before_the_start_and_closes_after_it(build_schedule, monday):
    asked = meeting(
        monday,
        (11,),
        (12,),
        permits=frozenset({Permit.CHECK_IN}),
        check_in=CheckIn(opens_at=monday(10, 45), closes_at=monday(11, 10)),
    )
    schedule = build_schedule(asked)
    open_ = state_of(schedule, monday(10, 46))
    assert (open_.kind, open_.until) == (StateKind.CHECK_IN, monday(11, 10))
    assert Action.CHECK_IN in open_.actions
    assert state_of(schedule, monday(11, 10)).kind is StateKind.IN_USE


def test_a_release_with_an_open_undo_is_not_green(build_schedule, monday):
    released = meeting(
        monday, (11,), (12,), released=Release(at=monday(11, 10), undo_until=monday(11, 12))
    )
    schedule = build_schedule(released)
    undo = state_of(schedule, monday(11, 11))
    assert (undo.kind, undo.role, undo.until) == (
        StateKind.RELEASE_UNDO,
        ColourRole.CAUTION,
        monday(11, 12),
    )
    assert undo.actions == {Action.KEEP}
    assert state_of(schedule, monday(11, 12)).kind is StateKind.FREE


def test_running_over_shows_the_old_call_and_the_new_meetings_start(build_schedule, monday):
    schedule = build_schedule(
        meeting(monday, (10,), (11,), "a"), meeting(monday, (11,), (12,), "b")
    )
    state = state_of(schedule, monday(11, 3), open_call="a")
    assert (state.kind, state.meeting.id, state.until) == (StateKind.RUNNING_OVER, "a", monday(11))
    assert state_of(schedule, monday(10, 30), open_call="a").kind is StateKind.IN_USE


def test_green_turns_neutral_the_instant_freshness_ends(build_schedule, monday):
    schedule, now = build_schedule(), monday(10, 36)
    last = FreshnessReading(age=MINUTE, fresh_left=timedelta(microseconds=1), trust_left=MINUTE)
    assert state_of(schedule, now, last).kind is StateKind.FREE
    gone = state_of(schedule, now, stale(timedelta(0)))
    assert (gone.kind, gone.role) == (StateKind.STALE_FREE, ColourRole.NEUTRAL)
    assert gone.as_of == now - 3 * MINUTE


def test_red_stands_half_an_hour_more_but_not_beyond_its_meeting(build_schedule, monday):
    schedule = build_schedule(
        meeting(monday, (10,), (11,), "a"), meeting(monday, (11,), (12,), "b")
    )
    assert state_of(schedule, monday(10, 40), stale(20 * MINUTE)).role is ColourRole.NEGATIVE
    assert state_of(schedule, monday(10, 40), stale(30 * MINUTE)).kind is StateKind.STALE_BUSY
    # Freshness ended at 10:50; at 11:05 the meeting known then is over, the next one unproven.
    assert state_of(schedule, monday(11, 5), stale(15 * MINUTE)).kind is StateKind.STALE_BUSY


def test_reserved_does_not_outlive_freshness(build_schedule, monday):
    schedule = build_schedule(meeting(monday, (11,), (12,)))
    state = state_of(schedule, monday(10, 55), stale(MINUTE))
    assert (state.kind, state.meeting.id) == (StateKind.STALE_FREE, "m")


@pytest.mark.parametrize(
    ("standing", "kind"),
    [(Standing.UNPAIRED, StateKind.UNPAIRED), (Standing.REVOKED, StateKind.REVOKED)],
)
def test_an_unpaired_display_says_nothing_of_any_room(build_schedule, monday, standing, kind):
    state = state_of(build_schedule(), monday(10), standing=standing)
    assert (state.kind, state.role, state.actions) == (kind, ColourRole.BRAND, frozenset())


def test_precedence_from_the_top(build_schedule, monday):
    closed = build_schedule(out_of_service="Water damage")
    no_calendar = replace(closed, source=None)
    now = monday(10)
    assert room_state(no_calendar, now, stale(MINUTE), clock_trusted=False).kind is (
        StateKind.NO_CALENDAR
    )
    out = room_state(closed, now, stale(MINUTE), clock_trusted=False)
    assert (out.kind, out.reason) == (StateKind.OUT_OF_SERVICE, "Water damage")
    assert room_state(build_schedule(), now, stale(MINUTE), clock_trusted=False).kind is (
        StateKind.CLOCK_UNTRUSTED
    )
    assert room_state(None, now, FRESH, clock_trusted=False).kind is StateKind.CLOCK_UNTRUSTED
    assert room_state(None, now, FRESH, clock_trusted=True).kind is StateKind.UNKNOWN
    assert state_of(build_schedule(), monday(24 * 9), FRESH).kind is StateKind.UNKNOWN


def test_a_zero_length_entry_is_listed_but_claims_nothing(build_schedule, monday):
    schedule = build_schedule(meeting(monday, (10,), (10,), "mark"))
    assert state_of(schedule, monday(10)).kind is StateKind.FREE
    before = state_of(schedule, monday(9, 55))
    assert (before.kind, before.until) == (StateKind.FREE, None)
    assert [m.id for m in before.coming] == ["mark"]


def test_join_only_inside_and_only_around_the_meeting(build_schedule, monday):
    call = meeting(monday, (11,), (12,), join=GOTO)
    inside, door = build_schedule(call), build_schedule(call, place=Place.DOOR)
    aside = build_schedule(call, conference_display=False)
    assert Action.JOIN in state_of(inside, monday(11, 30)).actions
    assert Action.JOIN in state_of(inside, monday(10, 50)).actions
    assert Action.JOIN not in state_of(inside, monday(10, 49)).actions
    assert Action.JOIN not in state_of(door, monday(11, 30)).actions
    assert Action.JOIN not in state_of(aside, monday(11, 30)).actions


def test_the_next_meeting_has_its_own_join_in_the_last_ten_minutes(build_schedule, monday):
    schedule = build_schedule(
        meeting(monday, (10,), (11,), "a", join=GOTO), meeting(monday, (11,), (12,), "b", join=GOTO)
    )
    assert state_of(schedule, monday(10, 49)).actions == {Action.JOIN}
    assert state_of(schedule, monday(10, 51)).actions == {Action.JOIN, Action.JOIN_NEXT}


def test_a_known_meeting_can_be_joined_while_the_picture_is_stale(build_schedule, monday):
    schedule = build_schedule(meeting(monday, (11,), (12,), join=GOTO))
    state = state_of(schedule, monday(11, 40), stale(40 * MINUTE))
    assert (state.kind, state.actions) == (StateKind.STALE_BUSY, {Action.JOIN})


def test_a_feed_is_a_source_like_any_other(build_schedule, monday):
    schedule = build_schedule(source=Source(service="ics", kind=SourceKind.FEED))
    assert state_of(schedule, monday(10)).kind is StateKind.FREE
