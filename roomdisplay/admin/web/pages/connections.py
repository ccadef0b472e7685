"""One connection: how it is, what the calendar doctor finds, its calendars and its settings."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.params import FromPath

from roomdisplay.admin.errors import AdminError, InvalidInputError, ServiceError
from roomdisplay.admin.guide.repairs import values_of
from roomdisplay.admin.security.roles import Permission
from roomdisplay.admin.use_cases.authorization import begin_authorization
from roomdisplay.admin.use_cases.calendars import CalendarView, list_calendars
from roomdisplay.admin.use_cases.consents import list_consents
from roomdisplay.admin.use_cases.disconnecting import disconnect_for_now
from roomdisplay.admin.use_cases.doctor import ask_doctor, doctor_report
from roomdisplay.admin.use_cases.services import (
    ConnectionView,
    change_connection,
    check_connection,
    disconnect_service,
    get_connection,
    rename_connection,
)
from roomdisplay.admin.web.findings import check_views
from roomdisplay.admin.web.grouping import grouped
from roomdisplay.admin.web.pages.service_problems import problems
from roomdisplay.admin.web.pages.step_2 import off_to, session_of
from roomdisplay.admin.web.service_entries import entered, entries
from roomdisplay.admin.web.visit import CurrentVisit, Visit
from roomdisplay.admin.web.ways import tab_of, through_of
from roomdisplay.connectors.registry import SERVICES

_REFRESH_S = 3


@get("/connections/{connection_id:str}")
async def connection_page(visit: CurrentVisit, connection_id: FromPath[str]) -> Response[str]:
    """One connection."""
    return await _connection(visit, connection_id)


@post("/connections/{connection_id:str}")
async def change(visit: CurrentVisit, connection_id: FromPath[str]) -> Response[str]:
    """Replace what was entered: tried live first; an empty secret stays."""
    connection = await get_connection(visit.admin, visit.actor, connection_id)
    form = entered(visit, connection.service)
    try:
        if connection.service in SERVICES and SERVICES[connection.service].window:
            return await off_to(
                visit,
                await begin_authorization(
                    visit.admin,
                    visit.actor,
                    session_of(visit),
                    connection.service,
                    connection.name,
                    form,
                    connection_id=connection_id,
                ),
                tab_of(connection),
            )
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


@post("/connections/{connection_id:str}/doctor")
async def look(visit: CurrentVisit, connection_id: FromPath[str]) -> Response[str]:
    """Have the calendar doctor look now, with a test meeting if it is asked for."""
    await ask_doctor(
        visit.admin,
        visit.actor,
        connection_id,
        room=visit.form.text("room", 2048) or None,
        invitation=visit.form.ticked("invitation"),
    )
    # Without "#doctor": a page without JavaScript would then not load itself anew.
    return visit.go(f"/connections/{connection_id}")


@post("/connections/{connection_id:str}/disconnect")
async def disconnect(visit: CurrentVisit, connection_id: FromPath[str]) -> Response[str]:
    """Forget a service's secrets; its rooms keep their calendars until it is connected again."""
    await disconnect_for_now(visit.admin, visit.actor, connection_id)
    return visit.go(f"/connections/{connection_id}", said="disconnected")


@post("/connections/{connection_id:str}/remove")
async def remove(visit: CurrentVisit, connection_id: FromPath[str]) -> Response[str]:
    """Forget a service, its secrets and its calendars."""
    confirm = visit.form.ticked("confirm")
    await disconnect_service(visit.admin, visit.actor, connection_id, confirm=confirm)
    return visit.go("/services", said="removed_service")


async def _connection(
    visit: Visit, connection_id: str, error: AdminError | None = None
) -> Response[str]:
    admin, actor = visit.admin, visit.actor
    connection = await get_connection(admin, actor, connection_id)
    tends = actor.may(Permission.ROOMS)
    calendars = await list_calendars(admin, actor, connection_id=connection_id) if tends else []
    report = await doctor_report(admin, actor, connection_id) if tends else None
    values = values_of(connection.service, connection.values)
    at_work = report is not None and (
        report.waiting or (report.started_at is not None and report.finished_at is None)
    )
    agreed = await list_consents(admin, actor, connection_id) if _may_connect(visit) else []
    return await visit.page(
        "connection.html",
        section="services",
        status=error.status if error else 200,
        live="pages",
        refresh_s=_REFRESH_S if at_work else 0,
        connection=connection,
        tab=tab_of(connection),
        through=through_of(connection),
        window=_has_window(connection),
        entries=entries(visit, connection.service, connection.values, connection.secret_keys),
        groups=_by_list(connection, calendars),
        calendars=calendars,
        report=report,
        at_work=at_work,
        checks=check_views(visit.t, report.findings, values) if report else [],
        consents=agreed,
        **problems(visit, error, values),
    )


def _may_connect(visit: Visit) -> bool:
    return visit.actor.may(Permission.CONNECT)


def _has_window(connection: ConnectionView) -> bool:
    return connection.service in SERVICES and SERVICES[connection.service].window


def _by_list(
    connection: ConnectionView, calendars: list[CalendarView]
) -> list[tuple[str, list[CalendarView]]]:
    """By room list; a service without lists is one group without a name."""
    return grouped(calendars, lambda one: "" if one.group == connection.name else one.group)
