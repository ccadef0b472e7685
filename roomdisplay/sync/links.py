"""Tells when the machine's network changes, so that nobody has to wait for the next attempt.

The kernel says so on a routing socket (rtnetlink(7)); what exactly changed does not matter here.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from collections.abc import Callable

logger = logging.getLogger(__name__)

_LINK, _IPV4_ADDRESS, _IPV6_ADDRESS = 0x1, 0x10, 0x100  # RTMGRP_* of <linux/rtnetlink.h>
_NETLINK_ROUTE = 0
_SETTLE = 0.5
"""Seconds: a cable that is plugged in makes a dozen messages; an address needs a moment to work."""
_READ = 65_536


def routing_socket() -> socket.socket | None:
    """A socket on which the kernel tells of links and addresses; None where that is not allowed."""
    try:
        listening = socket.socket(
            socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _NETLINK_ROUTE
        )
        listening.setblocking(False)
        listening.bind((0, _LINK | _IPV4_ADDRESS | _IPV6_ADDRESS))
    except OSError as error:
        logger.info("Changes of the network are not told here: %s", error)
        return None
    return listening


async def watch_network(changed: Callable[[], None], listening: socket.socket | None) -> None:
    """Call `changed` a moment after each burst of changes, for ever."""
    if listening is None:
        return
    loop = asyncio.get_running_loop()
    with listening:
        while True:
            await _heard(loop, listening)
            settles = loop.time() + _SETTLE
            while await _more(loop, listening, settles):
                pass
            changed()


async def _more(loop: asyncio.AbstractEventLoop, listening: socket.socket, until: float) -> bool:
    """Whether another message belongs to the same burst, which lasts until then at most."""
    try:
        async with asyncio.timeout_at(until):
            await _heard(loop, listening)
    except TimeoutError:
        return False
    return True


async def _heard(loop: asyncio.AbstractEventLoop, listening: socket.socket) -> None:
    try:
        await loop.sock_recv(listening, _READ)
    except OSError as error:
        if error.errno != errno.ENOBUFS:  # more than the kernel keeps for us is news too
            raise
