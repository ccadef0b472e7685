"""What the device needs to open a call: the address's best form, and what the call may touch."""

from __future__ import annotations

import base64
from urllib.parse import quote

from roomdisplay.model.conference.address import Address, AddressError, host_within, parse_address
from roomdisplay.model.conference.finder import JoinTarget
from roomdisplay.model.conference.services import SERVICES, classify
from roomdisplay.model.privacy import clean_text

_NAME_LIMIT = 60
_ZOOM_SHARED = ("zoom.us", "zoom.com")
"""Zoom's own domains, whose meetings all open in one web client."""
_TEAMS_FLAGS = "msLaunch=false&suppressPrompt=true&directDl=false&anon=true"
"""Have Teams' launcher page offer the browser at once and no installer. Undocumented, harmless when
ignored."""


def browser_url(target: JoinTarget, room_name: str) -> str:
    """The form of a join address that works in a browser on Linux.

    The room's name is filled in where the service takes it from the address.

    Raises:
        AddressError: the target's address is not one (it was not made by `find_join`).
    """
    address = parse_address(target.url)
    if target.service == "zoom":
        return _zoom(address, room_name)
    if target.service == "teams":
        query = f"{address.query}&{_TEAMS_FLAGS}" if address.query else _TEAMS_FLAGS
        return Address(address.host, address.path, query, address.fragment).url
    return address.url


def _zoom(address: Address, room_name: str) -> str:
    """Zoom's web client. Personal rooms open as they are: the page leads on to a number."""
    match [part.lower() for part in address.segments]:
        case ["j" | "w" | "s", number] | ["wc", "join", number] | ["wc", number, "join" | "start"]:
            pass
        case _:
            return address.url
    shared = any(host_within(address.host, host) for host in _ZOOM_SHARED)
    # Government and national clouds have web clients of their own.
    host = "app.zoom.us" if shared else address.host
    name = clean_text(room_name, _NAME_LIMIT)
    parts = [address.query, "fromPWA=1", "prefer=1"]
    if name:
        parts.append("un=" + quote(base64.b64encode(name.encode()), safe=""))
    query = "&".join(part for part in parts if part)
    return Address(host, f"/wc/{number}/join", query, address.fragment).url


def may_visit(service: str, url: str) -> bool:
    """Whether a call of this service may move its window to `url`."""
    known = SERVICES.get(service)
    try:
        host = parse_address(url).host
    except AddressError:
        return False
    return known is not None and any(host_within(host, name) for name in known.visits)


def call_is_over(service: str, url: str) -> bool:
    """Whether `url` is where this service leads people after a call."""
    known = SERVICES.get(service)
    try:
        address = parse_address(url)
    except AddressError:
        return False
    if known is None or classify(address).joinable:
        return False
    parts = tuple(part.lower() for part in address.segments)
    return any(parts[: len(path)] == path if path else not parts for path in known.after_call)
