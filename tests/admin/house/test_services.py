"""Calendar services: tried before they are saved; secrets go in and never come out."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from sqlalchemy import select

from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import (
    ConfirmationNeededError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    ServiceError,
)
from roomdisplay.admin.news import room_topic
from roomdisplay.admin.security.roles import Actor, Role
from roomdisplay.admin.store.tables import CalendarConnection
from roomdisplay.admin.use_cases import (
    assignment,
    audit,
    rooms,
    services,
)

SECRET = "correct horse battery staple"
FORM = {"url": "https://dav.example.com/", "user": "rooms", "password": SECRET}


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
    admin: Admin, owner: Actor, house: Any, caplog: pytest.LogCaptureFixture, connect: Any
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
    admin: Admin, owner: Actor, house: Any, connect: Any
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


async def test_a_rooms_administrator_takes_step_2_and_a_viewer_does_not(
    admin: Admin, owner: Actor, house: Any, connect: Any
) -> None:
    connection_id = await connect(admin, owner, house)
    rooms_admin = Actor(id="r", name="Ro", role=Role.ROOMS_ADMIN)
    await services.change_connection(admin, rooms_admin, connection_id, FORM)
    more = await services.connect_service(admin, rooms_admin, "house", "More", FORM)
    assert SECRET not in repr(await services.get_connection(admin, rooms_admin, more))
    viewer = Actor(id="v", name="Vi", role=Role.VIEWER)
    with pytest.raises(ForbiddenError):
        await services.change_connection(admin, viewer, connection_id, FORM)
    with pytest.raises(ForbiddenError):
        await services.connect_service(admin, viewer, "house", "Another", FORM)


async def test_a_list_brings_new_calendars_and_keeps_those_in_use(
    admin: Admin, owner: Actor, house: Any, connect: Any, calendar_ids: Any
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


async def test_disconnecting_asks_where_rooms_would_lose_their_calendar(  # noqa: PLR0917 - fixtures
    admin: Admin, owner: Actor, house: Any, connect: Any, calendar_ids: Any, heard: Any
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
