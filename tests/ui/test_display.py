"""The program: arguments, environment, the order of its start, and its end."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree as ET

import pytest
from msgspec.structs import replace
from PySide6.QtGui import QImage

from roomdisplay.device.clock import boot_id, boottime
from roomdisplay.display import configure, system_language, window_size
from roomdisplay.model.room import Place
from roomdisplay.sync.picture import Moment, Picture
from roomdisplay.sync.warm import WarmCopy, copy_name
from roomdisplay.ui.app import choose_backends
from roomdisplay.ui.picture import render
from roomdisplay.ui.stage import strip_height

ROOT = Path(__file__).parents[2]


def test_the_arguments() -> None:
    parser = argparse.ArgumentParser()
    configure(parser)
    options = parser.parse_args(["--windowed", "800x480", "--place", "inside", "--server", "a.b"])
    assert (options.windowed, options.place, options.server) == ((800, 480), "inside", "a.b")


@pytest.mark.parametrize("text", ["800", "axb", "10x10", "99999x800", ""])
def test_a_window_needs_a_size(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        window_size(text)


def test_the_language_comes_from_the_environment() -> None:
    assert system_language({"LANG": "fr_FR.UTF-8"}) == "fr-FR"
    assert system_language({"LANG": "C.UTF-8"}) == "en"
    assert system_language({}) == "en"


def test_the_renderer_is_chosen_by_the_machine_unless_somebody_chose() -> None:
    assert choose_backends({}, has_gpu=False)["QT_QUICK_BACKEND"] == "software"
    assert "QT_QUICK_BACKEND" not in choose_backends({}, has_gpu=True)
    assert "QT_QUICK_BACKEND" not in choose_backends({"QT_QUICK_BACKEND": "rhi"}, has_gpu=False)


def test_the_strip_is_as_high_as_calls_and_the_compositor_leave_it() -> None:
    from roomdisplay.device.call import BAR_HEIGHT  # noqa: PLC0415

    margin = ET.parse(ROOT / "systemd" / "labwc" / "rc.xml").find(".//{*}margin")
    assert margin is not None
    highest = strip_height(40.0)
    assert strip_height(1.0) == BAR_HEIGHT
    assert highest == int(margin.get("top", ""))


START = """
import sys
from roomdisplay import display
display._hasten()
from roomdisplay.sync.engine import DisplayEngine
painted = DisplayEngine.frame_painted
def after_the_frame(engine):
    late = {"httpx", "asyncio", "ssl", "apscheduler", "keyring", "cryptography", "joserfc", "segno"}
    early = sorted(late & set(sys.modules))
    shown = "home screen" if engine.snapshot.schedule else "nothing"
    print(f"{shown}, loaded early: {early}", flush=True)
    painted(engine)
DisplayEngine.frame_painted = after_the_frame
from roomdisplay.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder on a tmpfs, as a service's runtime folder is."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)


def keep_in_memory(folder: Path, state: Path, samples: ModuleType) -> None:
    """Leave the copy that a display of this boot would find when it starts again."""
    state.mkdir(mode=0o700)
    (state / "cache.db").touch()  # where that is gone, the display was un-paired
    now, snapshot = boottime(), samples.snapshot()
    WarmCopy(folder, copy_name(state), boot_id()).write(
        Picture(schedule=snapshot.schedule, etag="e"),
        Moment(
            boot_id=boot_id(),
            account=replace(snapshot.account, heard_at=now),
            clock=replace(snapshot.clock, boottime=now),
        ),
    )


def test_the_first_frame_needs_nothing_of_the_network(
    tmp_path: Path, memory: Path, samples: ModuleType
) -> None:
    address, state = tmp_path / "notify", tmp_path / "state"
    keep_in_memory(memory, state, samples)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(address))
        manager.settimeout(30)
        environ = os.environ | {
            "NOTIFY_SOCKET": str(address),
            "WATCHDOG_USEC": "2000000",
            "QT_QPA_PLATFORM": "offscreen",
            "RUNTIME_DIRECTORY": str(memory),
        }
        arguments = ["display", "--windowed", "800x480", "--state-dir", str(state)]
        key = ["--insecure-key-file", str(tmp_path / "key")]
        with subprocess.Popen(
            [sys.executable, "-c", START, *arguments, *key],
            env=environ,
            stdout=subprocess.PIPE,
            text=True,
        ) as program:
            assert b"READY=1" in manager.recv(4096)
            assert b"WATCHDOG=1" in manager.recv(4096)
            program.send_signal(signal.SIGTERM)
            output, _ = program.communicate(timeout=20)
            assert program.returncode == 0
    assert output.splitlines()[0] == "home screen, loaded early: []"


@pytest.mark.usefixtures("qapp")
def test_a_picture_is_saved(tmp_path: Path, samples: ModuleType) -> None:
    path = tmp_path / "door.png"
    render(samples.snapshot(), size=(800, 480), boottime=samples.BOOTTIME, path=path, pixel_ratio=2)
    image = QImage(str(path))
    assert (image.width(), image.height()) == (1600, 960)
    red = image.pixelColor(3, 3)
    assert red.red() > 2 * red.green()


@pytest.mark.usefixtures("qapp")
def test_a_picture_that_cannot_be_saved_says_so(tmp_path: Path, samples: ModuleType) -> None:
    with pytest.raises(OSError, match="cannot write"):
        render(
            samples.pairing(),
            size=(800, 480),
            boottime=samples.BOOTTIME,
            path=tmp_path / "no" / "such.png",
            place=Place.INSIDE,
            language="fr",
        )
