"""Calendar services: a tab for each, its connections, and the form that makes a new one.

The form is made of the connector's own `FIELDS`; nothing is saved before it has been tried live.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from roomdisplay.admin.errors import (
    AdminError,
    InvalidInputError,
    ServiceError,
)
from roomdisplay.admin.security.roles import Permission
from roomdisplay.admin.use_cases.services import (
    change_connection,
    check_connection,
    connect_service,
    disconnect_service,
    get_connection,
    list_calendars,
    list_connections,
    offered_services,
    rename_connection,
    service_fields,
)
from roomdisplay.admin.web.errors import field_words, words_for
from roomdisplay.admin.web.visit import CurrentVisit, Visit
from roomdisplay.connectors.base import Field


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One field of the form, with its words."""

    key: str
    label: str
    kind: str
    required: bool
    hint: str
    value: str
    secret: bool


@get("/services")
async def services_page(visit: CurrentVisit) -> Response[str]:
    """Go to the first tab that has a connection."""
    connected = [one.service for one in await list_connections(visit.admin, visit.actor)]
    offered = offered_services()
    return visit.go(f"/services/{next((one for one in offered if one in connected), offered[0])}")


@get("/services/{service:str}")
async def service_page(visit: CurrentVisit, service: FromPath[str]) -> Response[str]:
    """The tab of one service."""
    return await _tab(visit, service)


@post("/services/{service:str}")
async def connect(visit: CurrentVisit, service: FromPath[str]) -> Response[str]:
    """Connect a service: tried live, then saved."""
    if service not in offered_services():
        raise NotFoundException
    try:
        connection_id = await connect_service(
            visit.admin, visit.actor, service, visit.form.text("name"), _entered(visit, service)
        )
    except (InvalidInputError, ServiceError) as error:
        return await _tab(visit, service, error)
    return visit.go(f"/connections/{connection_id}", said="connected")


@get("/connections/{connection_id:str}")
async def connection_page(visit: CurrentVisit, connection_id: FromPath[str]) -> Response[str]:
    """One connection."""
    return await _connection(visit, connection_id)


@post("/connections/{connection_id:str}")
async def change(visit: CurrentVisit, connection_id: FromPath[str]) -> Response[str]:
    """Replace what was entered: tried live first; an empty secret stays."""
    connection = await get_connection(visit.admin, visit.actor, connection_id)
    try:
        form = _entered(visit, connection.service)
        await change_connection(visit.admin, visit.actor, connection_id, form)
    except (InvalidInputError, ServiceError) as error:
        return await _connection(visit, connection_id, error)
    return visit.go(f"/connections/{connection_id}", said="saved")


@post("/connections/{connection_id:str}/name")
async def rename(visit: CurrentVisit, connection_id: FromPath[str]) -> Response[str]:
    """Call it something else."""
    await rename_connection(visit.admin, visit.actor, connection_id, visit.form.text("name"))
    return visit.go(f"/connections/{connection_id}", said="renamed")


@post("/connections/{connection_id:str}/check")
async def check(visit: CurrentVisit, connection_id: FromPath[str]) -> Response[str]:
    """Try it now and list its calendars anew."""
    try:
        await check_connection(visit.admin, visit.actor, connection_id)
    except ServiceError as error:
        return await _connection(visit, connection_id, error)
    return visit.go(f"/connections/{connection_id}", said="checked")


@post("/connections/{connection_id:str}/disconnect")
async def disconnect(visit: CurrentVisit, connection_id: FromPath[str]) -> Response[str]:
    """Forget a service, its secrets and its calendars."""
    confirm = visit.form.ticked("confirm")
    await disconnect_service(visit.admin, visit.actor, connection_id, confirm=confirm)
    return visit.go("/services", said="disconnected")


async def _tab(visit: Visit, service: str, error: AdminError | None = None) -> Response[str]:
    connections = await list_connections(visit.admin, visit.actor)
    tabs = [*offered_services()]
    tabs += [one for one in dict.fromkeys(c.service for c in connections) if one not in tabs]
    if service not in tabs:
        raise NotFoundException
    return await visit.page(
        "services.html",
        section="services",
        status=error.status if error else 200,
        live="pages",
        tabs=tabs,
        service=service,
        offered=service in offered_services(),
        connections=[one for one in connections if one.service == service],
        name=visit.form.text("name"),
        entries=_entries(visit, service),
        **_problems(visit, error),
    )


async def _connection(
    visit: Visit, connection_id: str, error: AdminError | None = None
) -> Response[str]:
    connection = await get_connection(visit.admin, visit.actor, connection_id)
    entries = _entries(visit, connection.service, dict(connection.values), connection.secret_keys)
    may_see = visit.actor.may(Permission.ROOMS)
    return await visit.page(
        "connection.html",
        section="services",
        status=error.status if error else 200,
        live="pages",
        connection=connection,
        entries=entries,
        calendars=await list_calendars(visit.admin, visit.actor, connection_id=connection_id)
        if may_see
        else [],
        **_problems(visit, error),
    )


def _entries(
    visit: Visit,
    service: str,
    kept: dict[str, str] | None = None,
    kept_secrets: frozenset[str] = frozenset(),
) -> list[Entry]:
    return [
        _entry(visit, service, one, kept or {}, kept_secrets) for one in service_fields(service)
    ]


def _entry(
    visit: Visit, service: str, one: Field, kept: dict[str, str], kept_secrets: frozenset[str]
) -> Entry:
    t, has_secret = visit.t, one.secret and one.key in kept_secrets
    hint_key = f"field.{service}_{one.key}_hint"
    hint = t("services.secret_stays") if has_secret else t(hint_key) if t.has(hint_key) else ""
    label_key = f"field.{one.key}"
    typed = visit.form.text(one.key, 2048)
    return Entry(
        key=one.key,
        label=t(label_key) if t.has(label_key) else one.key,
        kind=one.kind,
        required=one.required and not has_secret,
        hint=hint,
        # A secret is never sent back, not even the one that was typed a moment ago.
        value="" if one.secret else typed or kept.get(one.key, ""),
        secret=one.secret,
    )


def _entered(visit: Visit, service: str) -> dict[str, str]:
    return {
        one.key: visit.form.raw(one.key) if one.secret else visit.form.text(one.key, 2048)
        for one in service_fields(service)
    }


def _problems(visit: Visit, error: AdminError | None) -> dict[str, Any]:
    fields = field_words(visit.t, error) if isinstance(error, InvalidInputError) else {}
    wrong = words_for(visit.t, error) if isinstance(error, ServiceError) else ""
    return {"errors": fields, "wrong": wrong}
