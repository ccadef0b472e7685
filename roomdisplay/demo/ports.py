"""Ports of this machine that nobody uses."""

from __future__ import annotations

import socket


def free_port(wanted: int = 0) -> int:
    """The number of a free port on loopback: `wanted` if nobody has it."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number
