"""The DevTools protocol over two pipes: how the display talks to its call's browser.

A pipe is used, never a TCP port: whoever can connect to a port owns the call. Chromium ends when
its end of the pipe closes, so a display that dies takes its call with it.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
from collections.abc import Callable, Mapping
from typing import Any

_MESSAGE_LIMIT = 4 * 1024 * 1024
"""Bytes of one message; addresses and titles of pages, which a page chooses, travel in them."""

EventHandler = Callable[[str, Mapping[str, Any], str | None], None]
"""Called with the event's method, its parameters and its session."""


class BrowserGoneError(Exception):
    """The browser closed the pipe, or says nothing sensible any more."""


class BrowserRefusedError(Exception):
    """The browser answered a command with an error."""


class DevToolsPipe:
    """Commands out, answers and events in; bound to one asyncio loop.

    Args:
        on_event: called for each event, in order; must not block and must not raise.
    """

    def __init__(self, on_event: EventHandler) -> None:
        self._on_event = on_event
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._reader = asyncio.StreamReader(limit=_MESSAGE_LIMIT)
        self._transports: list[asyncio.BaseTransport] = []
        self._writer: asyncio.WriteTransport | None = None

    async def connect(self, read_fd: int, write_fd: int) -> None:
        """Take over both descriptors; they are closed by `close`."""
        loop = asyncio.get_running_loop()
        read_transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(self._reader), os.fdopen(read_fd, "rb", 0)
        )
        self._transports.append(read_transport)
        self._writer, _ = await loop.connect_write_pipe(
            asyncio.BaseProtocol, os.fdopen(write_fd, "wb", 0)
        )
        self._transports.append(self._writer)

    def post(self, method: str, params: Mapping[str, object], *, session: str | None = None) -> int:
        """Send a command without waiting for its answer; its number."""
        number = next(self._numbers)
        message: dict[str, object] = {"id": number, "method": method, "params": params}
        if session is not None:
            message["sessionId"] = session
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(json.dumps(message).encode() + b"\0")
        return number

    async def send(
        self, method: str, params: Mapping[str, object], *, session: str | None = None
    ) -> dict[str, Any]:
        """Send a command and wait for its result.

        Raises:
            BrowserRefusedError: the browser answered with an error.
            BrowserGoneError: the pipe closed before the answer.
        """
        number = self.post(method, params, session=session)
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            return await answer
        finally:
            self._waiting.pop(number, None)

    async def listen(self) -> None:
        """Read until the browser closes the pipe."""
        try:
            while True:
                self._take(await self._reader.readuntil(b"\0"))
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError, OSError):
            # The end of the pipe, or a message that is none: either way nothing follows.
            return
        finally:
            for answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(BrowserGoneError())

    def _take(self, raw: bytes) -> None:
        message = json.loads(raw[:-1])
        if not isinstance(message, dict):
            raise ValueError("not a message")  # noqa: TRY004 -- ends `listen` like any bad message
        answer = self._waiting.get(message.get("id", 0))
        if answer is None:
            if isinstance(method := message.get("method"), str):
                self._on_event(method, message.get("params", {}), message.get("sessionId"))
        elif not answer.done():
            if "error" in message:
                answer.set_exception(BrowserRefusedError(message["error"].get("message", "")))
            else:
                answer.set_result(message.get("result", {}))

    def close(self) -> None:
        """Close both ends."""
        for transport in self._transports:
            transport.close()
