"""Keyboard, screen reader, phone, dark, French: every page, looked at by axe."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from roomdisplay.admin.security.roles import SYSTEM
from roomdisplay.admin.store.tables import Device
from roomdisplay.admin.use_cases.device_tokens import DisplayFacts
from roomdisplay.admin.use_cases.pairing_grants import start_pairing
from roomdisplay.admin.use_cases.rooms import RoomInput, create_room, list_rooms
from roomdisplay.admin.use_cases.services import connect_service

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.browser,
    pytest.mark.timeout(180),
]
LONG = "Grande salle de réunion du troisième étage du bâtiment " + "x" * 60

STEP_1 = (
    "account=svc%40example.com&room_list=Paris&rooms="
    "a-room-with-quite-a-long-address%40mailboxes.subsidiary.example.com%2Catlas%40example.com"
)


async def furnish(center: Any) -> list[str]:
    """Rooms, displays and a calendar service, and the address of every page they have."""
    admin = center.admin
    connection = await connect_service(admin, SYSTEM, "sample", "Sample building", {})
    room = await create_room(
        admin, SYSTEM, RoomInput(name=LONG, timezone="Europe/Paris", building="Tour A", capacity=8)
    )
    async with admin.store.transaction() as session:
        for number, room_id in enumerate((room, None)):
            session.add(
                Device(
                    id=f"device{number}",
                    name=f"Display {number}",
                    room_id=room_id,
                    place="inside",
                    key_thumbprint=f"key{number}",
                    created_at=admin.clock(),
                    last_seen_at=admin.clock(),
                )
            )
    started = await start_pairing(admin, DisplayFacts(key_thumbprint="key", model="Pi 5"))
    return [
        "/",
        "/rooms",
        "/rooms/new",
        "/rooms/from-calendars",
        "/rooms/matches",
        "/rooms/csv",
        f"/rooms/{room}",
        f"/rooms/{room}/calendar",
        f"/rooms/{room}/applied",
        "/devices",
        "/devices/device0",
        "/devices/device1/calendar",
        "/services/office365",
        "/services/exchange",
        "/services/caldav",
        "/services/ics",
        f"/services/exchange/step-1?{STEP_1}",
        "/services/office365/step-1?client_id=x",
        "/services/exchange/step-2?through=cronofy",
        "/services/exchange/link",
        "/services/office365/link",
        "/services/office365/link?through=cronofy",
        f"/connections/{connection}",
        "/activation-codes",
        "/pair",
        f"/pair?code={started.user_code}",
        "/people",
        "/audit",
        "/settings",
        "/nowhere",
    ]


async def complaints(page: Page) -> list[str]:
    found = (await Axe().run(page)).response["violations"]
    return [f"{page.url}: {one['id']}: {one['nodes'][0]['html']}" for one in found]


async def test_axe_finds_nothing_in_light_dark_or_on_a_phone(
    browser: Browser, center: Any, sign_in: Any
) -> None:
    paths = await furnish(center)
    wrong: list[str] = []
    for language, scheme, width in (("en", "light", 1280), ("fr", "dark", 360)):
        context = await browser.new_context(
            base_url=center.origin,
            locale=language,
            color_scheme=scheme,
            viewport={"width": width, "height": 800},
        )
        page = await context.new_page()
        await page.goto("/sign-in")
        wrong += await complaints(page)
        await sign_in(page)
        for path in paths:
            await page.goto(path)
            wrong += await complaints(page)
            wide = await page.evaluate("document.documentElement.scrollWidth")
            if wide > width:
                wrong.append(f"{path}: {wide} pixels wide at {width}")
        await context.close()
    assert wrong == []


async def test_everything_is_reached_by_keyboard(page: Page, center: Any, sign_in: Any) -> None:
    await furnish(center)
    await sign_in(page)
    await page.goto("/rooms")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Create rooms from calendars")).to_be_focused()


async def test_french_by_the_browser_and_by_choice(
    browser: Browser, center: Any, sign_in: Any
) -> None:
    context = await browser.new_context(base_url=center.origin, locale="fr-CH")
    page = await context.new_page()
    await page.goto("/sign-in")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Se connecter")
    await page.get_by_role("button", name="English").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    await sign_in(page)
    await page.goto("/rooms")
    await page.get_by_role("button", name="Français").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Gérer les salles")
    assert await page.locator("html").get_attribute("lang") == "fr"
    await context.clear_cookies(name="roomdisplay-language")
    await page.reload()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Gérer les salles")


async def test_a_phones_menu_opens_and_closes(browser: Browser, center: Any, sign_in: Any) -> None:
    context = await browser.new_context(
        base_url=center.origin,
        locale="en-GB",
        viewport={"width": 360, "height": 700},
        java_script_enabled=False,
    )
    page = await context.new_page()
    await sign_in(page)
    await page.goto("/")
    await expect(page.get_by_role("link", name="Devices")).to_be_hidden()
    await page.get_by_role("link", name="Menu").click()
    await page.get_by_role("link", name="Devices").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Devices")


async def test_activation_codes_are_shown_once(page: Page, center: Any, sign_in: Any) -> None:
    await create_room(center.admin, SYSTEM, RoomInput(name="=Atlas", timezone="UTC"))
    await sign_in(page)
    await page.goto("/activation-codes")
    await page.get_by_label("=Atlas").check()
    await page.get_by_label("At the door").check()
    await page.get_by_role("button", name="Make codes").click()
    code = await page.locator(".secret").inner_text()
    async with page.expect_download() as download:
        await page.get_by_role("link", name="Download CSV").click()
    kept = (await (await download.value).path()).read_text()
    assert kept.splitlines()[1].startswith(f"'=Atlas,,door,{code},")
    assert await complaints(page) == []
    await page.goto("/activation-codes")
    assert code not in await page.content()
    await page.get_by_role("button", name="Withdraw").click()
    await expect(page.get_by_role("cell", name="Withdrawn", exact=True)).to_be_visible()
    assert [room.name for room in await list_rooms(center.admin, SYSTEM)] == ["=Atlas"]
