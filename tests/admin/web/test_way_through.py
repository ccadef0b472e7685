"""The whole way in a browser: first start, a real calendar, the room, the screen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from roomdisplay.admin.use_cases.people import invite_owner

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.browser,
    pytest.mark.server,
    pytest.mark.timeout(120),
]
HOSTILE = "<img src=x onerror=alert(1)><b>Budget</b>"


def soon(minutes: int) -> datetime:
    return datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=minutes)


async def first_start(page: Page, center: Any) -> None:
    invitation = await invite_owner(center.admin)
    await page.goto(invitation.url)
    await page.get_by_label("Your name").fill("Ada")
    await page.get_by_label("Email address").fill("ada@example.com")
    await page.get_by_label("Password").fill("a calm corridor at noon")
    await page.get_by_role("button", name="Begin").click()


async def connect(page: Page, url: str) -> None:
    await page.get_by_role("link", name="Connect", exact=True).click()
    await page.get_by_role("link", name="CalDAV", exact=True).click()
    await page.get_by_label("Name for this connection").fill("Town hall")
    await page.get_by_label("Address", exact=True).fill(url)
    await page.get_by_label("User name").fill("ada")
    await page.get_by_label("Password").fill("secret")
    await page.get_by_role("button", name="Connect").click()


async def walk(page: Page, center: Any, radicale: Any) -> None:
    """From the invitation to the meeting on the page that shows what the screen shows."""
    calendar = radicale.add_calendar(f"Atlas{center.admin.settings.port}")
    radicale.add_meeting(calendar, HOSTILE, soon(-10))
    await first_start(page, center)
    await expect(page.get_by_role("heading", name="Let us begin")).to_be_visible()
    await connect(page, radicale.url)
    await expect(page.get_by_role("status")).to_contain_text("Your service is now connected.")
    await page.get_by_role("link", name="Open Manage Rooms").click()
    await page.get_by_role("link", name="New room").click()
    await page.get_by_label("Name").fill("Salle <script>alert(2)</script>")
    await page.get_by_label("Time zone").fill("Europe/Paris")
    await page.get_by_role("button", name="Create the room").click()
    await expect(page.get_by_role("heading", name="Add a calendar")).to_be_visible()
    await page.get_by_label(f"Atlas{center.admin.settings.port}").check()
    await page.get_by_role("button", name="Apply").click()
    await expect(page.get_by_role("heading", name="What the screen shows now")).to_be_visible()


async def test_from_the_invitation_to_the_screen(page: Page, center: Any, radicale: Any) -> None:
    alerts: list[str] = []
    page.on("dialog", lambda dialog: alerts.append(dialog.message))
    await walk(page, center, radicale)
    # Live, without a reload: the page came before the calendar was read.
    await expect(page.locator(".glass")).to_contain_text("In use")
    await expect(page.locator(".glass")).to_contain_text(HOSTILE)
    await expect(page.get_by_role("heading", level=1)).to_contain_text("<script>alert(2)</script>")
    assert await page.locator("main img, main script, main b").count() == 0
    await page.get_by_role("button", name="Undo").click()
    await expect(page.get_by_role("status")).to_contain_text("Undone.")
    await expect(page.locator("#facts")).to_contain_text("No calendar yet")
    assert alerts == []


async def test_the_same_way_without_javascript(
    browser: Browser, center: Any, radicale: Any
) -> None:
    context = await browser.new_context(
        base_url=center.origin, locale="en-GB", java_script_enabled=False
    )
    page = await context.new_page()
    await walk(page, center, radicale)
    # The page loads itself anew while the calendar is being read.
    await expect(page.locator(".glass")).to_contain_text("In use", timeout=15_000)


async def test_a_calendar_is_replaced_only_after_asking(
    page: Page, center: Any, radicale: Any
) -> None:
    other = f"Other{center.admin.settings.port}"
    radicale.add_calendar(other)
    await walk(page, center, radicale)
    await page.get_by_role("link", name="Back to Manage Rooms").click()
    await page.get_by_role("link", name="Change").first.click()
    await page.get_by_label("Search calendars").fill(other.upper())
    await expect(page.locator("[data-text]:visible")).to_have_count(1)
    await page.get_by_label(other).check()
    await page.get_by_role("button", name="Apply").click()
    await expect(page.get_by_role("heading", name="Replace the calendar?")).to_be_visible()
    await page.get_by_role("button", name="Apply").click()
    await expect(page.locator(".glass")).to_contain_text("Free")


async def test_a_wrong_password_says_so_and_saves_nothing(
    page: Page, radicale: Any, sign_in: Any
) -> None:
    await sign_in(page)
    await page.goto("/services/caldav")
    await page.get_by_label("Name for this connection").fill("Town hall")
    await page.get_by_label("Address", exact=True).fill(radicale.url)
    await page.get_by_label("User name").fill("ada")
    await page.get_by_label("Password").fill("not the secret")
    await page.get_by_role("button", name="Connect").click()
    await expect(page.get_by_role("alert")).to_contain_text("The service rejects the sign-in.")
    assert "not the secret" not in await page.content()
    assert await page.get_by_label("User name").input_value() == "ada"
    await page.goto("/services/caldav")
    await expect(page.get_by_text("Nothing connected here yet.")).to_be_visible()
