"""The display's own pairing against a real Admin Center, with every mending the protocol names."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from roomdisplay.admin.errors import (
    NotFoundError,
    RefusedError,
)
from roomdisplay.admin.security.roles import SYSTEM
from roomdisplay.admin.use_cases.devices import list_devices
from roomdisplay.admin.use_cases.pairing import pairing_view, reject_pairing
from roomdisplay.admin.use_cases.pairing_grants import PairingState
from roomdisplay.device.pairing_plan import OLD_INTERVAL, RENEW_BEFORE
from roomdisplay.model.room import Place
from roomdisplay.model.trouble import TroubleKind


async def test_code_words_and_end(center, display) -> None:
    room = await center.room("Atlas")
    task = display.start()
    offer = await display.offers.get()
    pending = await center.look_up(offer.user_code.lower().replace("-", " "))
    assert pending.words == offer.words
    assert (pending.model, pending.serial) == ("Raspberry Pi 5", "10000000a1b2c3d4")
    assert offer.verification_uri == f"{center.origin}/pair"
    assert offer.verification_uri_complete is None  # a QR code never leads to loopback
    assert offer.lifetime == 900
    device_id = await center.confirm(offer.user_code, room, Place.INSIDE)
    assert (await pairing_view(center.admin, SYSTEM, pending.id)).state is PairingState.APPROVED
    paired = await task
    assert paired.device_id == device_id
    assert paired.room == "Atlas"
    assert await display.is_known(paired)
    view = await pairing_view(center.admin, SYSTEM, pending.id)
    assert (view.state, view.room_name, view.place) == (PairingState.USED, "Atlas", Place.INSIDE)
    assert display.store.load().paired == paired
    assert display.store.load().codes == ()


@pytest.mark.parametrize("step", [b"POST /oauth/device_authorization", b"POST /oauth/token"])
async def test_a_lost_answer_costs_nothing(center, display, step: bytes) -> None:
    room = await center.room()
    center.wire.lose = center.wire.once(step)
    task = display.start()
    offer = await display.offers.get()
    await center.confirm(offer.user_code, room)
    paired = await task
    assert center.wire.lost == 1
    assert await display.is_known(paired)
    assert len(await list_devices(center.admin, SYSTEM)) == 1


async def test_three_lost_tokens_in_a_row_and_the_last_one_counts(center, display) -> None:
    room = await center.room()
    center.wire.lose = lambda request: b"POST /oauth/token" in request and center.wire.lost < 3
    task = display.start()
    await center.confirm((await display.offers.get()).user_code, room)
    paired = await task
    assert center.wire.lost == 3
    assert await display.is_known(paired)


async def test_the_first_use_ends_the_grant(center, display) -> None:
    room = await center.room()
    task = display.start()
    offer = await display.offers.get()
    (code,) = display.store.load().codes
    await center.confirm(offer.user_code, room)
    paired = await task
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        "client_id": "roomdisplay",
        "device_code": code.device_code,
    }
    unused = await display.http.request("POST", "/oauth/token", form=form)
    assert unused.status == 200
    assert await display.is_known(paired)
    used = await display.http.request("POST", "/oauth/token", form=form)
    assert (used.status, used.body) == (400, b'{"error":"invalid_grant"}')


@pytest.mark.parametrize("reboot", [False, True])
async def test_display_restarted_while_its_code_waits(center, display, *, reboot: bool) -> None:
    room = await center.room()
    key = display.identity.key.thumbprint
    display.start()
    offer = await display.offers.get()
    await display.restart(reboot=reboot)
    assert display.identity.key.thumbprint == key
    task = display.start()
    again = await display.offers.get()
    # In the same boot the same code is shown on; after a reboot nobody knows how old it is.
    assert (again.user_code == offer.user_code) is not reboot
    await center.confirm(offer.user_code, room)
    assert await display.is_known(await task)


async def test_display_restarted_after_it_was_confirmed(center, display) -> None:
    room = await center.room()
    display.start()
    offer = await display.offers.get()
    await display.stop()
    await center.confirm(offer.user_code, room)
    center.clock.advance(timedelta(hours=23))
    await display.restart(reboot=True)
    assert await display.is_known(await display.start())


async def test_display_restarted_when_its_token_was_lost(center, display) -> None:
    room = await center.room()
    center.wire.lose = center.wire.once(b"POST /oauth/token")
    display.start()
    offer = await display.offers.get()
    await center.confirm(offer.user_code, room)
    trouble = await display.troubles.get()
    assert trouble.kind is TroubleKind.SERVER_UNREACHABLE
    await display.restart()
    assert await display.is_known(await display.start())


async def test_a_confirmation_is_good_for_a_day_and_no_longer(center, display) -> None:
    room = await center.room()
    display.start()
    offer = await display.offers.get()
    await display.stop()
    await center.confirm(offer.user_code, room)
    center.clock.advance(timedelta(hours=24, seconds=1))
    await display.restart(reboot=True)
    task = display.start()
    again = await display.offers.get()
    assert again.user_code != offer.user_code
    await center.confirm(again.user_code, room)
    assert await display.is_known(await task)


@pytest.mark.parametrize("step", ["before", "code", "confirmed"])
async def test_admin_center_restarted_in_each_step(center, display, step: str) -> None:
    room = await center.room()
    if step == "before":
        await center.stop()
        task = display.start()
        assert (await display.troubles.get()).kind is TroubleKind.SERVER_UNREACHABLE
        await center.start()
        display.pairing.network_changed()
        offer = await display.offers.get()
    else:
        task = display.start()
        offer = await display.offers.get()
    if step == "code":
        await center.restart()
    await center.confirm(offer.user_code, room)
    if step == "confirmed":
        await center.restart()
    paired = await task
    await center.restart()
    assert await display.is_known(paired)


async def test_a_new_code_comes_before_the_old_one_dies(center, display) -> None:
    room = await center.room()
    task = display.start()
    first = await display.offers.get()
    center.clock.advance(timedelta(seconds=895 - RENEW_BEFORE))
    pending = await center.look_up(first.user_code)
    display.advance(900 - RENEW_BEFORE)
    second = await display.offers.get()
    assert second.user_code != first.user_code
    # The first code's time passes while the installer still chooses the room.
    center.clock.advance(timedelta(minutes=9))
    display.advance(OLD_INTERVAL)
    device_id = await center.approve(pending.id, room)
    assert (await task).device_id == device_id


async def test_an_expired_code_is_unknown_and_replaced(center, display) -> None:
    await center.room()
    display.start()
    first = await display.offers.get()
    center.clock.advance(timedelta(seconds=901))
    with pytest.raises(NotFoundError, match="pairing_code_unknown"):
        await center.look_up(first.user_code)
    second = await display.offers.get()
    assert second.user_code != first.user_code
    assert [code.user_code for code in display.store.load().codes] == [second.user_code]


async def test_wrong_device_gets_a_new_code(center, display) -> None:
    room = await center.room()
    task = display.start()
    first = await display.offers.get()
    pending = await center.look_up(first.user_code)
    await reject_pairing(center.admin, SYSTEM, pending.id)
    with pytest.raises(RefusedError):
        await center.approve(pending.id, room)
    second = await display.offers.get()
    assert second.user_code != first.user_code
    await center.confirm(second.user_code, room)
    assert await display.is_known(await task)


async def test_polling_too_fast_is_slowed_down(center, display) -> None:
    room = await center.room()
    center.pace_speed(0.1 * display.SPEED)
    polls: asyncio.Queue[float] = asyncio.Queue()
    center.wire.on_request = lambda request: (
        polls.put_nowait(display.now()) if b"POST /oauth/token" in request else None
    )
    task = display.start()
    offer = await display.offers.get()
    await polls.get()
    second = await polls.get()
    assert await polls.get() - second > 5
    await center.confirm(offer.user_code, room)
    assert await display.is_known(await task)


async def test_somebody_asks_for_a_new_code(center, display) -> None:
    room = await center.room()
    task = display.start()
    first = await display.offers.get()
    display.pairing.new_code()
    second = await display.offers.get()
    assert second.user_code != first.user_code
    await center.confirm(first.user_code, room)
    assert await display.is_known(await task)
