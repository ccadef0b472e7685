"""What must hold of every schedule, instant and freshness that hypothesis can think of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from roomdisplay.model.freshness import FreshnessAccount, FreshnessReading, Hop, SourceState
from roomdisplay.model.meeting import CheckIn, JoinOffer, Meeting, Permit, Release
from roomdisplay.model.room import DeviceProfile, Place, Room, Source, SourceKind
from roomdisplay.model.roomstate import ColourRole, Standing, StateKind, room_state
from roomdisplay.model.schedule import Schedule, busy_until, order_key
from roomdisplay.model.wire import ScheduleMessage, encode
from roomdisplay.model.wire_schedule import schedule_from_message, schedule_to_message

ZONES = [
    "Europe/Berlin",
    "America/Sao_Paulo",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "America/St_Johns",
    "Pacific/Apia",
    "UTC",
]
# Around both changes of the clocks in Europe and around an ordinary week.
ANCHORS = [
    datetime(2026, 3, 29, tzinfo=UTC),
    datetime(2026, 10, 25, tzinfo=UTC),
    datetime(2026, 11, 23, tzinfo=UTC),
    datetime(2026, 4, 4, 15, tzinfo=UTC),
]
quarters = st.integers(-4 * 30, 4 * 30).map(lambda n: timedelta(minutes=15 * n))
moments = st.timedeltas(timedelta(days=-2), timedelta(days=9))
lengths = st.one_of(
    st.integers(0, 16).map(lambda n: timedelta(minutes=15 * n)),
    st.sampled_from([timedelta(days=1), timedelta(days=3), timedelta(0)]),
)


@st.composite
def meetings(draw: st.DrawFn, anchor: datetime, number: int) -> Meeting:
    start = anchor + draw(quarters)
    length = draw(lengths)
    asked = draw(st.booleans())
    released = draw(st.booleans()) and asked
    return Meeting(
        id=f"m{number}",
        start=start,
        end=start + length,
        all_day=length >= timedelta(days=1),
        private=draw(st.booleans()),
        join=draw(st.sampled_from([None, JoinOffer(service="zoom")])),
        permits=frozenset(draw(st.sets(st.sampled_from(list(Permit))))),
        check_in=CheckIn(
            opens_at=start - timedelta(minutes=draw(st.integers(0, 15))),
            closes_at=start + timedelta(minutes=draw(st.integers(0, 15))),
            done_at=draw(st.sampled_from([None, start])),
        )
        if asked
        else None,
        released=Release(at=start + timedelta(minutes=10), undo_until=start + timedelta(minutes=12))
        if released
        else None,
    )


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    anchor = draw(st.sampled_from(ANCHORS))
    count = draw(st.integers(0, 8))
    items = [draw(meetings(anchor, number)) for number in range(count)]
    return Schedule(
        room=Room(
            name="R",
            timezone=ZoneInfo(draw(st.sampled_from(ZONES))),
            out_of_service=draw(st.sampled_from([None, None, None, "flood"])),
        ),
        device=DeviceProfile(
            place=draw(st.sampled_from(list(Place))), conference_display=draw(st.booleans())
        ),
        source=draw(
            st.sampled_from(
                [
                    None,
                    Source(service="caldav"),
                    Source(service="caldav"),
                    Source(service="ics", kind=SourceKind.FEED),
                ]
            )
        ),
        window_start=anchor - timedelta(days=1),
        window_end=anchor + timedelta(days=8),
        meetings=tuple(sorted(items, key=order_key)),
    )


@st.composite
def readings(draw: st.DrawFn) -> FreshnessReading:
    left = draw(st.timedeltas(timedelta(hours=-9), timedelta(minutes=20)))
    return FreshnessReading(
        age=timedelta(minutes=20) - left,
        fresh_left=left,
        trust_left=left + draw(st.timedeltas(timedelta(0), timedelta(minutes=40))),
        weaker_hop=draw(st.sampled_from(list(Hop))),
        source_state=draw(st.sampled_from(list(SourceState))),
    )


@st.composite
def scenes(draw: st.DrawFn) -> tuple[Schedule, datetime, FreshnessReading, bool]:
    schedule = draw(schedules())
    edges = [t for m in schedule.meetings for t in (m.start, m.end)]
    base = draw(st.sampled_from([*edges, schedule.window_start + timedelta(days=1)]))
    near = st.timedeltas(timedelta(minutes=-20), timedelta(minutes=20))
    now = base + draw(st.one_of(near, moments, st.just(timedelta(0))))
    return schedule, now, draw(readings()), draw(st.booleans())


@given(scenes(), st.sampled_from(list(Standing)))
def test_green_needs_fresh_hops_a_trusted_clock_and_no_open_undo(scene, standing):
    schedule, now, freshness, trusted = scene
    state = room_state(schedule, now, freshness, clock_trusted=trusted, standing=standing)
    assert (state.role is ColourRole.POSITIVE) == (state.kind is StateKind.FREE)
    if state.role is ColourRole.POSITIVE:
        assert freshness.fresh
        assert trusted
        assert standing is Standing.PAIRED
        assert schedule.source
        assert schedule.knows(now)
        assert not any(m.released and m.released.undo_open(now) for m in schedule.meetings)
        assert not any(m.is_on(now) and m.occupies(now) for m in schedule.meetings)


@given(scenes(), st.floats(0, 1, exclude_max=True))
def test_a_state_holds_until_valid_until(scene, part):
    schedule, now, freshness, trusted = scene
    state = room_state(schedule, now, freshness, clock_trusted=trusted)
    assert state.valid_until > now
    span = min(state.valid_until - now, timedelta(days=400))
    elapsed = min(span * part, span - timedelta(microseconds=1))
    later = room_state(schedule, now + elapsed, freshness.after(elapsed), clock_trusted=trusted)
    assert replace(later, valid_until=state.valid_until) == state
    assert later.valid_until == state.valid_until


@given(scenes())
def test_red_never_outlives_its_grace_or_its_meeting(scene):
    schedule, now, freshness, _ = scene
    state = room_state(schedule, now, freshness, clock_trusted=True)
    if state.role is ColourRole.NEGATIVE and not freshness.fresh:
        assert -freshness.fresh_left < timedelta(minutes=30)
        assert freshness.trusted
        assert any(
            m.is_on(now) and m.start <= now + freshness.fresh_left for m in schedule.meetings
        )


@given(scenes())
def test_only_what_can_happen_is_offered(scene):
    schedule, now, freshness, trusted = scene
    state = room_state(schedule, now, freshness, clock_trusted=trusted)
    names = {action.value for action in state.actions}
    if schedule.device.place is Place.DOOR:
        assert not names & {"join", "join_next"}
    if "join" in names:
        assert state.meeting
        assert state.meeting.join
    if not trusted:
        assert not names


@given(schedules(), moments)
def test_busy_until_is_the_first_instant_without_a_meeting(schedule, offset):
    now = schedule.window_start + offset
    end = busy_until(schedule.meetings, now)
    live = [m for m in schedule.meetings if m.occupies(now)]
    if end is None:
        assert not any(m.is_on(now) for m in live)
    else:
        assert not any(m.is_on(end) for m in live)
        edges = sorted({now, end, *(m.end for m in live), *(m.start for m in live)})
        assert all(any(m.is_on(t) for m in live) for t in edges if now <= t < end)


@given(schedules())
@settings(max_examples=50)
def test_a_schedule_survives_the_wire(schedule):
    message = schedule_to_message(schedule)
    again = msgspec.json.decode(encode(message), type=ScheduleMessage)
    assert schedule_from_message(again) == schedule


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0, 1e6))
def test_freshness_only_ages(heard_at, first, more):
    account = FreshnessAccount(
        heard_at=heard_at,
        source_age=timedelta(seconds=30),
        fresh_for=timedelta(minutes=3),
        trust_for=timedelta(minutes=33),
    )
    now, later = account.reading(heard_at + first), account.reading(heard_at + first + more)
    assert later.age >= now.age >= timedelta(seconds=30)
    assert not (later.fresh and not now.fresh)
    assert not (later.trusted and not now.trusted)
    # A boot-time clock that seems to run backwards must not make news younger than it was.
    assert account.reading(heard_at - 50).age == timedelta(seconds=30)
