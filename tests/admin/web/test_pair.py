"""Pairing in a browser: the display's end is driven by the use cases that its protocol calls."""

from __future__ import annotations

from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from roomdisplay.admin.security.roles import SYSTEM, Role
from roomdisplay.admin.use_cases.device_tokens import DisplayFacts, device_of_token
from roomdisplay.admin.use_cases.pairing_grants import (
    NotYetError,
    StartedPairing,
    fetch_token,
    start_pairing,
)
from roomdisplay.admin.use_cases.rooms import RoomInput, create_room, get_room
from roomdisplay.model.words import pairing_words

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.browser,
    pytest.mark.timeout(120),
]
FACTS = DisplayFacts(
    key_thumbprint="thumbprint",
    model="<b>Pi 5</b>",
    serial="10000000a1b2c3d4",
    address="10.0.4.31",
)


@pytest_asyncio.fixture(loop_scope="session")
async def started(center: Any) -> StartedPairing:
    return await start_pairing(center.admin, FACTS)


async def test_both_ends_finish_together(
    page: Page, center: Any, sign_in: Any, started: StartedPairing
) -> None:
    room = await create_room(center.admin, SYSTEM, RoomInput(name="Atlas", timezone="UTC"))
    await sign_in(page)
    await page.goto("/pair")
    await page.get_by_label("Code on the screen").fill(started.user_code.lower().replace("-", " "))
    await page.get_by_role("button", name="Continue").click()
    words = pairing_words(FACTS.key_thumbprint, started.user_code, None)
    await expect(page.locator(".words")).to_have_text(" ".join(words))
    await expect(page.get_by_text("<b>Pi 5</b>")).to_be_visible()
    await page.get_by_role("button", name="Confirm").click()
    await expect(page.get_by_text("Choose a room, or name a new one.")).to_be_visible()
    await page.get_by_label("Room", exact=True).select_option(room)
    await page.get_by_label("Inside the room").check()
    await page.get_by_role("button", name="Confirm").click()
    await expect(page.get_by_role("heading", name="Nearly there")).to_be_visible()
    issued = await fetch_token(center.admin, started.device_code, FACTS.key_thumbprint)
    await device_of_token(center.admin, issued.token, FACTS.key_thumbprint)
    # Live: within 3 s of the display's first request the page says so.
    await expect(page.get_by_role("heading", level=1)).to_have_text("Atlas", timeout=3_000)
    await expect(page.get_by_text("no calendar yet · inside")).to_be_visible()
    (device,) = (await get_room(center.admin, SYSTEM, room)).devices
    assert device.id == issued.device_id


async def test_a_scanned_code_may_be_of_the_wrong_device(
    page: Page, center: Any, sign_in: Any, started: StartedPairing
) -> None:
    await sign_in(page)
    await page.goto(f"/pair?code={started.user_code}")
    await page.get_by_role("button", name="Wrong device").click()
    await expect(page.get_by_role("status")).to_contain_text("Refused.")
    with pytest.raises(NotYetError, match="access_denied"):
        await fetch_token(center.admin, started.device_code, FACTS.key_thumbprint)


async def test_a_code_that_no_display_shows(page: Page, sign_in: Any) -> None:
    await sign_in(page)
    await page.goto("/pair?code=BBBB-BBBB")
    await expect(page.get_by_text("No display shows this code.")).to_be_visible()


async def test_codes_missed_again_and_again_are_told_on_the_overview(
    page: Page, sign_in: Any
) -> None:
    await sign_in(page)
    for _ in range(5):
        await page.goto("/pair?code=BBBB-BBBB")
    await page.goto("/")
    alert = page.get_by_role("listitem").filter(has_text="5 missed pairing codes in the last hour")
    await expect(alert).to_contain_text("From one address")
    await alert.get_by_role("link", name="Look").click()
    await expect(page.get_by_text("Entered a code that no display shows")).to_have_count(5)


async def test_an_installer_pairs_and_sees_nothing_else(
    page: Page, center: Any, sign_in: Any, started: StartedPairing
) -> None:
    await create_room(center.admin, SYSTEM, RoomInput(name="Atlas", timezone="UTC"))
    await sign_in(page, role=Role.INSTALLER)
    await page.goto("/")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Pair a display")
    await page.get_by_label("Code on the screen").fill(started.user_code)
    await page.get_by_role("button", name="Continue").click()
    await expect(page.get_by_label("Or the name of a new room")).to_be_hidden()
    answer = await page.goto("/rooms")
    assert answer is not None
    assert answer.status == 403
