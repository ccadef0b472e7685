"""Settings that travel from the Admin Center to a display."""

from __future__ import annotations

from datetime import time, timedelta
from enum import StrEnum

from msgspec import Struct, field


class Theme(StrEnum):
    """A set of colours; `auto` is light at a door and dark inside."""

    AUTO = "auto"
    LIGHT = "light"
    DARK = "dark"
    HIGH_CONTRAST = "high_contrast"


class ClockFormat(StrEnum):
    """How times are written; `auto` follows the language."""

    AUTO = "auto"
    H24 = "24"
    H12 = "12"


class Rules(Struct, frozen=True, kw_only=True):
    """The thresholds that room states depend on (`docs/design` calls them policies)."""

    starting_soon: timedelta = timedelta(minutes=10)
    """How long before its start a meeting turns the room from free to reserved."""
    ending: timedelta = timedelta(minutes=5)
    """How long before the end of a block "4 min left" is said, if someone is next."""
    red_grace: timedelta = timedelta(minutes=30)
    """How long "In use" may outlive its freshness; never beyond the meeting's end."""
    join_before: timedelta = timedelta(minutes=10)
    """How long before its start a meeting can be joined."""
    next_join_before_end: timedelta = timedelta(minutes=10)
    """In the last minutes of a meeting, the next row offers its own Join."""


class OfficeHours(Struct, frozen=True, kw_only=True):
    """When the building is in use, in the room's zone; what the day bar spans."""

    opens: time = time(8)
    closes: time = time(20)


class DisplaySettings(Struct, frozen=True, kw_only=True):
    """What one display is told about how to show things."""

    language: str = "en"
    """A BCP 47 tag; unknown languages fall back to English."""
    clock_format: ClockFormat = ClockFormat.AUTO
    theme: Theme = Theme.AUTO
    office_hours: OfficeHours = field(default_factory=OfficeHours)
    brightness: int = 100
    """Per cent of the panel's full brightness."""
    rules: Rules = field(default_factory=Rules)
