"""Write a mouse-pointer theme in which every pointer is one transparent pixel.

A room's screen is touched; a pointer in its middle would be a smudge. labwc always draws one and
takes its look from an Xcursor theme, so the theme is what makes it disappear.

Usage: hidden_cursor.py FOLDER (as below /usr/share/icons).
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path

# The name that libXcursor falls back to, then those that wlroots, labwc, Qt and Chromium ask for.
NAMES = (
    "left_ptr", "default", "pointer", "hand1", "hand2", "text", "xterm", "wait", "watch",
    "progress", "left_ptr_watch", "crosshair", "cross", "move", "grab", "grabbing", "fleur",
    "not-allowed", "no-drop", "copy", "alias", "help", "cell", "context-menu", "all-scroll",
    "zoom-in", "zoom-out", "n-resize", "e-resize", "s-resize", "w-resize", "ne-resize",
    "nw-resize", "se-resize", "sw-resize", "ew-resize", "ns-resize", "nesw-resize",
    "nwse-resize", "col-resize", "row-resize",
)  # fmt: skip

_IMAGE = 0xFFFD0002  # the chunk type of a picture, from Xcursor(3)
_VERSION = 0x00010000
_FILE_HEADER = 16
_TOC_ENTRY = 12
_IMAGE_HEADER = 36


def pointer(size: int = 1) -> bytes:
    """One picture of one transparent pixel, in the Xcursor format (little-endian 32-bit words)."""
    at = _FILE_HEADER + _TOC_ENTRY
    header = b"Xcur" + struct.pack("<3I", _FILE_HEADER, _VERSION, 1)
    contents = struct.pack("<3I", _IMAGE, size, at)
    # header length, type, nominal size, version, width, height, hot spot x and y, delay
    image = struct.pack("<9I", _IMAGE_HEADER, _IMAGE, size, 1, 1, 1, 0, 0, 0)
    return header + contents + image + struct.pack("<I", 0)


def main(folder: Path) -> None:
    """Write the theme `roomdisplay-hidden`."""
    theme = folder / "roomdisplay-hidden"
    cursors = theme / "cursors"
    cursors.mkdir(parents=True, exist_ok=True)
    (theme / "index.theme").write_text(
        "[Icon Theme]\nName=Room Display: hidden pointer\nHidden=true\n", encoding="utf-8"
    )
    (cursors / NAMES[0]).write_bytes(pointer())
    for name in NAMES[1:]:
        (cursors / name).unlink(missing_ok=True)
        (cursors / name).symlink_to(NAMES[0])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
