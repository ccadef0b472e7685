"""Where a phone finds this machine."""

from __future__ import annotations

import ipaddress
import socket

_SOMEWHERE = ("192.0.2.1", 9)
"""A documentation address (RFC 5737): a datagram socket is pointed at it, nothing is ever sent."""


def lan_address() -> str | None:
    """The machine's own IPv4 address in its network; None: there is no network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_SOMEWHERE)
        except OSError:
            return None
        address = ipaddress.ip_address(probe.getsockname()[0])
    return None if address.is_loopback or address.is_unspecified else str(address)
