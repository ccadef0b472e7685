"""Step 2 on the pages: Connect, Continue, the account linked, the doctor's words, and after."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

import httpx
import pytest
from playwright.async_api import Browser, Page, expect
from simulators.standing import Standing, standing

from roomdisplay.admin.security.roles import SYSTEM, Role
from roomdisplay.admin.use_cases.rooms import list_rooms

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.browser,
    pytest.mark.timeout(180),
]
PARIS = ZoneInfo("Europe/Paris")


async def fill(page: Page, form: dict[str, str], *, skip: tuple[str, ...] = ()) -> None:
    for key, text in form.items():
        if key in skip:
            continue
        entry = page.locator(f"#f-{key}")
        folded = page.locator("details:not([open])", has=entry)
        if await folded.count():
            await folded.locator("summary").click()
        if await entry.evaluate("one => one.tagName") == "SELECT":
            await entry.select_option(text)
        else:
            await entry.fill(text)


async def agree(page: Page) -> None:
    await page.get_by_label("Terms of Service").check()
    await page.get_by_label("Privacy Policy agreement").check()


async def at_the_doctors(page: Page) -> None:
    """Until the doctor has finished; every check then is a word, a shape and a colour."""
    await expect(page.locator("#doctor-report")).to_contain_text("Last looked", timeout=60_000)
    await expect(page.locator(".checks > li").first).to_be_visible()


async def link_exchange(page: Page, made: Standing) -> None:
    names = urlencode({"account": made.form["email"], "rooms": "atlas@x.example, b@x.example"})
    await page.goto(f"/services/exchange/step-2?{names}")
    await page.get_by_role("link", name="Continue").click()
    await expect(page.get_by_role("heading", name="Link account")).to_be_visible()
    assert await page.get_by_label("Email address").input_value() == made.form["email"]
    proof = page.get_by_label("Impersonation email")
    assert await proof.input_value() == "atlas@x.example"
    await fill(page, made.form)
    await agree(page)
    await page.get_by_role("button", name="Link account").click()


async def in_cronofys_window(page: Page, made: Standing) -> None:
    await page.wait_for_url(f"{made.form['app_host']}/**")
    await page.get_by_label("Email address").fill(made.account["email"])
    await page.get_by_label("Impersonation email").fill(made.account["impersonation_email"])
    await page.get_by_label("Password").fill(made.account["password"])
    await page.locator("#terms").check()
    await page.locator("#privacy").check()
    await page.get_by_role("button", name="Link account").click()
    await expect(page.get_by_role("status").first).to_contain_text("Your service is now connected.")


async def test_exchange_is_linked_in_our_own_window(page: Page, center: Any, sign_in: Any) -> None:
    await sign_in(page)
    await page.goto("/settings")
    await page.get_by_label("Address of the terms of service").fill("https://example.com/terms")
    await page.get_by_label("Address of the privacy policy").fill("http://example.com/")
    documents = page.locator("form[action='/settings/documents']")
    await documents.get_by_role("button", name="Save").click()
    await expect(documents.get_by_text("Enter an https address")).to_be_visible()
    await page.get_by_label("Address of the privacy policy").fill("")
    await documents.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("status")).to_contain_text("Saved.")
    async with standing("exchange", center.clock, PARIS) as made:
        await page.goto("/services/exchange")
        await page.get_by_role("link", name="Connect · Directly").click()
        await link_exchange(page, made)
        await expect(page.get_by_role("status").first).to_contain_text(
            "Your service is now connected."
        )
        await at_the_doctors(page)
        await expect(page.locator(".checks .negative")).to_have_count(0)
        await expect(page.get_by_role("heading", name="Floor 2")).to_be_visible()
        assert made.form["password"] not in await page.content()
        await page.get_by_text("Who agreed to what").click()
        await expect(page.get_by_text("https://example.com/terms")).to_be_visible()
        # A secret goes in and never comes out.
        await page.get_by_text("Change the settings").click()
        assert await page.locator("#f-password").input_value() == ""
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("status").first).to_contain_text("Saved.")
        await at_the_doctors(page)
        await page.get_by_role("link", name="Open Manage Rooms").click()
        await expect(page).to_have_url(re.compile("/rooms$"))


async def test_nothing_is_linked_without_consent_or_with_a_wrong_password(
    page: Page, center: Any, sign_in: Any
) -> None:
    async with standing("exchange", center.clock, PARIS) as made:
        await sign_in(page)
        await page.goto("/services/exchange/link")
        await fill(page, made.form | {"password": "not the password"})
        await page.evaluate("document.querySelector('form.form').noValidate = true")
        await page.get_by_role("button", name="Link account").click()
        await expect(page.locator(".consents .wrong")).to_have_count(2)
        await agree(page)
        await page.locator("#f-password").fill("not the password")
        await page.get_by_role("button", name="Link account").click()
        await expect(page.get_by_role("alert")).to_be_visible()
        assert "not the password" not in await page.content()
        assert await page.get_by_label("Email address").input_value() == made.form["email"]
        await page.goto("/services/exchange")
        await expect(page.get_by_text("Nothing connected here yet.")).to_be_visible()


async def test_a_missing_role_comes_with_the_command_that_gives_it(
    page: Page, center: Any, sign_in: Any
) -> None:
    async with standing("exchange", center.clock, PARIS) as made:
        made.front.rights.impersonation.clear()
        await sign_in(page)
        await link_exchange(page, made)
        alert = page.get_by_role("alert")
        await expect(alert.locator("pre")).to_contain_text(
            f"-Role 'ApplicationImpersonation' -User '{made.form['email']}'"
        )
        await expect(alert.get_by_role("button", name="Copy")).to_be_visible()


async def test_office_365_is_connected_as_an_app(page: Page, center: Any, sign_in: Any) -> None:
    async with standing("office365", center.clock, PARIS) as made:
        await sign_in(page, Role.ROOMS_ADMIN)
        await page.goto("/services/office365/step-2")
        await page.get_by_role("link", name="Continue").click()
        await fill(page, made.form)
        await page.get_by_role("button", name="Connect").click()
        await expect(page.get_by_role("status").first).to_contain_text(
            "Your service is now connected."
        )
        await at_the_doctors(page)
        assert made.form["secret"] not in await page.content()


async def test_cronofys_own_window_and_back(page: Page, center: Any, sign_in: Any) -> None:
    origin = center.origin
    async with standing("cronofy", center.clock, PARIS, admin_origin=origin) as made:
        await sign_in(page)
        await page.goto("/services/exchange/step-2?through=cronofy")
        await expect(page.get_by_text(f"{origin}/connect/callback")).to_be_visible()
        await page.get_by_role("link", name="Continue").click()
        await fill(page, made.form, skip=("back_end",))
        await page.get_by_role("button", name="Continue").click()
        await in_cronofys_window(page, made)
        # Connected anew, the rooms keep their calendars.
        await page.goto("/rooms/from-calendars")
        await page.get_by_label("The whole list").first.check()
        await page.get_by_role("button", name="Apply").click()
        await page.goto("/services/exchange")
        await page.locator("#connections a").click()
        await page.get_by_text("Connect anew or replace the secret").click()
        assert await page.locator("#f-client_secret").input_value() == ""
        await page.get_by_role("button", name="Continue").click()
        await in_cronofys_window(page, made)
        await at_the_doctors(page)
        rooms = [one for one in await list_rooms(center.admin, SYSTEM) if one.calendar]
        assert len(rooms) > 1
        await page.goto("/services/exchange")
        row = page.locator("#connections li")
        await expect(row).to_contain_text("Through Cronofy Enterprise Connect")
        await page.goto("/services/office365")
        await expect(page.get_by_text("Nothing connected here yet.")).to_be_visible()
        # Back once more with what was taken up already: nothing comes of it.
        answer = await page.goto("/connect/callback?state=x&code=y")
        assert answer is not None
        assert answer.status == 409
        await expect(page.get_by_text("Nothing was saved.")).to_be_visible()


async def test_the_doctor_says_what_is_wrong_and_what_repairs_it_without_javascript(
    browser: Browser, center: Any, sign_in: Any
) -> None:
    context = await browser.new_context(
        base_url=center.origin, locale="en-GB", java_script_enabled=False
    )
    page = await context.new_page()
    async with standing("exchange", center.clock, PARIS) as made:
        await sign_in(page)
        await page.goto(f"/services/exchange/link?account={quote(made.form['email'])}")
        for key, text in made.form.items():
            await page.locator(f"#f-{key}").fill(text)
        await agree(page)
        await page.get_by_role("button", name="Link account").click()
        await at_the_doctors(page)  # the page loads itself anew
        made.front.rights.impersonation.clear()
        await page.get_by_role("button", name="Run again").click()
        await expect(page.locator(".checks .negative").first).to_be_visible(timeout=60_000)
        await expect(page.locator(".checks pre").first).to_contain_text("ApplicationImpersonation")
        await expect(page.get_by_text("may take up to 2 hours")).to_be_visible(timeout=60_000)
        await page.goto("/")
        found = page.get_by_text("The calendar doctor found something wrong at Microsoft Exchange")
        await expect(found.first).to_be_visible()
    await context.close()


async def test_a_viewer_sees_the_connection_and_no_way_to_change_it(
    page: Page, center: Any, sign_in: Any
) -> None:
    await sign_in(page, Role.VIEWER)
    await page.goto("/services/exchange")
    await expect(page.get_by_role("link", name="Connect · Directly")).to_have_count(0)
    async with httpx.AsyncClient(base_url=center.origin) as stranger:
        for path in ("/services/exchange/step-2", "/services/exchange/link", "/connect/callback"):
            answer = await page.goto(path)
            assert answer is not None
            assert answer.status == 403
            assert (await stranger.get(path)).status_code == 303
