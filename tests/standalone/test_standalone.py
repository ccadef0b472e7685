"""Only this screen: one command, an Admin Center and its display, paired with each other."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys

import httpx
import pytest

from roomdisplay.standalone.address import lan_address

ROOMDISPLAY = [sys.executable, "-m", "roomdisplay.cli"]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def standalone(folder, port, *more):
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "XDG_RUNTIME_DIR": str(folder)}
    command = [
        *(*ROOMDISPLAY, "standalone", "--data", str(folder / "data"), "--port", str(port)),
        *("--insecure-key-file", str(folder / "key"), "--windowed", "800x480", *more),
    ]
    with subprocess.Popen(
        command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=30)


def read_until(process, words):
    """Read what it says up to the line with `words`; the test's time cap ends a wait in vain."""
    said = []
    for line in process.stdout:
        said.append(line)
        if words in line:
            return line
    pytest.fail("it ended without saying so: " + "".join(said))


@pytest.mark.timeout(180)
def test_the_screen_is_paired_by_itself_and_its_one_page_opens(tmp_path):
    port = free_port()
    with standalone(tmp_path, port, "--loopback") as process:
        assert read_until(process, "Pages").split()[-1] == f"http://127.0.0.1:{port}"
        read_until(process, "the screen is paired")
        invited = subprocess.run(
            [*ROOMDISPLAY, "admin", "invite", "--role", "owner",
             "--data", str(tmp_path / "data" / "admin")],
            capture_output=True, text=True, check=True, timeout=60,
        )  # fmt: skip
        token = next(w for w in invited.stdout.split() if "/invitation/" in w).rsplit("/", 1)[-1]
        page = httpx.get(f"http://127.0.0.1:{port}/setup/{token}")
        assert page.status_code == 200
        assert httpx.get(f"http://127.0.0.1:{port}/setup/wrong").status_code == 404
    assert process.returncode == 0


@pytest.mark.timeout(180)
@pytest.mark.skipif(lan_address() is None, reason="this machine is in no network")
def test_a_phone_reaches_it_by_tls_only_and_its_display_trusts_the_pin(tmp_path):
    port = free_port()
    with standalone(tmp_path, port) as process:
        assert read_until(process, "Pages").split()[-1] == f"https://{lan_address()}:{port}"
        read_until(process, "the screen is paired")
        with pytest.raises(httpx.TransportError):
            httpx.get(f"http://127.0.0.1:{port}/")


def test_without_a_keyring_it_says_what_to_do(tmp_path):
    environment = {k: v for k, v in os.environ.items() if k != "CREDENTIALS_DIRECTORY"}
    environment |= {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent", "HOME": str(tmp_path)}
    done = subprocess.run(
        [*ROOMDISPLAY, "standalone", "--loopback", "--data", str(tmp_path)],
        env=environment, capture_output=True, text=True, check=False, timeout=50,
    )  # fmt: skip
    assert done.returncode == 1
    assert "--insecure-key-file" in done.stderr
