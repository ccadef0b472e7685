"""Suggested matches in a browser: ticked one by one, one Apply."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from roomdisplay.admin.security.roles import SYSTEM
from roomdisplay.admin.use_cases.rooms import RoomInput, create_room, list_rooms
from roomdisplay.admin.use_cases.services import connect_service

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.browser,
    pytest.mark.timeout(120),
]


async def test_only_exact_names_are_ticked_and_only_ticked_ones_applied(
    page: Page, center: Any, sign_in: Any
) -> None:
    await connect_service(center.admin, SYSTEM, "sample", "Sample building", {})
    for name in ("atlas", "Salle Borealis", "Room Cassini", "Helios"):
        await create_room(center.admin, SYSTEM, RoomInput(name=name, timezone="UTC"))
    await sign_in(page)
    await page.goto("/rooms")
    await page.get_by_role("link", name="Suggested matches").click()
    boxes = page.get_by_role("checkbox")
    await expect(boxes).to_have_count(3)
    await expect(page.get_by_label("atlas")).to_be_checked()
    await expect(page.get_by_label("Salle Borealis")).not_to_be_checked()
    assert not (await Axe().run(page)).response["violations"]
    await page.get_by_label("Salle Borealis").check()
    assert [room.calendar for room in await list_rooms(center.admin, SYSTEM)] == [None] * 4
    await page.get_by_role("button", name="Apply").click()
    await expect(page.get_by_role("status")).to_contain_text("2 rooms have their calendars.")
    given = {room.name for room in await list_rooms(center.admin, SYSTEM) if room.calendar}
    assert given == {"atlas", "Salle Borealis"}


async def test_a_stale_page_applies_nothing_and_shows_what_fits_now(
    page: Page, center: Any, sign_in: Any
) -> None:
    await connect_service(center.admin, SYSTEM, "sample", "Sample building", {})
    room = await create_room(center.admin, SYSTEM, RoomInput(name="Atlas", timezone="UTC"))
    await sign_in(page)
    await page.goto("/rooms/matches")
    other = await page.context.new_page()
    await other.goto("/rooms/matches")
    await other.get_by_role("button", name="Apply").click()
    await expect(other.get_by_role("status")).to_contain_text("One room has its calendar.")
    await page.get_by_role("button", name="Apply").click()
    await expect(page.get_by_role("alert")).to_contain_text("nothing was applied")
    await expect(page.get_by_text("No free calendar has the name")).to_be_visible()
    await page.goto(f"/rooms/{room}")
    await page.get_by_role("button", name="Undo").click()
    await page.goto("/rooms/matches")
    await page.get_by_label("Atlas").uncheck()
    await page.get_by_role("button", name="Apply").click()
    await expect(page.get_by_role("alert")).to_contain_text("Tick at least one match.")
    await expect(page.get_by_label("Atlas")).not_to_be_checked()


@pytest.mark.parametrize("javascript", [True, False])
async def test_a_whole_list_becomes_rooms_but_for_those_taken_out(
    browser: Browser, center: Any, sign_in: Any, *, javascript: bool
) -> None:
    await connect_service(center.admin, SYSTEM, "sample", "Sample building", {})
    context = await browser.new_context(
        base_url=center.origin, locale="en-GB", java_script_enabled=javascript
    )
    page = await context.new_page()
    await sign_in(page)
    await page.goto("/rooms/from-calendars")
    group = page.get_by_role("group").filter(has_text="Atlas")
    await group.get_by_label("The whole list").check()
    if javascript:
        await group.get_by_label("Atlas").uncheck()
        await expect(group.get_by_label("The whole list")).not_to_be_checked()
    await page.get_by_label("Time zone").fill("Europe/Paris")
    await page.get_by_role("button", name="Apply").click()
    await expect(page.get_by_role("status")).to_contain_text("created")
    made = {room.name for room in await list_rooms(center.admin, SYSTEM)}
    assert made == ({"Borealis"} if javascript else {"Atlas", "Borealis"})
    # What is searched for may be a room, its calendar or its display.
    await page.get_by_label("Search rooms").fill("BOREAL")
    await expect(page.get_by_role("link", name="Borealis", exact=True)).to_be_visible()
    await context.close()
