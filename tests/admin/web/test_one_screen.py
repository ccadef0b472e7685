"""The hobbyist's page: paste an address, see the next meetings, Apply."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from roomdisplay.admin.news import PAGES
from roomdisplay.admin.security.roles import SYSTEM
from roomdisplay.admin.store import news_after_commit
from roomdisplay.admin.store.tables import Calendar
from roomdisplay.admin.use_cases.one_screen import PastedCalendar, use
from roomdisplay.admin.use_cases.people import invite_owner
from roomdisplay.admin.use_cases.rooms import list_rooms
from roomdisplay.admin.web.demo_strip import DemoState

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.browser,
    pytest.mark.server,
    pytest.mark.timeout(120),
]


async def open_setup(browser: Browser, center: Any) -> Page:
    context = await browser.new_context(base_url=center.origin, locale="en-GB")
    page = await context.new_page()
    link = (await invite_owner(center.admin)).url.rsplit("/", 1)[-1]
    await page.goto(f"/setup/{link}")
    return page


async def test_three_minutes_with_a_private_calendar(
    browser: Browser, make_center: Any, radicale: Any
) -> None:
    center = await make_center(standalone=True)
    calendar = radicale.add_calendar(f"Workshop{center.admin.settings.port}")
    start = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(hours=2)
    for number in range(5):
        radicale.add_meeting(calendar, f"Meeting {number}", start + timedelta(days=number))
    page = await open_setup(browser, center)
    await page.get_by_label("Address").fill(calendar)
    await page.get_by_role("button", name="Look").click()
    await expect(page.get_by_role("alert")).to_contain_text("rejects the sign-in")
    await page.get_by_label("User name").fill("ada")
    await page.get_by_label("Password").fill("secret")
    await page.get_by_role("button", name="Look").click()
    await expect(page.locator(".rows li")).to_have_count(3)
    await expect(page.locator(".rows")).to_contain_text("Meeting 2")
    assert "secret" not in await page.content()
    assert await list_rooms(center.admin, SYSTEM) == []
    await page.get_by_role("button", name="Apply").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(
        "Done. The screen shows it now."
    )
    await expect(page.locator("#screen")).not_to_contain_text("No information")
    (room,) = await list_rooms(center.admin, SYSTEM)
    assert room.calendar is not None
    assert room.name == room.calendar.name


async def test_after_apply_the_page_says_that_it_reads_and_then_shows(
    browser: Browser, make_center: Any, radicale: Any
) -> None:
    center = await make_center(standalone=True)
    calendar = radicale.add_calendar(f"Slow{center.admin.settings.port}")
    pasted = PastedCalendar(address=calendar, username="ada", password="secret")
    calendar_id = ""
    async with center.admin.news.subscribe([PAGES]) as news:
        room_id = await use(center.admin, SYSTEM, pasted, room_name="Shed", zone="UTC")
        while not calendar_id:  # until the first reading is over
            await news.wait()
            (room,) = await list_rooms(center.admin, SYSTEM)
            if room.calendar is not None and room.calendar.read_at is not None:
                calendar_id = room.calendar.id

    async def note(**facts: object) -> None:
        async with center.admin.store.transaction() as session:
            row = await session.get_one(Calendar, calendar_id)
            for key, value in facts.items():
                setattr(row, key, value)
            news_after_commit(session, PAGES)

    ahead = center.admin.clock() + timedelta(hours=1)
    await note(read_at=None, reason=None, next_due_at=ahead)
    page = await open_setup(browser, center)
    link = page.url.rsplit("/", 1)[-1]
    await page.goto(f"/setup/{link}/done?room={room_id}")
    heading = page.get_by_role("heading", level=1)
    await expect(heading).to_have_text("Done. The calendar is being read…")
    await expect(page.locator("#screen")).not_to_contain_text("No information")
    await note(reason="unavailable")
    await expect(heading).to_have_text("It is saved, but the calendar cannot be read now")
    await note(reason=None, read_at=center.admin.clock())
    await expect(heading).to_have_text("Done. The screen shows it now.")
    assert (await Axe().run(page)).violations_count == 0
    for path in ("/setup/not-a-link/live", f"/setup/not-a-link/done?room={room_id}"):
        answer = await page.request.get(path)
        assert answer.status == 404


class Demo:
    """The demo's controls, noting what was asked of them."""

    def __init__(self) -> None:
        self.asked: list[object] = []

    async def jump(self, minutes: int) -> None:
        self.asked.append(minutes)

    async def toggle_network(self) -> None:
        self.asked.append("network")

    async def next_state(self) -> None:
        self.asked.append("next")

    async def restart_display(self) -> None:
        self.asked.append("restart")

    async def state(self) -> DemoState:
        return DemoState(time="10:59", network="network" not in self.asked)


async def test_the_demos_strip_is_on_every_page(browser: Browser, make_center: Any) -> None:
    demo = Demo()
    center = await make_center(demo=demo)
    context = await browser.new_context(base_url=center.origin, locale="en-GB")
    page = await context.new_page()
    await page.goto("/sign-in")
    await page.get_by_role("button", name="Pull the network").click()
    await page.get_by_role("button", name="Next state").click()
    await page.get_by_role("button", name="Restart the display").click()
    await page.get_by_label("Time").fill("09:30")
    await page.get_by_role("button", name="Jump").click()
    await expect(page.get_by_role("button", name="Plug the network in")).to_be_visible()
    assert demo.asked == ["network", "next", "restart", -89]
    assert page.url == f"{center.origin}/sign-in"
    assert (await Axe().run(page)).violations_count == 0


async def test_what_is_no_calendar_is_told_in_words(
    browser: Browser, make_center: Any, radicale: Any
) -> None:
    center = await make_center(standalone=True)
    page = await open_setup(browser, center)
    await page.get_by_label("Address").fill(f"{radicale.url}/.web/nothing.ics")
    await page.get_by_role("button", name="Look").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    assert await list_rooms(center.admin, SYSTEM) == []
    answer = await page.goto("/setup/not-a-link")
    assert answer is not None
    assert answer.status == 404
