"""Services, calendars, rooms, displays and codes, as an administrator uses them."""

from __future__ import annotations

import csv
import io
import logging
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import (
    ConfirmationNeededError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    RefusedError,
    ServiceError,
)
from roomdisplay.admin.news import PAGES, device_topic, room_topic
from roomdisplay.admin.security.roles import Actor, Role
from roomdisplay.admin.store.tables import CalendarConnection, Command, DeviceToken
from roomdisplay.admin.use_cases import (
    activation,
    assignment,
    audit,
    devices,
    overview,
    rooms,
    services,
)
from roomdisplay.admin.use_cases.rooms import RoomInput
from roomdisplay.model.room import Place

SECRET = "correct horse battery staple"
FORM = {"url": "https://dav.example.com/", "user": "rooms", "password": SECRET}
ATLAS = RoomInput(name="Atlas", timezone="Europe/Paris", building="Main", capacity=8)
MakeDevice = Callable[..., Awaitable[str]]


async def connect(admin: Admin, owner: Actor, house: Any) -> str:
    house.add("atlas", "Atlas")
    house.add("zephyr", "Zephyr")
    return await services.connect_service(admin, owner, "house", "Calendars", FORM)


async def calendar_ids(admin: Admin, owner: Actor) -> dict[str, str]:
    return {one.name: one.id for one in await services.list_calendars(admin, owner)}


async def heard(admin: Admin, topics: list[str], work: Callable[[], Awaitable[Any]]) -> set[str]:
    async with admin.news.subscribe(topics) as news:
        await work()
        return set(await news.wait())


# -- calendar services ---------------------------------------------------------------------------


async def test_nothing_is_saved_before_it_was_tried_live(
    admin: Admin, owner: Actor, house: Any
) -> None:
    with pytest.raises(ServiceError) as refused:
        await services.connect_service(
            admin, owner, "house", "Calendars", FORM | {"password": "wrong"}
        )
    assert refused.value.key == "credentials_rejected"
    assert refused.value.detail == "The server does not know this password."
    assert await services.list_connections(admin, owner) == []
    assert house.open == 0  # the connector that was tried is closed


@pytest.mark.usefixtures("house")
async def test_fields_that_are_missing_are_named(admin: Admin, owner: Actor) -> None:
    with pytest.raises(InvalidInputError) as refused:
        await services.connect_service(admin, owner, "house", "Calendars", {"user": "x" * 9000})
    assert refused.value.fields == {
        "url": "field_needed",
        "password": "field_needed",
        "user": "field_too_long",
    }
    with pytest.raises(NotFoundError):
        await services.connect_service(admin, owner, "nosuch", "Calendars", FORM)


