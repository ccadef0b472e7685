"""Where the Admin Center is: its origin, and the pin of its own authority, if it has one."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

_PIN = re.compile(r"[0-9a-f]{64}")


class AddressError(ValueError):
    """An address that cannot be a server's, with a sentence that says why."""


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """An Admin Center's address: scheme, host and port, no path."""

    origin: str
    """As `https://rooms.example.com` or `http://127.0.0.1:8080`; the default port left out."""
    pin: str | None = None
    """SHA-256 (64 hex digits) of the public key to trust instead of the system's authorities."""

    @property
    def host(self) -> str:
        """The host name, for people."""
        return urlsplit(self.origin).hostname or ""

    @property
    def loopback(self) -> bool:
        """Whether the server is this machine, reached without leaving it."""
        return is_loopback(self.host)

    def url(self, path: str) -> str:
        """The address of `path` (which begins with a slash) at this server."""
        return self.origin + path


def is_loopback(host: str) -> bool:
    """Whether `host` never leaves this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def parse_server(text: str, pin: str | None = None) -> ServerAddress:
    """Read what an administrator wrote as the server's address.

    A bare host name means https. Plain http is for this machine alone: a room's meetings do not
    cross a network unprotected.

    Raises:
        AddressError: with what is wrong.
    """
    written = text.strip()
    if "://" not in written:
        written = f"https://{written}"
    try:
        parts = urlsplit(written)
        port = parts.port
    except ValueError as error:
        raise AddressError(f"{text!r} is not an address: {error}") from None
    host = (parts.hostname or "").lower()
    if parts.scheme not in {"http", "https"} or not host:
        raise AddressError(f"{text!r} is not an address such as https://rooms.example.com")
    path = parts.path.rstrip("/")
    if parts.username or parts.password or parts.query or parts.fragment or path:
        raise AddressError(f"{text!r} must be scheme, host and port only")
    if parts.scheme == "http" and not is_loopback(host):
        raise AddressError(f"{text!r} must be https: plain http is for this machine alone")
    return ServerAddress(_origin(parts.scheme, host, port), _pin(pin))


def _origin(scheme: str, host: str, port: int | None) -> str:
    try:
        ascii_host = host.encode("idna").decode("ascii") if not host.isascii() else host
    except UnicodeError:
        raise AddressError(f"{host!r} is not a host name") from None
    shown = f"[{ascii_host}]" if ":" in ascii_host else ascii_host
    default = {"http": 80, "https": 443}[scheme]
    return f"{scheme}://{shown}" if port in {None, default} else f"{scheme}://{shown}:{port}"


def _pin(pin: str | None) -> str | None:
    if not pin:
        return None
    digits = pin.strip().lower().removeprefix("sha256:").replace(":", "")
    if not _PIN.fullmatch(digits):
        raise AddressError("a server pin is the SHA-256 of a public key: 64 hex digits")
    return digits
