"""Activation codes."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest

from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import (
    NotFoundError,
    RefusedError,
)
from roomdisplay.admin.security.roles import Actor
from roomdisplay.admin.use_cases import (
    activation,
    rooms,
)
from roomdisplay.admin.use_cases.rooms import RoomInput
from roomdisplay.model.room import Place

ATLAS = RoomInput(name="Atlas", timezone="Europe/Paris", building="Main", capacity=8)


async def test_codes_are_shown_once_kept_as_hashes_and_used_once(
    admin: Admin, owner: Actor
) -> None:
    room_id = await rooms.create_room(admin, owner, ATLAS)
    (issued,) = await activation.make_activation_codes(admin, owner, [room_id], place=Place.DOOR)
    assert re.fullmatch(r"[BCDFGHJKLMNPQRSTVWXZ]{4}(-[BCDFGHJKLMNPQRSTVWXZ]{4}){3}", issued.code)
    assert issued.code not in repr(issued)
    content = (admin.settings.data_dir / "admin.db-wal").read_bytes()
    assert issued.code.replace("-", "").encode() not in content
    assert issued.code.encode() not in content

    typed = issued.code.lower().replace("-", " ")
    async with admin.store.transaction() as session:
        row = await activation.redeem_activation_code(admin, session, typed, "key-1")
        assert (row.room_id, row.place) == (room_id, "door")
    async with admin.store.transaction() as session:  # its answer was lost
        again = await activation.redeem_activation_code(admin, session, issued.code, "key-1")
        assert again.id == row.id
    async with admin.store.transaction() as session:
        with pytest.raises(NotFoundError):
            await activation.redeem_activation_code(admin, session, issued.code, "key-2")
    (view,) = await activation.list_activation_codes(admin, owner)
    assert view.state is activation.CodeState.USED
    with pytest.raises(RefusedError):
        await activation.withdraw_activation_code(admin, owner, view.id)


async def test_unknown_expired_and_withdrawn_codes_are_refused_alike(
    admin: Admin, owner: Actor, clock: Any
) -> None:
    room_id = await rooms.create_room(admin, owner, ATLAS)
    withdrawn, expired = await activation.make_activation_codes(
        admin, owner, [room_id, room_id], place=Place.INSIDE, valid_for=timedelta(days=1)
    )
    await activation.withdraw_activation_code(admin, owner, withdrawn.id)
    clock.pass_(days=1)
    keys = set()
    for code in (withdrawn.code, expired.code, "BCDF-BCDF-BCDF-BCDF", ""):
        async with admin.store.transaction() as session:
            with pytest.raises(NotFoundError) as refused:
                await activation.redeem_activation_code(admin, session, code, "key")
            keys.add(refused.value.key)
    assert keys == {"code_gone"}


async def test_the_csv_is_harmless_in_a_spreadsheet(admin: Admin, owner: Actor) -> None:
    evil = RoomInput(name='=HYPERLINK("http://evil")', timezone="UTC", building="A, B")
    room_id = await rooms.create_room(admin, owner, evil)
    codes = await activation.make_activation_codes(admin, owner, [room_id], place=Place.INSIDE)
    (row,) = csv.DictReader(io.StringIO(activation.codes_csv(codes)))
    assert row["room"].startswith("'=")
    assert (row["building"], row["code"], row["place"]) == ("A, B", codes[0].code, "inside")
