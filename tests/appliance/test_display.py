"""The display as its package starts it: on a compositor without a screen, seen by its picture."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from debianroot import REPOSITORY, DebianRoot, ServiceManager
from PySide6.QtGui import QImage

pytestmark = [pytest.mark.appliance, pytest.mark.timeout(1500)]
HEADLESS = {"WLR_BACKENDS": "headless", "WLR_RENDERER": "pixman"}
CREDENTIALS = "/run/credentials/roomdisplay-display.service"
FOLDERS = ("/run/roomdisplay", "/run/roomdisplay-display", "/var/lib/roomdisplay",
           "/var/cache/roomdisplay", CREDENTIALS)  # fmt: skip
FIRST_FRAME_S = 60
BLACK = "#000000"


def environment_of(unit: str) -> dict[str, str]:
    """What the unit's own Environment= lines say, so that they are what is tested."""
    text = (REPOSITORY / "systemd" / unit).read_text(encoding="utf-8")
    words = " ".join(re.findall(r"^Environment=(.*)$", text, re.MULTILINE)).split()
    folders = {"%S": "/var/lib", "%C": "/var/cache", "%t": "/run"}
    return {
        name: re.sub("%[SCt]", lambda found: folders[found.group()], value)
        for name, _, value in (word.partition("=") for word in words)
    }


@pytest.fixture
def screen(root: DebianRoot, tmp_path: Path) -> Iterator[Path]:
    """The screen's session, up; yields its log."""
    for folder in FOLDERS:
        root.run("install", "-d", "-m", "700", "-o", "roomdisplay", "-g", "roomdisplay", folder)
    pipe = root.path / "run/roomdisplay/up"
    os.mkfifo(pipe)
    os.chown(pipe, pipe.parent.stat().st_uid, -1)
    log = tmp_path / "session.log"
    with root.running(
        "/usr/lib/roomdisplay/session",
        log=log,
        user="roomdisplay",
        RUNTIME_DIRECTORY="/run/roomdisplay",
        **environment_of("roomdisplay-session.service") | HEADLESS,
    ):
        # What the display's unit does: wait until the compositor says so.
        said = subprocess.run(["head", "-n1", pipe], capture_output=True, timeout=30, check=True)
        assert said.stdout == b"up\n", log.read_text()
        yield log
    root.run("rm", "-r", *FOLDERS)


def picture(root: DebianRoot, save_as: Path) -> QImage:
    """Photograph the screen."""
    root.run(
        *("grim", "/run/roomdisplay/screen.png"),
        user="roomdisplay",
        WAYLAND_DISPLAY="wayland-0",
        XDG_RUNTIME_DIR="/run/roomdisplay",
    )
    save_as.write_bytes((root.path / "run/roomdisplay/screen.png").read_bytes())
    return QImage(str(save_as))


def colours(image: QImage) -> set[str]:
    step = 4
    return {
        image.pixelColor(x, y).name()
        for x in range(0, image.width(), step)
        for y in range(0, image.height(), step)
    }


def test_debians_qt_understands_every_qml_file(root: DebianRoot) -> None:
    script = Path(__file__).with_name("compile_qml.py")
    (root.path / "tmp" / script.name).write_bytes(script.read_bytes())

    said = root.run(
        *("/usr/lib/roomdisplay/bin/python", f"/tmp/{script.name}"),
        QT_QPA_PLATFORM="offscreen",
        QT_QUICK_BACKEND="software",
    ).stdout

    count = len(list((REPOSITORY / "roomdisplay" / "ui" / "qml").rglob("*.qml")))
    assert said == f"{count} files\n"


@pytest.mark.parametrize("place", ["door", "inside"])
def test_the_whole_chain_reaches_the_glass_on_the_appliance(
    root: DebianRoot, pictures: Path, place: str
) -> None:
    root.run(
        *("roomdisplay", "demo", "--screenshot", "/tmp/home.png", "--size", "1280x800"),
        *("--place", place, "--at", "2026-11-23T10:36"),
        timeout=120,
    )

    saved = pictures / f"home-{place}.png"
    saved.write_bytes((root.path / "tmp/home.png").read_bytes())
    image = QImage(str(saved))
    assert (image.width(), image.height()) == (1280, 800)
    assert len(colours(image)) > 10


@pytest.mark.usefixtures("screen")
def test_an_empty_screen_shows_neither_pointer_nor_menu(root: DebianRoot, pictures: Path) -> None:
    image = picture(root, pictures / "session.png")

    assert colours(image) == {BLACK}


@pytest.mark.parametrize("key", ["whole", "missing"])
def test_the_display_paints_says_so_and_stays_alive(
    root: DebianRoot, screen: Path, pictures: Path, tmp_path: Path, key: str
) -> None:
    secret = f"{CREDENTIALS}/keyring.key"
    source = "/dev/urandom" if key == "whole" else "/dev/null"
    root.run("sh", "-c", f"head -c 32 {source} > {secret} && chown roomdisplay {secret}")
    manager = ServiceManager(root, "notify-display")
    log = tmp_path / "display.log"

    with root.running(
        *("/usr/bin/roomdisplay", "display"),
        log=log,
        user="roomdisplay",
        NOTIFY_SOCKET=manager.inside,
        WATCHDOG_USEC="4000000",
        CREDENTIALS_DIRECTORY=CREDENTIALS,
        STATE_DIRECTORY="/var/lib/roomdisplay",
        CACHE_DIRECTORY="/var/cache/roomdisplay",
        RUNTIME_DIRECTORY="/run/roomdisplay-display",
        QT_QUICK_BACKEND="software",
        ROOMDISPLAY_SERVER="http://127.0.0.1:9",  # discards: nobody answers
        **environment_of("roomdisplay-display.service"),
    ) as process:
        manager.wait_for("READY=1", within=FIRST_FRAME_S, log=log)
        manager.wait_for("WATCHDOG=1", within=10, log=log)
        manager.wait_for("WATCHDOG=1", within=10, log=log)
        image = picture(root, pictures / f"display-key-{key}.png")
        alive = process.poll() is None
    manager.close()

    said = log.read_text() + screen.read_text()
    assert alive, said
    assert (image.width(), image.height()) == (1280, 720)
    # It fills the glass: no corner shows the compositor's black, and there is something to read.
    corners = [(0, 0), (1279, 0), (0, 719), (1279, 719)]
    assert BLACK not in {image.pixelColor(x, y).name() for x, y in corners}
    assert len(colours(image)) > 10, said
    assert "Traceback" not in said
    assert ".qml" not in said  # how Qt begins every complaint of the glass
