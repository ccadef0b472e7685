"""Under which address a calendar service can reach us, and whether it does."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
import secrets
import socket
from collections.abc import Callable, Mapping
from datetime import timedelta
from urllib.parse import urlsplit

import httpx

from roomdisplay.admin.configuration import is_loopback
from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import ServiceError
from roomdisplay.admin.settings import ServerSettings
from roomdisplay.connectors.base import ConnectorError, Diagnosis
from roomdisplay.connectors.http import HttpDoor, Limits

REACH_PATH = "/hooks/reach/"
_LONGEST_NONCE = 64
_LIMITS = Limits(size=4096, time=timedelta(seconds=10), silence=timedelta(seconds=10))


def reach_answer(admin: Admin, nonce: str) -> str | None:
    """What `REACH_PATH` answers to a nonce, so that we know ourselves; None: it is none."""
    if not 0 < len(nonce) <= _LONGEST_NONCE or not nonce.isascii():
        return None
    key = admin.sealer.derive("reach")
    return hmac.new(key, nonce.encode(), hashlib.sha256).hexdigest()


def service_on_loopback(values: Mapping[str, str]) -> bool:
    """Whether a connection's own addresses lead to this machine alone: a trial, or a gateway."""
    hosts = [_host_of(value) for value in values.values() if "://" in value[:10]]
    return any(hosts) and all(is_loopback(host) for host in hosts if host)


def hook_origin(settings: ServerSettings, *, on_loopback: bool) -> str | None:
    """The origin that a calendar service is told; None: it could reach none of ours.

    Whether it reaches an https origin is for the service to find out; http is for this machine.
    """
    for origin in settings.public_origins:
        host = urlsplit(origin).hostname or ""
        if on_loopback if is_loopback(host) else origin.startswith("https://"):
            return origin
    return None


async def require_reachable(
    admin: Admin,
    values: Mapping[str, str],
    *,
    door: Callable[[], HttpDoor] = lambda: HttpDoor(limits=_LIMITS),
) -> str:
    """Our origin, once it is known that a browser and the service find the way back to it.

    Args:
        admin: whose origin it is.
        values: what was entered of the service.
        door: the way out.

    Raises:
        ServiceError: with a diagnosis that names the recipe.
    """
    on_loopback = service_on_loopback(values)
    origin = hook_origin(admin.settings, on_loopback=on_loopback)
    if origin is None:
        raise _refused("callback_needs_https", admin.settings.canonical_origin)
    if not on_loopback and not await _is_public(urlsplit(origin).hostname or ""):
        raise _refused("callback_not_public", origin)
    nonce = secrets.token_urlsafe(24)
    way_out = door()
    try:
        answer = await way_out.send(
            "GET", httpx.URL(f"{origin}{REACH_PATH}{nonce}"), same_origin=True
        )
    except ConnectorError as error:
        raise _refused("callback_unreachable", origin, error.detail) from error
    finally:
        await way_out.aclose()
    expected = reach_answer(admin, nonce) or ""
    if not hmac.compare_digest(answer.body, expected.encode()):
        raise _refused("callback_answered_by_another", origin, f"Status {answer.status}.")
    return origin


async def _is_public(host: str) -> bool:
    """Whether a name leads to addresses of the Internet, as far as can be told from here."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    addresses = {str(entry[4][0]).partition("%")[0] for entry in found}
    return any(ipaddress.ip_address(address).is_global for address in addresses)


def _host_of(text: str) -> str:
    try:
        return urlsplit(text).hostname or ""
    except ValueError:
        return ""


def _refused(reason: str, origin: str, detail: str = "") -> ServiceError:
    params = {"origin": origin, "host": urlsplit(origin).hostname or ""}
    return ServiceError(reason, detail, diagnosis=Diagnosis(reason, params))
