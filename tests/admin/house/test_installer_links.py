"""Installer links: named rooms, an end and a count, and nothing else."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import (
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    RefusedError,
)
from roomdisplay.admin.security.roles import Actor
from roomdisplay.admin.use_cases import installer_links, rooms
from roomdisplay.admin.use_cases.audit import list_audit
from roomdisplay.admin.use_cases.calendars import list_calendars
from roomdisplay.admin.use_cases.device_tokens import DisplayFacts
from roomdisplay.admin.use_cases.devices import list_devices
from roomdisplay.admin.use_cases.installer_links import LinkState
from roomdisplay.admin.use_cases.pairing import approve_pairing, look_up_pairing, reject_pairing
from roomdisplay.admin.use_cases.pairing_grants import start_pairing
from roomdisplay.admin.use_cases.rooms import RoomInput
from roomdisplay.admin.use_cases.sessions import (
    Client,
    SignedIn,
    end_session,
    list_sessions,
    who_is,
)
from roomdisplay.model.room import Place

WEEK = timedelta(days=7)


def token_of(link: installer_links.IssuedLink) -> str:
    return link.url.rsplit("/", 1)[1]


@pytest.fixture
async def atlas(admin: Admin, owner: Actor) -> str:
    return await rooms.create_room(admin, owner, RoomInput(name="Atlas", timezone="UTC"))


@pytest.fixture
async def zephyr(admin: Admin, owner: Actor) -> str:
    return await rooms.create_room(admin, owner, RoomInput(name="Zephyr", timezone="UTC"))


async def make(
    admin: Admin, owner: Actor, room: str, pairings: int = 2
) -> installer_links.IssuedLink:
    return await installer_links.make_installer_link(
        admin, owner, [room], pairings=pairings, valid_for=WEEK
    )


async def come_in(admin: Admin, link: installer_links.IssuedLink) -> SignedIn:
    return await installer_links.begin_by_link(
        admin, token_of(link), name=" Bo ", client=Client(address="10.0.0.9")
    )


async def shown_by(admin: Admin, actor: Actor, display: str) -> str:
    """The id of a pairing whose code the installer entered."""
    started = await start_pairing(admin, DisplayFacts(key_thumbprint=display, model="Pi 5"))
    pending = await look_up_pairing(
        admin, actor, started.user_code, session_id="session", address=None
    )
    return pending.id


async def pair(admin: Admin, actor: Actor, room: str, display: str) -> str:
    pairing = await shown_by(admin, actor, display)
    return await approve_pairing(admin, actor, pairing, room_id=room, place=Place.DOOR)


async def test_whoever_holds_it_pairs_into_its_rooms_and_sees_nothing_else(  # noqa: PLR0917 - fixtures
    admin: Admin, owner: Actor, atlas: str, zephyr: str, house: Any, connect: Any
) -> None:
    await connect(admin, owner, house)
    link = await make(admin, owner, atlas)
    assert link.url.startswith("https://rooms.example.com/installer/")
    assert token_of(link) not in repr(link)
    looked = await installer_links.look_at_installer_link(admin, token_of(link))
    assert (looked.rooms, looked.left) == (("Atlas",), 2)
    signed_in = await come_in(admin, link)
    who = await who_is(admin, signed_in.token)
    assert who is not None
    assert (who.actor.name, who.actor.link_id, who.email) == ("Bo", link.id, "")
    (room,) = await rooms.list_rooms(admin, who.actor)
    assert (room.name, room.calendar, room.devices) == ("Atlas", None, ())
    with pytest.raises(ForbiddenError):
        await pair(admin, who.actor, zephyr, "first")
    for refused in (
        rooms.create_room(admin, who.actor, RoomInput(name="Mine", timezone="UTC")),
        list_calendars(admin, who.actor),
        list_devices(admin, who.actor),
        list_audit(admin, who.actor),
        installer_links.list_installer_links(admin, who.actor),
        rooms.get_room(admin, who.actor, atlas),
    ):
        with pytest.raises(ForbiddenError):
            await refused
    await pair(admin, who.actor, atlas, "first")
    entries = await list_audit(admin, owner)
    assert {"link.made", "link.opened"} <= {one.action for one in entries}
    assert ("Bo", "device.paired") in {(one.actor, one.action) for one in entries}
    assert token_of(link) not in repr(entries)


async def test_each_confirmed_pairing_counts_and_a_refused_one_does_not(
    admin: Admin, owner: Actor, atlas: str
) -> None:
    link = await make(admin, owner, atlas)
    first, second = (await come_in(admin, link)).actor, (await come_in(admin, link)).actor
    await reject_pairing(admin, first, await shown_by(admin, first, "wrong"))
    await pair(admin, first, atlas, "one")
    waiting = await shown_by(admin, second, "three")
    await pair(admin, second, atlas, "two")  # browsers share the count
    with pytest.raises(RefusedError) as over:
        await approve_pairing(admin, first, waiting, room_id=atlas, place=Place.DOOR)
    assert over.value.key == "link_over"
    assert len(await list_devices(admin, owner)) == 2
    await approve_pairing(admin, owner, waiting, room_id=atlas, place=Place.DOOR)
    (view,) = await installer_links.list_installer_links(admin, owner)
    assert (view.state, view.pairings_used, view.made_by) == (LinkState.USED, 2, "Ada Owner")
    with pytest.raises(NotFoundError):
        await come_in(admin, link)
    assert (await installer_links.own_installer_link(admin, first)) is not None


async def test_the_last_pairing_is_given_once_however_many_ask_at_once(
    admin: Admin, owner: Actor, atlas: str
) -> None:
    actor = (await come_in(admin, await make(admin, owner, atlas, pairings=3))).actor
    waiting = [await shown_by(admin, actor, f"display{number}") for number in range(6)]
    done = await asyncio.gather(
        *(approve_pairing(admin, actor, one, room_id=atlas, place=Place.INSIDE) for one in waiting),
        return_exceptions=True,
    )
    assert sum(isinstance(one, str) for one in done) == 3
    assert sum(isinstance(one, RefusedError) for one in done) == 3
    assert len(await list_devices(admin, owner)) == 3


async def test_a_pairing_that_fails_costs_nothing(admin: Admin, owner: Actor, atlas: str) -> None:
    actor = (await come_in(admin, await make(admin, owner, atlas, pairings=1))).actor
    waiting = await shown_by(admin, actor, "display")
    await rooms.delete_room(admin, owner, atlas, confirm=True)
    with pytest.raises(NotFoundError):
        await approve_pairing(admin, actor, waiting, room_id=atlas, place=Place.DOOR)
    (view,) = await installer_links.list_installer_links(admin, owner)
    assert (view.pairings_used, view.rooms) == (0, ())


async def test_it_ends_by_time_and_by_being_withdrawn(
    admin: Admin, owner: Actor, atlas: str, clock: Any
) -> None:
    withdrawn, expired = await make(admin, owner, atlas), await make(admin, owner, atlas)
    by_withdrawn, by_expired = await come_in(admin, withdrawn), await come_in(admin, expired)
    await installer_links.revoke_installer_link(admin, owner, withdrawn.id)
    assert await who_is(admin, by_withdrawn.token) is None
    assert by_expired.expires_at == clock() + WEEK
    clock.pass_(days=7)
    assert await who_is(admin, by_expired.token) is None
    for link in (withdrawn, expired):
        with pytest.raises(NotFoundError) as gone:
            await come_in(admin, link)
        assert gone.value.key == "link_gone"
    waiting = await shown_by(admin, owner, "display")
    for actor in (by_withdrawn.actor, by_expired.actor):  # a page that was open all the while
        with pytest.raises(RefusedError):
            await approve_pairing(admin, actor, waiting, room_id=atlas, place=Place.DOOR)
    states = {one.state for one in await installer_links.list_installer_links(admin, owner)}
    assert states == {LinkState.WITHDRAWN, LinkState.EXPIRED}


async def test_its_browsers_are_listed_and_signed_out_like_others(
    admin: Admin, owner: Actor, atlas: str
) -> None:
    signed_in = await come_in(admin, await make(admin, owner, atlas))
    (listed,) = await list_sessions(admin, owner)
    assert (listed.person, listed.address) == ("Bo", "10.0.0.9")
    assert await list_sessions(admin, signed_in.actor) == []
    await end_session(admin, owner, listed.id)
    assert await who_is(admin, signed_in.token) is None


@pytest.mark.parametrize(
    ("chosen", "pairings", "days", "wrong"),
    [
        ([], 1, 7, {"rooms"}),
        (["atlas"], 0, 7, {"pairings"}),
        (["atlas"], 1001, 91, {"pairings", "valid_for"}),
        (["atlas"], 1, 0, {"valid_for"}),
    ],
)
async def test_what_cannot_be_a_link(  # noqa: PLR0917 - a table of cases
    admin: Admin, owner: Actor, chosen: list[str], pairings: int, days: int, wrong: set[str]
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        await installer_links.make_installer_link(
            admin, owner, chosen, pairings=pairings, valid_for=timedelta(days=days)
        )
    assert set(refused.value.fields) == wrong


async def test_rooms_that_are_gone_and_people_who_may_not(
    admin: Admin, owner: Actor, viewer: Actor, atlas: str
) -> None:
    with pytest.raises(NotFoundError):
        await make(admin, owner, "gone")
    with pytest.raises(ForbiddenError):
        await make(admin, viewer, atlas)
    with pytest.raises(InvalidInputError):
        await installer_links.begin_by_link(
            admin, token_of(await make(admin, owner, atlas)), name=" ", client=Client()
        )
