"""A real Admin Center with its jobs, a real Radicale, and a real Chromium."""

from __future__ import annotations

import asyncio
import re
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from roomdisplay.admin.context import Admin
from roomdisplay.admin.security.roles import SYSTEM, Role
from roomdisplay.admin.server import serve
from roomdisplay.admin.settings import ServerSettings
from roomdisplay.admin.use_cases.people import accept_invitation, invite, invite_owner
from roomdisplay.admin.use_cases.sessions import Client

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PASSWORD = "a calm corridor at noon"
EMAIL = "ada@example.com"


class Clock:
    """The real time, moved by whatever a test likes."""

    def __init__(self) -> None:
        self.offset = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.offset


@dataclass(frozen=True)
class Center:
    """A running Admin Center."""

    admin: Admin
    clock: Clock

    @property
    def origin(self) -> str:
        return self.admin.settings.canonical_origin


MakeCenter = Callable[..., Awaitable[Center]]


@pytest_asyncio.fixture(loop_scope="session")
async def make_center(tmp_path: Path) -> AsyncIterator[MakeCenter]:
    stop = asyncio.Event()
    running: list[asyncio.Task[None]] = []

    async def make(**changes: object) -> Center:
        started: asyncio.Future[Admin] = asyncio.get_running_loop().create_future()
        clock = Clock()
        settings = ServerSettings(
            data_dir=tmp_path / "data", port=0, seal_key_file=tmp_path / "seal.key"
        )
        settings = replace(settings, **changes)  # type: ignore[arg-type]  # the tests' own fields
        serving = serve(settings, clock=clock, ready=started.set_result, stop=stop)
        running.append(asyncio.create_task(serving))
        done, _ = await asyncio.wait({started, *running}, return_when=asyncio.FIRST_COMPLETED)
        assert started in done, "the Admin Center ended early"
        return Center(await started, clock)

    yield make
    stop.set()
    await asyncio.gather(*running)


@pytest_asyncio.fixture(loop_scope="session")
async def center(make_center: MakeCenter) -> Center:
    return await make_center()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield launched
        await launched.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser, center: Center) -> AsyncIterator[Page]:
    """A browser that is not signed in, reading English."""
    context = await browser.new_context(base_url=center.origin, locale="en-GB")
    context.set_default_timeout(15_000)
    yield await context.new_page()
    await context.close()


@pytest.fixture(name="add_person")
def _add_person() -> Callable[..., Awaitable[str]]:
    return add_person


async def add_person(admin: Admin, role: Role = Role.OWNER, email: str = EMAIL) -> str:
    """A person with the tests' password; the session token of their first sign-in."""
    invitation = await (invite_owner(admin) if role is Role.OWNER else invite(admin, SYSTEM, role))
    signed_in = await accept_invitation(
        admin,
        invitation.url.rsplit("/", 1)[-1],
        name="Ada",
        email=email,
        password=PASSWORD,
        client=Client(),
    )
    return signed_in.token


async def sign_in(page: Page, center: Center, role: Role = Role.OWNER) -> None:
    """Make a person and put her session into the browser."""
    token = await add_person(center.admin, role)
    name = f"roomdisplay-{center.admin.settings.port}-session"
    await page.context.add_cookies([{"name": name, "value": token, "url": center.origin}])


@dataclass(frozen=True)
class Radicale:
    """A real calendar server; its user is ada with the password secret."""

    url: str

    def add_calendar(self, name: str) -> str:
        """Make a calendar of the user; its address."""
        address = f"{self.url}/ada/{name.lower()}/"
        body = (
            '<?xml version="1.0"?><C:mkcalendar xmlns:D="DAV:"'
            ' xmlns:C="urn:ietf:params:xml:ns:caldav"><D:set><D:prop><D:displayname>'
            f"{name}</D:displayname></D:prop></D:set></C:mkcalendar>"
        )
        answer = httpx.request("MKCALENDAR", address, content=body, auth=("ada", "secret"))
        assert answer.status_code == 201, answer.text
        return address

    def add_meeting(self, calendar: str, title: str, start: datetime, minutes: int = 60) -> None:
        """Put a meeting into a calendar."""
        uid = re.sub(r"\W", "", title)[:40] or "x"
        times = [
            f"{moment:%Y%m%dT%H%M%SZ}" for moment in (start, start + timedelta(minutes=minutes))
        ]
        text = title.replace("\\", "\\\\").replace(",", "\\,").replace(";", "\\;")
        lines = (
            "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//tests//EN", "BEGIN:VEVENT",
            f"UID:{uid}", f"DTSTAMP:{times[0]}", f"DTSTART:{times[0]}", f"DTEND:{times[1]}",
            f"SUMMARY:{text}", "END:VEVENT", "END:VCALENDAR", "",
        )  # fmt: skip
        answer = httpx.put(
            f"{calendar}{uid}.ics", content="\r\n".join(lines), auth=("ada", "secret")
        )
        assert answer.status_code == 201, answer.text


@pytest.fixture(scope="session")
def radicale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Radicale]:
    folder = tmp_path_factory.mktemp("radicale")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    (folder / "users").write_text("ada:secret\n")
    (folder / "config").write_text(
        f"[server]\nhosts = 127.0.0.1:{port}\n"
        f"[auth]\ntype = htpasswd\nhtpasswd_filename = {folder / 'users'}\n"
        "htpasswd_encryption = plain\ndelay = 0\n"
        f"[storage]\nfilesystem_folder = {folder / 'data'}\n[logging]\nlevel = error\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "radicale", "-C", str(folder / "config")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except OSError:
            assert time.monotonic() < deadline, "Radicale did not start"
        try:  # until it ends, or it is time to ask again
            pytest.fail(f"Radicale ended with {process.wait(0.05)}")
        except subprocess.TimeoutExpired:
            continue
    yield Radicale(f"http://127.0.0.1:{port}")
    process.terminate()
    process.wait(10)


@pytest.fixture(name="sign_in")
def _sign_in(center: Center) -> Callable[..., Awaitable[None]]:
    async def do(page: Page, role: Role = Role.OWNER) -> None:
        await sign_in(page, center, role)

    return do
