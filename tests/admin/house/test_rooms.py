"""Rooms, and giving them their calendars."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import (
    ConfirmationNeededError,
    InvalidInputError,
    NotFoundError,
    RefusedError,
    ServiceError,
)
from roomdisplay.admin.news import PAGES, device_topic, room_topic
from roomdisplay.admin.security.roles import Actor
from roomdisplay.admin.use_cases import (
    assignment,
    devices,
    matches,
    overview,
    rooms,
    services,
)
from roomdisplay.admin.use_cases.rooms import RoomInput

ATLAS = RoomInput(name="Atlas", timezone="Europe/Paris", building="Main", capacity=8)
MakeDevice = Callable[..., Awaitable[str]]


async def test_what_cannot_be_a_room_is_refused_field_by_field(admin: Admin, owner: Actor) -> None:
    with pytest.raises(InvalidInputError) as refused:
        await rooms.create_room(
            admin,
            owner,
            RoomInput(name=" ", timezone="../etc/passwd", capacity=0, floor="x" * 300),
        )
    assert set(refused.value.fields) == {"name", "timezone", "capacity", "floor"}
    assert await rooms.list_rooms(admin, owner) == []


async def test_rooms_are_made_changed_found_and_deleted(
    admin: Admin, owner: Actor, make_device: MakeDevice, heard: Any
) -> None:
    room_id = await rooms.create_room(admin, owner, ATLAS)
    device_id = await make_device(room_id)
    changed = RoomInput(
        name="Atlas 2",
        timezone="Europe/Paris",
        equipment=("Whiteboard", " "),
        out_of_service="Flood",
    )
    told = await heard(
        admin, [room_topic(room_id)], lambda: rooms.edit_room(admin, owner, room_id, changed)
    )
    assert told
    view = await rooms.get_room(admin, owner, room_id)
    assert (view.name, view.capacity, view.equipment) == ("Atlas 2", None, ("Whiteboard",))
    assert [room.id for room in await rooms.list_rooms(admin, owner, search="ATLAS")] == [room_id]
    assert await rooms.list_rooms(admin, owner, search="zephyr") == []
    with pytest.raises(ConfirmationNeededError):
        await rooms.delete_room(admin, owner, room_id)
    told = await heard(
        admin,
        [device_topic(device_id)],
        lambda: rooms.delete_room(admin, owner, room_id, confirm=True),
    )
    assert told
    assert (await devices.get_device(admin, owner, device_id)).room_id is None


async def test_assigning_replacing_and_undoing_a_calendar(  # noqa: PLR0917 - fixtures
    admin: Admin, owner: Actor, house: Any, clock: Any, connect: Any, calendar_ids: Any, heard: Any
) -> None:
    await connect(admin, owner, house)
    ids = await calendar_ids(admin, owner)
    room_id = await rooms.create_room(admin, owner, ATLAS)

    told = await heard(
        admin,
        [room_topic(room_id), PAGES, "due"],
        lambda: assignment.assign_calendar(admin, owner, room_id, ids["Atlas"]),
    )
    assert told == {room_topic(room_id), PAGES, "due"}  # read at once
    with pytest.raises(ConfirmationNeededError) as asked:
        await assignment.assign_calendar(admin, owner, room_id, ids["Zephyr"])
    assert asked.value.params["calendar"] == "Atlas"
    clock.pass_(seconds=120)
    done = await assignment.assign_calendar(admin, owner, room_id, ids["Zephyr"], confirm=True)
    view = await rooms.get_room(admin, owner, room_id)
    assert view.calendar is not None
    assert view.calendar.name == "Zephyr"
    assert view.undo_until == done.undo_until == clock() + timedelta(seconds=60)

    await assignment.undo_assignment(admin, owner, room_id)
    view = await rooms.get_room(admin, owner, room_id)
    assert view.calendar is not None
    assert view.calendar.name == "Atlas"
    with pytest.raises(RefusedError):  # once only
        await assignment.undo_assignment(admin, owner, room_id)

    with pytest.raises(ConfirmationNeededError):
        await assignment.remove_calendar(admin, owner, room_id)
    await assignment.remove_calendar(admin, owner, room_id, confirm=True)
    clock.pass_(seconds=60)
    with pytest.raises(RefusedError):
        await assignment.undo_assignment(admin, owner, room_id)


async def test_a_calendar_in_two_rooms_warns(
    admin: Admin, owner: Actor, house: Any, connect: Any, calendar_ids: Any
) -> None:
    await connect(admin, owner, house)
    atlas = (await calendar_ids(admin, owner))["Atlas"]
    first = await rooms.create_room(admin, owner, ATLAS)
    second = await rooms.create_room(admin, owner, RoomInput(name="Twin", timezone="UTC"))
    assert (await assignment.assign_calendar(admin, owner, first, atlas)).also_in == ()
    assert (await assignment.assign_calendar(admin, owner, second, atlas)).also_in == ("Atlas",)
    keys = {one.key for one in (await overview.overview(admin, owner)).attention}
    assert "calendar_in_two_rooms" in keys


async def test_a_typed_address_is_read_before_it_is_saved(
    admin: Admin, owner: Actor, house: Any, connect: Any
) -> None:
    connection_id = await connect(admin, owner, house)
    room_id = await rooms.create_room(admin, owner, ATLAS)
    with pytest.raises(ServiceError) as refused:
        await assignment.assign_address(admin, owner, room_id, connection_id, "nowhere")
    assert refused.value.key == "calendar_gone"
    assert len(await services.list_calendars(admin, owner)) == 2
    house.calendars["hidden"] = []
    await assignment.assign_address(admin, owner, room_id, connection_id, " hidden ")
    await services.check_connection(admin, owner, connection_id)  # a list without it keeps it
    view = await rooms.get_room(admin, owner, room_id)
    assert view.calendar is not None
    assert view.calendar.address == "hidden"


async def test_rooms_from_calendars_once_each_and_all_or_none(
    admin: Admin, owner: Actor, house: Any, connect: Any, calendar_ids: Any
) -> None:
    await connect(admin, owner, house)
    ids = list((await calendar_ids(admin, owner)).values())
    with pytest.raises(NotFoundError):
        await assignment.create_rooms_from_calendars(admin, owner, [*ids, "gone"], timezone="UTC")
    assert await rooms.list_rooms(admin, owner) == []
    made = await assignment.create_rooms_from_calendars(admin, owner, ids, timezone="UTC")
    assert len(made) == 2
    assert await assignment.create_rooms_from_calendars(admin, owner, ids, timezone="UTC") == []
    view = (await rooms.list_rooms(admin, owner))[0]
    assert (view.name, view.building, view.capacity) == ("Atlas", "Main building", 8)


async def test_matches_by_name_and_the_next_room_without_a_calendar(
    admin: Admin, owner: Actor, house: Any, connect: Any
) -> None:
    await connect(admin, owner, house)
    made = [
        await rooms.create_room(admin, owner, RoomInput(name=name, timezone="UTC"))
        for name in (" atlas", "Boreal", "Zephyr")
    ]
    found = await matches.suggest_matches(admin, owner)
    assert [(one.name, one.calendar_name, one.exact) for one in found] == [
        ("atlas", "Atlas", True),
        ("Zephyr", "Zephyr", True),
    ]
    await assignment.assign_calendar(admin, owner, made[0], found[0].calendar_id)
    assert await rooms.next_room_without_calendar(admin, owner, after=made[0]) == made[1]
    assert await rooms.next_room_without_calendar(admin, owner, after=made[1]) == made[2]
    assert await rooms.next_room_without_calendar(admin, owner, after=made[2]) == made[1]
    await rooms.delete_room(admin, owner, made[2], confirm=True)
    assert await rooms.next_room_without_calendar(admin, owner, after=made[1]) == made[1]
