"""Activation codes: made for many rooms at once, shown once."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

from litestar import Response, get, post
from litestar.params import FromPath

from roomdisplay.admin.errors import InvalidInputError
from roomdisplay.admin.use_cases.activation import (
    IssuedCode,
    codes_csv,
    list_activation_codes,
    make_activation_codes,
    withdraw_activation_code,
)
from roomdisplay.admin.use_cases.rooms import list_rooms
from roomdisplay.admin.web.errors import field_words
from roomdisplay.admin.web.grouping import grouped
from roomdisplay.admin.web.pages.devices import chosen_place
from roomdisplay.admin.web.visit import CurrentVisit, Visit

VALID_DAYS = (1, 7, 14, 30, 90)


@get("/activation-codes")
async def codes_page(visit: CurrentVisit) -> Response[str]:
    """The codes there are, and the form that makes more."""
    return await _page(visit)


@post("/activation-codes")
async def make_codes(visit: CurrentVisit) -> Response[str]:
    """Make codes and show them, this once: there is no page to come back to."""
    form = visit.form
    days = form.text("days", 3)
    try:
        codes = await make_activation_codes(
            visit.admin,
            visit.actor,
            form.all("room"),
            place=chosen_place(form.text("place")),
            valid_for=timedelta(days=int(days) if days.isascii() and days.isdecimal() else 0),
        )
    except InvalidInputError as error:
        return await _page(visit, error)
    return await visit.page(
        "codes_made.html",
        section="codes",
        codes=codes,
        csv=_as_link(codes),
        until=visit.t.moment(codes[0].expires_at),
        origin=visit.admin.settings.canonical_origin,
    )


@post("/activation-codes/{code_id:str}/withdraw")
async def withdraw(visit: CurrentVisit, code_id: FromPath[str]) -> Response[str]:
    """Make a code worthless."""
    await withdraw_activation_code(visit.admin, visit.actor, code_id)
    return visit.go("/activation-codes", said="withdrawn")


async def _page(visit: Visit, error: InvalidInputError | None = None) -> Response[str]:
    rooms = await list_rooms(visit.admin, visit.actor)
    return await visit.page(
        "codes.html",
        section="codes",
        status=error.status if error else 200,
        live="pages",
        codes=await list_activation_codes(visit.admin, visit.actor),
        groups=grouped(rooms, lambda room: room.building),
        days=VALID_DAYS,
        errors=field_words(visit.t, error) if error else {},
    )


def _as_link(codes: list[IssuedCode]) -> str:
    """The CSV file inside of a link: it needs no second request, so no code is kept for one."""
    return "data:text/csv;charset=utf-8," + quote(codes_csv(codes))
