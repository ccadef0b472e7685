"""A paired display whose clock, network or Admin Center is not what it was."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from roomdisplay.admin.security.roles import SYSTEM
from roomdisplay.admin.use_cases.devices import revoke_device
from roomdisplay.device.http import ServerTrouble
from roomdisplay.device.pairing_client import PROBE_PATH
from roomdisplay.model.trouble import TroubleKind


async def test_the_displays_clock_may_be_wrong_by_years(
    center, display_class, tmp_path: Path
) -> None:
    room = await center.room()
    display = display_class(center.origin, tmp_path / "old", key_wall=lambda: 86_400.0)
    task = display.start()
    await center.confirm((await display.offers.get()).user_code, room)
    assert await display.is_known(await task)
    center.clock.advance(timedelta(days=4000))
    assert await display.is_known(await task)
    await display.stop()


PORTAL_PAGE = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 20\r\n"
    b"Set-Cookie: portal=1\r\nConnection: close\r\n\r\n<h1>Welcome Wi-Fi</h1>"[:-2]
)
PORTAL_JSON = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
    b"Connection: close\r\n\r\n{}"
)
PORTAL_REDIRECT = (
    b"HTTP/1.1 302 Found\r\nLocation: http://portal.example/\r\nContent-Length: 0\r\n"
    b"Connection: close\r\n\r\n"
)
PROXY_REFUSAL = (
    b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Type: "
    b"application/problem+json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
)


@pytest.mark.parametrize("answer", [PORTAL_PAGE, PORTAL_JSON, PORTAL_REDIRECT, PROXY_REFUSAL])
async def test_a_captive_portal_neither_pairs_nor_unpairs(center, display, answer: bytes) -> None:
    room = await center.room()
    center.wire.captive = answer
    task = display.start()
    assert (await display.troubles.get()).kind is TroubleKind.FOREIGN_ANSWER
    center.wire.captive = None
    display.pairing.network_changed()
    await center.confirm((await display.offers.get()).user_code, room)
    paired = await task
    center.wire.captive = answer
    with pytest.raises(ServerTrouble) as caught:
        await display.http.request("GET", PROBE_PATH, token=paired.token)
    assert caught.value.kind is TroubleKind.FOREIGN_ANSWER


async def test_revoked_while_offline_then_paired_again(center, display) -> None:
    room = await center.room()
    task = display.start()
    await center.confirm((await display.offers.get()).user_code, room)
    paired = await task
    assert await display.is_known(paired)
    center.wire.cut = True
    await revoke_device(center.admin, SYSTEM, paired.device_id)
    with pytest.raises(ServerTrouble):
        await display.http.request("GET", PROBE_PATH, token=paired.token)
    center.wire.cut = False
    assert not await display.is_known(paired)
    await display.restart()
    task = display.start()
    offer = await display.offers.get()
    other = await center.room("Bay")
    assert await center.confirm(offer.user_code, other) == paired.device_id
    again = await task
    assert again.device_id == paired.device_id  # the same box keeps its row
    assert again.room == "Bay"
    assert await display.is_known(again)
    assert not await display.is_known(paired)


async def test_an_admin_center_restored_from_a_backup_heals(center, display) -> None:
    room = await center.room()
    await center.stop()
    empty = center.backup()
    await center.start()
    task = display.start()
    await center.confirm((await display.offers.get()).user_code, room)
    paired = await task
    assert await display.is_known(paired)
    await center.stop()
    full = center.backup()
    center.restore(empty)
    await center.start()
    assert not await display.is_known(paired)
    await display.restart()
    task = display.start()
    await display.offers.get()  # key and token are kept, and a code is shown
    await center.stop()
    center.restore(full)
    await center.start()
    display.advance(600)
    assert await task == paired
    assert display.store.load().codes == ()


async def test_a_pairing_in_progress_forgotten_by_a_restore(center, display) -> None:
    await center.stop()
    before = center.backup()
    await center.start()
    task = display.start()
    first = await display.offers.get()
    await center.stop()
    center.restore(before)
    await center.start()
    room = await center.room()
    second = await display.offers.get()
    assert second.user_code != first.user_code
    await center.confirm(second.user_code, room)
    assert await display.is_known(await task)
