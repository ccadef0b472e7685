"""What the service posts to an application: validations, changes, lifecycle events."""

from __future__ import annotations

import asyncio
import ssl
import uuid
from collections import deque
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import httpx

from simulators.graph.wire import GraphError

VALIDATION_SECONDS = 10.0
ANSWER_SECONDS = 3.0


class Notices:
    """Posts, and posts again what was not taken; `trust` is for https addresses of tests."""

    def __init__(self, trust: ssl.SSLContext | None = None) -> None:
        self.validation_timeout = VALIDATION_SECONDS
        self.answer_timeout = ANSWER_SECONDS
        self.retries: Sequence[float] = (0.2, 1.0, 5.0)
        """Seconds before each further try; the service goes on for four hours."""
        self.delay = 0.0
        """Seconds between a change and its notification."""
        self.copies = 1
        """How often each notification is sent: 0 loses it, 2 doubles it."""
        self.held: list[tuple[str, dict[str, Any]]] | None = None
        """A list keeps notifications back, for `release`."""
        self.posted: deque[tuple[str, int | None]] = deque(maxlen=1000)
        """The last addresses, and the status that each answered with, or None."""
        self._trust = trust
        self._client: httpx.AsyncClient | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def validate(self, url: str) -> None:
        """Have an address prove that it wants to be told.

        Raises:
            GraphError: it did not.
        """
        token = f"Validation: Testing client application reachability Request-Id: {uuid.uuid4()}"
        mark = "&" if "?" in url else "?"
        headers = {"Content-Type": "text/plain; charset=utf-8"}
        try:
            async with asyncio.timeout(self.validation_timeout):
                answer = await self._http().post(
                    f"{url}{mark}validationToken={quote(token, safe='')}", headers=headers
                )
        except TimeoutError:
            raise _unproven("Subscription validation request timed out.") from None
        except httpx.HTTPError:
            words = "Subscription validation request failed. The endpoint could not be reached."
            raise _unproven(words) from None
        plain = answer.headers.get("content-type", "").startswith("text/plain")
        if answer.status_code != 200:
            words = (
                f"Subscription validation request failed. HTTP status code is {answer.status_code}."
            )
            raise _unproven(words)
        if not plain or answer.text != token:
            words = (
                "Subscription validation request failed. The answer is not the token in plain text."
            )
            raise _unproven(words)

    def send(self, url: str, entry: dict[str, Any]) -> None:
        """Post soon, without waiting; from within the loop."""
        if self.held is not None:
            self.held.append((url, entry))
            return
        for _ in range(self.copies):
            self._start(url, entry)

    def release(self, *, reverse: bool = False) -> None:
        """Post what was kept back, and keep nothing back any more."""
        held, self.held = self.held or [], None
        for url, entry in reversed(held) if reverse else held:
            self._start(url, entry)

    async def settled(self) -> None:
        """Wait until nothing is on its way any more."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def post(self, url: str, entry: dict[str, Any]) -> None:
        """Post one entry, again and again until it is taken or the patience is over."""
        await asyncio.sleep(self.delay)
        entry = {"id": str(uuid.uuid4()), **entry}
        for pause in (*self.retries, None):
            status = await self._once(url, {"value": [entry]})
            self.posted.append((url, status))
            if pause is None or (status is not None and 200 <= status < 300):
                return
            await asyncio.sleep(pause)

    async def aclose(self) -> None:
        """Stop all that is on its way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def _start(self, url: str, entry: dict[str, Any]) -> None:
        task = asyncio.get_running_loop().create_task(self.post(url, entry))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _once(self, url: str, body: dict[str, Any]) -> int | None:
        try:
            async with asyncio.timeout(self.answer_timeout):
                return (await self._http().post(url, json=body)).status_code
        except (TimeoutError, httpx.HTTPError):
            return None

    def _http(self) -> httpx.AsyncClient:
        if self._client is None:
            verify = self._trust if self._trust is not None else True
            self._client = httpx.AsyncClient(verify=verify, trust_env=False)
        return self._client


def _unproven(words: str) -> GraphError:
    return GraphError(400, "ValidationError", words)
