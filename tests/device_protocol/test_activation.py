"""Pairing by activation codes, at a prompt or left by an installation tool; and leaving again."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from roomdisplay.admin.security.roles import SYSTEM
from roomdisplay.admin.use_cases.activation import make_activation_codes
from roomdisplay.admin.use_cases.devices import list_devices
from roomdisplay.device.http import ServerTrouble
from roomdisplay.device.pairing_client import ActivationRefused
from roomdisplay.device.settings import PROVISIONING_FILE
from roomdisplay.model.room import Place


async def test_activation_code_pairs_once(center, display, display_class, tmp_path: Path) -> None:
    room = await center.room("Atlas")
    (issued,) = await make_activation_codes(center.admin, SYSTEM, [room], place=Place.INSIDE)
    center.wire.lose = center.wire.once(b"activation_code")
    with pytest.raises(ServerTrouble):
        await display.pairing.redeem(issued.code)
    paired = await display.pairing.redeem(issued.code.lower())  # the answer was lost: a new token
    assert center.wire.lost == 1
    other = display_class(center.origin, tmp_path / "other")
    with pytest.raises(ActivationRefused):
        await other.pairing.redeem(issued.code)
    assert await display.is_known(paired)
    with pytest.raises(ActivationRefused):
        await display.pairing.redeem(issued.code)  # used up by the first use
    (device,) = await list_devices(center.admin, SYSTEM)
    assert (device.room_name, device.place) == ("Atlas", Place.INSIDE)
    await other.stop()


async def test_activation_codes_that_are_none(display) -> None:
    with pytest.raises(ActivationRefused):
        await display.pairing.redeem("hello")
    with pytest.raises(ActivationRefused):
        await display.pairing.redeem("BCDF-GHJK-LMNP-QRST")


async def test_activation_code_expires(center, display) -> None:
    room = await center.room()
    (issued,) = await make_activation_codes(center.admin, SYSTEM, [room], place=Place.DOOR)
    center.clock.advance(timedelta(days=15))
    with pytest.raises(ActivationRefused):
        await display.pairing.redeem(issued.code)


async def test_unpairing_takes_the_display_out(center, display) -> None:
    room = await center.room()
    task = display.start()
    await center.confirm((await display.offers.get()).user_code, room)
    paired = await task
    await display.restart()
    await display.pairing.unpair()
    assert display.store.load().paired is None
    assert not await display.is_known(paired)
    assert await list_devices(center.admin, SYSTEM) == []


async def test_two_displays_of_one_room(center, display, display_class, tmp_path: Path) -> None:
    room = await center.room("Atlas")
    other = display_class(center.origin, tmp_path / "other")
    tasks = [display.start(), other.start()]
    for one, place in ((display, Place.DOOR), (other, Place.INSIDE)):
        await center.confirm((await one.offers.get()).user_code, room, place)
    first, second = await asyncio.gather(*tasks)
    assert first.device_id != second.device_id
    assert {view.name for view in await list_devices(center.admin, SYSTEM)} == {"Atlas", "Atlas 2"}
    await other.stop()


async def test_what_an_installation_tool_left_is_used_and_wiped(
    center, display_class, tmp_path: Path
) -> None:
    room = await center.room("Atlas")
    (issued,) = await make_activation_codes(center.admin, SYSTEM, [room], place=Place.INSIDE)
    file = tmp_path / "display" / PROVISIONING_FILE
    file.parent.mkdir()
    file.write_text(f'server = "{center.origin}"\nactivation_code = "{issued.code}"\n')
    display = display_class(center.origin, tmp_path / "display")
    center.wire.lose = center.wire.once(b"activation_code")
    paired = await display.start()
    assert center.wire.lost == 1
    assert paired.room == "Atlas"
    assert await display.is_known(paired)
    assert file.read_text() == f'server = "{center.origin}"\n'
    await display.stop()


async def test_a_left_code_that_is_spent_does_not_stand_in_the_way(
    center, display_class, tmp_path: Path
) -> None:
    room = await center.room()
    file = tmp_path / "display" / PROVISIONING_FILE
    file.parent.mkdir()
    file.write_text('activation_code = "BCDF-GHJK-LMNP-QRST"\n')
    display = display_class(center.origin, tmp_path / "display")
    task = display.start()
    await center.confirm((await display.offers.get()).user_code, room)
    assert await display.is_known(await task)
    assert file.read_text() == ""
    await display.stop()
