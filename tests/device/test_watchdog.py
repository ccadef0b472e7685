from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from roomdisplay.device.watchdog import ServiceManager


class Manager:
    """The receiving end, as systemd keeps it."""

    def __init__(self, address: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.socket.settimeout(5)

    def heard(self) -> list[str]:
        return self.socket.recv(4096).decode().split("\n")


@pytest.fixture(params=["path", "abstract"])
def manager_and_environ(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[Manager, dict[str, str]]]:
    if request.param == "path":
        name = address = str(tmp_path / "notify")
    else:
        name = f"@roomdisplay-test-{os.getpid()}-{tmp_path.name}"
        address = "\0" + name[1:]
    manager = Manager(address)
    yield manager, {"NOTIFY_SOCKET": name}
    manager.socket.close()


def test_says_ready_with_words(manager_and_environ: tuple[Manager, dict[str, str]]) -> None:
    manager, environ = manager_and_environ

    ServiceManager(environ).ready("Atlas, synchronised")

    assert manager.heard() == ["READY=1", "STATUS=Atlas, synchronised"]


def test_says_each_thing(manager_and_environ: tuple[Manager, dict[str, str]]) -> None:
    manager, environ = manager_and_environ
    service = ServiceManager(environ)

    service.alive()
    service.status("Waiting for the network")
    service.stopping()

    assert [manager.heard() for _ in range(3)] == [
        ["WATCHDOG=1"],
        ["STATUS=Waiting for the network"],
        ["STOPPING=1"],
    ]


def test_a_status_cannot_smuggle_in_another_message(
    manager_and_environ: tuple[Manager, dict[str, str]],
) -> None:
    manager, environ = manager_and_environ

    ServiceManager(environ).status("Atlas\nMAINPID=1\r\nREADY=1 " + "x" * 10_000)

    (line,) = manager.heard()
    assert line.startswith("STATUS=Atlas MAINPID=1 READY=1 xxx")
    assert len(line) <= len("STATUS=") + 200


@pytest.mark.parametrize("name", ["", "@", "relative/path", "vsock:2:1234"])
def test_without_a_manager_nothing_happens(name: str) -> None:
    service = ServiceManager({"NOTIFY_SOCKET": name} if name else {})

    service.ready("up")
    service.alive()

    assert not service.listening
    assert service.alive_every is None


def test_a_manager_that_went_away_does_no_harm(tmp_path: Path) -> None:
    service = ServiceManager({"NOTIFY_SOCKET": str(tmp_path / "gone")})

    service.alive()

    assert service.listening


def test_a_manager_that_does_not_read_never_blocks_the_display(tmp_path: Path) -> None:
    manager = Manager(str(tmp_path / "notify"))
    service = ServiceManager({"NOTIFY_SOCKET": str(tmp_path / "notify")})

    for _ in range(5_000):  # far more than a datagram queue holds
        service.alive()

    assert manager.heard() == ["WATCHDOG=1"]
    manager.socket.close()


@pytest.mark.parametrize(
    ("environ", "every"),
    [
        ({"WATCHDOG_USEC": "30000000"}, timedelta(seconds=15)),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "42"}, timedelta(seconds=15)),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "43"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "-1"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "9" * 40}, None),
        ({}, None),
    ],
)
def test_signs_of_life_are_due_at_half_the_timeout(
    environ: dict[str, str], every: timedelta | None
) -> None:
    assert ServiceManager(environ, pid=42).alive_every == every
