from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from roomdisplay.model.clock import ClockReading
from roomdisplay.model.freshness import FreshnessAccount
from roomdisplay.model.meeting import CheckIn, JoinOffer, Meeting, Permit
from roomdisplay.model.room import DeviceProfile, Place, Room, Source
from roomdisplay.model.schedule import Schedule
from roomdisplay.sync.picture import Moment, Picture
from roomdisplay.sync.sealing import AesGcmSeal

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def noon() -> datetime:
    return NOON


@pytest.fixture
def meeting() -> Meeting:
    return Meeting(
        id="m1",
        start=NOON,
        end=NOON + timedelta(hours=1),
        title="Quarterly planning",
        organizer="Ana",
        check_in=CheckIn(opens_at=NOON - timedelta(minutes=5), closes_at=NOON + timedelta(hours=1)),
        join=JoinOffer(service="goto"),
        permits=frozenset({Permit.CHECK_IN}),
    )


@pytest.fixture
def picture(meeting: Meeting) -> Picture:
    schedule = Schedule(
        room=Room(name="Atlas", timezone=ZoneInfo("Europe/Paris"), equipment=("board",)),
        device=DeviceProfile(place=Place.INSIDE, conference_display=True),
        source=Source(service="caldav"),
        window_start=NOON - timedelta(days=1),
        window_end=NOON + timedelta(days=8),
        meetings=(meeting,),
    )
    return Picture(schedule=schedule, etag="e1")


@pytest.fixture
def moment() -> Moment:
    return Moment(
        boot_id="boot-1",
        account=FreshnessAccount(
            heard_at=100.0,
            source_age=timedelta(seconds=20),
            fresh_for=timedelta(seconds=180),
            trust_for=timedelta(minutes=30),
        ),
        clock=ClockReading(utc=NOON, boottime=100.0, trusted=True),
    )


@pytest.fixture
def other_picture(picture: Picture) -> Callable[[str], Picture]:
    """A picture of another ETag, with its room's name changed to it."""

    def make(etag: str) -> Picture:
        room = replace(picture.schedule.room, name=f"Room {etag}")
        return Picture(schedule=replace(picture.schedule, room=room), etag=etag)

    return make


@pytest.fixture
def seal() -> AesGcmSeal:
    return AesGcmSeal(bytes(range(32)))
