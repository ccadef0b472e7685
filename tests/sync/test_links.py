from __future__ import annotations

import asyncio
import socket

from roomdisplay.sync.links import routing_socket, watch_network


async def test_a_burst_of_changes_is_told_once() -> None:
    kernel, listening = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    listening.setblocking(False)
    told = asyncio.Event()
    count = 0

    def changed() -> None:
        nonlocal count
        count += 1
        told.set()

    watching = asyncio.create_task(watch_network(changed, listening))
    with kernel:
        for _ in range(20):
            kernel.send(b"link")
        await told.wait()
        assert count == 1
        told.clear()
        kernel.send(b"address")
        await told.wait()
        assert count == 2
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)


async def test_without_a_routing_socket_nothing_is_told() -> None:
    await watch_network(lambda: None, None)


def test_the_kernel_gives_a_routing_socket_here() -> None:
    listening = routing_socket()
    assert listening is not None
    listening.close()
