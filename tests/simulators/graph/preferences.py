"""What a client prefers (the Prefer header), and times and ids written as it likes them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tzlocal.windows_tz import tz_win, win_tz

from simulators.graph.wire import GraphError, Request
from simulators.organisation import Item

REGULAR, IMMUTABLE = "AAMkAD", "AAkALg"
"""How the two kinds of ids begin; the rest is the same here."""
NO_TIME = "0001-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Preferences:
    """How to write an answer."""

    immutable: bool = False
    zone_name: str = "UTC"
    zone: tzinfo = UTC
    text_body: bool = False
    page_size: int | None = None
    applied: tuple[str, ...] = ()

    def id(self, item_id: str) -> str:
        """An item's id, of the kind that was asked for."""
        kept = item_id.removeprefix(REGULAR)
        return (IMMUTABLE if self.immutable else REGULAR) + kept

    def when(self, instant: datetime, day: date | None = None) -> dict[str, str]:
        """A dateTimeTimeZone; `day` is the date of an all-day meeting, which is never converted."""
        local = instant.astimezone(self.zone).replace(tzinfo=None)
        if day is not None:
            local = datetime(day.year, day.month, day.day)  # noqa: DTZ001  # floats
        return {"dateTime": f"{local:%Y-%m-%dT%H:%M:%S.%f}0", "timeZone": self.zone_name}


def own_id(given: str) -> str:
    """The mailbox's id for either kind."""
    return REGULAR + given.removeprefix(IMMUTABLE) if given.startswith(IMMUTABLE) else given


def preferences(request: Request) -> Preferences:
    """Read the Prefer header.

    Raises:
        GraphError: it names an unknown time zone.
    """
    header = request.headers.get("prefer", "")
    found = {
        name.lower(): value for name, value in re.findall(r'([\w.\-]+)\s*=\s*"?([^",;]*)"?', header)
    }
    applied = []
    zone_name = found.get("outlook.timezone", "UTC")
    if "outlook.timezone" in found:
        applied.append(f'outlook.timezone="{zone_name}"')
    text_body = found.get("outlook.body-content-type", "").lower() == "text"
    if text_body:
        applied.append('outlook.body-content-type="text"')
    size = found.get("odata.maxpagesize", "")
    if size.isdigit():
        applied.append(f"odata.maxpagesize={size}")
    return Preferences(
        immutable=found.get("idtype", "").lower() == "immutableid",
        zone_name=zone_name,
        zone=zone_of(zone_name),
        text_body=text_body,
        page_size=max(1, min(int(size), 1000)) if size.isdigit() else None,
        applied=tuple(applied),
    )


def zone_of(name: str) -> ZoneInfo:
    """The zone of a Windows or an IANA name.

    Raises:
        GraphError: there is none.
    """
    try:
        return ZoneInfo(win_tz.get(name, name))
    except (ZoneInfoNotFoundError, ValueError):
        raise GraphError(
            400,
            "TimeZoneNotSupportedException",
            "A valid TimeZone value must be specified. The following TimeZone value is not"
            f" supported: {name}.",
        ) from None


def windows_name(zone: str) -> str:
    """The Windows name of an IANA zone, as originalStartTimeZone has it."""
    return tz_win.get(zone, "tzone://Microsoft/Custom")


def instant(when: Any) -> tuple[datetime, str]:
    """A dateTimeTimeZone that was sent, as UTC, and the IANA name of its zone.

    Raises:
        GraphError: it makes no sense.
    """
    if not isinstance(when, dict) or not isinstance(when.get("dateTime"), str):
        raise GraphError(400, "RequestBodyRead", "A dateTimeTimeZone was expected.")
    zone = zone_of(str(when.get("timeZone", "UTC")))
    found = moment(when["dateTime"], zone)
    return found.astimezone(UTC), zone.key


def moment(text: str, zone: tzinfo = UTC) -> datetime:
    """A time as ISO 8601 writes it, with up to seven fractional digits; with no offset, `zone`'s.

    Raises:
        GraphError: it makes no sense.
    """
    try:
        found = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
    except ValueError:
        words = f"The value '{text}' of a date and time is invalid."
        raise GraphError(400, "ErrorInvalidParameter", words) from None
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)


def stamp(when: datetime) -> str:
    """A DateTimeOffset in UTC."""
    return f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}0Z"


def days(item: Item) -> tuple[date, date] | tuple[None, None]:
    """The dates of an all-day meeting: those of its creator's zone."""
    if not item.all_day:
        return None, None
    zone = ZoneInfo(item.zone)
    return item.start.astimezone(zone).date(), item.end.astimezone(zone).date()
