"""Make the pictures of the pages: `python scripts/admin_pictures.py [FOLDER]`.

An Admin Center with the sample building, at a fixed time, drawn by Debian's Chromium.
"""

from __future__ import annotations

import asyncio
import secrets
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

from roomdisplay.admin.context import Admin
from roomdisplay.admin.security.roles import Actor
from roomdisplay.admin.server import serve
from roomdisplay.admin.settings import ServerSettings
from roomdisplay.admin.store.tables import Device
from roomdisplay.admin.use_cases.assignment import remove_calendar
from roomdisplay.admin.use_cases.device_tokens import DisplayFacts
from roomdisplay.admin.use_cases.devices import list_devices
from roomdisplay.admin.use_cases.installer_links import make_installer_link
from roomdisplay.admin.use_cases.pairing_grants import start_pairing
from roomdisplay.admin.use_cases.rooms import RoomInput, create_room, edit_room, list_rooms
from roomdisplay.demo.clock import from_wall
from roomdisplay.demo.furnish import OWNER_EMAIL, Furnished, furnish

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDTH, HEIGHT, TALLEST = 1280, 800, 1200
AT = from_wall("2026-11-23T10:36:20")
SHEET = """name;building;floor;capacity;calendar_address
Atlas;Floor 2;;12;
Helios;Floor 2;;4;
Iris;Floor 4;;6;
Juno;Floor 4;;many;
"""
DISPLAYS = (
    # name, room, place, model, seconds since it was heard of, what it shows
    ("Atlas door", "Atlas", "door", "Raspberry Pi 4", 12, "in_use"),
    ("Atlas wall", "Atlas", "inside", "Raspberry Pi 5", 8, "in_use"),
    ("Borealis", "Borealis", "door", "Raspberry Pi 4", 31, "free"),
    ("Cassini", "Cassini", "inside", "Raspberry Pi 5", 25, "free"),
    ("Delta", "Delta", "door", "Raspberry Pi 4", 9300, "free"),
    ("New display", None, "inside", "Raspberry Pi 5", 4, "no_calendar"),
)


