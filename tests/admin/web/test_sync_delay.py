"""The measured delay from a change to the screen, on the room's page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from playwright.async_api import Page, expect

from roomdisplay.admin.security.roles import SYSTEM
from roomdisplay.admin.store.tables import Device
from roomdisplay.admin.use_cases.device_reports import note_news, record_health
from roomdisplay.admin.use_cases.devices import get_device
from roomdisplay.admin.use_cases.rooms import RoomInput, create_room
from roomdisplay.model.wire import HealthReport

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser]


async def test_the_page_shows_what_was_measured(page: Page, center: Any, sign_in: Any) -> None:
    admin = center.admin
    room = await create_room(admin, SYSTEM, RoomInput(name="Atlas", timezone="UTC"))
    async with admin.store.transaction() as session:
        device = Device(
            id="d",
            name="D",
            room_id=room,
            place="door",
            key_thumbprint="k",
            created_at=admin.clock(),
        )
        session.add(device)
    await sign_in(page)
    await page.goto(f"/rooms/{room}")
    await expect(page.locator("#facts")).to_contain_text("not measured yet")
    told_at = admin.clock()
    await note_news(admin, "d", "new", told_at)
    await record_health(admin, "d", HealthReport(version="1", schedule_etag="old"), None)
    assert (await get_device(admin, SYSTEM, "d")).sync_delay is None
    center.clock.offset = timedelta(seconds=2.4)
    await record_health(admin, "d", HealthReport(version="1", schedule_etag="new"), None)
    measured = (await get_device(admin, SYSTEM, "d")).sync_delay
    assert measured is not None
    assert timedelta(seconds=2.4) <= measured < timedelta(seconds=60)
    await expect(page.locator("#facts")).to_contain_text(f"{measured.total_seconds():.1f} s")
    center.clock.offset = timedelta(seconds=50)  # a heartbeat later it is no new measurement
    await record_health(admin, "d", HealthReport(version="1", schedule_etag="new"), None)
    assert (await get_device(admin, SYSTEM, "d")).sync_delay == measured
