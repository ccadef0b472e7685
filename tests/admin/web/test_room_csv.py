"""A house's rooms by way of a spreadsheet, in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from roomdisplay.admin.security.roles import SYSTEM
from roomdisplay.admin.spreadsheet import MOST_BYTES
from roomdisplay.admin.use_cases.rooms import RoomInput, create_room, list_rooms
from roomdisplay.admin.use_cases.services import connect_service

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.browser,
    pytest.mark.timeout(120),
]
ROOMS = 300


async def bring(page: Page, content: bytes) -> None:
    await page.goto("/rooms/csv")
    file = {"name": "rooms.csv", "mimeType": "text/csv", "buffer": content}
    await page.get_by_label("CSV file").set_input_files(file)  # type: ignore[arg-type]  # one file
    await page.get_by_role("button", name="Show what would change").click()


async def test_out_changed_in_a_spreadsheet_and_in_again(
    page: Page, center: Any, sign_in: Any
) -> None:
    await connect_service(center.admin, SYSTEM, "sample", "Sample building", {})
    for name in ("=Atlas", "Helios"):
        await create_room(center.admin, SYSTEM, RoomInput(name=name, timezone="Europe/Paris"))
    await sign_in(page)
    await page.goto("/rooms")
    await page.get_by_role("link", name="Rooms as CSV").click()
    assert not (await Axe().run(page)).response["violations"]
    async with page.expect_download() as download:
        await page.get_by_role("link", name="Download rooms.csv").click()
    kept = (await (await download.value).path()).read_bytes()
    assert kept.startswith(b"\xef\xbb\xbfname,building,")
    assert b"\n'=Atlas," in kept

    lines = kept.decode("utf-8-sig").splitlines()
    lines[1] = lines[1].replace("'=Atlas,,,", "'=Atlas,,2,")
    lines += ["<b>Éole</b>,Tower,,12,,,,", "Wrong,,,many,,,,"]
    await bring(page, ("\r\n".join(lines).replace(",", ";")).encode("cp1252"))
    await expect(page.get_by_role("heading", name="One line is wrong")).to_be_visible()
    wrong = page.get_by_role("row").filter(has_text="Enter a whole number")
    await expect(wrong.get_by_role("cell").first).to_have_text("5")
    await expect(wrong).to_contain_text("Wrong")
    await expect(page.get_by_role("row").filter(has_text="=Atlas")).to_contain_text("Floor: 2")
    await expect(page.get_by_text("<b>Éole</b>", exact=True)).to_be_visible()
    await expect(page.get_by_text("One room stays as it is.")).to_be_visible()
    assert not (await Axe().run(page)).response["violations"]
    assert {room.name for room in await list_rooms(center.admin, SYSTEM)} == {"=Atlas", "Helios"}
    await page.get_by_role("button", name="Apply").click()
    await expect(page.get_by_text("One room was created.")).to_be_visible()
    await expect(page.get_by_text("One room was changed.")).to_be_visible()
    after = {room.name: room for room in await list_rooms(center.admin, SYSTEM)}
    assert after.keys() == {"=Atlas", "Helios", "<b>Éole</b>"}
    assert (after["=Atlas"].floor, after["<b>Éole</b>"].capacity) == ("2", 12)


async def test_the_file_that_french_excel_saves(
    browser: Browser, center: Any, sign_in: Any, tmp_path: Path
) -> None:
    await create_room(center.admin, SYSTEM, RoomInput(name="Éole", timezone="UTC"))
    context = await browser.new_context(
        base_url=center.origin,
        locale="fr",
        viewport={"width": 360, "height": 700},
        java_script_enabled=False,
    )
    page = await context.new_page()
    await sign_in(page)
    await page.goto("/rooms/csv")
    async with page.expect_download() as download:
        await page.get_by_role("link", name="Télécharger rooms.csv").click()
    assert b"\xef\xbb\xbfname;building;" in (await (await download.value).path()).read_bytes()
    sheet = tmp_path / "salles.csv"
    sheet.write_bytes("Nom;Étage;Places\r\nÉole;2;6\r\nZéphyr;3;\r\n".encode("utf-8-sig"))
    await page.get_by_label("Fichier CSV").set_input_files(sheet)
    await page.get_by_role("button", name="Montrer ce qui changerait").click()
    await expect(page.get_by_role("heading", name="1 salle change")).to_be_visible()
    wide = await page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 360
    await page.get_by_role("button", name="Appliquer").click()
    await expect(page.get_by_text("Une salle a été créée.")).to_be_visible()
    assert len(await list_rooms(center.admin, SYSTEM)) == 2
    await context.close()


async def test_the_largest_file_passes_and_a_larger_one_is_refused(
    page: Page, center: Any, sign_in: Any
) -> None:
    await sign_in(page)
    rows = [f"Salle n° {number};Tour «Éole»;;8;;;;" for number in range(ROOMS)]
    header = "name;building;floor;capacity;equipment;timezone;calendar_address;connection"
    content = "\r\n".join([header, *rows]).encode()
    content += b"\r\n" * ((MOST_BYTES - len(content)) // 2)
    await bring(page, content)
    await expect(page.get_by_role("heading", name=f"{ROOMS} rooms are new")).to_be_visible()
    await page.get_by_role("button", name="Apply").click()
    await expect(page.get_by_text(f"{ROOMS} rooms were created.")).to_be_visible(timeout=60_000)
    assert len(await list_rooms(center.admin, SYSTEM)) == ROOMS
    await bring(page, content + b"\r\n\r\n")
    await expect(page.get_by_role("alert")).to_contain_text("The file is larger than 256 KiB.")


async def test_a_stale_preview_is_shown_anew(page: Page, center: Any, sign_in: Any) -> None:
    await sign_in(page)
    await bring(page, b"name,capacity\nAtlas,9\n")
    await expect(page.get_by_role("heading", name="One room is new")).to_be_visible()
    await create_room(center.admin, SYSTEM, RoomInput(name="Atlas", timezone="UTC", capacity=4))
    await page.get_by_role("button", name="Apply").click()
    await expect(page.get_by_role("status")).to_contain_text("nothing was applied")
    await expect(page.get_by_role("row").filter(has_text="Atlas")).to_contain_text("Seats: 4 → 9")
    await page.get_by_role("button", name="Apply").click()
    (room,) = await list_rooms(center.admin, SYSTEM)
    assert room.capacity == 9
