"""DavMail, an EWS client of its own kind, at the simulated Exchange server.

DavMail turns EWS into CalDAV: what our CalDAV connector sees through it, another program has read
from the simulator.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from exchangepeer import BLUE, Exchange, exchange
from simulators.organisation import Processing, Recurrence

from roomdisplay.connectors.base import CredentialsRejectedError, Occurrence, Picture, Window
from roomdisplay.connectors.caldav.connector import CalDavConnector

JAR = Path("/usr/share/davmail/davmail.jar")
LIBRARIES = "/usr/share/java/*"
PASSWORD = "blue-as-the-sea"
START = datetime(2026, 11, 22, 23, tzinfo=UTC)
WEEK = Window(START, START + timedelta(days=7))

pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(shutil.which("java") is None, reason="there is no Java here"),
    pytest.mark.skipif(not JAR.exists(), reason="davmail-server is not installed"),
]


@pytest.fixture(params=["NTLM", "Basic"])
async def server(request: pytest.FixtureRequest) -> AsyncIterator[Exchange]:
    async with exchange() as running:
        running.simulator.sign_in.schemes = (request.param,)
        blue = running.organisation.mailbox(BLUE)
        blue.password = PASSWORD
        blue.processing = Processing(
            delete_subject=False,
            add_organizer_to_subject=False,
            delete_comments=False,
            remove_private=False,
            remove_cancelled=True,
        )
        yield running


@contextlib.asynccontextmanager
async def davmail(server: Exchange, folder: Path) -> AsyncIterator[str]:
    """The CalDAV address of Blue's calendar at a gateway of one's own."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = {
        "davmail.server": "true",
        "davmail.mode": "EWS",
        "davmail.url": f"{server.origin}/EWS/Exchange.asmx",
        "davmail.caldavPort": port,
        "davmail.bindAddress": "127.0.0.1",
        "davmail.allowRemote": "false",
        "davmail.disableUpdateCheck": "true",
        "davmail.caldavPastDelay": 0,
        "davmail.logFilePath": folder / "davmail.log",
        "log4j.logger.davmail": "INFO",
        **{f"davmail.{other}Port": "" for other in ("imap", "smtp", "pop", "ldap")},
    }
    file = folder / "davmail.properties"
    file.write_text("\n".join(f"{name}={value}" for name, value in settings.items()))
    quick = ("-Xshare:auto", "-XX:TieredStopAtLevel=1", "-Djava.awt.headless=true")
    program = ("java", *quick, "-cp", f"{JAR}:{LIBRARIES}", "davmail.DavGateway", str(file))
    gateway = await asyncio.create_subprocess_exec(
        *program, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert gateway.stdout is not None
    said = b""
    draining = None
    try:
        async with asyncio.timeout(40):
            while b"listening on CALDAV port" not in said:
                line = await gateway.stdout.readline()
                assert line, f"DavMail ended: {said.decode(errors='replace')}"
                said += line
        draining = asyncio.create_task(gateway.stdout.read())
        yield f"http://127.0.0.1:{port}/users/{BLUE}/calendar/"
    finally:
        if gateway.returncode is None:
            gateway.terminate()
        await gateway.wait()
        if draining is not None:
            await draining


async def read(address: str, password: str = PASSWORD) -> tuple[Occurrence, ...]:
    """What our CalDAV connector sees there."""
    connector = CalDavConnector(address, username=BLUE, password=password)
    try:
        picture = await connector.read(address, WEEK, zone="Europe/Berlin")
    finally:
        await connector.aclose()
    assert isinstance(picture, Picture)
    assert picture.unreadable == 0
    return picture.occurrences


async def test_a_caldav_client_sees_the_simulators_meetings(
    server: Exchange, tmp_path: Path
) -> None:
    at = START + timedelta(hours=10)
    hour, day = timedelta(hours=1), timedelta(days=1)
    server.invite(subject="Planning, ünd more", start=at, end=at + hour, body="Agenda")
    midnight = START + 2 * day
    server.invite(subject="Fair", start=midnight, end=midnight + day, all_day=True)
    server.invite(subject="Pay", start=at + 4 * day, end=at + 4 * day + hour, sensitivity="private")
    early = at - 2 * hour
    uid = server.invite(
        subject="Stand-up",
        start=early,
        end=early + hour,
        recurrence=Recurrence("FREQ=WEEKLY;BYDAY=MO,WE,FR,SU"),
    )
    server.organisation.cancel(uid, occurrence=early + 2 * day)
    moved = early + 4 * day + 4 * hour
    server.organisation.move(uid, moved, moved + hour, occurrence=early + 4 * day)

    async with davmail(server, tmp_path) as address:
        found = await read(address)
        assert [(one.title, one.start, one.end) for one in found] == [
            ("Stand-up", early, early + hour),
            ("Planning, ünd more", at, at + hour),
            ("Fair", midnight, midnight + day),
            ("Pay", at + 4 * day, at + 4 * day + hour),
            ("Stand-up", moved, moved + hour),
            ("Stand-up", early + 6 * day, early + 6 * day + hour),
        ]
        assert [one.all_day for one in found] == [False, False, True, False, False, False]
        assert [one.private for one in found] == [False, False, False, True, False, False]
        assert found[1].body_text == "Agenda"
        assert {one.organizer for one in found} == {"Ada Lovelace"}

        server.organisation.cancel(uid)
        assert [one.title for one in await read(address)] == ["Planning, ünd more", "Fair", "Pay"]

        with pytest.raises(CredentialsRejectedError):
            await read(address, "wrong")
    assert set(server.simulator.sign_in.tries) == {BLUE}
