"""Add a calendar: choose, Apply, and see what the screen now shows.

A room gets the calendar. A display without a room gets its room with it: one of the calendar's
name, or the one that shows this calendar already.
"""

from __future__ import annotations

from dataclasses import dataclass

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from roomdisplay.admin.errors import (
    AdminError,
    ConfirmationNeededError,
    InvalidInputError,
    ServiceError,
)
from roomdisplay.admin.security.roles import Permission
from roomdisplay.admin.use_cases.assignment import (
    assign_address,
    assign_calendar,
    remove_calendar,
    undo_assignment,
)
from roomdisplay.admin.use_cases.calendars import add_typed_calendar, list_calendars
from roomdisplay.admin.use_cases.devices import get_device
from roomdisplay.admin.use_cases.rooms import get_room, next_room_without_calendar
from roomdisplay.admin.use_cases.services import list_connections
from roomdisplay.admin.use_cases.settle import settle_device
from roomdisplay.admin.web.errors import field_words, words_for
from roomdisplay.admin.web.glass import shown_in
from roomdisplay.admin.web.grouping import by_list
from roomdisplay.admin.web.visit import CurrentVisit, Notice, Visit
from roomdisplay.admin.web.zones import local_zone
from roomdisplay.model.room import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What the calendar is chosen for."""

    lead: str
    path: str
    back: str
    calendar_id: str | None = None
    room_id: str | None = None


@get("/rooms/{room_id:str}/calendar")
async def choose_page(
    visit: CurrentVisit, room_id: FromPath[str], q: FromQuery[str] = ""
) -> Response[str]:
    """The calendars that the room may get."""
    return await _choose(visit, await _room(visit, room_id), q)


@post("/rooms/{room_id:str}/calendar")
async def apply(visit: CurrentVisit, room_id: FromPath[str]) -> Response[str]:
    """Give the room its calendar; one that replaces another is asked for first."""
    form, confirm = visit.form, visit.form.ticked("confirm")
    calendar_id, address = form.text("calendar"), form.text("address", 2048)
    try:
        if address and not calendar_id:
            await assign_address(
                visit.admin,
                visit.actor,
                room_id,
                form.text("connection"),
                address,
                confirm=confirm,
            )
        else:
            await assign_calendar(visit.admin, visit.actor, room_id, calendar_id, confirm=confirm)
    except ConfirmationNeededError as error:
        return await _ask(visit, room_id, error)
    except (InvalidInputError, ServiceError) as error:
        return await _choose(visit, await _room(visit, room_id), "", error)
    return visit.go(f"/rooms/{room_id}/applied")


@post("/rooms/{room_id:str}/calendar/remove")
async def remove(visit: CurrentVisit, room_id: FromPath[str]) -> Response[str]:
    """Take the room's calendar away."""
    confirm = visit.form.ticked("confirm")
    await remove_calendar(visit.admin, visit.actor, room_id, confirm=confirm)
    return visit.go(f"/rooms/{room_id}", said="calendar_removed")


@post("/rooms/{room_id:str}/calendar/undo")
async def undo(visit: CurrentVisit, room_id: FromPath[str]) -> Response[str]:
    """Give the room its former calendar back."""
    await undo_assignment(visit.admin, visit.actor, room_id)
    return visit.go(f"/rooms/{room_id}", said="undone")


@get("/rooms/{room_id:str}/applied")
async def applied_page(visit: CurrentVisit, room_id: FromPath[str]) -> Response[str]:
    """What the screen now shows, live."""
    room = await get_room(visit.admin, visit.actor, room_id)
    place = room.devices[0].place if room.devices else Place.INSIDE
    return await visit.page(
        "applied.html",
        section="rooms",
        live=f"room:{room_id}",
        refresh_s=2 if room.calendar and room.calendar.read_at is None else 30,
        notices=undo_notices(visit, room_id, room.undo_until is not None),
        room=room,
        shown=await shown_in(visit, room_id, place),
        following=await _following(visit, room_id),
    )


