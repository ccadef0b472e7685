"""Starting, listening, and ending: in this process and as the command."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import StartError
from roomdisplay.admin.invite import goes_to_journal
from roomdisplay.admin.server import serve
from roomdisplay.admin.settings import ServerSettings
from roomdisplay.cli import main

KEY = bytes(range(32))


# -- serving in this process ---------------------------------------------------------------------


@asynccontextmanager
async def serving(settings: ServerSettings) -> AsyncIterator[Admin]:
    stop = asyncio.Event()
    started: asyncio.Future[Admin] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(serve(settings, ready=started.set_result, stop=stop))
    await asyncio.wait([task, started], return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        task.result()
    try:
        yield started.result()
    finally:
        stop.set()
        await task


@pytest.fixture
def settings(tmp_path: Path) -> Callable[..., ServerSettings]:
    (tmp_path / "seal.key").write_bytes(KEY)
    (tmp_path / "seal.key").chmod(0o600)

    def make(**more: object) -> ServerSettings:
        values: dict[str, object] = {
            "data_dir": tmp_path / "data",
            "port": 0,
            "seal_key_file": tmp_path / "seal.key",
        }
        return ServerSettings(**(values | more))

    return make


async def test_it_serves_on_a_free_port_and_names_it(
    settings: Callable[..., ServerSettings],
) -> None:
    async with serving(settings()) as admin, httpx.AsyncClient() as client:
        assert admin.settings.port != 0
        answer = await client.get(f"{admin.settings.canonical_origin}/device/v1/schedule")
        assert answer.status_code == 401
        assert "server" not in answer.headers
        openapi = await client.get(
            f"{admin.settings.canonical_origin}/device/v1/openapi/openapi.json"
        )
        assert "/device/v1/schedule" in openapi.json()["paths"]
    async with httpx.AsyncClient() as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(admin.settings.canonical_origin)


async def test_two_servers_never_share_a_data_folder(
    settings: Callable[..., ServerSettings],
) -> None:
    async with serving(settings()):
        with pytest.raises(StartError, match="already runs"):
            await serve(settings())


async def test_a_taken_port_and_another_key_are_said(
    settings: Callable[..., ServerSettings], tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StartError, match="another program has that port"):
            await serve(settings(port=port))
    async with serving(settings()):
        pass
    (tmp_path / "seal.key").write_bytes(KEY[::-1])
    with pytest.raises(StartError, match="sealed with another key"):
        await serve(settings())


async def test_what_ready_raises_ends_the_server(settings: Callable[..., ServerSettings]) -> None:
    def fail(_: Admin) -> None:
        raise ZeroDivisionError

    with pytest.raises(ExceptionGroup) as raised:
        await serve(settings(), ready=fail)
    assert raised.group_contains(ZeroDivisionError)


async def test_self_made_tls_is_trusted_by_its_authority_alone_and_survives_a_restart(
    settings: Callable[..., ServerSettings],
) -> None:
    pins = set()
    for _ in range(2):
        async with serving(settings(tls_self_made=True)) as admin:
            pins.add(admin.settings.certificate_pin)
            pem = (admin.settings.data_dir / "tls" / "authority.pem").read_text()
            url = f"https://127.0.0.1:{admin.settings.port}/device/v1/schedule"
            trusting = ssl.create_default_context(cadata=pem)
            async with httpx.AsyncClient(verify=trusting) as client:
                assert (await client.get(url)).status_code == 401
            async with httpx.AsyncClient() as stranger:
                with pytest.raises(httpx.ConnectError):
                    await stranger.get(url)
    assert len(pins) == 1
    assert None not in pins


# -- the commands --------------------------------------------------------------------------------


def test_serve_tells_systemd_and_ends_on_sigterm(
    settings: Callable[..., ServerSettings], tmp_path: Path
) -> None:
    chosen = settings()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(40)
        command = [sys.executable, "-m", "roomdisplay.cli", "admin", "serve"]
        arguments = ["--data", str(chosen.data_dir), "--listen", "127.0.0.1:0"]
        key = ["--seal-key-file", str(chosen.seal_key_file)]
        environ = os.environ | {
            "NOTIFY_SOCKET": str(tmp_path / "notify"),
            "WATCHDOG_USEC": "9000000",
        }
        with subprocess.Popen(
            command + arguments + key, env=environ, stderr=subprocess.PIPE, text=True
        ) as server:
            told = ""
            while "READY=1" not in told:
                told += manager.recv(4096).decode() + "\n"
            assert "STATUS=Serving http://127.0.0.1:" in told
            server.send_signal(signal.SIGTERM)
            while "STOPPING=1" not in told:
                told += manager.recv(4096).decode() + "\n"
            _, log = server.communicate(timeout=30)
    assert "WATCHDOG=1" in told
    assert server.returncode == 0, log
    assert "Traceback" not in log


@pytest.fixture
def umask() -> Iterator[None]:
    """The commands tighten it for their process, which here is ours."""
    before = os.umask(0o022)
    os.umask(before)
    yield
    os.umask(before)


@pytest.mark.usefixtures("umask")
def test_invite_prints_the_link_once_on_the_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    data = str(tmp_path / "data")
    assert main(["admin", "migrate", "--data", data]) == 0
    capfd.readouterr()
    assert main(["admin", "invite", "--role", "owner", "--data", data]) == 0
    out, err = capfd.readouterr()
    assert re.fullmatch(r"http://127\.0\.0\.1:8750/invitation/[\w-]{43}\n", out)
    token = out.strip().rsplit("/", 1)[1]
    assert token not in err
    assert token not in caplog.text
    for file in (tmp_path / "data").iterdir():
        assert token.encode() not in file.read_bytes()


def test_a_link_never_goes_to_the_journal(tmp_path: Path) -> None:
    with (tmp_path / "journal").open("w") as journal:
        found = os.fstat(journal.fileno())
        assert goes_to_journal(journal.fileno(), f"{found.st_dev}:{found.st_ino}")
        assert not goes_to_journal(journal.fileno(), f"{found.st_dev}:{found.st_ino + 1}")
        assert not goes_to_journal(journal.fileno(), "")


@pytest.mark.usefixtures("umask")
def test_serve_says_why_it_cannot_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    arguments = ["admin", "serve", "--data", str(tmp_path), "--listen", "0.0.0.0:0"]
    assert main(arguments) == 1
    assert "--tls-self-made" in capsys.readouterr().err
