"""Values for tests of the model: everything around one Monday in Berlin."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from roomdisplay.model.meeting import Meeting
from roomdisplay.model.room import DeviceProfile, Place, Room, Source
from roomdisplay.model.schedule import Schedule, order_key

BuildSchedule = Callable[..., Schedule]


@pytest.fixture
def build_schedule() -> BuildSchedule:
    """A schedule of the given meetings, a week around them."""

    def build(
        *meetings: Meeting,
        zone: str = "Europe/Berlin",
        place: Place = Place.INSIDE,
        conference_display: bool = True,
        source: Source | None = None,
        out_of_service: str | None = None,
    ) -> Schedule:
        return Schedule(
            room=Room(name="Atlas", timezone=ZoneInfo(zone), out_of_service=out_of_service),
            device=DeviceProfile(place=place, conference_display=conference_display),
            source=source or Source(service="caldav"),
            window_start=datetime(2026, 11, 22, tzinfo=UTC),
            window_end=datetime(2026, 12, 1, tzinfo=UTC),
            meetings=tuple(sorted(meetings, key=order_key)),
        )

    return build


@pytest.fixture
def monday() -> Callable[..., datetime]:
    """`monday(10, 36)`: Monday 23 November 2026, 10:36 in Berlin, as UTC."""

    def at(hour: int, minute: int = 0, second: int = 0) -> datetime:
        start = datetime(2026, 11, 22, 23, tzinfo=UTC)
        return start + timedelta(hours=hour, minutes=minute, seconds=second)

    return at