@get("/devices/{device_id:str}/calendar")
async def choose_for_device_page(
    visit: CurrentVisit, device_id: FromPath[str], q: FromQuery[str] = ""
) -> Response[str]:
    """The calendars that a display without a room may get."""
    device = await get_device(visit.admin, visit.actor, device_id)
    if device.room_id:
        return visit.go(f"/rooms/{device.room_id}/calendar")
    return await _choose(visit, await _device(visit, device_id), q)


@post("/devices/{device_id:str}/calendar")
async def apply_to_device(visit: CurrentVisit, device_id: FromPath[str]) -> Response[str]:
    """Give a display its calendar and, with it, its room."""
    form = visit.form
    calendar_id, address = form.text("calendar"), form.text("address", 2048)
    try:
        if address and not calendar_id:
            calendar_id = await add_typed_calendar(
                visit.admin, visit.actor, form.text("connection"), address
            )
        room_id = await settle_device(
            visit.admin, visit.actor, device_id, calendar_id, timezone=local_zone()
        )
    except (InvalidInputError, ServiceError) as error:
        return await _choose(visit, await _device(visit, device_id), "", error)
    return visit.go(f"/rooms/{room_id}/applied")


def undo_notices(visit: Visit, room_id: str, undo_open: bool) -> tuple[Notice, ...]:  # noqa: FBT001 - a plain fact
    """The offer to take the last change of calendar back, while it holds."""
    if not undo_open:
        return ()
    words = visit.t("applied.undo_offer")
    return (Notice(words, "", undo=f"/rooms/{room_id}/calendar/undo"),)


async def _choose(
    visit: Visit, target: Target, q: str, error: AdminError | None = None
) -> Response[str]:
    calendars = await list_calendars(visit.admin, visit.actor, search=q)
    connections = await list_connections(visit.admin, visit.actor)
    return await visit.page(
        "choose.html",
        section="rooms",
        status=error.status if error else 200,
        target=target,
        q=q,
        groups=by_list(calendars),
        services=[(one.id, one.name) for one in connections],
        connections=connections,
        chosen=visit.form.text("calendar") or target.calendar_id,
        address=visit.form.text("address", 2048),
        connection=visit.form.text("connection"),
        errors=field_words(visit.t, error) if isinstance(error, InvalidInputError) else {},
        wrong=words_for(visit.t, error) if isinstance(error, ServiceError) else "",
    )


async def _following(visit: Visit, room_id: str) -> str | None:
    """The next room that waits for its calendar, for whoever gives rooms their calendars."""
    if not visit.actor.may(Permission.ROOMS):
        return None
    return await next_room_without_calendar(visit.admin, visit.actor, after=room_id)


async def _room(visit: Visit, room_id: str) -> Target:
    room = await get_room(visit.admin, visit.actor, room_id)
    return Target(
        lead=visit.t("choose.lead", room=room.name),
        path=f"/rooms/{room_id}/calendar",
        back=f"/rooms/{room_id}",
        calendar_id=room.calendar.id if room.calendar else None,
        room_id=room_id,
    )


async def _device(visit: Visit, device_id: str) -> Target:
    device = await get_device(visit.admin, visit.actor, device_id)
    return Target(
        lead=visit.t("choose.lead_device", device=device.name),
        path=f"/devices/{device_id}/calendar",
        back="/rooms",
    )


async def _ask(visit: Visit, room_id: str, error: ConfirmationNeededError) -> Response[str]:
    calendars = await list_calendars(visit.admin, visit.actor)
    wanted = visit.form.text("calendar")
    chosen = next((one for one in calendars if one.id == wanted), None)
    return await visit.page(
        "replace.html",
        section="rooms",
        status=error.status,
        room=await get_room(visit.admin, visit.actor, room_id),
        old=str(error.params.get("calendar", "")),
        chosen=chosen,
        new=chosen.name if chosen else visit.form.text("address", 2048),
        calendar=wanted,
        address=visit.form.text("address", 2048),
        connection=visit.form.text("connection"),
    )
