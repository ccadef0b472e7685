"""What holds for a display: values as they are stored, and as types, all scopes merged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from typing import Any
from urllib.parse import urlsplit

from roomdisplay.admin.errors import InvalidInputError
from roomdisplay.model.privacy import DEFAULT_RULES, PrivacyRules, Visibility
from roomdisplay.model.settings import ClockFormat, DisplaySettings, OfficeHours, Theme

Values = dict[str, Any]
"""Settings as JSON: a key that is missing comes from the wider scope."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckInPolicy:
    """When somebody must say that a meeting takes place."""

    opens_before: timedelta = timedelta(minutes=10)
    closes_after: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effective:
    """What holds for one display, all scopes merged."""

    display: DisplaySettings = field(default_factory=DisplaySettings)
    privacy: PrivacyRules = DEFAULT_RULES
    check_in: CheckInPolicy | None = None


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("not a yes or no")
    return value


def _minutes(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 120:  # noqa: PLR2004
        raise ValueError("not 0 to 120 minutes")
    return value


def _per_cent(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 5 <= value <= 100:  # noqa: PLR2004
        raise ValueError("not 5 to 100 per cent")
    return value


def _language(value: object) -> str:
    if value not in {"en", "fr"}:
        raise ValueError("not a language of the screen")
    return str(value)


def _time(value: object) -> str:
    return time.fromisoformat(str(value)).replace(second=0, microsecond=0).isoformat("minutes")


def _document(value: object) -> str:
    """An https address that a browser is sent to; nothing that runs in one."""
    text = str(value).strip()
    parts = urlsplit(text)
    if parts.scheme != "https" or not parts.hostname or len(text) > 2048:  # noqa: PLR2004
        raise ValueError("not an https address")
    return text


KEYS: dict[str, Callable[[object], Any]] = {
    "language": _language,
    "clock_format": lambda value: ClockFormat(str(value)).value,
    "theme": lambda value: Theme(str(value)).value,
    "opens": _time,
    "closes": _time,
    "brightness": _per_cent,
    "title_at_door": _flag,
    "organizer_at_door": _flag,
    "title_inside": _flag,
    "organizer_inside": _flag,
    "check_in": _flag,
    "check_in_opens_before_min": _minutes,
    "check_in_closes_after_min": _minutes,
    "terms_url": _document,
    "privacy_url": _document,
}
"""What can be set, and what makes a value of it fit for JSON or refuses it."""
HOUSE_KEYS = frozenset({"terms_url", "privacy_url"})
"""What holds for the whole house alone."""
DEVICE_KEYS = frozenset({"language", "clock_format", "theme", "brightness"})
"""What a single display may set for itself; the rest is the room's."""


def check_values(values: Mapping[str, object], keys: frozenset[str] | None = None) -> Values:
    """Values that can be stored; None takes a value back, so that the wider scope's holds.

    Raises:
        InvalidInputError: naming each field that cannot be accepted.
    """
    checked: Values = {}
    wrong: dict[str, str] = {}
    for key, value in values.items():
        if key not in KEYS or (keys is not None and key not in keys):
            wrong[key] = "unknown_setting"
            continue
        try:
            checked[key] = None if value is None else KEYS[key](value)
        except (ValueError, TypeError):
            wrong[key] = "setting_not_accepted"
    if wrong:
        raise InvalidInputError(wrong)
    return checked


def effective(values: Values) -> Effective:
    """Typed settings out of merged values; what is missing has its default."""
    default, hours = DisplaySettings(), OfficeHours()
    opens = time.fromisoformat(values.get("opens", hours.opens.isoformat()))
    closes = time.fromisoformat(values.get("closes", hours.closes.isoformat()))
    display = DisplaySettings(
        language=values.get("language", default.language),
        clock_format=ClockFormat(values.get("clock_format", default.clock_format)),
        theme=Theme(values.get("theme", default.theme)),
        office_hours=OfficeHours(opens=opens, closes=closes) if opens < closes else hours,
        brightness=values.get("brightness", default.brightness),
    )
    policy = CheckInPolicy(
        opens_before=timedelta(minutes=values.get("check_in_opens_before_min", 10)),
        closes_after=timedelta(minutes=values.get("check_in_closes_after_min", 10)),
    )
    return Effective(
        display=display,
        privacy=_privacy(values),
        check_in=policy if values.get("check_in", False) else None,
    )


def _privacy(values: Values) -> PrivacyRules:
    door, inside = DEFAULT_RULES.door, DEFAULT_RULES.inside
    return PrivacyRules(
        door=Visibility(
            title=values.get("title_at_door", door.title),
            organizer=values.get("organizer_at_door", door.organizer),
            join=door.join,
        ),
        inside=Visibility(
            title=values.get("title_inside", inside.title),
            organizer=values.get("organizer_inside", inside.organizer),
            join=inside.join,
        ),
    )
