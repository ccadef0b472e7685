"""What holds for each address of the pages, whoever adds one: nobody has to remember it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest

from roomdisplay.admin.app import create_app
from roomdisplay.admin.context import Admin
from roomdisplay.admin.security.roles import SYSTEM, Role
from roomdisplay.admin.store import new_id
from roomdisplay.admin.store.tables import CalendarConnection
from roomdisplay.admin.use_cases.people import accept_invitation, invite
from roomdisplay.admin.use_cases.rooms import RoomInput, create_room
from roomdisplay.admin.use_cases.sessions import Client
from roomdisplay.admin.web import cookies, form_guard

PUBLIC = ("/sign-in", "/invitation/", "/installer/", "/setup", "/step-1/", "/language", "/demo/")
"""What a stranger may ask for: each of these has a test of its own."""
OF_EVERYBODY = {"/sign-in", "/sign-out", "/language", "/password"}
"""What every person may send, about themselves."""
OF_INSTALLERS = {"/", "/pair", "/pair/{pairing_id:str}", "/people"}
"""Pages that an installer gets; what they show or do there is decided by the use cases."""
Pages = list[tuple[str, str]]


@pytest.fixture
async def room(admin: Admin) -> str:
    return await create_room(admin, SYSTEM, RoomInput(name="Atlas", timezone="UTC"))


@pytest.fixture
async def furnished(
    admin: Admin, room: str, make_device: Callable[[str], Awaitable[str]]
) -> dict[str, str]:
    """What stands in the addresses of pages, of a house that has one of each."""
    connection = CalendarConnection(
        id=new_id(), service="ics", name="Feed", values={}, created_at=admin.clock()
    )
    async with admin.store.transaction() as session:
        session.add(connection)
    return {
        "room_id": room,
        "device_id": await make_device(room),
        "connection_id": connection.id,
        "service": "ics",
    }


@pytest.fixture
def everything(admin: Admin) -> Pages:
    """Method and path of each page; displays and calendar services have doors of their own."""
    return sorted(
        (method, route.path)
        for route in create_app(admin).routes
        for method in getattr(route, "methods", ())
        if method in {"GET", "POST"}
        and not route.path.startswith(("/device/v1", "/oauth/", "/hooks/", "/static/", "/live"))
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


FORM = re.compile(r"<form\b[^>]*>")
OF_THEMSELVES = {"/sign-out", "/language", "/password"}


def forms_sent(page: httpx.Response) -> set[str]:
    """Where the forms on a page lead that change something."""
    found = set()
    for form in FORM.findall(page.text):
        if 'method="post"' in form:
            action = re.search(r'action="([^"]*)"', form)
            found.add(action[1] if action else page.request.url.path)
    return {path for path in found if path not in OF_THEMSELVES | {"/demo"}}


@pytest.mark.parametrize("role", [Role.VIEWER, Role.INSTALLER, Role.ROOMS_ADMIN])
async def test_nobody_is_shown_a_form_that_they_may_not_send(
    admin: Admin,
    browser: httpx.AsyncClient,
    everything: Pages,
    furnished: dict[str, str],
    role: Role,
) -> None:
    token = await signed_in(admin, browser, role)
    shown: dict[str, set[str]] = {}
    for method, path in everything:
        if method == "GET" and not path.startswith(PUBLIC):
            there = re.sub(r"{(\w+):str}", lambda hole: furnished.get(hole[1], "x" * 16), path)
            page = await browser.get(there)
            assert page.status_code in {200, 303, 403, 404, 409}, path
            if page.status_code == 200:
                shown[path] = forms_sent(page)
    assert len(shown) > 1
    for page_path, forms in shown.items():
        for path in forms:
            if path.startswith("/sessions/"):
                continue  # one's own
            # Empty, so that nothing comes of it: what is refused is refused for the role.
            answer = await browser.post(path, data={"form_token": token})
            assert answer.status_code != 403, f"{page_path} shows a form to {path}"


async def test_forms_of_others_are_not_even_asked_for(
    admin: Admin, browser: httpx.AsyncClient, room: str
) -> None:
    await signed_in(admin, browser, Role.VIEWER)
    for path in ("/rooms/new", "/rooms/next", "/pair", f"/rooms/{room}/calendar", "/rooms/matches"):
        assert (await browser.get(path)).status_code == 403, path
    assert (await browser.get("/rooms")).status_code == 200
    settings = await browser.get("/settings")  # to be read, not sent
    assert settings.status_code == 200
    assert "<select" not in settings.text.replace('<select name="language"', "")
