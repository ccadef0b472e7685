"""The steps from Step 1 to the meeting on the glass, in the order in which they are walked."""

from __future__ import annotations

import asyncio
import re

from playwright.async_api import Locator, Page, expect

from roomdisplay.embedded.process import DisplayProcess
from walks.house import EMAIL, PASSWORD, code_of
from walks.walk import Walk

PATIENCE_MS = 60_000
"""For what a service does at its own pace: the doctor's checks, the first reading."""
SIMULATED = (
    "cloud",
    "login_host",
    "graph_host",
    "authority",
    "server",
    "data_centre",
    "api_host",
    "app_host",
)
"""Fields that only a service on this machine needs."""
BENCH = {"en": "Workbench", "fr": "Établi"}
"""The room that the display is unpacked in."""


async def sign_in(walk: Walk) -> None:
    """Open the Admin Center and sign in."""
    page, words = walk.page, walk.words
    await page.goto("/sign-in")
    await page.get_by_label(words.email).fill(EMAIL)
    await page.get_by_label(words.password).fill(PASSWORD)
    await page.get_by_role("button", name=words.sign_in).click()
    await page.get_by_role("link", name=words.room_displays).wait_for()


async def to_the_service(walk: Walk) -> None:
    """Admin settings → Room displays → the service's tab."""
    page, words = walk.page, walk.words
    await page.get_by_role("link", name=words.room_displays).click()
    tab = words.tab_office365 if walk.tab == "office365" else words.tab_exchange
    await (
        page.get_by_role("navigation", name=words.room_displays)
        .get_by_role("link", name=tab)
        .click()
    )
    await expect(page.get_by_role("heading", name=walk.way)).to_be_visible()
    await walk.camera(page, "services")


async def step_1(walk: Walk) -> str:
    """Fill in the three fields, look at the commands, take the script; gives its text."""
    page, words = walk.page, walk.words
    await page.get_by_role("link", name=f"{words.open_step_1} · {walk.way}").click()
    for label, text in walk.names.items():
        await page.get_by_label(label, exact=True).fill(text)
    await page.get_by_role("button", name=words.write).click()
    for text in walk.names.values():
        await expect(page.locator("pre", has_text=text).first).to_be_visible()
    await walk.camera(page, "step-1")
    async with page.expect_download() as download:
        await page.get_by_role("link", name=words.download).click()
    saved = await (await download.value).path()
    return (await asyncio.to_thread(saved.read_bytes)).decode("utf-8-sig")


async def sent_step(walk: Walk) -> Page:
    """Send Step 1 to somebody without an account, who opens it; gives the page there.

    Whoever asks for it closes the page's context.
    """
    page, words = walk.page, walk.words
    await page.get_by_text(words.not_the_administrator).click()
    await page.get_by_role("button", name=words.send).click()
    link = await page.locator(".secret").inner_text()
    await walk.camera(page, "send-this-step")
    context = await walk.browser.new_context(locale=walk.language, color_scheme="light")
    other = await context.new_page()
    await other.goto(link)
    await walk.camera(other, "sent-step")
    await other.get_by_role("button", name=words.open_sent).click()
    await expect(other.get_by_role("heading", name=words.completed)).to_be_visible()
    await expect(other.get_by_role("link", name=words.go_to_step_2)).to_have_count(0)
    return other


async def step_2(walk: Walk) -> None:
    """Go on from the end of Step 1 to the form or the window, and link the account."""
    page, words = walk.page, walk.words
    await expect(page.get_by_role("heading", name=words.completed)).to_be_visible()
    await page.get_by_role("link", name=words.go_to_step_2).click()
    await expect(page.get_by_role("link", name=words.go_on)).to_be_visible()
    await walk.camera(page, "step-2")
    await page.get_by_role("link", name=words.go_on).click()
    link = {"office365": _as_an_app, "exchange": _in_our_window, "cronofy": _in_cronofys_window}
    await link[walk.service](walk)
    await expect(page.get_by_role("status").first).to_contain_text(words.connected)


async def _as_an_app(walk: Walk) -> None:
    await _fill_and_show(walk)
    await walk.page.get_by_role("button", name=walk.words.connect).click()


async def _in_our_window(walk: Walk) -> None:
    page, words = walk.page, walk.words
    email = page.get_by_label(words.email, exact=True)
    await expect(email).to_have_value(walk.standing.form["email"])  # carried over from Step 1
    await agree(walk)
    await _fill_and_show(walk)
    await page.get_by_role("button", name=words.link_account).click()


