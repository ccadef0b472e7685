"""Reads that come together go together: one `$batch` for up to twenty of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

import msgspec

from roomdisplay.connectors.base import ConnectorError, MalformedAnswerError
from roomdisplay.connectors.graph.messages import BatchReplies, BatchReply
from roomdisplay.connectors.graph.refusals import Reply, decoded

MOST = 20
"""Requests in one batch, by Graph's own limit."""
GATHERING = 0.01
"""Seconds that a read waits for others to go with."""

_NO_BATCHES = frozenset({400, 404, 405, 501})
"""Answered where batches as such are not understood."""

Send = Callable[[str, str, Mapping[str, str], bytes | None], Awaitable[Reply]]
"""Sends one request by itself: method, path, headers, body."""


@dataclass(slots=True, eq=False)
class _Read:
    path: str
    headers: Mapping[str, str]
    reply: asyncio.Future[Reply] = field(repr=False)


class Gatherer:
    """Collects reads for a moment and sends them as one request.

    Only what can be repeated without harm comes here. Where a batch is refused as a whole, or
    leaves answers out, each read is sent by itself.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._waiting: list[_Read] = []
        self._timer: asyncio.TimerHandle | None = None
        self._under_way: set[asyncio.Task[None]] = set()
        self._alone = False
        """The service takes no batches."""

    async def get(self, path: str, headers: Mapping[str, str]) -> Reply:
        """The answer to a GET, whatever its status.

        Raises:
            ConnectorError: there is none.
        """
        if self._alone:
            return await self._send("GET", path, headers, None)
        loop = asyncio.get_running_loop()
        read = _Read(path, headers, loop.create_future())
        self._waiting.append(read)
        if len(self._waiting) >= MOST:
            self._go()
        elif self._timer is None:
            self._timer = loop.call_later(GATHERING, self._go)
        return await read.reply

    async def aclose(self) -> None:
        """Give up what is under way."""
        if self._timer is not None:
            self._timer.cancel()
        for read in self._waiting:
            read.reply.cancel()
        tasks = list(self._under_way)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _go(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        reads, self._waiting = [one for one in self._waiting if not one.reply.done()], []
        if not reads:
            return
        work = self._single(reads[0]) if len(reads) == 1 else self._together(reads)
        task = asyncio.get_running_loop().create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _single(self, read: _Read) -> None:
        try:
            reply = await self._send("GET", read.path, read.headers, None)
        except ConnectorError as error:
            _fail(read, error)
        except asyncio.CancelledError:
            read.reply.cancel()
            raise
        else:
            _answer(read, reply)

    async def _together(self, reads: list[_Read]) -> None:
        try:
            reply = await self._send_all(reads)
        except ConnectorError as error:
            for read in reads:
                _fail(read, error)
            return
        except asyncio.CancelledError:
            for read in reads:
                read.reply.cancel()
            raise
        if reply is not None and not reply.good and reply.status not in _NO_BATCHES:
            for read in reads:
                _answer(read, reply)
            return
        await self._hand_out(reads, reply)

    async def _send_all(self, reads: list[_Read]) -> Reply | None:
        """The answer to the batch; None: it cannot be read, perhaps being too large together."""
        requests = [
            {"id": str(number), "method": "GET", "url": one.path, "headers": dict(one.headers)}
            for number, one in enumerate(reads)
        ]
        body = msgspec.json.encode({"requests": requests})
        try:
            return await self._send("POST", "/$batch", {"Content-Type": "application/json"}, body)
        except MalformedAnswerError:
            return None

    async def _hand_out(self, reads: list[_Read], reply: Reply | None) -> None:
        """Give each read its answer; those that have none are sent by themselves."""
        self._alone = self._alone or (reply is not None and reply.status in _NO_BATCHES)
        found = _answers(reply)
        left: list[_Read] = []
        for number, read in enumerate(reads):
            inner = found.get(str(number))
            if inner is None or inner.status == HTTPStatus.UNAUTHORIZED:
                left.append(read)  # alone, a token that has just ended is replaced
            else:
                _answer(read, inner)
        await asyncio.gather(*(self._single(one) for one in left))


def _answers(reply: Reply | None) -> dict[str, Reply]:
    """The inner answers by id; nothing where this is not an answer to a batch."""
    if reply is None or not reply.good:
        return {}
    try:
        inner = decoded(reply, BatchReplies).responses
    except MalformedAnswerError:
        return {}
    return {one.id: _inner(one) for one in inner[: 2 * MOST] if 100 <= one.status < 600}  # noqa: PLR2004 - statuses


def _inner(one: BatchReply) -> Reply:
    headers = {name.lower(): value for name, value in (one.headers or {}).items()}
    return Reply(one.status, headers, bytes(one.body))


def _answer(read: _Read, reply: Reply) -> None:
    if not read.reply.done():
        read.reply.set_result(reply)


def _fail(read: _Read, error: ConnectorError) -> None:
    if not read.reply.done():
        read.reply.set_exception(error)
