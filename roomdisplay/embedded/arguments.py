"""What the commands that embed a display share on their command lines."""

from __future__ import annotations

import argparse
import re

_SMALLEST, _LARGEST = 320, 7680


def window_size(text: str) -> tuple[int, int]:
    """Width and height of a screen, in pixels, for argparse.

    Raises:
        argparse.ArgumentTypeError: it is not a size, or not one a screen has.
    """
    found = re.fullmatch(r"(\d{1,4})x(\d{1,4})", text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size such as 1280x800")
    width, height = int(found[1]), int(found[2])
    if not (_SMALLEST <= width <= _LARGEST and _SMALLEST <= height <= _LARGEST):
        raise argparse.ArgumentTypeError(f"each side has {_SMALLEST} to {_LARGEST} pixels")
    return width, height
