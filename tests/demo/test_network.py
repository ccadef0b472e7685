from __future__ import annotations

import asyncio
import contextlib

import pytest

from roomdisplay.demo.network import PullableNetwork


@contextlib.asynccontextmanager
async def echo_server():
    handlers = set()

    async def echo(reader, writer):
        handlers.add(asyncio.current_task())
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(1000):
                writer.write(data)
                await writer.drain()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await asyncio.gather(*handlers)
        await server.wait_closed()


async def test_a_pulled_cable_cuts_connections_and_refuses_new_ones_until_it_is_back():
    async with echo_server() as target, PullableNetwork(target) as network:
        reader, writer = await asyncio.open_connection("127.0.0.1", network.port)
        writer.write(b"hello")
        assert await reader.readexactly(5) == b"hello"

        await network.pull()
        assert not network.up
        with contextlib.suppress(ConnectionError):
            assert await reader.read(1) == b""
        with pytest.raises(ConnectionError):
            await asyncio.open_connection("127.0.0.1", network.port)
        writer.transport.abort()

        port = network.port
        await network.plug()
        assert network.port == port
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"again")
        writer.write_eof()
        assert await reader.read() == b"again"
        writer.close()
        await writer.wait_closed()


async def test_nobody_behind_the_cable_ends_the_connection():
    async with echo_server() as target:
        pass
    async with PullableNetwork(target) as network:
        reader, writer = await asyncio.open_connection("127.0.0.1", network.port)
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""
        writer.transport.abort()
