"""Room displays: a tab for each calendar service, with its connections and the way to new ones.

Office 365 and Microsoft Exchange are connected in two steps (`step_1`, `step_2`); the others by one
form on their tab. Nothing is saved before it has been tried live.
"""

from __future__ import annotations

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from roomdisplay.admin.errors import AdminError, InvalidInputError, ServiceError
from roomdisplay.admin.use_cases.services import (
    connect_service,
    list_connections,
    offered_services,
)
from roomdisplay.admin.web.pages.service_problems import problems
from roomdisplay.admin.web.service_entries import entered, entries
from roomdisplay.admin.web.visit import CurrentVisit, Visit
from roomdisplay.admin.web.ways import CRONOFY, GUIDED, tab_of, tabs, through_of, ways


@get("/services")
async def services_page(visit: CurrentVisit) -> Response[str]:
    """Go to the first tab that has a connection."""
    connections = await list_connections(visit.admin, visit.actor)
    every, connected = tabs(connections), set(map(tab_of, connections))
    return visit.go(f"/services/{next((one for one in every if one in connected), every[0])}")


@get("/services/{service:str}")
async def service_page(visit: CurrentVisit, service: FromPath[str]) -> Response[str]:
    """The tab of one service."""
    return await _tab(visit, service)


@post("/services/{service:str}")
async def connect(visit: CurrentVisit, service: FromPath[str]) -> Response[str]:
    """Connect a service that has a single form: tried live, then saved."""
    if service not in offered_services() or service in {*GUIDED, CRONOFY}:
        raise NotFoundException
    form = entered(visit, service)
    try:
        connection_id = await connect_service(
            visit.admin, visit.actor, service, visit.form.text("name"), form
        )
    except (InvalidInputError, ServiceError) as error:
        return await _tab(visit, service, error)
    return visit.go(f"/connections/{connection_id}", said="connected")


async def _tab(visit: Visit, service: str, error: AdminError | None = None) -> Response[str]:
    connections = await list_connections(visit.admin, visit.actor)
    every = tabs(connections)
    if service not in every:
        raise NotFoundException
    guided = service in GUIDED
    return await visit.page(
        "services.html",
        section="services",
        status=error.status if error else 200,
        live="pages",
        tabs=every,
        service=service,
        guided=guided,
        ways=ways(service),
        offered=service in offered_services() and not guided,
        connections=[(one, through_of(one)) for one in connections if tab_of(one) == service],
        name=visit.form.text("name"),
        entries=[] if guided else entries(visit, service),
        **problems(visit, error),
    )
