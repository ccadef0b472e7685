"""Pair a display: enter its code, compare four words, choose the room, watch both ends finish."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from roomdisplay.admin.errors import (
    AdminError,
    InvalidInputError,
    NotFoundError,
    TooManyTriesError,
)
from roomdisplay.admin.security.roles import Permission, require
from roomdisplay.admin.use_cases.installer_links import own_installer_link
from roomdisplay.admin.use_cases.pairing import (
    PairingView,
    approve_pairing,
    look_up_pairing,
    pairing_view,
    reject_pairing,
)
from roomdisplay.admin.use_cases.pairing_grants import PairingState
from roomdisplay.admin.use_cases.rooms import RoomInput, create_room, list_rooms
from roomdisplay.admin.web.errors import field_words, words_for
from roomdisplay.admin.web.glass import shown_in
from roomdisplay.admin.web.pages.devices import chosen_place
from roomdisplay.admin.web.visit import CurrentVisit, Visit
from roomdisplay.admin.web.zones import local_zone


@get("/pair")
async def pair_page(visit: CurrentVisit, code: FromQuery[str] = "") -> Response[str]:
    """Ask for the code, or go on with the one that was scanned."""
    require(visit.actor, Permission.PAIR)
    return await _compare(visit, code) if code else await _ask(visit)


@post("/pair")
async def enter_code(visit: CurrentVisit) -> Response[str]:
    """Look for the display that shows the code."""
    return await _compare(visit, visit.form.text("code", 40))


@post("/pair/{pairing_id:str}")
async def decide(visit: CurrentVisit, pairing_id: FromPath[str]) -> Response[str]:
    """Confirm the display with its room and place, or refuse it."""
    form = visit.form
    if form.ticked("wrong"):
        await reject_pairing(visit.admin, visit.actor, pairing_id)
        return visit.go("/pair", said="wrong_device")
    try:
        place = chosen_place(form.text("place"))
        room_id = await _chosen_room(visit)
    except InvalidInputError as error:
        return await _compare(visit, form.text("code", 40), error)
    await approve_pairing(visit.admin, visit.actor, pairing_id, room_id=room_id, place=place)
    return visit.go(f"/pair/{pairing_id}")


@get("/pair/{pairing_id:str}")
async def progress_page(visit: CurrentVisit, pairing_id: FromPath[str]) -> Response[str]:
    """How it goes on: within seconds the display has its key and shows its room."""
    try:
        pairing = await pairing_view(visit.admin, visit.actor, pairing_id)
    except NotFoundError:
        pairing = PairingView(state=PairingState.DENIED)
    done = pairing.state is PairingState.USED
    seen = done and pairing.room_id and pairing.place
    topics = [f"room:{pairing.room_id}", f"device:{pairing.device_id}"] if seen else []
    return await visit.page(
        "pair_progress.html",
        section="pair",
        live=",".join(["pages", *topics]),
        refresh_s=30 if done else 2,
        pairing=pairing,
        shown=await shown_in(visit, pairing.room_id, pairing.place)
        if pairing.room_id and pairing.place
        else None,
    )


async def _chosen_room(visit: Visit) -> str:
    """The chosen room, or a new one where a name for it was entered."""
    name = visit.form.text("new_room")
    if name:
        zone = RoomInput(name=name, timezone=visit.form.text("timezone") or local_zone())
        return await create_room(visit.admin, visit.actor, zone)
    if not visit.form.text("room"):
        raise InvalidInputError({"room": "room_needed"})
    return visit.form.text("room")


async def _ask(visit: Visit, code: str = "", error: AdminError | None = None) -> Response[str]:
    return await visit.page(
        "pair.html",
        section="pair",
        link=await own_installer_link(visit.admin, visit.actor),
        status=error.status if error else 200,
        code=code,
        errors={"code": words_for(visit.t, error)} if error else {},
    )


async def _compare(
    visit: Visit, code: str, error: InvalidInputError | None = None
) -> Response[str]:
    """Show the display that has this code, with its four words."""
    session_id = visit.signed_in.session_id if visit.signed_in else ""
    try:
        display = await look_up_pairing(
            visit.admin, visit.actor, code, session_id=session_id, address=visit.client.address
        )
    except (NotFoundError, TooManyTriesError) as missed:
        return await _ask(visit, code, missed)
    return await visit.page(
        "pair_compare.html",
        section="pair",
        status=error.status if error else 200,
        code=code,
        display=display,
        rooms=await list_rooms(visit.admin, visit.actor),
        may_create=visit.actor.may(Permission.ROOMS),
        chosen_room=visit.form.text("room"),
        new_room=visit.form.text("new_room"),
        chosen_place=visit.form.text("place") or "inside",
        errors=field_words(visit.t, error) if error else {},
    )