async def test_secrets_go_in_and_never_come_out(
    admin: Admin, owner: Actor, house: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    connection_id = await connect(admin, owner, house)
    view = await services.get_connection(admin, owner, connection_id)
    assert view.values == {"url": FORM["url"], "user": "rooms"}
    assert view.secret_keys == {"password"}
    assert (view.calendars, view.rooms, view.reason) == (2, 0, None)
    async with admin.store.reading() as session:
        (row,) = await session.scalars(select(CalendarConnection))
    assert SECRET.encode() not in (row.sealed_secrets or b"")
    for told in (repr(view), caplog.text, repr(await audit.list_audit(admin, owner))):
        assert SECRET not in told
    files = [path.read_bytes() for path in admin.settings.data_dir.iterdir() if path.is_file()]
    assert not any(SECRET.encode() in content for content in files)


async def test_a_secret_left_empty_stays_but_not_for_another_server(
    admin: Admin, owner: Actor, house: Any
) -> None:
    connection_id = await connect(admin, owner, house)
    await services.change_connection(
        admin, owner, connection_id, FORM | {"user": "calendar", "password": ""}
    )
    view = await services.get_connection(admin, owner, connection_id)
    assert view.values["user"] == "calendar"
    with pytest.raises(InvalidInputError) as refused:
        await services.change_connection(
            admin, owner, connection_id, {"url": "https://evil.example.com/", "password": ""}
        )
    assert refused.value.fields == {"password": "secret_needed_again"}
    with pytest.raises(ServiceError):
        await services.change_connection(admin, owner, connection_id, FORM | {"password": "wrong"})
    await services.check_connection(admin, owner, connection_id)  # the former secret still holds


async def test_a_rooms_administrator_replaces_the_secret_and_nothing_else(
    admin: Admin, owner: Actor, house: Any
) -> None:
    connection_id = await connect(admin, owner, house)
    rooms_admin = Actor(id="r", name="Ro", role=Role.ROOMS_ADMIN)
    await services.change_connection(admin, rooms_admin, connection_id, FORM)
    with pytest.raises(ForbiddenError):
        await services.change_connection(admin, rooms_admin, connection_id, FORM | {"user": "x"})
    with pytest.raises(ForbiddenError):
        await services.connect_service(admin, rooms_admin, "house", "More", FORM)


async def test_a_list_brings_new_calendars_and_keeps_those_in_use(
    admin: Admin, owner: Actor, house: Any
) -> None:
    connection_id = await connect(admin, owner, house)
    atlas = (await calendar_ids(admin, owner))["Atlas"]
    await assignment.create_rooms_from_calendars(admin, owner, [atlas], timezone="Europe/Paris")
    house.names = {"zephyr2": "Zephyr"}
    house.calendars["zephyr2"] = []
    await services.check_connection(admin, owner, connection_id)
    listed = await services.list_calendars(admin, owner, connection_id=connection_id)
    assert {(one.address, one.rooms) for one in listed} == {
        ("atlas", ("Atlas",)),
        ("zephyr2", ()),
    }
    found = await services.list_calendars(admin, owner, search="zEPH")
    assert [one.address for one in found] == ["zephyr2"]


async def test_disconnecting_asks_where_rooms_would_lose_their_calendar(
    admin: Admin, owner: Actor, house: Any
) -> None:
    connection_id = await connect(admin, owner, house)
    atlas = (await calendar_ids(admin, owner))["Atlas"]
    (room_id,) = await assignment.create_rooms_from_calendars(
        admin, owner, [atlas], timezone="Europe/Paris"
    )
    with pytest.raises(ConfirmationNeededError) as asked:
        await services.disconnect_service(admin, owner, connection_id)
    assert asked.value.params == {"rooms": 1, "name": "Calendars"}
    told = await heard(
        admin,
        [room_topic(room_id)],
        lambda: services.disconnect_service(admin, owner, connection_id, confirm=True),
    )
    assert told == {room_topic(room_id)}
    assert (await rooms.get_room(admin, owner, room_id)).calendar is None
    assert await services.list_calendars(admin, owner) == []


# -- rooms and their calendars -------------------------------------------------------------------


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
    admin: Admin, owner: Actor, make_device: MakeDevice
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


async def test_assigning_replacing_and_undoing_a_calendar(
    admin: Admin, owner: Actor, house: Any, clock: Any
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


async def test_a_calendar_in_two_rooms_warns(admin: Admin, owner: Actor, house: Any) -> None:
    await connect(admin, owner, house)
    atlas = (await calendar_ids(admin, owner))["Atlas"]
    first = await rooms.create_room(admin, owner, ATLAS)
    second = await rooms.create_room(admin, owner, RoomInput(name="Twin", timezone="UTC"))
    assert (await assignment.assign_calendar(admin, owner, first, atlas)).also_in == ()
    assert (await assignment.assign_calendar(admin, owner, second, atlas)).also_in == ("Atlas",)
    keys = {one.key for one in (await overview.overview(admin, owner)).attention}
    assert "calendar_in_two_rooms" in keys


async def test_a_typed_address_is_read_before_it_is_saved(
    admin: Admin, owner: Actor, house: Any
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
    admin: Admin, owner: Actor, house: Any
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
    admin: Admin, owner: Actor, house: Any
) -> None:
    await connect(admin, owner, house)
    made = [
        await rooms.create_room(admin, owner, RoomInput(name=name, timezone="UTC"))
        for name in (" atlas", "Boreal", "Zephyr")
    ]
    found = await assignment.suggest_matches(admin, owner)
    assert [(one.room_name, one.calendar_name) for one in found] == [
        ("Zephyr", "Zephyr"),
        ("atlas", "Atlas"),
    ]
    await assignment.assign_calendar(admin, owner, made[0], found[1].calendar_id)
    assert await rooms.next_room_without_calendar(admin, owner, after=made[0]) == made[1]
    assert await rooms.next_room_without_calendar(admin, owner, after=made[1]) == made[2]
    assert await rooms.next_room_without_calendar(admin, owner, after=made[2]) == made[1]


# -- displays ------------------------------------------------------------------------------------


async def test_the_display_inside_opens_calls_unless_another_is_chosen(
    admin: Admin, owner: Actor, make_device: MakeDevice
) -> None:
    room_id = await rooms.create_room(admin, owner, ATLAS)
    door = await make_device(room_id, "door")
    inside = await make_device(room_id, "inside")
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
    admin: Admin, owner: Actor, make_device: MakeDevice
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
    admin: Admin, owner: Actor, make_device: MakeDevice
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
    admin: Admin, owner: Actor, house: Any, make_device: MakeDevice
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


# -- activation codes ----------------------------------------------------------------------------


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
