"""News of the network: that a link or an address came or went, told by the kernel."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import suppress

log = logging.getLogger(__name__)

# rtnetlink(7): RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV4_ROUTE, RTMGRP_IPV6_IFADDR,
# RTMGRP_IPV6_ROUTE
_GROUPS = 0x1 | 0x10 | 0x40 | 0x100 | 0x400
_SETTLED = 0.5
"""Seconds of silence after which a burst of news is one: a link, its addresses, its routes."""


async def network_changes() -> AsyncIterator[None]:
    """Yield each time the network has changed and settled; ends at once where nobody tells.

    Needs no privilege, and asks nothing: a netlink socket only listens.
    """
    try:
        news = socket.socket(
            socket.AF_NETLINK,
            socket.SOCK_RAW | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC,
            socket.NETLINK_ROUTE,
        )
    except OSError as error:
        log.info("no news of the network: %s", error.strerror)
        return
    loop = asyncio.get_running_loop()
    with news:
        news.bind((0, _GROUPS))
        while True:
            await _next(loop, news)
            with suppress(TimeoutError):
                while True:
                    await asyncio.wait_for(_next(loop, news), _SETTLED)
            yield


async def _next(loop: asyncio.AbstractEventLoop, news: socket.socket) -> None:
    """Wait for one message; what it says does not matter, nor whether some were lost."""
    with suppress(OSError):  # ENOBUFS: there was more news than fits
        await loop.sock_recv(news, 65_536)
