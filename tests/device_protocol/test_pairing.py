"""The display's own pairing against a real Admin Center, with every mending the protocol names."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from roomdisplay.admin.errors import (
    ForbiddenError,
    NotFoundError,
    RefusedError,
    TooManyTriesError,
)
from roomdisplay.admin.security.roles import SYSTEM, Actor, Role
from roomdisplay.admin.use_cases.activation import make_activation_codes
from roomdisplay.admin.use_cases.audit import list_audit
from roomdisplay.admin.use_cases.devices import list_devices, revoke_device
from roomdisplay.admin.use_cases.pairing import approve_pairing, pairing_view, reject_pairing
from roomdisplay.admin.use_cases.pairing_grants import PairingState
from roomdisplay.device.http import ServerTrouble, TokenRejected
from roomdisplay.device.identity import Paired
from roomdisplay.device.pairing_client import PROBE_PATH, ActivationRefused
from roomdisplay.device.pairing_plan import OLD_INTERVAL, RENEW_BEFORE
from roomdisplay.device.settings import PROVISIONING_FILE
from roomdisplay.model.room import Place
from roomdisplay.model.trouble import TroubleKind
from roomdisplay.model.words import pairing_words


@pytest.fixture
async def display(center, display_class, tmp_path: Path) -> AsyncIterator:
    center.pace_speed(display_class.SPEED)
    one = display_class(center.origin, tmp_path / "display")
    yield one
    await one.stop()


def once(part: bytes) -> Callable[[bytes], bool]:
    """Lose the answer to the first request that has `part` in it."""
    left = [part]
    return lambda request: part in request and bool(left) and left.pop() == part


async def knows(display, paired: Paired) -> bool:
    """Whether the Admin Center accepts the display's token."""
    try:
        await display.http.request("GET", PROBE_PATH, token=paired.token)
    except TokenRejected:
        return False
    return True


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
    assert await knows(display, paired)
    view = await pairing_view(center.admin, SYSTEM, pending.id)
    assert (view.state, view.room_name, view.place) == (PairingState.USED, "Atlas", Place.INSIDE)
    assert display.store.load().paired == paired
    assert display.store.load().codes == ()


@pytest.mark.parametrize("step", [b"POST /oauth/device_authorization", b"POST /oauth/token"])
async def test_a_lost_answer_costs_nothing(center, display, step: bytes) -> None:
    room = await center.room()
    center.wire.lose = once(step)
    task = display.start()
    offer = await display.offers.get()
    await center.confirm(offer.user_code, room)
    paired = await task
    assert center.wire.lost == 1
    assert await knows(display, paired)
    assert len(await list_devices(center.admin, SYSTEM)) == 1


async def test_three_lost_tokens_in_a_row_and_the_last_one_counts(center, display) -> None:
    room = await center.room()
    center.wire.lose = lambda request: b"POST /oauth/token" in request and center.wire.lost < 3
    task = display.start()
    await center.confirm((await display.offers.get()).user_code, room)
    paired = await task
    assert center.wire.lost == 3
    assert await knows(display, paired)


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
    assert await knows(display, paired)
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
    assert await knows(display, await task)


async def test_display_restarted_after_it_was_confirmed(center, display) -> None:
    room = await center.room()
    display.start()
    offer = await display.offers.get()
    await display.stop()
    await center.confirm(offer.user_code, room)
    center.clock.advance(timedelta(hours=23))
    await display.restart(reboot=True)
    assert await knows(display, await display.start())


async def test_display_restarted_when_its_token_was_lost(center, display) -> None:
    room = await center.room()
    center.wire.lose = once(b"POST /oauth/token")
    display.start()
    offer = await display.offers.get()
    await center.confirm(offer.user_code, room)
    trouble = await display.troubles.get()
    assert trouble.kind is TroubleKind.SERVER_UNREACHABLE
    await display.restart()
    assert await knows(display, await display.start())


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
    assert await knows(display, await task)


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
    assert await knows(display, paired)


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
    assert await knows(display, await task)


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
    assert await knows(display, await task)


