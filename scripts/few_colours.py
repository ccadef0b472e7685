"""Make pictures for the documents small: `python scripts/few_colours.py FILE.png …`.

The commonest colours hold all the flat ones of our screens and pages, and nearly all of the
letters' edges; a part of them is kept for what is neither black, white nor grey, such as a small
red shape on a page of text. Such a picture has a third of the bytes.
"""

from __future__ import annotations

import sys
from array import array
from collections import Counter
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

_COLOURS, _BRIGHT = 256, 80
_GREYNESS = 40
"""How far the channels of a grey lie apart at most."""


def save_small(image: QImage, file: Path) -> None:
    """Save an image as a PNG with few colours."""
    plain = image.convertToFormat(QImage.Format.Format_RGB32)
    pixels = array("I", bytes(plain.constBits()))
    counted = [colour for colour, _ in Counter(pixels).most_common()]
    table = counted[: _COLOURS - _BRIGHT]
    rest = counted[_COLOURS - _BRIGHT :]
    table += sorted(rest, key=_is_grey)[: _COLOURS - len(table)]
    flags = Qt.ImageConversionFlag.ThresholdDither | Qt.ImageConversionFlag.AvoidDither
    indexed = plain.convertToFormat(QImage.Format.Format_Indexed8, table, flags)
    if not indexed.save(str(file), "PNG", 0):
        raise OSError(f"{file} cannot be written")


def _is_grey(colour: int) -> bool:
    channels = (colour >> 16 & 255, colour >> 8 & 255, colour & 255)
    return max(channels) - min(channels) < _GREYNESS


if __name__ == "__main__":
    for name in sys.argv[1:]:
        save_small(QImage(name), Path(name))
