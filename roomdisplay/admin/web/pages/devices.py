"""Devices: how each display is, and what can be done with it from here."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from roomdisplay.admin.errors import InvalidInputError
from roomdisplay.admin.use_cases.devices import (
    change_place,
    choose_conference_display,
    get_device,
    identify_device,
    list_devices,
    move_device,
    rename_device,
    revoke_device,
)
from roomdisplay.admin.use_cases.rooms import list_rooms
from roomdisplay.admin.web.glass import shown_in
from roomdisplay.admin.web.visit import CurrentVisit
from roomdisplay.model.room import Place


@get("/devices")
async def devices_page(visit: CurrentVisit, q: FromQuery[str] = "") -> Response[str]:
    """Every display."""
    devices = await list_devices(visit.admin, visit.actor, search=q)
    return await visit.page(
        "devices.html", section="devices", live="pages", refresh_s=60, q=q, devices=devices
    )


@get("/devices/{device_id:str}")
async def device_page(visit: CurrentVisit, device_id: FromPath[str]) -> Response[str]:
    """One display."""
    device = await get_device(visit.admin, visit.actor, device_id)
    shown = await shown_in(visit, device.room_id, device.place) if device.room_id else None
    topics = [f"device:{device_id}", *([f"room:{device.room_id}"] if device.room_id else [])]
    return await visit.page(
        "device.html",
        section="devices",
        live=",".join(topics),
        refresh_s=30,
        device=device,
        shown=shown,
        rooms=await list_rooms(visit.admin, visit.actor),
        places=list(Place),
    )


@post("/devices/{device_id:str}/name")
async def rename(visit: CurrentVisit, device_id: FromPath[str]) -> Response[str]:
    """Call it something else."""
    await rename_device(visit.admin, visit.actor, device_id, visit.form.text("name"))
    return visit.go(f"/devices/{device_id}", said="renamed")


@post("/devices/{device_id:str}/room")
async def move(visit: CurrentVisit, device_id: FromPath[str]) -> Response[str]:
    """Move it to another room, or out of its room."""
    room_id = visit.form.text("room") or None
    await move_device(visit.admin, visit.actor, device_id, room_id)
    return visit.go(f"/devices/{device_id}", said="moved")


@post("/devices/{device_id:str}/place")
async def place(visit: CurrentVisit, device_id: FromPath[str]) -> Response[str]:
    """Say where it hangs."""
    await change_place(visit.admin, visit.actor, device_id, chosen_place(visit.form.text("place")))
    return visit.go(f"/devices/{device_id}", said="placed")


@post("/devices/{device_id:str}/conference")
async def conference(visit: CurrentVisit, device_id: FromPath[str]) -> Response[str]:
    """Have it open the room's calls."""
    await choose_conference_display(visit.admin, visit.actor, device_id)
    return visit.go(f"/devices/{device_id}", said="conference")


@post("/devices/{device_id:str}/identify")
async def identify(visit: CurrentVisit, device_id: FromPath[str]) -> Response[str]:
    """Have it show its name."""
    await identify_device(visit.admin, visit.actor, device_id)
    return visit.go(f"/devices/{device_id}", said="identify")


@post("/devices/{device_id:str}/remove")
async def remove(visit: CurrentVisit, device_id: FromPath[str]) -> Response[str]:
    """Take it out."""
    await revoke_device(visit.admin, visit.actor, device_id)
    return visit.go("/devices", said="revoked")


def chosen_place(text: str) -> Place:
    """The place that was chosen in a form.

    Raises:
        InvalidInputError: it is none.
    """
    try:
        return Place(text)
    except ValueError as error:
        raise InvalidInputError({"place": "place_needed"}) from error
