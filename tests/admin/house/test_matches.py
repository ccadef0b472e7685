"""Accepting suggested matches: all or none, and displays get their rooms."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import ForbiddenError, InvalidInputError, RefusedError
from roomdisplay.admin.news import device_topic
from roomdisplay.admin.security.roles import Actor
from roomdisplay.admin.store.tables import Device
from roomdisplay.admin.use_cases import assignment, devices, matches, rooms
from roomdisplay.admin.use_cases.matches import Accepted
from roomdisplay.admin.use_cases.rooms import RoomInput

MakeDevice = Callable[..., Awaitable[str]]


def accept(*found: matches.Match) -> list[Accepted]:
    return [Accepted(kind=one.kind, id=one.id, calendar_id=one.calendar_id) for one in found]


@pytest.fixture
async def room(admin: Admin, owner: Actor, house: Any, connect: Any) -> str:
    await connect(admin, owner, house)
    return await rooms.create_room(admin, owner, RoomInput(name="Salle Atlas", timezone="UTC"))


@pytest.fixture
async def display(admin: Admin, make_device: MakeDevice) -> str:
    """A display that was called after its room before the room was deleted."""
    device_id = await make_device(None)
    async with admin.store.transaction() as session:
        (await session.get_one(Device, device_id)).name = "Zephyr door"
    return device_id


async def test_rooms_and_displays_get_their_calendars_at_once(
    admin: Admin, owner: Actor, room: str, display: str, clock: Any
) -> None:
    found = await matches.suggest_matches(admin, owner)
    assert [(one.kind, one.name, one.calendar_name, one.exact) for one in found] == [
        ("room", "Salle Atlas", "Atlas", False),
        ("device", "Zephyr door", "Zephyr", False),
    ]
    async with admin.news.subscribe([device_topic(display)]) as news:
        given = await matches.accept_matches(admin, owner, accept(*found), timezone="Europe/Paris")
        assert await news.wait()
    assert given[0] == room
    view = await rooms.get_room(admin, owner, room)
    assert view.calendar is not None
    assert view.undo_until == clock() + timedelta(seconds=60)
    made = await rooms.get_room(admin, owner, given[1])
    assert (made.name, made.timezone, made.devices[0].id) == ("Zephyr", "Europe/Paris", display)
    assert await matches.suggest_matches(admin, owner) == []
    await assignment.undo_assignment(admin, owner, room)
    assert [one.name for one in await matches.suggest_matches(admin, owner)] == ["Salle Atlas"]


async def test_a_room_comes_before_a_display_of_its_name(
    admin: Admin, owner: Actor, room: str, make_device: MakeDevice
) -> None:
    device_id = await make_device(None)
    await devices.rename_device(admin, owner, device_id, "Atlas")
    (found,) = await matches.suggest_matches(admin, owner)
    assert found.id == room


async def test_what_has_changed_meanwhile_stops_all_of_it(
    admin: Admin, owner: Actor, room: str, display: str
) -> None:
    found = await matches.suggest_matches(admin, owner)
    await devices.revoke_device(admin, owner, display)
    with pytest.raises(RefusedError):
        await matches.accept_matches(admin, owner, accept(*found), timezone="UTC")
    assert (await rooms.get_room(admin, owner, room)).calendar is None
    assert len(await rooms.list_rooms(admin, owner)) == 1
    twice = [*accept(found[0]), *accept(found[0])]
    with pytest.raises(RefusedError):
        await matches.accept_matches(admin, owner, twice, timezone="UTC")
    await matches.accept_matches(admin, owner, accept(found[0]), timezone="UTC")
    with pytest.raises(RefusedError):
        await matches.accept_matches(admin, owner, accept(found[0]), timezone="UTC")


async def test_nothing_ticked_and_nobody_who_may(admin: Admin, owner: Actor, viewer: Actor) -> None:
    with pytest.raises(InvalidInputError):
        await matches.accept_matches(admin, owner, [], timezone="UTC")
    with pytest.raises(ForbiddenError):
        await matches.suggest_matches(admin, viewer)
