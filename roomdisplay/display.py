"""`roomdisplay display`: the program that runs at the room.

The first frame comes first: until it is painted, nothing of the network is imported.
"""

from __future__ import annotations

import argparse
import gc
import logging
import os
import sys
from collections.abc import Mapping

from roomdisplay.device.lean import without
from roomdisplay.device.settings import configure as configure_settings
from roomdisplay.device.settings import settings_from


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    configure_settings(parser)
    parser.add_argument(
        "--windowed",
        type=window_size,
        metavar="WxH",
        help="a window of this size instead of the whole screen",
    )
    parser.add_argument(
        "--place",
        choices=["door", "inside"],
        default="door",
        help="where the display hangs, until the Admin Center says it (default: door)",
    )
    parser.add_argument(
        "--language",
        metavar="TAG",
        default=system_language(os.environ),
        help="what it speaks until the Admin Center says it (default: %(default)s)",
    )
    parser.add_argument(
        "--trust-clock",
        action="store_true",
        help="believe this machine's clock, though no time server and no battery vouches for it",
    )


def run(options: argparse.Namespace) -> int:
    """Run the display until it is told to end."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    _hasten()
    try:
        return _show(options)
    except ModuleNotFoundError as error:
        if error.name is None or not error.name.startswith(("PySide6", "shiboken6")):
            raise
        sys.stderr.write(f"roomdisplay: Qt for Python is not installed ({error})\n")
        return 1


def _show(options: argparse.Namespace) -> int:
    # Imported here, because `--help` needs none of them.
    from roomdisplay.device.watchdog import ServiceManager  # noqa: PLC0415
    from roomdisplay.model.room import Place  # noqa: PLC0415
    from roomdisplay.sync.engine import create_engine  # noqa: PLC0415
    from roomdisplay.sync.options import Clocks, DisplayOptions  # noqa: PLC0415
    from roomdisplay.sync.warm import runtime_folder  # noqa: PLC0415
    from roomdisplay.ui.qt import load_qt  # noqa: PLC0415

    load_qt()
    from roomdisplay.ui.app import GlassOptions, choose_backends, run_glass  # noqa: PLC0415

    settings = settings_from(options)
    engine = create_engine(
        DisplayOptions(
            state_dir=settings.state_dir,
            server=settings.server,
            server_pin=settings.server_pin,
            insecure_key_file=settings.insecure_key_file,
            runtime_dir=runtime_folder(os.environ, os.getuid()),
            clocks=Clocks(wall_is_trusted=(lambda: True) if options.trust_clock else None),
        )
    )
    os.environ.update(choose_backends(dict(os.environ)))
    glass = GlassOptions(
        windowed=options.windowed, place=Place(options.place), language=options.language
    )
    return run_glass(engine, glass, ServiceManager())


def _hasten() -> None:
    """Spare the first frame two things that it does not need.

    The garbage collector would walk over what modules load, a tenth of the time, and find nothing;
    the glass enables it after the frame. And msgspec asks typing_extensions, where that happens to
    be installed, for what Python 3.11 has itself: a fifth of the time of a bare Qt window.
    """
    gc.disable()
    with without("typing_extensions"):
        import msgspec  # noqa: F401, PLC0415 - for the sake of its import


def system_language(environ: Mapping[str, str]) -> str:
    """The language of the machine as a BCP 47 tag, from its locale; English where it has none."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        tag = environ.get(name, "").partition(".")[0].partition("@")[0].replace("_", "-")
        if tag:
            return "en" if tag in {"C", "POSIX"} else tag
    return "en"


def window_size(text: str) -> tuple[int, int]:
    """Width and height from "1280x800".

    Raises:
        ValueError: it is not two whole numbers, or too small or large to be a window.
    """
    width, _, height = text.lower().partition("x")
    size = (int(width), int(height))
    if not all(200 <= side <= 16_384 for side in size):  # noqa: PLR2004 - what a window can be
        raise ValueError(text)
    return size
