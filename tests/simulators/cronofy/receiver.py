"""The application's side of posts: takes them down, and answers as it is told to."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from simulators.cronofy.calls import Answer
from simulators.cronofy.front import live, send_answer
from simulators.faults import Receive, Scope, Send


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One request; headers by lower-case name."""

    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, read."""
        return json.loads(self.body)


class Receiver:
    """An ASGI application for `simulators.serve.running`."""

    def __init__(self) -> None:
        self.status = 200
        """Of the answers from now on."""
        self.posts: asyncio.Queue[Post] = asyncio.Queue()

    async def next(self, *, patience: float = 10.0) -> Post:
        """The next post that came, waited for at most so many seconds.

        Raises:
            TimeoutError: none came.
        """
        return await asyncio.wait_for(self.posts.get(), patience)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await live(receive, send, _nothing)
            return
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        self.posts.put_nowait(
            Post(
                path=scope["path"],
                query=scope["query_string"].decode(),
                headers=headers,
                body=body,
            )
        )
        await send_answer(Answer(status=self.status), send)


async def _nothing() -> None:
    return
