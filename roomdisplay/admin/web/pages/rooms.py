"""Manage Rooms: a row per room, and rooms made one by one or from calendars."""

from __future__ import annotations

from zoneinfo import available_timezones

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from roomdisplay.admin.errors import InvalidInputError
from roomdisplay.admin.security.roles import Permission, require
from roomdisplay.admin.use_cases.assignment import create_rooms_from_calendars
from roomdisplay.admin.use_cases.calendars import CalendarView, list_calendars
from roomdisplay.admin.use_cases.devices import list_devices
from roomdisplay.admin.use_cases.rooms import (
    RoomInput,
    create_room,
    edit_room,
    list_rooms,
    next_room_without_calendar,
)
from roomdisplay.admin.web.errors import field_words
from roomdisplay.admin.web.grouping import RoomList, by_list, grouped
from roomdisplay.admin.web.visit import CurrentVisit, Form, Notice, Visit
from roomdisplay.admin.web.zones import local_zone


@get("/rooms")
async def rooms_page(
    visit: CurrentVisit,
    q: FromQuery[str] = "",
    made: FromQuery[int] = 0,
    changed: FromQuery[int] = 0,
    matched: FromQuery[int] = 0,
) -> Response[str]:
    """Rooms with their displays and calendars; displays without a room have rows of their own."""
    rooms = await list_rooms(visit.admin, visit.actor, search=q)
    devices = await list_devices(visit.admin, visit.actor, search=q)
    return await visit.page(
        "rooms.html",
        section="rooms",
        live="pages",
        refresh_s=60,
        notices=tuple(
            Notice(visit.t(key, n=n))
            for key, n in (
                ("from_calendars.created", made),
                ("csv.changed", changed),
                ("matches.applied", matched),
            )
            if n > 0
        ),
        q=q,
        groups=grouped(rooms, lambda room: room.building),
        homeless=[device for device in devices if device.room_id is None],
        without=sum(room.calendar is None for room in rooms),
    )


@get("/rooms/next")
async def next_page(visit: CurrentVisit, after: FromQuery[str | None] = None) -> Response[str]:
    """Go to the next room that has no calendar."""
    require(visit.actor, Permission.ROOMS)
    found = await next_room_without_calendar(visit.admin, visit.actor, after=after)
    if found is None:
        return visit.go("/rooms", said="all_have_calendars")
    return visit.go(f"/rooms/{found}/calendar")


@get("/rooms/new")
async def new_room_page(visit: CurrentVisit) -> Response[str]:
    """The form for a new room."""
    require(visit.actor, Permission.ROOMS)
    return await _form(visit, {"timezone": local_zone()})


@post("/rooms/new")
async def make_room(visit: CurrentVisit) -> Response[str]:
    """Make a room."""
    try:
        room_id = await create_room(visit.admin, visit.actor, room_input(visit.form))
    except InvalidInputError as error:
        return await _form(visit, entered(visit.form), error)
    return visit.go(f"/rooms/{room_id}/calendar", said="room_created")


@post("/rooms/{room_id:str}")
async def save_room(visit: CurrentVisit, room_id: FromPath[str]) -> Response[str]:
    """Change what is known of a room."""
    try:
        await edit_room(visit.admin, visit.actor, room_id, room_input(visit.form))
    except InvalidInputError as error:
        return await _form(visit, entered(visit.form), error, room_id)
    return visit.go(f"/rooms/{room_id}", said="saved")


@get("/rooms/from-calendars")
async def from_calendars_page(visit: CurrentVisit) -> Response[str]:
    """Calendars that no room shows yet, to be ticked."""
    return await _from_calendars(visit)


@post("/rooms/from-calendars")
async def make_rooms(visit: CurrentVisit) -> Response[str]:
    """Make a room of each ticked calendar."""
    try:
        made = await create_rooms_from_calendars(
            visit.admin,
            visit.actor,
            await _ticked(visit),
            timezone=visit.form.text("timezone"),
            building=visit.form.text("building") or None,
        )
    except InvalidInputError as error:
        return await _from_calendars(visit, field_words(visit.t, error), error.status)
    return visit.go("/rooms", made=str(len(made)))


async def _from_calendars(
    visit: Visit, errors: dict[str, str] | None = None, status: int = 200
) -> Response[str]:
    calendars = await list_calendars(visit.admin, visit.actor)
    return await visit.page(
        "from_calendars.html",
        section="rooms",
        status=status,
        any_calendars=bool(calendars),
        groups=_free_by_list(calendars),
        timezone=visit.form.text("timezone") or local_zone(),
        building=visit.form.text("building"),
        ticked=visit.form.all("calendar"),
        lists=visit.form.all("list"),
        zones=sorted(available_timezones()),
        errors=errors or {},
    )


async def _ticked(visit: Visit) -> list[str]:
    """The calendars that were ticked, by themselves or by their whole list."""
    lists = visit.form.all("list")
    free = _free_by_list(await list_calendars(visit.admin, visit.actor) if lists else [])
    whole = [one.id for group in free if group.key in lists for one in group.calendars]
    return list(dict.fromkeys([*visit.form.all("calendar"), *whole]))


def _free_by_list(calendars: list[CalendarView]) -> list[RoomList]:
    return by_list(calendar for calendar in calendars if not calendar.rooms)


async def _form(
    visit: Visit,
    room: dict[str, str],
    error: InvalidInputError | None = None,
    room_id: str | None = None,
) -> Response[str]:
    return await visit.page(
        "room_form.html",
        section="rooms",
        status=error.status if error else 200,
        room=room,
        room_id=room_id,
        zones=sorted(available_timezones()),
        errors=field_words(visit.t, error) if error else {},
    )


def room_input(form: Form) -> RoomInput:
    """What was entered of a room."""
    capacity = form.text("capacity", 10)
    number = int(capacity) if capacity.isascii() and capacity.isdecimal() else None
    return RoomInput(
        name=form.text("name"),
        timezone=form.text("timezone"),
        building=form.text("building") or None,
        floor=form.text("floor") or None,
        capacity=-1 if capacity and number is None else number,
        equipment=tuple(form.text("equipment", 2000).split(",")),
        out_of_service=form.text("out_of_service") or None,
    )


def entered(form: Form) -> dict[str, str]:
    """The form as it was filled in, to be shown again."""
    names = ("name", "timezone", "building", "floor", "capacity", "equipment", "out_of_service")
    return {name: form.text(name, 2000) for name in names}
