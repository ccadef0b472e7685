"""Between HTTP and the simulated service: an ASGI application."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl

from simulators.cronofy.calls import Answer, Call, RefusedError
from simulators.faults import Receive, Scope, Send

_LONGEST_BODY = 1 << 20


class TooLongError(Exception):
    """A body beyond what is read."""


async def read_call(scope: Scope, receive: Receive) -> Call:
    """One request.

    Raises:
        RefusedError: 400; the body is not what its type says.
        TooLongError: it is too long.
    """
    headers = {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
    }
    body = await _body(receive)
    kind, _, token = headers.get("authorization", "").partition(" ")
    return Call(
        method=scope["method"],
        path=scope["path"],
        query=tuple(parse_qsl(scope["query_string"].decode("latin-1"))),
        data=_data(body, headers.get("content-type", "")),
        token=token if kind.lower() == "bearer" else None,
        origin=f"{scope['scheme']}://{headers.get('host', '')}",
        language=headers.get("accept-language", ""),
    )


async def send_answer(answer: Answer, send: Send) -> None:
    """Send all of it."""
    body, headers = b"", dict(answer.headers)
    if answer.page is not None:
        body = answer.page.encode()
        headers["Content-Type"] = answer.media_type
    elif answer.json is not None:
        body = json.dumps(answer.json, ensure_ascii=False, separators=(",", ":")).encode()
        headers["Content-Type"] = "application/json; charset=utf-8"
    headers["Content-Length"] = str(len(body))
    encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": encoded})
    await send({"type": "http.response.body", "body": body})


async def live(receive: Receive, send: Send, ended: Callable[[], Awaitable[None]]) -> None:
    """The server's beginning and end."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        else:
            await ended()
            await send({"type": "lifespan.shutdown.complete"})
            return


async def _body(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise asyncio.CancelledError
        body += message.get("body", b"")
        if len(body) > _LONGEST_BODY:
            raise TooLongError
        if not message.get("more_body"):
            return bytes(body)


def _data(body: bytes, kind: str) -> object:
    if not body.strip():
        return {}
    kind = kind.partition(";")[0].strip().lower()
    try:
        if kind == "application/x-www-form-urlencoded":
            return dict(parse_qsl(body.decode(), keep_blank_values=True))
        return json.loads(body)
    except ValueError:
        raise RefusedError(400) from None
