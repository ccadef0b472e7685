"""An installer link in browsers: made and withdrawn by one, used by another."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from roomdisplay.admin.security.roles import SYSTEM, Role
from roomdisplay.admin.use_cases.device_tokens import DisplayFacts
from roomdisplay.admin.use_cases.devices import list_devices
from roomdisplay.admin.use_cases.pairing_grants import start_pairing
from roomdisplay.admin.use_cases.rooms import RoomInput, create_room

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.browser,
    pytest.mark.timeout(120),
]


async def make_link(page: Page, count: str = "1") -> str:
    """Make a link for Atlas on the page of people; its address."""
    await page.goto("/people")
    await page.locator("summary", has_text="Make an installer link").click()
    await page.get_by_label("Atlas", exact=True).check()
    await page.get_by_label("How many displays").fill(count)
    await page.get_by_label("Valid for").select_option("3")
    await page.get_by_role("button", name="Make an installer link").click()
    return await page.locator(".notice .mono").inner_text()


async def pair_one(page: Page, center: Any, display: str) -> None:
    started = await start_pairing(center.admin, DisplayFacts(key_thumbprint=display, model="Pi"))
    await page.goto(f"/pair?code={started.user_code}")
    await page.get_by_label("Room", exact=True).select_option(label="Atlas")
    await page.get_by_role("button", name="Confirm").click()


async def test_made_used_up_and_shown_as_such(
    page: Page, browser: Browser, center: Any, sign_in: Any
) -> None:
    for name in ("Atlas", "Borealis"):
        await create_room(center.admin, SYSTEM, RoomInput(name=name, timezone="UTC"))
    await sign_in(page, role=Role.ROOMS_ADMIN)
    link = await make_link(page)
    assert link.startswith(f"{center.origin}/installer/")
    assert not (await Axe().run(page)).response["violations"]

    context = await browser.new_context(
        base_url=center.origin, locale="fr", viewport={"width": 360, "height": 700}
    )
    phone = await context.new_page()
    await phone.goto(link)
    await expect(phone.get_by_role("heading", level=1)).to_have_text("Associer des écrans")
    await expect(phone.get_by_role("listitem")).to_have_text(["Atlas"])
    assert not (await Axe().run(phone)).response["violations"]
    await context.close()

    context = await browser.new_context(base_url=center.origin, locale="en-GB")
    installer = await context.new_page()
    await installer.goto(link)
    await installer.get_by_label("Your name").fill("Bo")
    await installer.get_by_role("button", name="Begin").click()
    await expect(installer.get_by_text("One more display may be paired")).to_be_visible()
    await expect(installer.get_by_role("link", name="People")).to_be_hidden()
    await installer.get_by_role("button", name="Français").click()  # there is no account to keep it
    await installer.get_by_role("button", name="English").click()
    await pair_one(installer, center, "first")
    await expect(installer.get_by_role("heading", name="Nearly there")).to_be_visible()
    await pair_one(installer, center, "second")
    await expect(installer.get_by_text("Your link allows no more pairings.")).to_be_visible()
    assert len(await list_devices(center.admin, SYSTEM)) == 1
    for path in ("/rooms", "/devices", "/services/caldav", "/audit"):
        answer = await installer.goto(path)
        assert answer is not None
        assert answer.status == 403, path
    await installer.goto("/people")
    await expect(installer.get_by_role("heading", level=1)).to_have_text("Pair a display")
    await context.close()

    await page.goto("/people")
    assert link not in await page.content()
    await expect(page.get_by_role("cell", name="1/1")).to_be_visible()
    await expect(page.get_by_role("cell", name="Used up")).to_be_visible()


async def test_withdrawn_it_lets_nobody_in(page: Page, browser: Browser, sign_in: Any) -> None:
    await sign_in(page)
    await page.goto("/rooms/new")
    await page.get_by_label("Name").fill("Atlas")
    await page.get_by_label("Time zone").fill("UTC")
    await page.get_by_role("button", name="Create the room").click()
    link = await make_link(page, "5")
    context = await browser.new_context(locale="en-GB")
    installer = await context.new_page()
    await installer.goto(link)
    await page.get_by_role("button", name="Withdraw").click()
    await expect(page.get_by_role("status")).to_contain_text("The link is withdrawn")
    await installer.get_by_label("Your name").fill("Bo")
    await installer.get_by_role("button", name="Begin").click()
    await expect(installer.get_by_text("This link is no longer valid")).to_be_visible()
    await context.close()


async def test_what_is_wrong_is_said_beside_the_form(page: Page, center: Any, sign_in: Any) -> None:
    await create_room(center.admin, SYSTEM, RoomInput(name="Atlas", timezone="UTC"))
    await sign_in(page)
    await page.goto("/people")
    await page.locator("summary", has_text="Make an installer link").click()
    await page.get_by_label("How many displays").fill("3")
    await page.get_by_role("button", name="Make an installer link").click()
    await expect(page.get_by_role("alert")).to_contain_text("Choose at least one room")
    assert await page.get_by_label("How many displays").input_value() == "3"
