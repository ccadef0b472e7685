"""What holds for each address of the pages, whoever adds one: nobody has to remember it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import httpx
import pytest

from roomdisplay.admin.app import create_app
from roomdisplay.admin.context import Admin
from roomdisplay.admin.security.roles import SYSTEM, Role
from roomdisplay.admin.use_cases.people import accept_invitation, invite
from roomdisplay.admin.use_cases.rooms import RoomInput, create_room
from roomdisplay.admin.use_cases.sessions import Client
from roomdisplay.admin.web import cookies, form_guard

PUBLIC = ("/sign-in", "/invitation/", "/installer/", "/setup", "/language", "/demo/")
"""What a stranger may ask for: each of these has a test of its own."""
OF_EVERYBODY = {"/sign-in", "/sign-out", "/language", "/password"}
"""What every person may send, about themselves."""
OF_INSTALLERS = {"/", "/pair", "/pair/{pairing_id:str}", "/people", "/rooms/new", "/rooms/next"}
"""Pages that an installer gets; what they show or do there is decided by the use cases."""
Pages = list[tuple[str, str]]


@pytest.fixture
async def room(admin: Admin) -> str:
    return await create_room(admin, SYSTEM, RoomInput(name="Atlas", timezone="UTC"))


@pytest.fixture
def everything(admin: Admin) -> Pages:
    """Method and path of each page; the device protocol has doors of its own."""
    return sorted(
        (method, route.path)
        for route in create_app(admin).routes
        for method in getattr(route, "methods", ())
        if method in {"GET", "POST"}
        and not route.path.startswith(("/device/v1", "/oauth/", "/static/", "/live"))
    )


@pytest.fixture
async def browser(admin: Admin) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=create_app(admin))
    origin = admin.settings.canonical_origin
    async with httpx.AsyncClient(transport=transport, base_url=origin) as client:
        yield client


async def signed_in(admin: Admin, browser: httpx.AsyncClient, role: Role) -> str:
    """Let the browser be somebody of this role; the token of the forms shown to them."""
    link = await invite(admin, SYSTEM, role)
    person = await accept_invitation(
        admin,
        link.url.rsplit("/", 1)[1],
        name="Bo",
        email="bo@example.com",
        password="a calm corridor at noon",
        client=Client(),
    )
    browser.cookies.set(cookies.session_cookie(admin.settings), person.token)
    return form_guard.token(admin.sealer, person.token)


def address(path: str, room: str) -> str:
    return re.sub(r"{\w+:str}", "x" * 16, path.replace("{room_id:str}", room))


async def test_a_stranger_is_asked_to_sign_in(
    browser: httpx.AsyncClient, everything: Pages, room: str
) -> None:
    for method, path in everything:
        if method == "GET" and not path.startswith(PUBLIC):
            answer = await browser.get(address(path, room))
            assert answer.status_code == 303, path
            assert answer.headers["location"].startswith("/sign-in"), path


async def test_no_form_is_taken_without_its_token(
    admin: Admin, browser: httpx.AsyncClient, everything: Pages, room: str
) -> None:
    await signed_in(admin, browser, Role.OWNER)
    forms = [path for method, path in everything if method == "POST"]
    assert len(forms) > 30
    for path in forms:
        assert (await browser.post(address(path, room))).status_code == 403, path


@pytest.mark.parametrize("role", [Role.VIEWER, Role.INSTALLER])
async def test_who_may_change_nothing_changes_nothing(
    admin: Admin, browser: httpx.AsyncClient, everything: Pages, room: str, role: Role
) -> None:
    token = await signed_in(admin, browser, role)
    form = {"form_token": token, "name": "N", "timezone": "UTC", "role": "owner", "confirm": "1"}
    form |= {"room": room, "place": "door", "days": "7", "pairings": "1", "code": "BBBB-BBBB"}
    for method, path in everything:
        if method == "POST" and path not in OF_EVERYBODY:
            answer = await browser.post(address(path, room), data=form)
            assert answer.status_code in {403, 404}, path


async def test_an_installer_sees_pages_of_pairing_alone(
    admin: Admin, browser: httpx.AsyncClient, everything: Pages, room: str
) -> None:
    await signed_in(admin, browser, Role.INSTALLER)
    for method, path in everything:
        if method == "GET" and path not in OF_INSTALLERS and not path.startswith(PUBLIC):
            assert (await browser.get(address(path, room))).status_code in {403, 404}, path
