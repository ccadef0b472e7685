"""Make pictures for the documents small: `python scripts/few_colours.py FILE.png …`.

The 256 commonest colours hold all the flat ones of our screens and pages, and nearly all of the
letters' edges; such a picture has a third of the bytes.
"""

from __future__ import annotations

import sys
from array import array
from collections import Counter
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

_COLOURS = 256


def save_small(image: QImage, file: Path) -> None:
    """Save an image as a PNG with few colours."""
    plain = image.convertToFormat(QImage.Format.Format_RGB32)
    pixels = array("I", bytes(plain.constBits()))
    table = [colour for colour, _ in Counter(pixels).most_common(_COLOURS)]
    flags = Qt.ImageConversionFlag.ThresholdDither | Qt.ImageConversionFlag.AvoidDither
    indexed = plain.convertToFormat(QImage.Format.Format_Indexed8, table, flags)
    if not indexed.save(str(file), "PNG", 0):
        raise OSError(f"{file} cannot be written")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        save_small(QImage(name), Path(name))
