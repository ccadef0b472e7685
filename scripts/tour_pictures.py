"""Take the README's tour as a new user would and draw it: `python scripts/tour_pictures.py`.

A virtual screen with the demo on it, a real Radicale, curl, and a browser at the Admin Center; once
in English and once in French, into docs/tour/. Needs what `make setup` installs, and curl.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from few_colours import save_small
from playwright.async_api import Browser, Page, async_playwright
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "docs" / "tour"
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
WIDTH, HEIGHT = 1280, 800
SHOWN_WIDTH, TALLEST = 960, 1100
AT = "2026-11-23T10:59:15"
HERO_AT = "2026-11-23T10:36"
STALE_AFTER_S = 190
"""News is fresh for three minutes; only then does the glass speak of its age."""
GRAB = (
    "import sys; from PySide6.QtGui import QGuiApplication; a = QGuiApplication([]);"
    " a.primaryScreen().grabWindow(0).save(sys.argv[1])"
)
RADICALE = {"en": ("127.0.0.1", 5232), "fr": ("127.0.0.2", 5232)}
"""The address in the README, and one like it for the tour that is taken at the same time."""
JOIN, LEAVE = (1060, 420), (70, 38)
"""Where a finger finds them on this glass."""


@dataclass(frozen=True)
class Words:
    """What the pages call things."""

    sign_in: str
    well: str
    services: str
    connection: str
    connect: str
    change: str
    apply: str
    title: str
    pull: str
    restart: str


WORDS = {
    "en": Words(
        "Sign in", "All is well", "Room displays", "Town hall", "Connect", "Change", "Apply",
        "Budget with the architects", "Pull the network", "Restart the display",
    ),
    "fr": Words(
        "Se connecter", "Tout va bien", "Écrans de salle", "Mairie", "Connexion", "Changer",
        "Appliquer", "Budget avec les architectes", "Débrancher le réseau", "Redémarrer l'écran",
    ),
}  # fmt: skip


async def main() -> None:
    """Both tours at once, since most of the time is waiting for news to grow old."""
    OUT.mkdir(exist_ok=True)
    for language in WORDS:
        await _heroes(language)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        await asyncio.gather(*(_tour(browser, language) for language in WORDS))
        await browser.close()


async def _heroes(language: str) -> None:
    """One room at one moment, at its door and inside."""
    for place in ("door", "inside"):
        picture = OUT / f"{place}-{language}.png"
        await _run(
            "-m", "roomdisplay.cli", "demo", "--screenshot", str(picture), "--size", "1280x800",
            "--place", place, "--language", language, "--at", HERO_AT,
        )  # fmt: skip
        _shrink(picture)


async def _tour(browser: Browser, language: str) -> None:
    words = WORDS[language]
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        screen = await stack.enter_async_context(_screen())
        radicale = await stack.enter_async_context(_radicale(folder, RADICALE[language]))
        origin, password = await stack.enter_async_context(_demo(screen, language))
        context = await browser.new_context(
            base_url=origin,
            locale=language,
            color_scheme="light",
            viewport={"width": WIDTH, "height": HEIGHT},
        )
        page = await context.new_page()
        glass = Glass(screen, folder, language)
        calendar = f"{radicale}/demo/atlas/"
        await _curl("-u", "demo:demo", "-X", "MKCALENDAR", calendar)
        await _sign_in(page, password, words)
        await glass.draw("1-home")
        await _draw(page, f"2-admin-center-{language}")
        await _connect(page, radicale, words, language)
        await _add_calendar(page, words, language)
        await glass.draw("5-free")
        await _put_meeting(folder / "meeting.ics", calendar, glass, words)
        await glass.draw("6-meeting")
        await glass.tap(JOIN)
        await glass.draw("7-call", settle_s=6)
        await glass.tap(LEAVE)
        await glass.settle()
        await page.get_by_role("button", name=words.pull).click()
        await page.get_by_role("button", name=words.restart).click()
        await asyncio.sleep(STALE_AFTER_S)
        await glass.draw("8-offline")
        await context.close()


async def _sign_in(page: Page, password: str, words: Words) -> None:
    await page.goto("/sign-in")
    await page.fill("#f-email", "demo@roomdisplay.invalid")
    await page.fill("#f-password", password)
    await page.get_by_role("button", name=words.sign_in).click()
    await page.get_by_role("heading", name=words.well).wait_for()


async def _connect(page: Page, server: str, words: Words, language: str) -> None:
    await page.get_by_role("link", name=words.services).click()
    await page.fill("#f-name", words.connection)
    await page.fill("#f-url", server)
    await page.fill("#f-username", "demo")
    await page.fill("#f-password", "demo")
    await _draw(page, f"3-connect-{language}")
    await page.get_by_role("button", name=words.connect).click()
    await page.get_by_role("status").wait_for()


async def _add_calendar(page: Page, words: Words, language: str) -> None:
    await page.goto("/rooms")
    row = page.locator("tr, li, article", has_text="Atlas").first
    await row.get_by_role("link", name=words.change).click()
    await page.locator("label", has_text="demo/atlas").click()
    await _draw(page, f"4-add-a-calendar-{language}")
    for _ in ("choose", "replace"):
        await page.get_by_role("button", name=words.apply).click()
    await page.wait_for_url("**/applied*")


async def _put_meeting(file: Path, calendar: str, glass: Glass, words: Words) -> None:
    await asyncio.to_thread(file.write_text, _event(words), encoding="utf-8")
    await _curl("-u", "demo:demo", "-T", str(file), calendar)
    began = time.monotonic()
    await glass.changes()
    sys.stdout.write(f"{words.title}: on the glass after {time.monotonic() - began:.1f} s\n")


def _event(words: Words) -> str:
    """The README's meeting; times without a zone are the room's."""
    return "\r\n".join((
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//curl//EN", "BEGIN:VEVENT", "UID:budget",
        "DTSTAMP:20261122T000000Z", "DTSTART:20261123T110000", "DTEND:20261123T120000",
        f"SUMMARY:{words.title}", "LOCATION:https://meet.goto.com/482915736",
        "END:VEVENT", "END:VCALENDAR", "",
    ))  # fmt: skip


class Glass:
    """The display's window on a virtual screen."""

    def __init__(self, screen: str, folder: Path, language: str) -> None:
        self._environment = {**os.environ, "DISPLAY": screen, "QT_QPA_PLATFORM": "xcb"}
        self._file = folder / "glass.png"
        self._language = language

    async def draw(self, name: str, *, settle_s: float = 0.0) -> None:
        """Save it once nothing moves."""
        await asyncio.sleep(settle_s)
        image = await self.settle()
        picture = OUT / f"{name}-{self._language}.png"
        image.save(str(picture))
        _shrink(picture)

    async def settle(self) -> QImage:
        """The glass once two looks in a row are alike."""
        before = await self._look()
        while True:
            await asyncio.sleep(0.7)
            now = await self._look()
            if now == before:
                return now
            before = now

    async def changes(self) -> None:
        """Wait until it shows something else."""
        before = await self._look()
        while await self._look() == before:  # noqa: ASYNC110 - the glass tells nobody
            await asyncio.sleep(0.2)

    async def tap(self, place: tuple[int, int]) -> None:
        """Touch it."""
        x, y = map(str, place)
        await _finish("xdotool", "mousemove", x, y, "click", "1", environment=self._environment)

    async def _look(self) -> QImage:
        await _run("-c", GRAB, str(self._file), environment=self._environment)
        return QImage(str(self._file))


