"""Check-in counts once, for all displays of the room."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from roomdisplay.admin.errors import NotFoundError, RefusedError
from roomdisplay.admin.security.roles import Actor
from roomdisplay.admin.store.tables import (
    IdempotencyKey,
)
from roomdisplay.admin.use_cases import settings
from roomdisplay.admin.use_cases.check_in import check_in
from roomdisplay.admin.use_cases.schedule import (
    room_schedule,
)


async def test_check_in_counts_once_and_all_displays_of_the_room_hear_of_it(
    building: Any, owner: Actor, make_device: Any, heard_at_once: Any
) -> None:
    admin, atlas = building.admin, building.devices["Atlas"]
    await settings.change_settings(admin, owner, "global", {"check_in": True})
    message, _, before = await room_schedule(admin, atlas)
    planning, review = message.meetings
    assert planning.check_in is not None

    with pytest.raises(RefusedError) as early:
        await check_in(admin, atlas, planning.id, timedelta(0), "k0")
    assert early.value.key == "check_in_closed"
    building.clock.pass_(minutes=55)
    async with building.news() as news:
        done = await check_in(admin, atlas, planning.id, timedelta(seconds=20), "k1")
        assert await heard_at_once(news)
        assert await check_in(admin, atlas, planning.id, timedelta(0), "k1") == done
        assert not await heard_at_once(news)
    assert done == building.clock() - timedelta(seconds=20)
    other = await make_device(building.rooms["Atlas"], "door")
    assert await check_in(admin, other, planning.id, timedelta(0), "k1") == done
    message, _, after = await room_schedule(admin, atlas)
    assert message.meetings[0].check_in is not None
    assert message.meetings[0].check_in.done_at == done
    assert after != before
    with pytest.raises(RefusedError) as reused:
        await check_in(admin, atlas, review.id, timedelta(0), "k1")
    assert reused.value.key == "key_reused"
    with pytest.raises(NotFoundError):
        await check_in(admin, atlas, "nosuch", timedelta(0), "k2")
    with pytest.raises(NotFoundError):  # another room's meeting
        await check_in(admin, building.devices["Zephyr"], planning.id, timedelta(0), "k3")


async def test_a_tap_made_offline_in_time_counts(building: Any, owner: Actor) -> None:
    admin, atlas = building.admin, building.devices["Atlas"]
    await settings.change_settings(
        admin, owner, f"room:{building.rooms['Atlas']}", {"check_in": True}
    )
    message, _, _ = await room_schedule(admin, atlas)
    building.clock.pass_(minutes=90)
    with pytest.raises(RefusedError):
        await check_in(admin, atlas, message.meetings[0].id, timedelta(minutes=5), "late")
    tapped = await check_in(admin, atlas, message.meetings[0].id, timedelta(minutes=31), "k")
    assert tapped == building.clock() - timedelta(minutes=31)


async def test_old_keys_are_forgotten_after_two_weeks(building: Any, owner: Actor) -> None:
    admin, atlas = building.admin, building.devices["Atlas"]
    await settings.change_settings(admin, owner, "global", {"check_in": True})
    message, _, _ = await room_schedule(admin, atlas)
    building.clock.pass_(minutes=55)
    await check_in(admin, atlas, message.meetings[0].id, timedelta(0), "k")
    for days, left in ((13.9, 1), (0.2, 0)):
        building.clock.pass_(days=days)
        await building.jobs.tidy()
        async with admin.store.reading() as session:
            assert len((await session.scalars(select(IdempotencyKey))).all()) == left