async def _in_cronofys_window(walk: Walk) -> None:
    page, words, account = walk.page, walk.words, walk.standing.account
    await _fill_and_show(walk)
    await page.get_by_role("button", name=words.go_on).click()
    await page.wait_for_url(f"{walk.standing.form['app_host']}/**")
    await page.get_by_label(words.email, exact=True).fill(account["email"])
    impersonation = re.compile(words.impersonation_email.replace("'", "['\u2019]"))
    await page.get_by_label(impersonation).fill(account["impersonation_email"])
    await page.get_by_label(words.password).fill(account["password"])
    await agree(walk)
    await walk.camera(page, "cronofys-window")
    await page.get_by_role("button", name=words.link_account).click()


async def _fill_and_show(walk: Walk) -> None:
    """Enter the form; what leads to the simulated services only after the picture."""
    form = walk.standing.form
    await expect(walk.page.locator("#f-name")).to_be_visible()  # the page is here
    await fill(walk.page, {key: text for key, text in form.items() if key not in SIMULATED})
    await walk.camera(walk.page, "link-account")
    here = {key: text for key, text in form.items() if key in SIMULATED}
    await fill(walk.page, here)


async def agree(walk: Walk) -> None:
    """Give both consents."""
    for document in (walk.words.terms, walk.words.privacy):
        await walk.page.get_by_label(document).check()


async def fill(page: Page, form: dict[str, str]) -> None:
    """Enter a service's form; unfolds what is folded."""
    for key, text in form.items():
        entry = page.locator(f"#f-{key}")
        if await entry.count() == 0:  # what the tab says already
            continue
        folded = page.locator("details:not([open])", has=entry)
        if await folded.count():
            await folded.locator("summary").click()
        if await entry.evaluate("one => one.tagName") == "SELECT":
            await entry.select_option(text)
        else:
            await entry.fill(text)


async def at_the_doctors(walk: Walk) -> Locator:
    """Wait until the calendar doctor has finished; gives the checks that found something wrong."""
    page = walk.page
    report = page.locator("#doctor-report")
    await expect(report).to_contain_text(walk.words.looked, timeout=PATIENCE_MS)
    await expect(page.locator(".checks > li").first).to_be_visible()
    await expect(page.get_by_role("button", name=walk.words.run_again)).to_be_visible()
    await expect(report).not_to_contain_text("{")  # every word stands in its place
    return page.locator(".checks > li").filter(has=page.locator(".negative"))


async def examine_again(walk: Walk, connection: str) -> Locator:
    """Have the doctor look once more; gives the checks that found something wrong."""
    await walk.page.goto(connection.partition("?")[0])
    await walk.page.get_by_role("button", name=walk.words.run_again).click()
    return await at_the_doctors(walk)


async def pair(walk: Walk, display: DisplayProcess) -> None:
    """Pair the display by the code on its glass, where it was unpacked; then it has no room."""
    page, words = walk.page, walk.words
    code = await code_of(display)
    await page.get_by_role("link", name=words.pair, exact=True).click()
    await page.get_by_label(words.code).fill(code)
    await page.get_by_role("button", name=words.go_on).click()
    await page.get_by_label(words.new_room).fill(BENCH[walk.language])
    await page.get_by_role("button", name=words.confirm).click()
    await expect(page.get_by_role("link", name=words.another)).to_be_visible(timeout=PATIENCE_MS)
    await page.get_by_role("link", name=words.open_room).click()
    await page.get_by_text(words.delete_room).click()
    await page.get_by_role("button", name=words.delete, exact=True).click()
    await expect(page.get_by_role("heading", name=words.without_room)).to_be_visible()


async def open_manage_rooms(walk: Walk, connection: str) -> None:
    """From the connected service to Manage Rooms; the display without a room has a row there."""
    page, words = walk.page, walk.words
    await page.goto(connection)
    await page.get_by_role("link", name=words.open_manage_rooms).click()
    await expect(page.get_by_role("heading", name=words.without_room)).to_be_visible()
    await walk.camera(page, "manage-rooms")


async def add_a_calendar(walk: Walk, name: str) -> None:
    """Beside the display: Add a calendar, search it, choose it in its room list, Apply."""
    page, words = walk.page, walk.words
    await page.get_by_role("link", name=words.add_a_calendar).click()
    await expect(page.get_by_role("radio")).to_have_count(6)
    await walk.camera(page, "add-a-calendar")
    await page.get_by_label(words.search_calendars).fill(name.lower())
    await expect(page.locator("[data-text]:visible")).to_have_count(1)
    where = page.locator("#calendars")
    if walk.service != "cronofy":  # which knows of no room lists
        listed = next(iter(walk.standing.organisation.room_lists.values())).name
        where = page.get_by_role("group", name=listed)
    await where.get_by_role("radio", name=name).check()
    await page.get_by_role("button", name=words.apply).click()
    await expect(page.get_by_role("heading", name=words.now_shows)).to_be_visible()