@asynccontextmanager
async def _screen() -> AsyncIterator[str]:
    read, write = os.pipe()
    size = f"{WIDTH}x{HEIGHT}x24"
    arguments = ("Xvfb", "-displayfd", str(write), "-screen", "0", size, "-nolisten", "tcp")
    async with _process(*arguments, pass_fds=(write,)):
        os.close(write)
        with os.fdopen(read) as numbers:
            yield f":{(await asyncio.to_thread(numbers.readline)).strip()}"


@asynccontextmanager
async def _radicale(folder: Path, address: tuple[str, int]) -> AsyncIterator[str]:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)  # somebody's own Radicale is not ours to write to
    host, port = address
    arguments = (
        sys.executable, "-m", "radicale", "--auth-type", "none", "--hosts", f"{host}:{port}",
        "--storage-filesystem-folder", str(folder / "calendars"), "--logging-level", "error",
    )  # fmt: skip
    async with _process(*arguments):
        while True:
            with suppress(OSError):
                (await asyncio.open_connection(host, port))[1].close()
                break
            await asyncio.sleep(0.1)
        yield f"http://{host}:{port}"


@asynccontextmanager
async def _demo(screen: str, language: str) -> AsyncIterator[tuple[str, str]]:
    environment = {**os.environ, "DISPLAY": screen, "QT_QPA_PLATFORM": "xcb"}
    arguments = ("-m", "roomdisplay.cli", "demo", "--language", language, "--at", AT)
    async with _process(sys.executable, *arguments, environment=environment) as process:
        assert process.stdout is not None
        lines = [(await process.stdout.readline()).decode().split() for _ in range(3)]
        yield lines[1][-1], lines[2][-1]


@asynccontextmanager
async def _process(
    *arguments: str, environment: dict[str, str] | None = None, pass_fds: Iterable[int] = ()
) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *arguments, env=environment, pass_fds=tuple(pass_fds), stdout=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()


async def _draw(page: Page, name: str) -> None:
    """The whole page, as a window of its height would show it."""
    height = await page.evaluate("document.documentElement.scrollHeight")
    await page.set_viewport_size({"width": WIDTH, "height": min(max(HEIGHT, height), TALLEST)})
    await page.evaluate("scrollTo(0, 0)")
    await page.screenshot(path=OUT / f"{name}.png")
    _shrink(OUT / f"{name}.png")


async def _curl(*arguments: str) -> None:
    await _finish("curl", "--fail", "--silent", "--show-error", *arguments)


async def _run(*arguments: str, environment: dict[str, str] | None = None) -> None:
    await _finish(sys.executable, *arguments, environment=environment)


async def _finish(*arguments: str, environment: dict[str, str] | None = None) -> None:
    process = await asyncio.create_subprocess_exec(*arguments, env=environment)
    if await process.wait():
        raise SystemExit(f"{arguments[0]} ended with {process.returncode}")


def _shrink(picture: Path) -> None:
    """Make a picture no larger than the documents show it."""
    image = QImage(str(picture))
    smooth = Qt.TransformationMode.SmoothTransformation
    save_small(image.scaledToWidth(SHOWN_WIDTH, smooth), picture)


if __name__ == "__main__":
    asyncio.run(main())
