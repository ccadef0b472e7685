"""`GET /device/v1/stream`: server-sent events that carry news, never data.

A plain ASGI answer: an idle stream costs a fifth of what it does through a convenience library.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any

from litestar import Request
from litestar.enums import ScopeType
from litestar.handlers import asgi
from litestar.types import Receive, Scope, Send

from roomdisplay.admin.context import Admin
from roomdisplay.admin.device_api.answers import ProblemError
from roomdisplay.admin.device_api.authenticate import admin_of
from roomdisplay.admin.device_api.paired import device_of
from roomdisplay.admin.errors import AdminError, NotFoundError
from roomdisplay.admin.news import Subscription, device_topic, room_topic
from roomdisplay.admin.use_cases.device_reports import note_news, pending_commands
from roomdisplay.admin.use_cases.devices import device_row
from roomdisplay.admin.use_cases.schedule import room_freshness, room_schedule
from roomdisplay.model.wire import NO_ROOM_ETAG, Message, ScheduleNews, encode

BEAT_EVERY = 25.0
"""Seconds; proxies cut what is silent for a minute."""
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),
]


@asgi("/stream", copy_scope=False)
async def stream(scope: Scope, receive: Receive, send: Send) -> None:
    """Tell one display its news until it goes, is taken out, or the server shuts down."""
    if scope["type"] == ScopeType.WEBSOCKET or scope["method"] != "GET":
        raise ProblemError("invalid_request", "the stream is read by GET")
    request: Request[Any, Any, Any] = Request(scope, receive, send)
    await send({"type": "http.response.start", "status": HTTPStatus.OK, "headers": _HEADERS})
    telling = asyncio.create_task(Telling(admin_of(request), device_of(request).id, send).run())
    leaving = asyncio.create_task(_gone(receive))
    try:
        await asyncio.wait({telling, leaving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (telling, leaving):
            task.cancel()
        await asyncio.gather(telling, leaving, return_exceptions=True)
    if telling.done() and not telling.cancelled() and leaving.cancelled():
        telling.result()  # a fault of ours cuts the answer, so that the display comes again
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _gone(receive: Receive) -> None:
    """Until the display has closed its side."""
    while (await receive())["type"] != "http.disconnect":
        pass


class Telling:
    """One display's stream."""

    def __init__(
        self, admin: Admin, device_id: str, send: Send, *, beat_every: float = BEAT_EVERY
    ) -> None:
        self._admin = admin
        self._device_id = device_id
        self._send = send
        self._beat_every = beat_every
        self._etag: str | None = None
        self._told: set[str] = set()

    async def run(self) -> None:
        """Tell what is, then what is new; ends when the display is taken out."""
        while True:
            try:
                room_id = await self._room()
            except NotFoundError:
                return
            topics = [device_topic(self._device_id)]
            if room_id is not None:
                topics.append(room_topic(room_id))
            async with self._admin.news.subscribe(topics) as news:
                if not await self._tell_of(room_id, news):
                    return

    async def _tell_of(self, room_id: str | None, news: Subscription) -> bool:
        """Tell the news of one room; True: the display was moved, False: the stream ends."""
        while True:
            try:
                if await self._room() != room_id:
                    return True
            except NotFoundError:
                return False
            if not await self._tell_schedule():
                await self._beat()  # not what is shown is news, but how well it is known
            await self._tell_commands()
            if not await self._wait(news):
                return False

    async def _wait(self, news: Subscription) -> bool:
        """Until there is news, beating meanwhile; False: the server shuts down."""
        while True:
            try:
                async with asyncio.timeout(self._beat_every):
                    return bool(await news.wait())
            except TimeoutError:
                await self._beat()

    async def _room(self) -> str | None:
        async with self._admin.store.reading() as session:
            return (await device_row(session, self._device_id)).room_id

    async def _tell_schedule(self) -> bool:
        """Tell the ETag if it is another one than was told before; whether it was."""
        try:
            _, _, etag = await room_schedule(self._admin, self._device_id)
        except AdminError:
            etag = NO_ROOM_ETAG
        if etag == self._etag:
            return False
        first, self._etag = self._etag is None, etag
        told_at = self._admin.clock()
        await self._event("schedule", ScheduleNews(etag=etag))
        if not first:  # what a display hears on connecting may have changed long ago
            await note_news(self._admin, self._device_id, etag, told_at)
        return True

    async def _tell_commands(self) -> None:
        for command in await pending_commands(self._admin, self._device_id):
            if command.id not in self._told:
                self._told.add(command.id)
                await self._event("command", command)

    async def _beat(self) -> None:
        try:
            freshness = await room_freshness(self._admin, self._device_id)
        except AdminError:  # no room, so nothing to be fresh: a comment keeps the line open
            await self._bytes(b": beat\n\n")
        else:
            await self._event("beat", freshness)

    async def _event(self, kind: str, message: Message) -> None:
        await self._bytes(b"event: %s\ndata: %s\n\n" % (kind.encode("ascii"), encode(message)))

    async def _bytes(self, body: bytes) -> None:
        await self._send({"type": "http.response.body", "body": body, "more_body": True})
