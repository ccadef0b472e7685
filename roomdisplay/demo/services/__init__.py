"""The calendar services that the demo's building can be shown through."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import cast

from roomdisplay.demo.clock import DemoClock
from roomdisplay.demo.services.service import DemoService

NAMES = ("sample", "office365", "exchange", "cronofy", "caldav", "ics")
"""The first one needs nothing else to run; it is the demo's own."""
_MODULES = {"office365": "simulated", "exchange": "simulated", "cronofy": "simulated"}


def make_service(name: str, language: str, clock: DemoClock, folder: Path) -> DemoService:
    """The service, not yet open.

    Args:
        name: one of `NAMES`.
        language: "en" or "fr", of the meetings.
        clock: the demo's.
        folder: where it may keep files; its own.

    Raises:
        StartError: it cannot be shown here; the message says why.
    """
    module = import_module(f"{__name__}.{_MODULES.get(name, name)}")
    make = cast("Callable[[str, str, DemoClock, Path], DemoService]", module.make)
    return make(name, language, clock, folder)
