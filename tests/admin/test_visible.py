"""What one display sees: masked, windowed, stable while nothing changes."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomdisplay.admin.pictures import KeptJoin, KeptMeeting, keep
from roomdisplay.admin.policies import CheckInPolicy, Effective
from roomdisplay.admin.reading_plan import (
    FIRST_BACK_OFF,
    LONGEST_BACK_OFF,
    SHORTEST_DELAY,
    due_after_error,
    due_after_success,
    interval,
    is_suspicious,
    next_full_read,
    plan_read,
)
from roomdisplay.admin.visible import (
    KeptPicture,
    RoomFacts,
    SourceFacts,
    freshness,
    meeting_id,
    next_midnight,
    tickets,
    visible_schedule,
    window_of,
)
from roomdisplay.connectors.base import (
    CredentialsRejectedError,
    Occurrence,
    ThrottledError,
    UnavailableError,
    Window,
)
from roomdisplay.model.room import DeviceProfile, Place, Room, Source
from roomdisplay.model.wire import ScheduleMessage, encode
from roomdisplay.model.wire_schedule import schedule_from_message

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")
KEY = b"k" * 32
ZONES = st.sampled_from(
    ["UTC", "Europe/Paris", "America/New_York", "Pacific/Apia", "Asia/Kathmandu", "Africa/Cairo"]
)
INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
JOIN = KeptJoin("teams", "https://teams.microsoft.com/l/meetup-join/1", "+33 1 23")


def kept(at: float = 1, hours: float = 1, **facts: object) -> KeptMeeting:
    start = NOW + timedelta(hours=at)
    return KeptMeeting(
        source_id=f"uid-{at}@corp.example.com",
        start=start,
        end=start + timedelta(hours=hours),
        **{"title": "Merger", "organizer": "Ada", "join": JOIN, **facts},
    )


def facts(*meetings: KeptMeeting, place: Place = Place.INSIDE, **more: object) -> RoomFacts:
    window = window_of(PARIS, NOW)
    values: dict[str, object] = {
        "room": Room(name="Atlas", timezone=PARIS),
        "device": DeviceProfile(place=place, conference_display=place is Place.INSIDE),
        "source": Source(service="house"),
        "calendar_id": "c",
        "effective": Effective(),
        "picture": KeptPicture(window=window, meetings=meetings),
    }
    return RoomFacts(**(values | more))


def shown(given_facts: RoomFacts, now: datetime = NOW) -> ScheduleMessage:
    message = visible_schedule(given_facts, now, KEY)
    schedule_from_message(message)  # a display takes it
    return message


def test_a_door_sees_no_title_and_offers_no_call() -> None:
    (inside,) = shown(facts(kept())).meetings
    (door,) = shown(facts(kept(), place=Place.DOOR)).meetings
    assert (inside.title, inside.join and inside.join.service) == ("Merger", "teams")
    assert (door.title, door.join) == (None, None)


@pytest.mark.parametrize("place", list(Place))
def test_what_is_private_or_hidden_never_leaves(place: Place) -> None:
    sent = encode(shown(facts(kept(private=True), place=place)))
    for secret in (b"Merger", b"Ada", b"teams.microsoft.com", b"corp.example.com", b"+33"):
        assert secret not in sent


def test_the_same_facts_give_the_same_bytes_all_day() -> None:
    given_facts = facts(kept(), kept(30))
    assert encode(shown(given_facts)) == encode(shown(given_facts, NOW + timedelta(hours=13)))


def test_at_midnight_the_known_window_shrinks_until_it_is_read_anew() -> None:
    given_facts, tomorrow = facts(kept(200)), NOW + timedelta(days=1)
    before, after = shown(given_facts), shown(given_facts, tomorrow)
    assert after.window_start > before.window_start
    assert after.window_end == before.window_end < window_of(PARIS, tomorrow).end


def test_nothing_read_yet_is_not_free() -> None:
    unread = schedule_from_message(shown(facts(picture=None)))
    assert not unread.knows(NOW)
    old = KeptPicture(window=window_of(PARIS, NOW - timedelta(days=40)), meetings=())
    assert not schedule_from_message(shown(facts(picture=old))).knows(NOW)


def test_a_room_without_a_calendar_has_no_source_and_nothing_to_age() -> None:
    message = shown(facts(source=None, calendar_id=None, picture=None))
    assert message.source is None
    fresh = freshness(None, NOW, timedelta(minutes=30))
    assert (fresh.source_state, fresh.source_age_s) == ("ok", 0)


def test_addresses_go_to_the_conference_display_around_the_meeting_only() -> None:
    soon = kept(0.25)
    (ticket,) = tickets(facts(soon), NOW, KEY)
    assert (ticket.url, ticket.dial_in, ticket.closes_at) == (JOIN.url, "+33 1 23", soon.end)
    assert ticket.meeting_id == shown(facts(soon)).meetings[0].id
    elsewhere = DeviceProfile(place=Place.INSIDE, joins_elsewhere=True)
    assert tickets(facts(soon, device=elsewhere), NOW, KEY) == []
    for at in (NOW - timedelta(seconds=1), soon.end):
        assert tickets(facts(soon), at, KEY) == []
    assert tickets(facts(soon), soon.end - timedelta(seconds=1), KEY) != []


def test_check_in_is_asked_for_where_the_room_wants_it() -> None:
    asking = Effective(check_in=CheckInPolicy())
    timed, day = kept(2), kept(3, all_day=True)
    id_ = meeting_id(KEY, "c", timed.source_id)
    done = {id_: timed.start}
    first, second = shown(facts(timed, day, effective=asking, checked_in=done)).meetings
    assert first.check_in is not None
    assert first.check_in.opens_at == timed.start - timedelta(minutes=10)
    assert first.check_in.done_at == timed.start
    assert first.permits == ["check_in"]
    assert (second.check_in, second.permits) == (None, [])


@given(ZONES, INSTANTS)
def test_the_window_holds_now_and_begins_and_ends_at_midnights(zone: str, now: datetime) -> None:
    there = ZoneInfo(zone)
    window = window_of(there, now)
    assert window.start < now - timedelta(hours=20)
    assert window.end > now + timedelta(days=6, hours=20)
    assert now < next_midnight(there, now) <= now + timedelta(hours=50)  # Apia skipped a day


@given(st.floats(0, 1e7), st.integers(1, 3600))
def test_age_counts_up_and_late_follows_from_it(age: float, check_every: int) -> None:
    source = SourceFacts(
        read_at=NOW - timedelta(seconds=age), check_every=timedelta(seconds=check_every)
    )
    fresh = freshness(source, NOW, timedelta(minutes=30))
    assert fresh.source_age_s == pytest.approx(age, abs=1e-3)
    assert fresh.fresh_for_s == max(180, 2 * check_every)
    assert (fresh.source_state == "late") == (fresh.source_age_s >= fresh.fresh_for_s)
    assert fresh.trust_for_s >= fresh.fresh_for_s


def test_never_read_failing_and_unconfirmed_are_said() -> None:
    every = timedelta(seconds=60)
    never = freshness(SourceFacts(read_at=None, check_every=every), NOW, timedelta(minutes=30))
    assert never.source_age_s >= never.trust_for_s
    failing = SourceFacts(read_at=NOW, check_every=every, reason="unavailable")
    assert freshness(failing, NOW, timedelta(0)).source_state == "failing"
    doubtful = SourceFacts(read_at=NOW, check_every=every, unconfirmed=True)
    assert freshness(doubtful, NOW, timedelta(0)).reason == "unconfirmed"


# -- plans ---------------------------------------------------------------------------------------


def test_a_picture_from_the_future_is_of_unknown_age_not_new() -> None:
    every, grace = timedelta(seconds=60), timedelta(minutes=30)
    ahead = SourceFacts(read_at=NOW + timedelta(seconds=1), check_every=every)
    fresh = freshness(ahead, NOW, grace)
    assert fresh.source_age_s >= fresh.trust_for_s


@given(st.floats(-1e6, 1e6), st.none() | st.floats(0, 1e6))
def test_the_greater_of_both_ages_counts(by_clock: float, elapsed: float | None) -> None:
    every, grace = timedelta(seconds=60), timedelta(minutes=30)
    source = SourceFacts(
        read_at=NOW - timedelta(seconds=by_clock),
        check_every=every,
        elapsed=None if elapsed is None else timedelta(seconds=elapsed),
    )
    age = freshness(source, NOW, grace).source_age_s
    assert age >= by_clock - 1e-3
    assert elapsed is None or age >= elapsed - 1e-3
    if by_clock >= (elapsed or 0) and by_clock >= 0:
        assert age == pytest.approx(by_clock, abs=1e-3)


def test_a_cursor_is_used_for_its_own_window_and_zone_only() -> None:
    window = window_of(PARIS, NOW)
    later = NOW + timedelta(hours=1)

    def cursor(**changes: object) -> str | None:
        known: dict[str, object] = {
            "cursor": "c1",
            "full_due_at": later,
            "read_window": window,
            "read_zone": "Europe/Paris",
        }
        return plan_read(["Europe/Paris"], NOW, **(known | changes)).cursor

    assert cursor() == "c1"
    assert cursor(full_due_at=NOW) is None
    assert cursor(full_due_at=None) is None
    assert cursor(read_zone="UTC") is None
    assert cursor(read_window=Window(window.start, window.end - timedelta(days=1))) is None


def test_rooms_of_several_zones_share_one_wide_window() -> None:
    plan = plan_read(
        ["Pacific/Apia", "America/New_York"],
        NOW,
        cursor=None,
        full_due_at=None,
        read_window=None,
        read_zone=None,
    )
    for zone in ("Pacific/Apia", "America/New_York"):
        alone = window_of(ZoneInfo(zone), NOW)
        assert plan.window.start <= alone.start
        assert alone.end <= plan.window.end


def test_only_the_loss_of_everything_to_come_is_suspicious() -> None:
    window = window_of(PARIS, NOW)

    def before(*meetings: KeptMeeting) -> KeptPicture:
        return KeptPicture(window=window, meetings=meetings)

    past, on, future = kept(-3), kept(-0.5), kept(5)
    assert is_suspicious(before(past, future), [past], NOW)
    assert is_suspicious(before(on), [], NOW)
    assert not is_suspicious(before(past, future), [kept(7)], NOW)
    assert not is_suspicious(before(past), [], NOW)
    assert not is_suspicious(None, [], NOW)


@given(ZONES, INSTANTS, st.integers(1, 10_000), st.integers(0, 2**32))
def test_the_next_read_is_soon_but_never_beyond_midnight(
    zone: str, now: datetime, every: int, seed: int
) -> None:
    due = due_after_success([zone], now, timedelta(seconds=every), random.Random(seed))
    assert now < due <= min(now + timedelta(seconds=every), next_midnight(ZoneInfo(zone), now))


@given(every=st.integers(1, 4000), in_use=st.integers(1, 2000), cheap=st.booleans())
def test_cheap_questions_are_asked_oftener_up_to_one_a_second(
    *, every: int, in_use: int, cheap: bool
) -> None:
    usual = timedelta(seconds=every)
    wait = interval(usual, cheap_check=cheap, in_use=in_use)
    assert wait <= usual
    assert wait == usual or (cheap and wait >= timedelta(seconds=max(10, in_use)))


@given(st.integers(1, 10_000), st.integers(0, 2**32))
def test_errors_back_off_with_jitter_within_bounds(failures: int, seed: int) -> None:
    delay = due_after_error(UnavailableError(""), failures, NOW, random.Random(seed)) - NOW
    assert SHORTEST_DELAY <= delay <= LONGEST_BACK_OFF
    assert delay <= FIRST_BACK_OFF * 2 ** min(failures - 1, 30)


@given(st.timedeltas(timedelta(days=-1), timedelta(days=4000)), st.integers(0, 2**32))
def test_a_service_is_left_alone_as_long_as_it_asks_but_not_for_ever(
    wish: timedelta, seed: int
) -> None:
    due = due_after_error(ThrottledError("", wish), 1, NOW, random.Random(seed))
    assert due - NOW >= min(max(wish, SHORTEST_DELAY), timedelta(hours=1))
    assert due - NOW <= timedelta(hours=1) + SHORTEST_DELAY


def test_a_rejected_password_is_not_tried_until_the_account_locks() -> None:
    due = due_after_error(CredentialsRejectedError(""), 1, NOW, random.Random(1))
    assert due - NOW >= timedelta(minutes=50)


@given(st.text(), INSTANTS)
def test_full_reads_come_once_a_day_at_the_calendars_own_time(id_: str, now: datetime) -> None:
    first = next_full_read(id_, now)
    assert now < first <= now + timedelta(days=1)
    assert next_full_read(id_, first) == first + timedelta(days=1)


def test_what_is_kept_is_clean_bounded_and_without_bodies() -> None:
    evil = Occurrence(
        source_id="1",
        start=NOW,
        end=NOW,
        title="<b>\u202eevil\u0000</b>" + "x" * 10_000,
        body_text="secret agenda https://zoom.us/j/123456789 " + "y" * 100_000,
    )
    (meeting,) = keep((evil, evil))
    assert meeting.title is not None
    assert len(meeting.title) <= 300
    assert "\u202e" not in meeting.title
    assert meeting.join is not None
    assert meeting.join.service == "zoom"
    assert "agenda" not in repr(meeting)
    assert "123456789" not in repr(meeting)
    many = tuple(Occurrence(source_id=str(n), start=NOW, end=NOW) for n in range(5000))
    assert len(keep(many)) == 2000
