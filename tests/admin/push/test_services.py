"""Each service as it is connected, told of and read: from an invitation to the displays' news."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from simulators.standing import Standing, standing
from sqlalchemy import select

from roomdisplay.admin.context import Admin
from roomdisplay.admin.news import PAGES, room_topic
from roomdisplay.admin.security.roles import SYSTEM
from roomdisplay.admin.server import serve
from roomdisplay.admin.settings import ServerSettings
from roomdisplay.admin.store.tables import Calendar, Device, Session
from roomdisplay.admin.use_cases import assignment, services
from roomdisplay.admin.use_cases.authorization import begin_authorization, finish_authorization
from roomdisplay.admin.use_cases.doctor import ask_doctor, doctor_report
from roomdisplay.admin.use_cases.schedule import room_schedule
from roomdisplay.connectors import registry
from roomdisplay.connectors.diagnosis import Verdict

PARIS = ZoneInfo("Europe/Paris")
AGREED = {"terms": "", "privacy": ""}
PROMPT_S = 5.0
"""From the invitation to the news, on a busy machine."""


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
async def center(tmp_path: Path) -> AsyncIterator[Admin]:
    """A running Admin Center on loopback, with its jobs."""
    stop = asyncio.Event()
    started: asyncio.Future[Admin] = asyncio.get_running_loop().create_future()
    settings = ServerSettings(
        data_dir=tmp_path / "data", port=0, seal_key_file=tmp_path / "seal.key"
    )
    serving = asyncio.create_task(serve(settings, ready=started.set_result, stop=stop))
    done, _ = await asyncio.wait({started, serving}, return_when=asyncio.FIRST_COMPLETED)
    assert started in done, "the Admin Center ended early"
    admin = await started
    async with admin.store.transaction() as session:
        facts = dict.fromkeys(("created_at", "last_seen_at", "expires_at"), now())
        session.add(Session(id="browser", token_hash="browser", **facts))
    yield admin
    stop.set()
    await serving


async def connect(admin: Admin, there: Standing) -> str:
    """Connect a service as an administrator does, through its own window where it has one."""
    if not registry.SERVICES[there.service].window:
        return await services.connect_service(
            admin, SYSTEM, there.service, "Rooms", there.form, consents=AGREED
        )
    url = await begin_authorization(
        admin, SYSTEM, "browser", there.service, "Rooms", there.form, AGREED
    )
    back = await there.link_account(url)
    return await finish_authorization(
        admin, SYSTEM, "browser", back["state"], code=back.get("code", "")
    )


async def until(admin: Admin, true: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something holds that pages are told of."""
    async with asyncio.timeout(30), admin.news.subscribe([PAGES]) as news:
        while not await true():
            await news.wait()


async def calendar(admin: Admin, calendar_id: str) -> Calendar:
    async with admin.store.reading() as session:
        return (await session.scalars(select(Calendar).where(Calendar.id == calendar_id))).one()


async def with_display(admin: Admin, room_id: str) -> str:
    async with admin.store.transaction() as session:
        device = Device(
            room_id=room_id, name="Glass", place="inside", key_thumbprint="t", created_at=now()
        )
        session.add(device)
        await session.flush()
        return device.id


async def titles(admin: Admin, device_id: str) -> set[str | None]:
    message, _, _ = await room_schedule(admin, device_id)
    return {meeting.title for meeting in message.meetings}


@pytest.mark.parametrize("service", ["office365", "exchange", "cronofy"])
async def test_an_invitation_is_news_within_seconds(center: Admin, service: str) -> None:
    origin = center.settings.canonical_origin
    async with standing(service, now, PARIS, admin_origin=origin) as there:
        connection = await connect(center, there)
        atlas = next(
            one
            for one in await services.list_calendars(
                center, SYSTEM, connection_id=connection, search="atlas"
            )
        )
        (room,) = await assignment.create_rooms_from_calendars(
            center, SYSTEM, [atlas.id], timezone="Europe/Paris"
        )
        device = await with_display(center, room)

        async def told() -> bool:
            one = await calendar(center, atlas.id)
            return one.told_by is not None and one.read_at is not None

        await until(center, told)
        before = await titles(center, device)
        assert before
        async with asyncio.timeout(PROMPT_S), center.news.subscribe([room_topic(room)]) as news:
            began = time.monotonic()
            there.surprise()
            while await titles(center, device) == before:
                await news.wait()
        print(f"{service}: {time.monotonic() - began:.2f} s")  # noqa: T201 - for whoever measures
        assert len(await titles(center, device) - before) == 1

        await ask_doctor(center, SYSTEM, connection, room=atlas.address)

        async def looked() -> bool:
            report = await doctor_report(center, SYSTEM, connection)
            return report.finished_at is not None and not report.waiting

        await until(center, looked)
        report = await doctor_report(center, SYSTEM, connection)
        bad = [one for one in report.findings if one.verdict is Verdict.BAD]
        assert bad == []
        await services.disconnect_service(center, SYSTEM, connection, confirm=True)
