"""The demo as a person meets it: the whole chain, in processes of its own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from PySide6.QtGui import QImage

DEMO = [sys.executable, "-m", "roomdisplay.cli", "demo"]


def demo(*arguments):
    environment = {k: v for k, v in os.environ.items() if k not in {"DISPLAY", "WAYLAND_DISPLAY"}}
    return subprocess.run(
        [*DEMO, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )


@pytest.mark.timeout(180)  # a whole building is set up, on whatever machine this is
def test_a_screenshot_shows_the_chosen_instant_through_the_whole_chain(tmp_path):
    file = tmp_path / "door.png"
    done = demo("--screenshot", str(file), "--size", "800x480", "--place", "door",
                "--language", "fr", "--at", "2026-11-23T12:36")  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    image = QImage(str(file))
    assert (image.width(), image.height()) == (800, 480)
    ground = image.pixelColor(2, image.height() // 2)
    assert ground.green() > max(ground.red(), ground.blue())  # free from 12:00 to 14:30


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--size", "huge"], "is not a size such as"),
        (["--size", "100x100"], "320 to 7680"),
        (["--at", "noon"], "is not a date and time such as"),
        (["--place", "roof"], "invalid"),
    ],
)
def test_what_cannot_be_shown_is_said(arguments, words):
    done = demo(*arguments)
    assert done.returncode == 2
    assert words in done.stderr
