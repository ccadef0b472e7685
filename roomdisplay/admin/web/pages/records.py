"""The audit log, the people, and one's own sign-ins."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.params import FromPath

from roomdisplay.admin.errors import InvalidInputError
from roomdisplay.admin.security.roles import Permission, Role
from roomdisplay.admin.use_cases.audit import list_audit
from roomdisplay.admin.use_cases.installer_links import list_installer_links
from roomdisplay.admin.use_cases.people import (
    change_password,
    change_role,
    disable_person,
    invite,
    list_people,
)
from roomdisplay.admin.use_cases.rooms import list_rooms
from roomdisplay.admin.use_cases.sessions import end_session, list_sessions
from roomdisplay.admin.web.errors import field_words
from roomdisplay.admin.web.grouping import grouped
from roomdisplay.admin.web.visit import CurrentVisit, Visit

INVITED = tuple(role.value for role in Role if role is not Role.INSTALLER)
"""The roles of accounts; installers get a link of their own kind."""
VALID_DAYS = (1, 3, 7, 14, 30, 90)
"""What the form for an installer link offers."""


@get("/audit")
async def audit_page(visit: CurrentVisit) -> Response[str]:
    """Who did what, newest first."""
    entries = await list_audit(visit.admin, visit.actor)
    return await visit.page("audit.html", section="audit", live="pages", entries=entries)


@get("/people")
async def people_page(visit: CurrentVisit) -> Response[str]:
    """Who may sign in, and which browsers are signed in."""
    if visit.actor.link_id is not None:  # whoever came by an installer link has no account
        return visit.go("/pair")
    return await people_view(visit)


@post("/people/invitations")
async def invite_person(visit: CurrentVisit) -> Response[str]:
    """Make a one-time link and show it, this once."""
    role = visit.form.text("role")
    if role not in INVITED:
        raise InvalidInputError({"role": "role_needed"})
    issued = await invite(visit.admin, visit.actor, Role(role))
    return await people_view(visit, link=issued.url, link_until=visit.t.moment(issued.expires_at))


@post("/people/{person_id:str}/role")
async def set_role(visit: CurrentVisit, person_id: FromPath[str]) -> Response[str]:
    """Give somebody another role."""
    role = visit.form.text("role")
    if role not in INVITED:
        raise InvalidInputError({"role": "role_needed"})
    await change_role(visit.admin, visit.actor, person_id, Role(role))
    return visit.go("/people", said="person_changed")


@post("/people/{person_id:str}/disable")
async def disable(visit: CurrentVisit, person_id: FromPath[str]) -> Response[str]:
    """Let somebody sign in no longer."""
    await disable_person(visit.admin, visit.actor, person_id)
    return visit.go("/people", said="person_changed")


@post("/sessions/{session_id:str}/end")
async def end(visit: CurrentVisit, session_id: FromPath[str]) -> Response[str]:
    """Sign a browser out from afar."""
    await end_session(visit.admin, visit.actor, session_id)
    return visit.go("/people", said="session_ended")


@post("/password")
async def set_password(visit: CurrentVisit) -> Response[str]:
    """Change one's own password; every session ends."""
    try:
        await change_password(
            visit.admin, visit.actor, visit.form.raw("old"), visit.form.raw("new")
        )
    except InvalidInputError as error:
        return await people_view(visit, status=error.status, errors=field_words(visit.t, error))
    return visit.go("/sign-in", said="password_changed")


async def people_view(
    visit: Visit,
    *,
    status: int = 200,
    link: str = "",
    installer_link: str = "",
    link_until: str = "",
    errors: dict[str, str] | None = None,
    link_errors: dict[str, str] | None = None,
) -> Response[str]:
    """The page of people, with a link that was made just now and is shown this once."""
    manages, installs = visit.actor.may(Permission.PEOPLE), visit.actor.may(Permission.DEVICES)
    rooms = await list_rooms(visit.admin, visit.actor) if installs else []
    return await visit.page(
        "people.html",
        section="people",
        status=status,
        people=await list_people(visit.admin, visit.actor) if manages else (),
        sessions=await list_sessions(visit.admin, visit.actor),
        this_session=visit.signed_in.session_id if visit.signed_in else "",
        groups=grouped(rooms, lambda room: room.building),
        links=await list_installer_links(visit.admin, visit.actor) if installs else (),
        days=VALID_DAYS,
        chosen_rooms=visit.form.all("room"),
        pairings=visit.form.text("pairings", 5),
        chosen_days=visit.form.text("days", 3),
        roles=INVITED,
        link=link,
        installer_link=installer_link,
        link_until=link_until,
        errors=errors or {},
        link_errors=link_errors or {},
    )
