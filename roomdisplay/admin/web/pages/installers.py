"""Installer links: made and revoked under People, opened by whoever hangs the displays."""

from __future__ import annotations

from datetime import timedelta

from litestar import Response, get, post
from litestar.params import FromPath

from roomdisplay.admin.errors import InvalidInputError, NotFoundError
from roomdisplay.admin.use_cases.installer_links import (
    begin_by_link,
    look_at_installer_link,
    make_installer_link,
    revoke_installer_link,
)
from roomdisplay.admin.web.errors import field_words, words_for
from roomdisplay.admin.web.pages.account import PUBLIC, keep_session
from roomdisplay.admin.web.pages.records import people_view
from roomdisplay.admin.web.visit import CurrentVisit, Visit


@post("/people/installer-links")
async def make_link(visit: CurrentVisit) -> Response[str]:
    """Make a link and show it, this once."""
    form = visit.form
    try:
        issued = await make_installer_link(
            visit.admin,
            visit.actor,
            form.all("room"),
            pairings=_number(form.text("pairings", 5)),
            valid_for=timedelta(days=_number(form.text("days", 3))),
        )
    except InvalidInputError as error:
        errors = field_words(visit.t, error)
        return await people_view(visit, status=error.status, link_errors=errors)
    until = visit.t.moment(issued.expires_at)
    return await people_view(visit, installer_link=issued.url, link_until=until)


@post("/people/installer-links/{link_id:str}/revoke")
async def revoke_link(visit: CurrentVisit, link_id: FromPath[str]) -> Response[str]:
    """Make a link worthless."""
    await revoke_installer_link(visit.admin, visit.actor, link_id)
    return visit.go("/people", said="link_withdrawn")


@get("/installer/{token:str}", opt=PUBLIC)
async def installer_page(visit: CurrentVisit, token: FromPath[str]) -> Response[str]:
    """What the link allows; looking at it changes nothing."""
    return await _page(visit, token)


@post("/installer/{token:str}", opt=PUBLIC)
async def open_link(visit: CurrentVisit, token: FromPath[str]) -> Response[str]:
    """Begin to pair by the link."""
    try:
        signed_in = await begin_by_link(
            visit.admin, token, name=visit.form.text("name"), client=visit.client
        )
    except InvalidInputError as error:
        return await _page(visit, token, error)
    except NotFoundError as error:
        return await _dead(visit, error)
    keep_session(visit, signed_in)
    return visit.go("/pair")


async def _page(visit: Visit, token: str, error: InvalidInputError | None = None) -> Response[str]:
    try:
        link = await look_at_installer_link(visit.admin, token)
    except NotFoundError as gone:
        return await _dead(visit, gone)
    return await visit.page(
        "installer.html",
        status=error.status if error else 200,
        link=link,
        until=visit.t.moment(link.expires_at),
        name=visit.form.text("name"),
        errors=field_words(visit.t, error) if error else {},
    )


async def _dead(visit: Visit, error: NotFoundError) -> Response[str]:
    return await visit.page(
        "error.html",
        status=error.status,
        title=visit.t("invitation.gone"),
        words=words_for(visit.t, error),
    )


def _number(text: str) -> int:
    """A number as it was typed; 0, which no field accepts, for anything else."""
    return int(text) if text.isascii() and text.isdecimal() else 0
