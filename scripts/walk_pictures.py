"""Draw the way from Step 1 to the glass for the documents: `python scripts/walk_pictures.py`.

The walks of the tests, through each calendar service in English and in French, with a camera; into
docs/guide/SERVICE-LANGUAGE-PAGE.png.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "tests"))

from few_colours import save_small  # noqa: E402 - after the path
from playwright.async_api import Browser, Page, async_playwright  # noqa: E402
from PySide6.QtCore import Qt  # noqa: E402
from PySide6.QtGui import QImage  # noqa: E402
from walks import steps  # noqa: E402
from walks.walk import Walk, walking  # noqa: E402

from roomdisplay.demo.clock import ZONE  # noqa: E402

OUT = ROOT / "docs" / "guide"
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
WIDTH, HEIGHT, TALLEST = 1280, 800, 1500
SHOWN_WIDTH = 960
PHONE = (390, 780)
ROOM = "Atlas"
WANTED = {
    # What looks alike for all services is drawn once.
    "office365": {"services", "step-1", "step-2", "link-account", "connected"},
    "exchange": {
        "step-1", "send-this-step", "sent-step", "step-2", "link-account", "connected", "repair",
        "manage-rooms", "add-a-calendar", "applied", "applied-phone", "glass",
    },
    "cronofy": {"step-1", "step-2", "link-account", "cronofys-window", "connected", "doctor"},
}  # fmt: skip


@dataclass(slots=True)
class Album:
    """The pictures of one walk."""

    service: str
    language: str
    taken: set[str] = field(default_factory=set)

    async def take(self, page: Page, name: str) -> None:
        """The whole page, as a window of its height would show it."""
        if name not in WANTED[self.service]:
            return
        await page.wait_for_load_state()
        await page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
        height = await page.evaluate("document.documentElement.scrollHeight")
        await page.set_viewport_size({"width": WIDTH, "height": min(max(HEIGHT, height), TALLEST)})
        await page.evaluate("document.activeElement?.blur(); scrollTo(0, 0)")
        file = self.file(name)
        await page.screenshot(path=file)
        image = QImage(str(file))
        smooth = Qt.TransformationMode.SmoothTransformation
        save_small(image.scaledToWidth(SHOWN_WIDTH, smooth), file)
        await page.set_viewport_size({"width": WIDTH, "height": HEIGHT})

    async def take_on_a_phone(self, page: Page, name: str) -> None:
        """What a phone shows of the page."""
        if name not in WANTED[self.service]:
            return
        await page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        await page.evaluate("document.activeElement?.blur(); scrollTo(0, 0)")
        await page.screenshot(path=self.file(name))
        save_small(QImage(str(self.file(name))), self.file(name))
        await page.set_viewport_size({"width": WIDTH, "height": HEIGHT})

    def file(self, name: str) -> Path:
        """Where a picture goes."""
        self.taken.add(name)
        return OUT / f"{self.service}-{self.language}-{name}.png"


async def main() -> None:
    """Walk through every service in both languages."""
    os.environ["TZ"] = ZONE.key  # a room that is made of a calendar stands where the server stands
    OUT.mkdir(exist_ok=True)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        for service in WANTED:
            for language in ("en", "fr"):
                await _draw(browser, service, language)
        await browser.close()


async def _draw(browser: Browser, service: str, language: str) -> None:
    album = Album(service, language)
    with tempfile.TemporaryDirectory() as folder:
        async with walking(service, language, browser, Path(folder), camera=album.take) as walk:
            await _walk(walk, album)
    missing = WANTED[service] - album.taken
    if missing:
        raise SystemExit(f"{service}, {language}: not drawn: {', '.join(sorted(missing))}")


async def _walk(walk: Walk, album: Album) -> None:
    page = walk.page
    await steps.sign_in(walk)
    await steps.to_the_service(walk)
    await steps.step_1(walk)
    if "sent-step" in WANTED[walk.service]:
        other = await steps.sent_step(walk)
        await other.context.close()
    await steps.step_2(walk)
    await steps.at_the_doctors(walk)
    await album.take(page, "connected")
    if walk.service == "office365":
        return
    connection = page.url
    async with walk.screen.running() as display:
        await steps.pair(walk, display)
        await steps.open_manage_rooms(walk, connection)
        await steps.add_a_calendar(walk, ROOM)
        await page.locator(".glass", has_text=walk.words.in_use).wait_for(timeout=60_000)
        await album.take(page, "applied")
        await album.take_on_a_phone(page, "applied-phone")
    if walk.service == "cronofy":
        await steps.examine_again(walk, connection)
        await album.take(page, "doctor")
        return
    glass = album.file("glass")
    await walk.screen.picture(glass)
    smooth = Qt.TransformationMode.SmoothTransformation
    save_small(QImage(str(glass)).scaledToWidth(SHOWN_WIDTH, smooth), glass)
    walk.standing.front.rights.impersonation.clear()
    await steps.examine_again(walk, connection)
    await album.take(page, "repair")


if __name__ == "__main__":
    asyncio.run(main())
