"""The audit log, the people, and one's own sign-ins."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.params import FromPath

from roomdisplay.admin.errors import InvalidInputError
from roomdisplay.admin.security.roles import Permission, Role
from roomdisplay.admin.use_cases.audit import list_audit
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
from roomdisplay.admin.web.visit import CurrentVisit, Visit


@get("/audit")
async def audit_page(visit: CurrentVisit) -> Response[str]:
    """Who did what, newest first."""
    entries = await list_audit(visit.admin, visit.actor)
    return await visit.page("audit.html", section="audit", live="pages", entries=entries)


@get("/people")
async def people_page(visit: CurrentVisit) -> Response[str]:
    """Who may sign in, and which browsers are signed in."""
    return await _people(visit)


@post("/people/invitations")
async def invite_person(visit: CurrentVisit) -> Response[str]:
    """Make a one-time link and show it, this once."""
    role = visit.form.text("role")
    if role not in set(Role):
        raise InvalidInputError({"role": "role_needed"})
    chosen = visit.form.all("room") if role == Role.INSTALLER else []
    issued = await invite(visit.admin, visit.actor, Role(role), room_ids=chosen or None)
    return await _people(visit, link=issued.url, link_until=visit.t.moment(issued.expires_at))


@post("/people/{person_id:str}/role")
async def set_role(visit: CurrentVisit, person_id: FromPath[str]) -> Response[str]:
    """Give somebody another role."""
    role = visit.form.text("role")
    if role not in set(Role):
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
        return await _people(visit, status=error.status, errors=field_words(visit.t, error))
    return visit.go("/sign-in", said="password_changed")


async def _people(
    visit: Visit,
    *,
    status: int = 200,
    link: str = "",
    link_until: str = "",
    errors: dict[str, str] | None = None,
) -> Response[str]:
    manages = visit.actor.may(Permission.PEOPLE)
    sees_rooms = visit.actor.may(Permission.VIEW)
    return await visit.page(
        "people.html",
        section="people",
        status=status,
        people=await list_people(visit.admin, visit.actor) if manages else (),
        sessions=await list_sessions(visit.admin, visit.actor),
        this_session=visit.signed_in.session_id if visit.signed_in else "",
        rooms=await list_rooms(visit.admin, visit.actor) if manages and sees_rooms else (),
        roles=[role.value for role in Role],
        link=link,
        link_until=link_until,
        errors=errors or {},
    )