async def main(folder: Path) -> None:
    """Draw all pages in English, and the main three in French."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        await _run(browser, folder, "en")
        await _run(browser, folder, "fr", {"overview", "rooms", "choose"})
        await browser.close()


async def _run(browser: Browser, folder: Path, language: str, only: set[str] | None = None) -> None:
    """Start an Admin Center, furnish it, draw its pages, end it."""
    with tempfile.TemporaryDirectory() as data:
        stop = asyncio.Event()
        started: asyncio.Future[Admin] = asyncio.get_running_loop().create_future()
        settings = ServerSettings(
            data_dir=Path(data) / "data", port=0, seal_key_file=Path(data) / "seal.key"
        )
        server = asyncio.create_task(
            serve(settings, clock=lambda: AT, ready=started.set_result, stop=stop)
        )
        admin = await started
        furnished = await furnish(admin, language)
        await _add_displays(admin, furnished.owner)
        await _calendars_read(admin, furnished.owner)
        await _draw(admin, browser, furnished, folder, language=language, only=only)
        stop.set()
        await server


async def _add_displays(admin: Admin, owner: Actor) -> None:
    rooms = {room.name: room.id for room in await list_rooms(admin, owner)}
    async with admin.store.transaction() as session:
        for number, (name, room, place, model, heard, shows) in enumerate(DISPLAYS):
            session.add(
                Device(
                    name=name,
                    room_id=rooms.get(room) if room else None,
                    place=place,
                    key_thumbprint=secrets.token_hex(8),
                    model=model,
                    serial=f"1000000{number}a1b2c3d4",
                    version="0.1.0",
                    health={
                        "version": "0.1.0",
                        "state_shown": shows,
                        "clock_trusted": True,
                        "keyring": "sealed file",
                    },
                    sync_delay_ms=180 + 40 * number,
                    health_at=AT - timedelta(seconds=heard),
                    last_seen_at=AT - timedelta(seconds=heard),
                    last_address=f"10.0.4.{20 + number}",
                    created_at=AT - timedelta(days=20 - number),
                )
            )
    await create_room(
        admin, owner, RoomInput(name="Helios", timezone="Europe/Paris", building=None)
    )


async def _calendars_read(admin: Admin, owner: Actor) -> None:
    async with admin.news.subscribe(["pages"]) as news:
        while any(
            one.calendar and one.calendar.read_at is None for one in await list_rooms(admin, owner)
        ):
            await news.wait()


async def _draw(
    admin: Admin,
    browser: Browser,
    furnished: Furnished,
    folder: Path,
    *,
    language: str,
    only: set[str] | None,
) -> None:
    owner, origin = furnished.owner, admin.settings.canonical_origin
    context = await browser.new_context(locale=language, color_scheme="light")
    page = await context.new_page()
    await page.goto(f"{origin}/sign-in")
    await page.fill("#f-email", OWNER_EMAIL)
    await page.fill("#f-password", furnished.password)
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{origin}/")
    rooms = {room.name: room for room in await list_rooms(admin, owner)}
    atlas = rooms["Atlas"].id
    assert rooms["Atlas"].calendar is not None
    device = (await list_devices(admin, owner))[1].id
    started = await start_pairing(
        admin,
        DisplayFacts(
            key_thumbprint="k",
            model="Raspberry Pi 5",
            serial="10000000f00dcafe",
            address="10.0.4.31",
        ),
    )
    connection = rooms["Atlas"].calendar.connection_id
    paths = {
        "overview": "/",
        "rooms": "/rooms",
        "choose": f"/rooms/{rooms['Helios'].id}/calendar",
        "applied": f"/rooms/{atlas}/applied",
        "room": f"/rooms/{atlas}",
        "devices": "/devices",
        "device": f"/devices/{device}",
        "services": "/services/caldav",
        "connection": f"/connections/{connection}",
        "codes": "/activation-codes",
        "pair": "/pair",
        "pair-compare": f"/pair?code={started.user_code}",
        "people": "/people",
        "audit": "/audit",
        "settings": "/settings",
        "from-calendars": "/rooms/from-calendars",
        "csv": "/rooms/csv",
    }
    suffix = "" if language == "en" else f"-{language}"
    for name, path in paths.items():
        if only is None or name in only:
            await _shoot(page, origin + path, folder / f"{name}{suffix}.png")
    if only is None:
        await page.emulate_media(color_scheme="dark")
        await _shoot(page, origin + paths["room"], folder / "room-dark.png")
        await _shoot(page, origin + paths["rooms"], folder / "rooms-phone-dark.png", 360)
        await page.emulate_media(color_scheme="light")
        await _draw_bulk(page, admin, owner, folder)
    await context.close()


async def _draw_bulk(page: Page, admin: Admin, owner: Actor, folder: Path) -> None:
    """What is done to many rooms at once; it changes the house, so it comes last."""
    origin = admin.settings.canonical_origin
    rooms = {room.name: room for room in await list_rooms(admin, owner)}
    await page.goto(f"{origin}/rooms/csv")
    await page.set_input_files(
        "#f-file", {"name": "rooms.csv", "mimeType": "text/csv", "buffer": SHEET.encode()}
    )
    await page.get_by_role("button").filter(has_text="Show").click()
    await _take(page, folder / "csv-preview.png")
    for old, new in (("Everest", "Everest"), ("Fjord", "Salle Fjord")):
        room = rooms[old]
        await remove_calendar(admin, owner, room.id, confirm=True)
        entered = RoomInput(name=new, timezone=room.timezone, building=room.building)
        await edit_room(admin, owner, room.id, entered)
    await _shoot(page, f"{origin}/rooms/matches", folder / "matches.png")
    chosen = [rooms["Atlas"].id, rooms["Borealis"].id]
    link = await make_installer_link(admin, owner, chosen, pairings=4, valid_for=timedelta(days=7))
    await _shoot(page, link.url, folder / "installer.png", 420)
    await _shoot(page, f"{origin}/people", folder / "people.png")


async def _shoot(page: Page, address: str, picture: Path, width: int = WIDTH) -> None:
    """The whole page, as a window of its height would show it."""
    await page.set_viewport_size({"width": width, "height": HEIGHT})
    answer = await page.goto(address)
    assert answer is not None
    assert answer.ok, f"{address}: {answer.status}"
    await _take(page, picture, width)


async def _take(page: Page, picture: Path, width: int = WIDTH) -> None:
    height = await page.evaluate("document.documentElement.scrollHeight")
    await page.set_viewport_size({"width": width, "height": min(max(HEIGHT, height), TALLEST)})
    await page.screenshot(path=picture)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1] if len(sys.argv) > 1 else Path("docs/admin"))))
