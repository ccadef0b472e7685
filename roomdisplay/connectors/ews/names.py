"""Where names lead."""

from __future__ import annotations

import socket
from collections.abc import Sequence

_DNS_PATIENCE = 5.0
"""Seconds."""

Target = tuple[str, int]
"""An IP address and a port."""


def look_up(host: str, port: int) -> Sequence[Target]:
    """The addresses behind a name, by the system's resolver.

    Raises:
        OSError: there are none.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys((str(entry[4][0]).partition("%")[0], port) for entry in found))


def find_service(name: str) -> Sequence[str]:
    """The hosts, with their ports, that provide a service (RFC 2782), the preferred one first."""
    from dns import exception, resolver  # noqa: PLC0415 - for autodiscover's last resort alone

    try:
        answer = resolver.resolve(name, "SRV", lifetime=_DNS_PATIENCE)
    except (exception.DNSException, OSError):
        return ()
    records = sorted(answer, key=lambda record: (record.priority, -record.weight))
    return [f"{str(record.target).rstrip('.')}:{record.port}" for record in records]