async def test_somebody_asks_for_a_new_code(center, display) -> None:
    room = await center.room()
    task = display.start()
    first = await display.offers.get()
    display.pairing.new_code()
    second = await display.offers.get()
    assert second.user_code != first.user_code
    await center.confirm(first.user_code, room)
    assert await knows(display, await task)


async def test_the_displays_clock_may_be_wrong_by_years(
    center, display_class, tmp_path: Path
) -> None:
    room = await center.room()
    display = display_class(center.origin, tmp_path / "old", key_wall=lambda: 86_400.0)
    task = display.start()
    await center.confirm((await display.offers.get()).user_code, room)
    assert await knows(display, await task)
    center.clock.advance(timedelta(days=4000))
    assert await knows(display, await task)
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
    assert await knows(display, paired)
    center.wire.cut = True
    await revoke_device(center.admin, SYSTEM, paired.device_id)
    with pytest.raises(ServerTrouble):
        await display.http.request("GET", PROBE_PATH, token=paired.token)
    center.wire.cut = False
    assert not await knows(display, paired)
    await display.restart()
    task = display.start()
    offer = await display.offers.get()
    other = await center.room("Bay")
    assert await center.confirm(offer.user_code, other) == paired.device_id
    again = await task
    assert again.device_id == paired.device_id  # the same box keeps its row
    assert again.room == "Bay"
    assert await knows(display, again)
    assert not await knows(display, paired)


async def test_an_admin_center_restored_from_a_backup_heals(center, display) -> None:
    room = await center.room()
    await center.stop()
    empty = center.backup()
    await center.start()
    task = display.start()
    await center.confirm((await display.offers.get()).user_code, room)
    paired = await task
    assert await knows(display, paired)
    await center.stop()
    full = center.backup()
    center.restore(empty)
    await center.start()
    assert not await knows(display, paired)
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
    assert await knows(display, await task)


async def test_activation_code_pairs_once(center, display, display_class, tmp_path: Path) -> None:
    room = await center.room("Atlas")
    (issued,) = await make_activation_codes(center.admin, SYSTEM, [room], place=Place.INSIDE)
    center.wire.lose = once(b"activation_code")
    with pytest.raises(ServerTrouble):
        await display.pairing.redeem(issued.code)
    paired = await display.pairing.redeem(issued.code.lower())  # the answer was lost: a new token
    assert center.wire.lost == 1
    other = display_class(center.origin, tmp_path / "other")
    with pytest.raises(ActivationRefused):
        await other.pairing.redeem(issued.code)
    assert await knows(display, paired)
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
    assert not await knows(display, paired)
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
    center.wire.lose = once(b"activation_code")
    paired = await display.start()
    assert center.wire.lost == 1
    assert paired.room == "Atlas"
    assert await knows(display, paired)
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
    assert await knows(display, await task)
    assert file.read_text() == ""
    await display.stop()


async def test_guessing_codes_is_slowed_down_for_one_session_not_for_its_neighbours(
    center, display
) -> None:
    display.start()
    offer = await display.offers.get()
    with pytest.raises(TooManyTriesError):  # noqa: PT012 - some tries are free
        for _ in range(20):
            with suppress(NotFoundError):
                await center.look_up("BBBB-BBBB")
    with pytest.raises(TooManyTriesError):
        await center.look_up(offer.user_code)  # a right guess gains nothing while it waits
    neighbour = await center.look_up(offer.user_code, session="another", address="192.0.2.7")
    assert neighbour.words == offer.words
    missed = [e for e in await list_audit(center.admin, SYSTEM) if e.action.endswith("code_missed")]
    assert missed


async def test_a_key_cannot_fill_the_store_with_codes(center, display) -> None:
    await center.room()
    form = {"client_id": "roomdisplay"}
    statuses = []
    for _ in range(6):
        answer = await display.http.request("POST", "/oauth/device_authorization", form=form)
        statuses.append(answer.status)
    assert set(statuses) == {200}
    with pytest.raises(ServerTrouble) as caught:
        await display.http.request("POST", "/oauth/device_authorization", form=form)
    assert caught.value.retry_after == 60


