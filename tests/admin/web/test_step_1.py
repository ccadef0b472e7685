"""Step 1 on the pages: filled in, copied, downloaded, printed, and sent to whoever can do it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from playwright.async_api import Browser, Page, expect
from sqlalchemy import select

from roomdisplay.admin.security.roles import Role
from roomdisplay.admin.store.tables import SentStep

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.browser,
    pytest.mark.timeout(120),
]
NAMES = {
    "account": "svc-rooms@example.com",
    "rooms": "atlas@example.com",
    "room_list": "Salles d'en haut",
}
FILLED = f"/services/exchange/step-1?{urlencode(NAMES)}"


@pytest.fixture(name="stranger")
async def _stranger(center: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=center.origin) as client:
        yield client


async def test_three_fields_make_every_command(page: Page, sign_in: Any) -> None:
    await sign_in(page)
    await page.goto("/services/exchange/step-1")
    await expect(page.locator("pre", has_text="atlas@example.com")).to_have_count(0)
    await page.get_by_label("Service account").fill("svc-rooms@example.com")
    await page.get_by_label("Resource calendar").fill("atlas@example.com")
    await page.get_by_label("Room list").fill("O'Hara\u2019s")
    await page.get_by_role("button", name="Write the commands").click()
    await expect(
        page.get_by_text("New-DistributionGroup -Name 'O''Hara\u2019\u2019s' -RoomList")
    ).to_be_visible()
    assert "O%27Hara" in page.url  # kept in the address
    titles = await page.locator(".guide h3").all_inner_texts()
    assert titles == [
        "Service account",
        "Management role with ApplicationImpersonation",
        "Resource calendar, if it is not there yet",
        "Connect to PowerShell",
        "Create the room list",
        "Add the rooms to the list",
        "Let the rooms keep what a meeting says",
    ]
    await expect(
        page.get_by_role("heading", name="You have completed the integration")
    ).to_be_visible()
    await expect(page.get_by_role("link", name="Go to step 2")).to_be_visible()


async def test_what_is_wrong_stands_beside_its_field(page: Page, sign_in: Any) -> None:
    await sign_in(page)
    query = urlencode(NAMES | {"account": "svc"})
    answer = await page.goto(f"/services/exchange/step-1?{query}")
    assert answer is not None
    assert answer.status == 422
    await expect(page.get_by_label("Service account")).to_have_attribute("aria-invalid", "true")
    await expect(page.get_by_text("Enter the email address of a mailbox.")).to_be_visible()


async def test_a_command_is_copied_as_it_is_written(page: Page, sign_in: Any) -> None:
    await sign_in(page)
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.goto(FILLED)
    button = page.locator(".guide > li").nth(4).get_by_role("button")
    await button.click()
    await expect(button).to_contain_text("Copied")
    assert await page.evaluate("navigator.clipboard.readText()") == (
        "New-DistributionGroup -Name 'Salles d''en haut' -RoomList"
    )


async def test_the_script_is_downloaded_in_the_readers_language(page: Page, sign_in: Any) -> None:
    await sign_in(page)
    await page.goto(FILLED)
    async with page.expect_download() as download:
        await page.get_by_role("link", name="Download the script").click()
    got = await download.value
    assert got.suggested_filename == "room-display-step-1-exchange.ps1"
    data = (await got.path()).read_bytes()
    assert data.startswith(b"\xef\xbb\xbf#Requires")
    assert b"$RoomList = 'Salles d''en haut'\r\n" in data


async def test_office_365_shows_what_ended_and_what_takes_its_place(
    page: Page, sign_in: Any
) -> None:
    await sign_in(page)
    await page.goto("/services/office365/step-1?mfa=0")
    await expect(page.locator("s")).to_have_text("Management role with ApplicationImpersonation")
    await expect(page.get_by_text("Removed by Microsoft in February 2025")).to_be_visible()
    await expect(page.get_by_text("Connect-ExchangeOnline -Credential")).to_be_visible()
    await page.goto("/services/office365/step-1?through=cronofy")
    await expect(page.get_by_text("Cronofy's window asks a tenant administrator")).to_be_visible()
    for nowhere in ("/services/ics/step-1", "/services/office365/step-1?through=else"):
        answer = await page.goto(nowhere)
        assert answer is not None
        assert answer.status == 404


async def test_the_step_is_sent_by_a_link_that_opens_once(
    page: Page, browser: Browser, center: Any, sign_in: Any, stranger: httpx.AsyncClient
) -> None:
    await sign_in(page, Role.ROOMS_ADMIN)
    await page.goto(FILLED)
    await page.get_by_text("I am not the IT administrator").click()
    await page.get_by_role("button", name="Send this step").click()
    link = await page.locator(".secret").inner_text()
    for _ in range(3):  # mail scanners
        looked = await stranger.get(link)
        assert looked.status_code == 200
        assert "atlas@example.com" not in looked.text

    other = await browser.new_context(base_url=center.origin, locale="fr-CH")
    received = await other.new_page()
    await received.goto(link)
    await expect(received.get_by_text("Ada vous demande")).to_be_visible()
    await received.get_by_role("button", name="Ouvrir l'étape 1").click()
    await expect(received.get_by_text("-Member 'atlas@example.com'")).to_be_visible()
    await expect(received.get_by_role("link", name="Aller à l'étape 2")).to_have_count(0)
    await received.get_by_label("Liste de salles").fill("Autre")
    await received.get_by_role("button", name="Écrire les commandes").click()
    await expect(received.get_by_text("New-DistributionGroup -Name 'Autre'")).to_be_visible()
    await received.goto("/step-1/open")  # what was sent stands again
    await expect(received.get_by_text("-Name 'Salles d''en haut'")).to_be_visible()
    async with received.expect_download() as download:
        await received.get_by_role("link", name="Télécharger le script").click()
    script = (await (await download.value).path()).read_text("utf-8-sig")
    assert "Étape 1 de Room Display" in script
    await received.goto("/rooms")  # it opens nothing else
    await expect(received).to_have_url(re.compile("/sign-in"))
    assert (await stranger.get(link)).status_code == 404
    await expect_gone(stranger, center, link)
    center.clock.offset += timedelta(days=15)
    answer = await received.goto("/step-1/open")
    assert answer is not None
    assert answer.status == 404
    await other.close()


async def expect_gone(stranger: httpx.AsyncClient, center: Any, link: str) -> None:
    """Neither the link nor a made-up secret opens a step; the store holds hashes alone."""
    assert (await stranger.get("/step-1/" + "x" * 43)).status_code == 404
    assert (await stranger.get("/step-1/open")).status_code == 404
    async with center.admin.store.reading() as session:
        (row,) = await session.scalars(select(SentStep))
    kept = repr(vars(row))
    assert link.rsplit("/", 1)[1] not in kept
    assert row.sender == "Ada"


async def test_printed_is_the_step_alone(page: Page, sign_in: Any) -> None:
    await sign_in(page)
    await page.goto(FILLED)
    await page.emulate_media(media="print")
    for gone in ("Write the commands", "Send this step", "Copy", "Sign out"):
        await expect(page.get_by_role("button", name=gone).first).to_be_hidden()
    await expect(page.get_by_role("link", name="Manage Rooms")).to_be_hidden()
    await expect(page.get_by_text("New-DistributionGroup -Name")).to_be_visible()


@pytest.mark.parametrize("role", [Role.VIEWER, Role.INSTALLER])
async def test_who_gives_no_calendars_sees_no_step(
    page: Page, sign_in: Callable[..., Any], role: Role
) -> None:
    await sign_in(page, role)
    for path in (FILLED, FILLED.replace("step-1?", "step-1/script?")):
        answer = await page.goto(path)
        assert answer is not None
        assert answer.status == 403
