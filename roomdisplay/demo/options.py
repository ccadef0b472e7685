"""What `roomdisplay demo` is started with."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from roomdisplay.demo.clock import from_wall
from roomdisplay.demo.services import NAMES
from roomdisplay.embedded.arguments import window_size
from roomdisplay.model.room import Place

LANGUAGES = ("en", "fr")


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOptions:
    """The demo's choices."""

    screenshot: Path | None
    size: tuple[int, int]
    place: Place
    language: str
    at: datetime | None
    """UTC; None: the demo's own opening time today."""
    port: int
    service: str
    """One of `roomdisplay.demo.services.NAMES`."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Tell the parser what there is to choose."""
    parser.add_argument(
        "--screenshot", type=Path, metavar="FILE", help="save a PNG of the glass and end"
    )
    parser.add_argument(
        "--size",
        type=window_size,
        default=(1280, 800),
        metavar="WxH",
        help="of the glass, in pixels",
    )
    parser.add_argument("--place", type=Place, choices=list(Place), default=Place.INSIDE)
    parser.add_argument("--language", choices=LANGUAGES, default="en")
    parser.add_argument(
        "--at", type=_instant, metavar="TIME",
        help="the time in the building, as 2026-11-23T10:36; with --screenshot it stands still",
    )  # fmt: skip
    parser.add_argument(
        "--service", choices=NAMES, default=NAMES[0],
        help="what the building's meetings come from (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--port", type=int, default=0, help="of the Admin Center (default: 8750 if it is free)"
    )


def options_of(parsed: argparse.Namespace) -> DemoOptions:
    """The parsed arguments as a value."""
    return DemoOptions(
        screenshot=parsed.screenshot,
        size=parsed.size,
        place=parsed.place,
        language=parsed.language,
        at=parsed.at,
        port=parsed.port,
        service=parsed.service,
    )


def _instant(text: str) -> datetime:
    try:
        return from_wall(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a date and time such as 2026-11-23T10:36"
        ) from None
