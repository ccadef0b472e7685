from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from roomdisplay.connectors.base import (
    CalendarGoneError,
    ConnectionSettings,
    Surroundings,
    Unchanged,
    Window,
)
from roomdisplay.connectors.registry import connect

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
WEEK = Window(MONDAY - timedelta(days=1), MONDAY + timedelta(days=8))


def building(now=MONDAY, **values):
    return connect("sample", ConnectionSettings(values=values), Surroundings(clock=lambda: now))


async def test_every_listed_room_can_be_read_and_touches_the_window():
    sample = building()
    for room in await sample.list_calendars():
        picture = await sample.read(room.address, WEEK, zone="Europe/Paris")
        assert all(WEEK.touches(o.start, o.end) for o in picture.occurrences)
    atlas = await sample.read("atlas", WEEK, zone="Europe/Paris")
    assert len(atlas.occurrences) == 9 * 5
    assert atlas.occurrences[0].start == datetime(2026, 11, 22, 7, 30, tzinfo=UTC)


async def test_the_same_picture_is_told_as_unchanged_until_somebody_adds_a_meeting():
    at = (MONDAY + timedelta(hours=10)).isoformat()
    before = building(MONDAY + timedelta(hours=9), surprise_at=at)
    first = await before.read("atlas", WEEK, zone="Europe/Paris")
    assert isinstance(
        await before.read("atlas", WEEK, first.cursor, zone="Europe/Paris"), Unchanged
    )
    after = building(MONDAY + timedelta(hours=10), surprise_at=at)
    second = await after.read("atlas", WEEK, first.cursor, zone="Europe/Paris")
    added = set(second.occurrences) - set(first.occurrences)
    assert [o.title for o in added] == ["Customer demo"]


async def test_titles_are_french_where_the_building_is():
    picture = await building(language="fr").read("atlas", WEEK)
    assert picture.occurrences[0].title == "Point du matin"


async def test_an_unknown_room_is_gone():
    with pytest.raises(CalendarGoneError):
        await building().read("nowhere", WEEK)
