"""Step 2, Connect → Continue: our Link account window, or the service's own window and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.params import FromPath

from roomdisplay.admin.errors import AdminError, InvalidInputError, RefusedError, ServiceError
from roomdisplay.admin.guide.repairs import values_of
from roomdisplay.admin.security.roles import Permission, require
from roomdisplay.admin.use_cases.authorization import (
    CALLBACK_PATH,
    begin_authorization,
    finish_authorization,
)
from roomdisplay.admin.use_cases.consents import DOCUMENTS, consent_documents
from roomdisplay.admin.use_cases.services import connect_service
from roomdisplay.admin.web.errors import words_for
from roomdisplay.admin.web.pages.service_problems import problems
from roomdisplay.admin.web.service_entries import entered, entries
from roomdisplay.admin.web.visit import CurrentVisit, Visit
from roomdisplay.admin.web.ways import CRONOFY, Way, way
from roomdisplay.connectors.registry import SERVICES

_PARAMETER_LIMIT = 4096


@get("/services/{service:str}/step-2")
async def step_2_page(visit: CurrentVisit, service: FromPath[str]) -> Response[str]:
    """What will be asked for, and where it leads."""
    require(visit.actor, Permission.CONNECT)
    chosen = _way(service, str(visit.request.query_params.get("through", "direct")))
    return await visit.page(
        "step_2.html",
        section="services",
        tab=service,
        way=chosen,
        callback=visit.admin.settings.canonical_origin + CALLBACK_PATH,
        query=urlencode({"through": chosen.through} | _brought(visit.request.query_params)),
    )


@get("/services/{service:str}/link")
async def link_page(visit: CurrentVisit, service: FromPath[str]) -> Response[str]:
    """The window that links an account."""
    require(visit.actor, Permission.CONNECT)
    chosen = _way(service, str(visit.request.query_params.get("through", "direct")))
    return await _window(visit, service, chosen)


@post("/services/{service:str}/link")
async def link(visit: CurrentVisit, service: FromPath[str]) -> Response[str]:
    """Try it live and save it; through Cronofy first go to the window that it shows."""
    require(visit.actor, Permission.CONNECT)
    chosen = _way(service, visit.form.text("through"))
    name, form = visit.form.text("name"), entered(visit, chosen.service)
    agreed = {one: visit.form.text(f"consent_{one}_at", 2048) for one in _ticked(visit)}
    try:
        if chosen.through == CRONOFY:
            form |= {"back_end": service}
            url = await begin_authorization(
                visit.admin, visit.actor, session_of(visit), CRONOFY, name, form, agreed
            )
            return await off_to(visit, url, service)
        connection_id = await connect_service(
            visit.admin, visit.actor, chosen.service, name, form, consents=agreed
        )
    except (InvalidInputError, ServiceError) as error:
        return await _window(visit, service, chosen, error)
    return visit.go(f"/connections/{connection_id}", said="connected")


@get(CALLBACK_PATH)
async def come_back(visit: CurrentVisit) -> Response[str]:
    """Where the service's own window sends the browser back to."""
    query = visit.request.query_params
    try:
        connection_id = await finish_authorization(
            visit.admin,
            visit.actor,
            session_of(visit),
            str(query.get("state", ""))[:_PARAMETER_LIMIT],
            code=str(query.get("code", ""))[:_PARAMETER_LIMIT],
            error=str(query.get("error", ""))[:_PARAMETER_LIMIT],
        )
    except (ServiceError, RefusedError) as error:
        return await _not_linked(visit, error)
    return visit.go(f"/connections/{connection_id}", said="connected")


async def off_to(visit: Visit, url: str, tab: str) -> Response[str]:
    """Send the browser to another origin: by a page, since forms may not lead outside."""
    return await visit.page("off_to.html", url=url, tab=tab)


def session_of(visit: Visit) -> str:
    """The browser session, which alone may end what it begins."""
    if visit.signed_in is None:
        raise PermissionDeniedException("not signed in")
    return visit.signed_in.session_id


async def _window(
    visit: Visit, tab: str, chosen: Way, error: AdminError | None = None
) -> Response[str]:
    brought = _brought(visit.request.query_params)
    asked = SERVICES[chosen.service].consents
    documents = await consent_documents(visit.admin) if asked else {}
    rooms = brought.get("rooms", "").replace(";", ",").replace(",", " ").split()
    kept = {
        "email": brought.get("account", ""),
        "impersonation_email": rooms[0] if rooms else "",
        "client_id": brought.get("client_id", ""),
    }
    if chosen.through == CRONOFY:
        kept = {}
    shown = [one for one in entries(visit, chosen.service, kept) if one.key != "back_end"]
    values = values_of(chosen.service, entered(visit, chosen.service) | {"back_end": tab})
    return await visit.page(
        "link.html",
        status=error.status if error else 200,
        tab=tab,
        way=chosen,
        name=visit.form.text("name") or visit.t(f"services.tab_{tab}"),
        entries=shown,
        documents=[(one, documents[one]) for one in DOCUMENTS if one in documents],
        agreed=_ticked(visit),
        **problems(visit, error, values),
    )


async def _not_linked(visit: Visit, error: AdminError) -> Response[str]:
    shown = problems(visit, error)
    words = shown["wrong"] or words_for(visit.t, error)
    return await visit.page("not_linked.html", status=error.status, words=words, told=shown["told"])


def _way(tab: str, through: str) -> Way:
    found = way(tab, through)
    if found is None:
        raise NotFoundException
    return found


def _ticked(visit: Visit) -> list[str]:
    return [one for one in DOCUMENTS if visit.form.ticked(f"consent_{one}")]


def _brought(query: Mapping[str, Any]) -> dict[str, str]:
    """What Step 1 knows already of what Step 2 asks for."""
    return {
        key: str(query[key])[:_PARAMETER_LIMIT]
        for key in ("account", "rooms", "client_id")
        if query.get(key)
    }
