"""A network cable that can be pulled: a TCP relay between the display and its Admin Center."""

from __future__ import annotations

import asyncio
import contextlib
from types import TracebackType
from typing import Self

_CHUNK = 65_536


class PullableNetwork:
    """Relays loopback connections to `target_port` until it is pulled.

    Pulling closes the listener and every connection, as a cable does; plugging it in again listens
    on the same port. Used as an async context manager within one loop.
    """

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._server: asyncio.Server | None = None
        self._streams: set[asyncio.StreamWriter] = set()
        self._relays: set[asyncio.Task[None]] = set()
        self.port = 0
        """Where the display connects; chosen by the system when first plugged in."""

    @property
    def up(self) -> bool:
        """Whether the cable is in."""
        return self._server is not None

    async def plug(self) -> None:
        """Listen; does nothing if it already does.

        Raises:
            OSError: the port was taken in the meantime.
        """
        if self._server is None:
            self._server = await asyncio.start_server(self._relay, "127.0.0.1", self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def pull(self) -> None:
        """Cut everything; does nothing if it is cut already."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        for stream in tuple(self._streams):
            stream.transport.abort()
        await asyncio.gather(*self._relays)
        await server.wait_closed()

    async def __aenter__(self) -> Self:
        await self.plug()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.pull()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._relays.add(task)
        self._streams.add(writer)
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
            self._streams.add(far_writer)
            await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
            far_writer.transport.abort()
            self._streams.discard(far_writer)
        except OSError:
            pass  # nobody behind the cable: the near side sees its connection end
        finally:
            writer.transport.abort()
            self._streams.discard(writer)
            self._relays.discard(task)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy one direction; the end of one side is told to the other."""
    with contextlib.suppress(ConnectionError):
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
        writer.write_eof()
