from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from roomdisplay.model.clock import ClockReading
from roomdisplay.model.freshness import SourceState
from roomdisplay.model.wire import FreshnessMessage
from roomdisplay.sync.picture import Moment, Picture
from roomdisplay.sync.plan import (
    Heard,
    account_of,
    disagrees,
    merged_account,
    must_persist,
    roomless,
    ticket_plan,
    vouches,
)


def _heard(now: datetime, at: float, *, beat: bool = True, took: float = 0.0) -> Heard:
    message = FreshnessMessage(now=now, source_age_s=10, fresh_for_s=180, trust_for_s=1800)
    return Heard(message=message, sent=at, received=at + took, is_beat=beat)


@pytest.fixture
def clock(noon: datetime) -> ClockReading:
    return ClockReading(utc=noon, boottime=100.0, trusted=True)


def test_an_answer_is_as_old_as_its_request(clock: ClockReading, noon: datetime) -> None:
    account = account_of(_heard(noon, 100.0, beat=False, took=20.0), clock)
    assert account.heard_at == 100.0
    assert account.reading(120.0).age == timedelta(seconds=30)


def test_a_beat_held_back_by_a_proxy_makes_nothing_younger(
    clock: ClockReading, noon: datetime
) -> None:
    on_time = account_of(_heard(noon + timedelta(seconds=300), 400.0), clock)
    late = account_of(_heard(noon + timedelta(seconds=100), 400.0), clock)
    assert on_time.reading(400.0).age == timedelta(seconds=10)
    assert late.reading(400.0).age >= timedelta(seconds=209)


def test_a_beat_from_the_future_is_no_younger_than_now(clock: ClockReading, noon: datetime) -> None:
    account = account_of(_heard(noon + timedelta(days=1), 400.0), clock)
    assert account.heard_at == 400.0
    assert disagrees(clock, _heard(noon + timedelta(days=1), 400.0))
    assert not disagrees(clock, _heard(noon + timedelta(seconds=301), 400.0))


def test_a_late_answer_does_not_replace_what_was_heard_after_it(
    clock: ClockReading, noon: datetime
) -> None:
    newer = account_of(_heard(noon, 200.0, beat=False), clock)
    older = account_of(_heard(noon, 150.0, beat=False), clock)
    assert merged_account(newer, older) is newer
    assert merged_account(older, newer) is newer
    assert merged_account(None, older) is older


def test_freshness_goes_to_the_disk_at_edges_and_every_quarter_of_an_hour(moment: Moment) -> None:
    def later(seconds: float, state: SourceState = SourceState.OK) -> Moment:
        account = replace(
            moment.account, heard_at=moment.account.heard_at + seconds, source_state=state
        )
        return replace(moment, account=account)

    assert must_persist(None, moment)
    assert not must_persist(moment, later(899))
    assert must_persist(moment, later(900))
    assert must_persist(moment, later(1, SourceState.FAILING))
    assert must_persist(replace(moment, boot_id="before"), later(1))


def test_a_day_of_beats_writes_the_disk_a_hundred_times_at_most(moment: Moment) -> None:
    saved, writes = moment, 0
    for beat in range(24 * 3600 // 25):
        account = replace(moment.account, heard_at=moment.account.heard_at + 25.0 * beat)
        now = replace(moment, account=account)
        if must_persist(saved, now):
            saved, writes = now, writes + 1
    assert writes <= 96


def test_addresses_are_fetched_a_quarter_of_an_hour_before_and_dropped_at_the_end(
    picture: Picture, noon: datetime
) -> None:
    schedule = picture.schedule
    early = ticket_plan(schedule, noon - timedelta(hours=1), frozenset(), None)
    assert not early.fetch
    assert early.again_at == noon - timedelta(minutes=15)
    due = ticket_plan(schedule, noon - timedelta(minutes=15), frozenset(), None)
    assert due.fetch
    held = ticket_plan(schedule, noon, frozenset({"m1"}), noon)
    assert not held.fetch
    assert held.keep == {"m1"}
    assert held.again_at == noon + timedelta(hours=1)
    over = ticket_plan(schedule, noon + timedelta(hours=1), frozenset({"m1"}), noon)
    assert over.keep == frozenset()
    assert over.again_at is None


def test_an_address_that_did_not_come_is_asked_for_once_a_minute(
    picture: Picture, noon: datetime
) -> None:
    waiting = ticket_plan(picture.schedule, noon + timedelta(seconds=30), frozenset(), noon)
    assert not waiting.fetch
    assert waiting.again_at == noon + timedelta(seconds=60)
    again = ticket_plan(picture.schedule, noon + timedelta(seconds=60), frozenset(), noon)
    assert again.fetch


def test_only_the_conference_display_asks_for_addresses(picture: Picture, noon: datetime) -> None:
    device = replace(picture.schedule.device, conference_display=False)
    plan = ticket_plan(replace(picture.schedule, device=device), noon, frozenset(), None)
    assert not plan.fetch
    assert plan.again_at is None


def test_a_display_without_a_room_keeps_what_is_its_own(picture: Picture, noon: datetime) -> None:
    shown = roomless(picture.schedule, noon)
    assert shown.device == picture.schedule.device
    assert shown.settings == picture.schedule.settings
    assert shown.source is None
    assert shown.meetings == ()
    assert shown.room.name == ""


@pytest.mark.parametrize(
    ("told", "shown", "newest", "expected"),
    [
        ("a", "a", "a", True),
        (None, "a", "a", True),  # an older server does not say
        ("b", "a", "a", False),  # ahead of its news
        ("a", "a", "b", False),
        ("a", "a", None, False),
        ("a", None, None, False),
    ],
)
def test_a_beat_vouches_for_the_picture_it_is_said_of(
    told: str | None, shown: str | None, newest: str | None, *, expected: bool
) -> None:
    message = FreshnessMessage(
        now=datetime(2026, 11, 23, 9, tzinfo=UTC),
        source_age_s=1,
        fresh_for_s=180,
        trust_for_s=1800,
        etag=told,
    )
    beat = Heard(message=message, sent=1.0, received=1.0, is_beat=True)
    assert vouches(beat, shown, newest) is expected
