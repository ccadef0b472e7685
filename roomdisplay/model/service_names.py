"""What the conference services are called: for a screen that names them before it knows them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

SERVICE_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "goto": "GoTo",
        "teams": "Teams",
        "zoom": "Zoom",
        "meet": "Google Meet",
        "webex": "Webex",
    }
)
"""The services' names for people, by the keys of `roomdisplay.model.conference.SERVICES`."""

_LONGEST = 40


def service_name(key: str) -> str:
    """A service's name for people; an unknown key, of a newer server, speaks for itself."""
    return SERVICE_NAMES.get(key, key[:_LONGEST])
