"""What strangers, guessers and installers are kept from when displays are paired."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from roomdisplay.admin.errors import (
    ForbiddenError,
    NotFoundError,
    TooManyTriesError,
)
from roomdisplay.admin.security.roles import SYSTEM, Actor, Role
from roomdisplay.admin.use_cases.audit import list_audit
from roomdisplay.admin.use_cases.pairing import approve_pairing
from roomdisplay.device.http import ServerTrouble
from roomdisplay.model.room import Place
from roomdisplay.model.words import pairing_words


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
    assert not await thief.is_known(paired)
    await thief.pairing._client.revoke(paired.token)  # nor can the thief give it back
    assert await display.is_known(paired)
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
