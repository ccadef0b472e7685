"""Times as the API takes and gives them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo, available_timezones

from simulators.cronofy.calls import unprocessable

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)")
_KNOWN = frozenset(available_timezones())


@dataclass(frozen=True, slots=True)
class When:
    """A moment, or a whole day: `day` is set for the latter."""

    at: datetime
    zone: str
    day: date | None = None


def zone_of(text: object, field_name: str = "tzid") -> str:
    """An IANA zone that must be there.

    Raises:
        RefusedError: 422.
    """
    if text is None or text == "":
        raise unprocessable(field_name, "required")
    if not isinstance(text, str) or text not in _KNOWN:
        raise unprocessable(field_name, "invalid")
    return text


def read(value: object, zone: str, field_name: str) -> When:
    """A date, a time in UTC or with its offset, or an object of such a text and a zone.

    Raises:
        RefusedError: 422.
    """
    if isinstance(value, Mapping):
        zone = zone_of(value.get("tzid"), field_name)
        value = value.get("time")
    if value is None or value == "":
        raise unprocessable(field_name, "required")
    try:
        if isinstance(value, str) and _DATE.fullmatch(value):
            day = date.fromisoformat(value)
            return When(datetime.combine(day, time(), ZoneInfo(zone)), zone, day)
        if isinstance(value, str) and _TIME.fullmatch(value):
            return When(datetime.fromisoformat(value).astimezone(UTC), zone)
    except ValueError:
        pass
    raise unprocessable(field_name, "invalid")


def written(at: datetime) -> str:
    """UTC, to the second."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def localized(at: datetime, zone: str) -> dict[str, str]:
    """With the zone's offset, and its name."""
    return {"time": at.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds"), "tzid": zone}
