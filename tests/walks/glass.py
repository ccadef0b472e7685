"""Pictures of the glass, and its parts that must be alike wherever the meetings come from."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from PySide6.QtGui import QImage

from walks.house import AT

REGIONS = {
    "room": (0, 0, 640, 120),
    "state": (0, 120, 1280, 220),
    "title and organiser": (0, 340, 640, 170),
    "join": (640, 340, 640, 170),
    "next meetings": (0, 510, 1280, 150),
}
"""x, y, width and height of parts of a glass of 1280 by 800: all but the clock and what moves with
it, and the words below the day."""


async def draw_the_sample(file: Path, language: str) -> QImage:
    """What the demo draws of the sample building at the instant of the walk, without a service."""
    hidden = {"DISPLAY", "WAYLAND_DISPLAY"}
    environment = {key: value for key, value in os.environ.items() if key not in hidden}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "roomdisplay.cli", "demo", "--service", "sample",
        "--screenshot", str(file), "--at", AT, "--language", language,
        env=environment,
    )  # fmt: skip
    if await process.wait():
        raise RuntimeError("the demo drew no picture")
    return QImage(str(file))


def differing(one: QImage, other: QImage) -> list[str]:
    """The names of the regions that are not alike to the pixel."""
    return [name for name, box in REGIONS.items() if one.copy(*box) != other.copy(*box)]
