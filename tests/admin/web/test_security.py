"""Forms that are not ours, strangers, headers, and every error page in words."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from roomdisplay.admin.security.roles import Role
from roomdisplay.admin.use_cases.people import invite_owner
from roomdisplay.admin.use_cases.sessions import IDLE

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def client(center: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=center.origin, trust_env=False) as client:
        yield client


@pytest.fixture
def owner(client: httpx.AsyncClient, center: Any, add_person: Any) -> Any:
    return lambda: signed_in(client, center, add_person)


def token_of(page: str) -> str:
    found = re.search(r'name="form_token" value="([0-9a-f]{64})"', page)
    assert found
    return found[1]


async def signed_in(client: httpx.AsyncClient, center: Any, add_person: Any, **person: Any) -> str:
    """Sign in with a form, as a browser would; the token of the signed-in pages' forms."""
    await add_person(center.admin, **person)
    page = await client.get("/sign-in")
    answer = await client.post(
        "/sign-in",
        data={
            "form_token": token_of(page.text),
            "email": person.get("email", "ada@example.com"),
            "password": "a calm corridor at noon",
            "next": "/people",
        },
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/people")
    return token_of((await client.get("/people")).text)


async def test_every_page_has_a_strict_policy_and_nothing_inline(
    client: httpx.AsyncClient, center: Any, add_person: Any
) -> None:
    await signed_in(client, center, add_person)
    for path in ("/", "/rooms", "/services/caldav", "/pair", "/settings", "/nowhere"):
        answer = await client.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=", answer.text)


async def test_the_session_cookie_is_kept_from_scripts_and_other_sites(
    client: httpx.AsyncClient, center: Any, add_person: Any
) -> None:
    await add_person(center.admin)
    page = await client.get("/sign-in")
    answer = await client.post(
        "/sign-in",
        data={
            "form_token": token_of(page.text),
            "email": "ada@example.com",
            "password": "a calm corridor at noon",
        },
    )
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie


@pytest.mark.parametrize(
    ("token", "headers"),
    [
        ("", {}),
        ("0" * 64, {}),
        ("é", {}),
        (None, {"sec-fetch-site": "cross-site"}),
        (None, {"sec-fetch-site": "same-site"}),
    ],
)
async def test_a_form_that_is_not_ours_is_refused(
    client: httpx.AsyncClient,
    center: Any,
    add_person: Any,
    token: str | None,
    headers: dict[str, str],
) -> None:
    ours = await signed_in(client, center, add_person)
    data = {"form_token": ours if token is None else token, "name": "X", "timezone": "UTC"}
    answer = await client.post("/rooms/new", data=data, headers=headers)
    assert answer.status_code == 403
    assert "This form is too old" in answer.text
    assert "X</bdi>" not in (await client.get("/rooms")).text
    allowed = await client.post("/rooms/new", data={**data, "form_token": ours})
    assert allowed.status_code == 303


async def test_somebody_elses_token_is_worth_nothing(
    client: httpx.AsyncClient, center: Any, add_person: Any
) -> None:
    stranger = token_of((await client.get("/sign-in")).text)
    await signed_in(client, center, add_person)
    answer = await client.post("/rooms/new", data={"form_token": stranger, "name": "X"})
    assert answer.status_code == 403


async def test_strangers_are_asked_to_sign_in_and_come_back(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/rooms?q=a%26b")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=%2Frooms%3Fq%3Da%2526b"
    for path in ("/live", "/audit", "/people", "/connections/x", "/pair?code=BBBB-BBBB"):
        assert (await client.get(path)).status_code == 303


async def test_a_session_ends_by_itself_and_by_signing_out(
    client: httpx.AsyncClient, center: Any, add_person: Any
) -> None:
    token = await signed_in(client, center, add_person)
    center.clock.offset = IDLE + timedelta(minutes=1)
    assert (await client.get("/rooms")).status_code == 303
    center.clock.offset = timedelta(0)
    assert (await client.get("/rooms")).status_code == 200
    assert (await client.post("/sign-out", data={"form_token": token})).status_code == 303
    assert (await client.get("/rooms")).status_code == 303


async def test_looking_at_an_invitation_uses_nothing_up(
    client: httpx.AsyncClient, center: Any
) -> None:
    path = (await invite_owner(center.admin)).url.removeprefix(center.origin)
    for _ in range(3):
        page = await client.get(path)
        assert page.status_code == 200
    data = {"form_token": token_of(page.text), "name": "Ada", "email": "ada@example.com"}
    short = await client.post(path, data={**data, "password": "short"})
    assert short.status_code == 422
    assert "At least 10 characters." in short.text
    good = await client.post(path, data={**data, "password": "a calm corridor at noon"})
    assert good.status_code == 303
    gone = await client.get(path)
    assert gone.status_code == 404
    assert "This link is no longer valid" in gone.text


async def test_a_viewer_may_look_and_nothing_more(
    client: httpx.AsyncClient, center: Any, add_person: Any
) -> None:
    token = await signed_in(client, center, add_person, role=Role.VIEWER, email="vera@example.com")
    assert (await client.get("/rooms")).status_code == 200
    assert "/rooms/new" not in (await client.get("/rooms")).text
    answer = await client.post(
        "/rooms/new", data={"form_token": token, "name": "X", "timezone": "UTC"}
    )
    assert answer.status_code == 403
    assert "Your role does not include this." in answer.text
    assert (await client.get("/audit")).status_code == 403


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/nowhere", 404, "There is no such page"),
        ("/rooms/nowhere", 404, "There is no such room any more."),
        ("/devices/nowhere", 404, "There is no such display any more."),
        ("/services/nowhere", 404, "There is no such page"),
        ("/rooms/a/delete", 405, "That does not work here"),
        ("/setup", 404, "There is no such page"),
    ],
)
async def test_every_error_page_is_ours_in_words(
    client: httpx.AsyncClient, owner: Any, path: str, status: int, words: str
) -> None:
    await owner()
    answer = await client.get(path, headers={"accept-language": "en"})
    assert answer.status_code == status
    assert words in answer.text
    assert "<h1>" in answer.text


async def test_an_error_page_speaks_french_too(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nulle-part", headers={"accept-language": "fr"})
    assert "Cette page n&#39;existe pas" in answer.text


async def test_machines_get_no_pages(client: httpx.AsyncClient) -> None:
    answer = await client.get("/device/v1/nowhere")
    assert answer.status_code == 404
    assert "<html" not in answer.text


async def test_a_huge_form_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/sign-in", data={"email": "x" * 2_000_000})
    assert answer.status_code == 413


async def test_the_demo_and_the_one_screen_page_are_not_there_otherwise(
    client: httpx.AsyncClient,
) -> None:
    token = token_of((await client.get("/sign-in")).text)
    answer = await client.post("/demo/network", data={"form_token": token})
    assert answer.status_code == 404
