"""Which time zone a TZID means.

A TZID refers to a VTIMEZONE of the same file and may be any text. In this order: the name of an
IANA zone (perhaps behind a vendor's prefix), a Windows name, the file's own rules, an offset that
the name tells, and at last the room's zone with a warning.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from roomdisplay.connectors.ical.filezone import FileZone, read_filezone

_IANA = re.compile(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+){0,2}")
_OFFSET = re.compile(r"(?:GMT|UTC)?\s*([+-])(\d{1,2}):?(\d{2})?", re.IGNORECASE)
_UTC_NAMES = frozenset({"tzone://Microsoft/Utc", "Z", "UTC", "GMT", "Coordinated Universal Time"})
_LONGEST_NAME = 200


class Zones:
    """The zones of one calendar, found once each; collects warnings."""

    def __init__(
        self, room: ZoneInfo, blocks: Mapping[str, str] | None = None, *, horizon: datetime
    ) -> None:
        """Make a resolver.

        Args:
            room: for times without any zone and for names that nobody knows.
            blocks: the text of the file's VTIMEZONEs by TZID.
            horizon: how far, naive, the rules of the file's own zones are followed.
        """
        self.room = room
        self.floating: tzinfo = room
        """For local times that name no zone."""
        self.warnings: list[str] = []
        self._blocks = dict(blocks or {})
        self._horizon = horizon
        self._found: dict[str, tzinfo] = {}

    def use_for_floating(self, name: str) -> None:
        """Read local times without a zone in the zone that X-WR-TIMEZONE names."""
        self.floating = self.find(name)

    def find(self, name: str) -> tzinfo:
        """The zone that `name` means; the room's if nobody knows."""
        if name not in self._found:
            self._found[name] = self._find(name)
        return self._found[name]

    def _find(self, name: str) -> tzinfo:
        if name in _UTC_NAMES:
            return UTC
        known = named_zone(name) or self._from_file(name) or _from_offset(name)
        if known is not None:
            return known
        self.warnings.append(
            f"The time zone {name[:80]!r} is not known; the room's zone was taken instead."
        )
        return self.room

    def _from_file(self, name: str) -> FileZone | None:
        block = self._blocks.get(name)
        return None if block is None else read_filezone(name, block, self._horizon)


@lru_cache(maxsize=512)
def named_zone(name: str) -> ZoneInfo | None:
    """The zone with this IANA or Windows name; a vendor's path before an IANA name is cut off."""
    if len(name) > _LONGEST_NAME:
        return None
    windows = WINDOWS_TO_OLSON.get(name)
    if windows is not None:
        return _iana(windows)
    parts = name.strip("/").split("/")
    for length in (3, 2, 1):
        if length <= len(parts) and (length == len(parts) or length > 1):
            zone = _iana("/".join(parts[-length:]))
            if zone is not None:
                return zone
    return None


def _iana(name: str) -> ZoneInfo | None:
    if not _IANA.fullmatch(name):
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # OSError: the name of a folder, such as "Europe"
        return None


def _from_offset(name: str) -> tzinfo | None:
    found = _OFFSET.fullmatch(name)
    if found is None:
        return None
    offset = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    if offset >= timedelta(hours=18):
        return None
    return timezone(-offset if found[1] == "-" else offset)
