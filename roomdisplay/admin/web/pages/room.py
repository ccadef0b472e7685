"""A room's page: today as its displays see it, how fresh that is, and what was done."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import available_timezones

from litestar import Response, get, post
from litestar.params import FromPath

from roomdisplay.admin.errors import InvalidInputError
from roomdisplay.admin.security.roles import Permission
from roomdisplay.admin.use_cases.audit import list_audit
from roomdisplay.admin.use_cases.devices import DeviceView
from roomdisplay.admin.use_cases.room_views import RoomView
from roomdisplay.admin.use_cases.rooms import delete_room, get_room
from roomdisplay.admin.use_cases.settings import change_settings, get_settings
from roomdisplay.admin.web.errors import field_words
from roomdisplay.admin.web.glass import Shown, shown_in
from roomdisplay.admin.web.pages.choose import undo_notices
from roomdisplay.admin.web.settings_form import settings_from, settings_lines
from roomdisplay.admin.web.visit import CurrentVisit, Visit
from roomdisplay.model.room import Place

HISTORY = 20
"""Entries of the audit log shown here."""


@dataclass(frozen=True, slots=True)
class Glass:
    """One place of the room with what is shown there."""

    place: Place
    devices: tuple[DeviceView, ...]
    shown: Shown


@get("/rooms/{room_id:str}")
async def room_page(visit: CurrentVisit, room_id: FromPath[str]) -> Response[str]:
    """One room."""
    return await _page(visit, room_id)


@post("/rooms/{room_id:str}/settings")
async def save_room_settings(visit: CurrentVisit, room_id: FromPath[str]) -> Response[str]:
    """Settings of this room's displays."""
    try:
        values = settings_from(visit.form)
        await change_settings(visit.admin, visit.actor, f"room:{room_id}", values)
    except InvalidInputError as error:
        return await _page(visit, room_id, error)
    return visit.go(f"/rooms/{room_id}", said="saved")


@post("/rooms/{room_id:str}/delete")
async def remove_room(visit: CurrentVisit, room_id: FromPath[str]) -> Response[str]:
    """Forget the room."""
    confirm = visit.form.ticked("confirm")
    await delete_room(visit.admin, visit.actor, room_id, confirm=confirm)
    return visit.go("/rooms", said="deleted")


async def _page(
    visit: Visit, room_id: str, error: InvalidInputError | None = None
) -> Response[str]:
    room = await get_room(visit.admin, visit.actor, room_id)
    audited = visit.actor.may(Permission.AUDIT)
    history = (
        await list_audit(visit.admin, visit.actor, room_id=room_id, limit=HISTORY)
        if audited
        else []
    )
    values = await get_settings(visit.admin, visit.actor, f"room:{room_id}")
    topics = [f"room:{room_id}", *(f"device:{device.id}" for device in room.devices)]
    return await visit.page(
        "room.html",
        section="rooms",
        status=error.status if error else 200,
        live=",".join(topics),
        refresh_s=30,
        notices=undo_notices(visit, room_id, room.undo_until is not None),
        room=room,
        glasses=await _glasses(visit, room),
        sync_delay=_seconds(visit, room),
        history=history,
        lines=settings_lines(visit.t, values),
        errors=field_words(visit.t, error) if error else {},
        zones=sorted(available_timezones()),
    )


def _seconds(visit: Visit, room: RoomView) -> str:
    """The measured delay of the room's slowest display, in seconds; empty: not measured yet."""
    delays = [device.sync_delay for device in room.devices if device.sync_delay is not None]
    if not delays:
        return ""
    text = f"{max(delays).total_seconds():.1f}"
    return text.replace(".", visit.t("date.decimal"))


async def _glasses(visit: Visit, room: RoomView) -> list[Glass]:
    places = {device.place for device in room.devices} or {Place.DOOR}
    glasses = []
    for place in sorted(places, reverse=True):
        shown = await shown_in(visit, room.id, place)
        if shown is not None:
            devices = tuple(device for device in room.devices if device.place is place)
            glasses.append(Glass(place, devices, shown))
    return glasses
