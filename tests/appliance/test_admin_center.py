"""The Admin Center as its package starts it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from debianroot import DebianRoot, ServiceManager

pytestmark = [pytest.mark.appliance, pytest.mark.timeout(1500)]
CREDENTIALS = "/run/credentials/roomdisplay-admin.service"
DATA = "/var/lib/roomdisplay-admin"


@pytest.fixture
def port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


@pytest.fixture
def service_folders(root: DebianRoot) -> Iterator[None]:
    """What systemd makes before it starts the service."""
    root.run("install", "-d", "-m", "700", "-o", "roomdisplay-admin", DATA)
    root.run("install", "-d", "-m", "700", "-o", "roomdisplay-admin", CREDENTIALS)
    root.run("sh", "-c", f"head -c 32 /dev/urandom > {CREDENTIALS}/seal.key")
    root.run("chown", "roomdisplay-admin", f"{CREDENTIALS}/seal.key")
    yield
    root.run("rm", "-r", DATA, CREDENTIALS)


@pytest.mark.usefixtures("service_folders")
def test_it_starts_says_so_and_answers(root: DebianRoot, port: int, tmp_path: Path) -> None:
    manager = ServiceManager(root, "notify-admin")
    log = tmp_path / "admin.log"

    with root.running(
        "/usr/lib/roomdisplay-admin/bin/roomdisplay",
        *("admin", "serve", "--data", DATA, "--listen", f"127.0.0.1:{port}"),
        log=log,
        user="roomdisplay-admin",
        NOTIFY_SOCKET=manager.inside,
        CREDENTIALS_DIRECTORY=CREDENTIALS,
        STATE_DIRECTORY=DATA,
    ) as process:
        manager.wait_for("READY=1", within=60, log=log)

        page = httpx.get(f"http://127.0.0.1:{port}/", follow_redirects=True, timeout=30)
        invitation = root.run("roomdisplay-admin", "invite", "--role", "owner")

        assert process.poll() is None, log.read_text()
        assert page.status_code == httpx.codes.OK
        assert "text/html" in page.headers["content-type"]
        assert "default-src" in page.headers["content-security-policy"]
        assert "http" in invitation.stdout
    manager.close()
    assert "Traceback" not in log.read_text()


@pytest.mark.usefixtures("service_folders")
def test_it_refuses_to_speak_plainly_to_the_network(root: DebianRoot, port: int) -> None:
    refused = root.run(
        "/usr/lib/roomdisplay-admin/bin/roomdisplay",
        *("admin", "serve", "--data", DATA, "--listen", f"0.0.0.0:{port}"),
        user="roomdisplay-admin",
        check=False,
        CREDENTIALS_DIRECTORY=CREDENTIALS,
    )

    assert refused.returncode == 1
    assert "--tls-cert" in refused.stdout
    assert "Traceback" not in refused.stdout
