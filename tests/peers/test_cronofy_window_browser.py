"""The window of Enterprise Connect in a real browser, with a keyboard alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlencode

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, async_playwright, expect
from simulators.cronofy import CronofySimulator, Receiver
from simulators.ews import EwsSimulator
from simulators.organisation import Organisation
from simulators.serve import running

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
SERVICE, ROOM = "service@example.com", "board@example.com"


@pytest.fixture
async def simulator() -> AsyncIterator[CronofySimulator]:
    organisation = Organisation("Europe/Paris", lambda: datetime.now(UTC))
    organisation.add_person(SERVICE, "Service", password="right")
    organisation.add_room(ROOM, "Board room")
    ews = EwsSimulator(organisation)
    ews.rights.allow_impersonation(SERVICE)
    async with running(ews.app) as exchange:
        yield CronofySimulator(
            organisation,
            ews_url=f"{exchange}/EWS/Exchange.asmx",
            providers=("exchange", "office365"),
        )


async def is_clean(page: Page) -> None:
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)
        found = await Axe().run(page)
        assert not found.violations_count, found.generate_report()


async def type_into(page: Page, words: list[str]) -> None:
    for one in words:
        await page.keyboard.type(one)
        await page.keyboard.press("Tab")


async def test_an_administrator_links_the_account(simulator: CronofySimulator) -> None:
    receiver = Receiver()
    async with (
        running(receiver) as back,
        running(simulator.app) as origin,
        async_playwright() as playwright,
    ):
        simulator.application.redirect_uris.append(f"{back}/done")
        asked = {
            "response_type": "code",
            "client_id": simulator.application.client_id,
            "redirect_uri": f"{back}/done",
            "scope": "service_account/accounts/manage service_account/resources/manage",
            "delegated_scope": "read_account read_events",
            "state": "one",
        }
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        context = await browser.new_context(locale="fr-FR", viewport={"width": 360, "height": 740})
        page = await context.new_page()
        await page.goto(f"{origin}/enterprise_connect/oauth/authorize?{urlencode(asked)}")
        await is_clean(page)
        await page.get_by_role("button", name="Microsoft Exchange").press("Enter")
        await page.get_by_label("Adresse e-mail").focus()
        await type_into(page, [SERVICE, ROOM, "guessed"])
        await page.keyboard.press("Space")
        link = page.get_by_role("button", name="Lier le compte")
        await link.press("Enter")
        assert not await page.get_by_label("Accord de politique").is_checked()
        assert await page.locator("#privacy").evaluate("one => one.validity.valueMissing")
        await page.get_by_label("Accord de politique").press("Space")
        await link.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text("Le serveur a refusé")
        await is_clean(page)
        width = await page.evaluate("document.documentElement.scrollWidth")
        assert width <= 360
        await page.get_by_role("link", name="Mot de passe").press("Enter")
        await expect(page.get_by_label("Mot de passe")).to_be_focused()
        await page.keyboard.type("right")
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"{back}/done?**")
        await browser.close()
    post = receiver.posts.get_nowait()
    assert parse_qs(post.query)["state"] == ["one"]
    assert len(parse_qs(post.query)["code"][0]) == 32
