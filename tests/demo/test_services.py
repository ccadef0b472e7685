"""The same building, whatever service its meetings come from."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from roomdisplay.demo.services import NAMES

AT = "2026-11-23T11:20"  # the design review is on, with a conference to join


def glass(service: str, file: Path) -> QImage:
    environment = {k: v for k, v in os.environ.items() if k not in {"DISPLAY", "WAYLAND_DISPLAY"}}
    done = subprocess.run(
        [sys.executable, "-m", "roomdisplay.cli", "demo", "--service", service,
         "--screenshot", str(file), "--at", AT],
        env=environment, capture_output=True, text=True, timeout=110, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return QImage(str(file))


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> QImage:
    return glass("sample", tmp_path_factory.mktemp("sample") / "glass.png")


@pytest.mark.timeout(120)  # a whole building is set up, on whatever machine this is
@pytest.mark.parametrize("service", [name for name in NAMES if name not in {"sample", "ics"}])
def test_the_glass_is_the_same_to_the_pixel(service: str, sample: QImage, tmp_path: Path) -> None:
    assert glass(service, tmp_path / "glass.png") == sample


@pytest.mark.timeout(120)
def test_a_feed_shows_the_same_state_and_says_how_old_it_is(sample: QImage, tmp_path: Path) -> None:
    feed = glass("ics", tmp_path / "glass.png")
    the_day = (0, 660, 1280, 100)
    assert feed.copy(*the_day) == sample.copy(*the_day)
    the_age = (50, 440, 530, 60)  # a publisher may be behind, and the glass says so
    assert feed.copy(*the_age) != sample.copy(*the_age)
