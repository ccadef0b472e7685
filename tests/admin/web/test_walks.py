"""Step 1 to Apply in a browser, to the meeting on the glass; then an ordinary user's day."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect
from PySide6.QtGui import QImage
from walks import steps
from walks.glass import differing, draw_the_sample
from walks.house import until_told
from walks.organiser import PUSHED_MS, Organiser
from walks.walk import walking

from roomdisplay.demo.clock import ZONE

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.browser,
    pytest.mark.server,
    pytest.mark.timeout(180),
]
ROOM = "Atlas"
MEETING = {"en": "Design review", "fr": "Revue de conception"}
SAMPLES: dict[str, QImage] = {}


@pytest.fixture(autouse=True)
def _server_in_paris(monkeypatch: pytest.MonkeyPatch) -> None:
    """A room that is made of a calendar stands where the server stands."""
    monkeypatch.setenv("TZ", ZONE.key)


async def sample_of(language: str, factory: pytest.TempPathFactory) -> QImage:
    """What the glass shows without a service; drawn once."""
    if language not in SAMPLES:
        file = factory.mktemp("sample") / "glass.png"
        SAMPLES[language] = await draw_the_sample(file, language)
    return SAMPLES[language]


@pytest.mark.parametrize(
    ("service", "language"),
    [
        ("office365", "fr"),
        ("exchange", "en"),
        ("exchange", "fr"),
        ("cronofy", "en"),
        # Each costs a quarter of a minute: the quick suite walks every service once, one twice.
        pytest.param("office365", "en", marks=pytest.mark.appliance),
        pytest.param("cronofy", "fr", marks=pytest.mark.appliance),
    ],
)
async def test_from_step_1_to_the_meeting_on_the_glass(
    service: str,
    language: str,
    browser: Browser,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    async with walking(service, language, browser, tmp_path) as walk:
        page, words = walk.page, walk.words
        await steps.sign_in(walk)
        await steps.to_the_service(walk)
        script = await steps.step_1(walk)
        assert all(text in script for text in walk.names.values())
        if (service, language) == ("exchange", "fr"):
            other = await steps.sent_step(walk)
            await other.context.close()
        await steps.step_2(walk)
        assert not await (await steps.at_the_doctors(walk)).all_inner_texts()
        await expect(page.locator(".checks .caution")).to_have_count(0)
        connection = page.url
        async with walk.screen.running() as display:
            await steps.pair(walk, display)
            await steps.open_manage_rooms(walk, connection)
            await steps.add_a_calendar(walk, ROOM)
            glass = page.locator(".glass")
            await expect(glass).to_contain_text(words.in_use, timeout=30_000)
            await expect(glass).to_contain_text(
                "Revue de conception" if language == "fr" else "Design review"
            )
            await page.goto("/devices")
            await expect(page.locator("main")).to_contain_text(
                f"\u201c{words.in_use}\u201d", timeout=30_000
            )
        file = tmp_path / "glass.png"
        await walk.screen.picture(file)
        assert not differing(QImage(str(file)), await sample_of(language, tmp_path_factory))
        async with walk.screen.running():
            await page.goto("/rooms")
            await page.get_by_role("link", name=ROOM, exact=True).click()
            await until_told(walk.admin)
            organiser = Organiser.of(walk, ROOM)
            await organiser.day_of_changes()
            organiser.later()
            organiser.cancel_what_is_on()
            await expect(glass).to_contain_text(words.free, timeout=PUSHED_MS)
            await page.goto("/devices")  # where the display itself says what it shows
            await expect(page.locator("main")).to_contain_text(f"\u201c{words.free}\u201d")
            # With a room in use there is more that can be looked at.
            assert not await (await steps.examine_again(walk, connection)).all_inner_texts()