@pytest.mark.parametrize(
    ("path", "form", "error"),
    [
        ("/oauth/token", {"client_id": "roomdisplay", "grant_type": "password"}, b"unsupported"),
        ("/oauth/token", {"client_id": "x", "grant_type": "password"}, b"invalid_client"),
        ("/oauth/token", {"client_id": "roomdisplay"}, b"invalid_request"),
        ("/oauth/device_authorization", {"client_id": "x"}, b"invalid_client"),
        (
            "/oauth/device_authorization",
            {"client_id": "roomdisplay", "server_pin": "00" * 32},
            b"invalid_request",
        ),
        (
            "/oauth/device_authorization",
            {"client_id": "roomdisplay", "model": "x" * 5000},
            b"invalid_request",
        ),
    ],
)
async def test_what_the_token_endpoint_refuses(display, path, form, error: bytes) -> None:
    answer = await display.http.request("POST", path, form=form)
    assert answer.status == 400
    assert error in answer.body


async def test_a_token_is_worth_nothing_without_its_key(
    center, display, display_class, tmp_path: Path
) -> None:
    room = await center.room()
    task = display.start()
    await center.confirm((await display.offers.get()).user_code, room)
    paired = await task
    thief = display_class(center.origin, tmp_path / "thief")
    assert not await knows(thief, paired)
    await thief.pairing._client.revoke(paired.token)  # nor can the thief give it back
    assert await knows(display, paired)
    await thief.stop()


async def test_unknown_paths_and_methods_are_answered_by_us(display) -> None:
    for method, path in (("GET", "/device/v1/nothing"), ("DELETE", "/oauth/token")):
        answer = await display.http.request(method, path)
        assert answer.status in {404, 405}


async def test_a_pinned_server_is_part_of_the_words(center, display_class, tmp_path: Path) -> None:
    pin = "5a" * 32
    center.settings_changes = {"certificate_pin": bytes.fromhex(pin)}
    await center.restart()
    words = []
    for name, trusted_by in (("pinned", pin), ("by the system", None)):
        display = display_class(center.origin, tmp_path / name, pin=trusted_by)
        display.start()
        offer = await display.offers.get()
        assert (await center.look_up(offer.user_code)).words == offer.words
        thumbprint = display.identity.key.thumbprint
        words.append(offer.words == pairing_words(thumbprint, offer.user_code, pin))
        await display.stop()
    assert words == [True, False]


@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host", "Forwarded"])
async def test_a_forged_host_does_not_make_another_address_ours(
    center, display, header: str
) -> None:
    key, form = display.identity.key, {"client_id": "roomdisplay"}
    value = "host=evil.example" if header == "Forwarded" else "evil.example"
    async with httpx.AsyncClient(trust_env=False) as client:

        async def ask(htu: str, nonce: str | None) -> httpx.Response:
            headers = {header: value, "DPoP": key.proof("POST", htu, nonce=nonce)}
            url = center.origin + "/oauth/device_authorization"
            return await client.post(url, data=form, headers=headers)

        path = "/oauth/device_authorization"
        nonce = (await ask(center.origin + path, None)).headers["DPoP-Nonce"]
        forged = await ask("http://evil.example" + path, nonce)
        honest = await ask(center.origin + path, nonce)
    assert (forged.status_code, forged.json()["error"]) == (400, "invalid_dpop_proof")
    assert honest.status_code == 200


async def test_an_installer_pairs_into_their_rooms_only(center, display) -> None:
    theirs, other = await center.room("Atlas"), await center.room("Bay")
    installer = Actor(id="p1", name="Ines", role=Role.INSTALLER, room_ids=frozenset({theirs}))
    task = display.start()
    pending = await center.look_up((await display.offers.get()).user_code)
    with pytest.raises(ForbiddenError):
        await approve_pairing(center.admin, installer, pending.id, room_id=other, place=Place.DOOR)
    await approve_pairing(center.admin, installer, pending.id, room_id=theirs, place=Place.DOOR)
    assert (await task).room == "Atlas"
