"""The room and the display in it."""

from __future__ import annotations

from enum import StrEnum
from zoneinfo import ZoneInfo

from msgspec import Struct


class Place(StrEnum):
    """Where a display hangs: beside the door, or in the room as its home screen."""

    DOOR = "door"
    INSIDE = "inside"


class SourceKind(StrEnum):
    """Whether the calendar service answers for itself, or a feed's publisher may be behind."""

    LIVE = "live"
    FEED = "feed"


class Room(Struct, frozen=True, kw_only=True):
    """A room as people know it.

    Raises:
        ValueError: `timezone` is not an IANA zone known here (from `ZoneInfo`).
    """

    name: str
    timezone: ZoneInfo
    building: str | None = None
    floor: str | None = None
    capacity: int | None = None
    equipment: tuple[str, ...] = ()
    out_of_service: str | None = None
    """The reason, in the words of whoever closed the room; None: in service."""


class DeviceProfile(Struct, frozen=True, kw_only=True):
    """What the display itself is: belongs to the device, not to the room."""

    place: Place
    touch: bool = True
    diagonal_inches: float | None = None
    mounting_height_mm: int | None = None
    conference_display: bool = False
    """Whether Join opens the call here (at most one display of a room)."""
    joins_elsewhere: bool = False
    """Whether another display of the room is its conference display."""


class Source(Struct, frozen=True, kw_only=True):
    """The calendar a room's meetings come from."""

    service: str
    """A key of the connector registry, such as "caldav"."""
    kind: SourceKind = SourceKind.LIVE
