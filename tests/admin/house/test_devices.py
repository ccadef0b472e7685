"""Displays, and what the overview says of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import (
    NotFoundError,
)
from roomdisplay.admin.news import device_topic, room_topic
from roomdisplay.admin.security.roles import Actor
from roomdisplay.admin.store.tables import Command, DeviceToken
from roomdisplay.admin.use_cases import (
    devices,
    overview,
    rooms,
)
from roomdisplay.admin.use_cases.rooms import RoomInput

ATLAS = RoomInput(name="Atlas", timezone="Europe/Paris", building="Main", capacity=8)
MakeDevice = Callable[..., Awaitable[str]]


async def test_the_display_inside_opens_calls_unless_another_is_chosen(
    admin: Admin, owner: Actor, make_device: MakeDevice
) -> None:
    room_id = await rooms.create_room(admin, owner, ATLAS)
    door = await make_device(room_id, "door")
    inside = await make_device(room_id, "inside")
    admin.clock.pass_(seconds=1)
    second = await make_device(room_id, "inside")

    async def opens_calls() -> set[str]:
        view = await rooms.get_room(admin, owner, room_id)
        return {device.id for device in view.devices if device.opens_calls}

    assert await opens_calls() == {inside}
    for chosen in (second, door):
        await devices.choose_conference_display(admin, owner, chosen)
        assert await opens_calls() == {chosen}
    other = await rooms.create_room(admin, owner, RoomInput(name="Other", timezone="UTC"))
    await devices.move_device(admin, owner, door, other)
    assert await opens_calls() == {inside}


async def test_moving_tells_both_rooms_and_the_display(
    admin: Admin, owner: Actor, make_device: MakeDevice, heard: Any
) -> None:
    here = await rooms.create_room(admin, owner, ATLAS)
    there = await rooms.create_room(admin, owner, RoomInput(name="There", timezone="UTC"))
    device_id = await make_device(here)
    topics = [room_topic(here), room_topic(there), device_topic(device_id)]
    told = await heard(admin, topics, lambda: devices.move_device(admin, owner, device_id, there))
    assert told == set(topics)
    with pytest.raises(NotFoundError):
        await devices.move_device(admin, owner, device_id, "nowhere")


async def test_revoking_makes_the_tokens_worthless_and_tells_the_stream(
    admin: Admin, owner: Actor, make_device: MakeDevice, heard: Any
) -> None:
    room_id = await rooms.create_room(admin, owner, ATLAS)
    device_id = await make_device(room_id)
    async with admin.store.transaction() as session:
        session.add(
            DeviceToken(
                token_hash="h",
                grant_id="g",
                device_id=device_id,
                key_thumbprint="k",
                created_at=admin.clock(),
            )
        )
    told = await heard(
        admin,
        [device_topic(device_id)],
        lambda: devices.revoke_device(admin, owner, device_id),
    )
    assert told
    async with admin.store.reading() as session:
        (token,) = await session.scalars(select(DeviceToken))
    assert token.revoked_at is not None
    assert await devices.list_devices(admin, owner) == []
    with pytest.raises(NotFoundError):
        await devices.identify_device(admin, owner, device_id)


async def test_identify_leaves_a_command_that_expires(
    admin: Admin, owner: Actor, make_device: MakeDevice
) -> None:
    device_id = await make_device(None)
    command_id = await devices.identify_device(admin, owner, device_id)
    async with admin.store.reading() as session:
        command = await session.get(Command, command_id)
    assert command is not None
    assert (command.kind, command.done_at) == ("identify", None)
    assert command.expires_at == admin.clock() + timedelta(minutes=2)


async def test_the_overview_tells_what_needs_somebody(
    admin: Admin, owner: Actor, house: Any, make_device: MakeDevice, connect: Any
) -> None:
    assert [one.key for one in (await overview.overview(admin, owner)).attention] == [
        "nothing_connected"
    ]
    await connect(admin, owner, house)
    await rooms.create_room(admin, owner, ATLAS)
    await make_device(None, last_seen_at=admin.clock())
    seen = await overview.overview(admin, owner)
    assert {one.key for one in seen.attention} == {"device_without_room", "room_without_calendar"}
    assert (seen.services, seen.rooms, seen.devices, seen.devices_online) == (1, 1, 1, 1)
