"""What the simulated service posts to the application: signed, retried, and spoilt to order."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import re
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import httpx

SIGNATURE = "Cronofy-HMAC-SHA256"
_PATIENCE = 10.0
_FINAL = frozenset((404, 410))
"""Whoever answers so wants to be told nothing any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoiling:
    """What is to go wrong with a post."""

    lost: bool = False
    """It is never sent."""
    copies: int = 1
    """How often the very same is sent."""
    forged: bool = False
    """Before it comes another, with a code of an attacker's, that is signed with another key."""
    delay: float = 0.0
    """Seconds before it is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One post as it left; `status` is what was answered, None where nothing was."""

    kind: str
    url: str
    body: bytes
    signature: str
    status: int | None


def signature(body: bytes, keys: Sequence[str]) -> str:
    """The header's value: base64 of an HMAC-SHA256 for each key, separated by commas."""
    digests = (hmac.new(key.encode(), body, hashlib.sha256).digest() for key in keys)
    return ",".join(base64.b64encode(one).decode() for one in digests)


class Outbox:
    """Posts in the background, in the loop that runs."""

    def __init__(self, keys: Callable[[], Sequence[str]], trust: ssl.SSLContext | None) -> None:
        self._keys = keys
        self._client = httpx.AsyncClient(
            verify=trust if trust is not None else True, timeout=_PATIENCE, trust_env=False
        )
        self._tasks: set[asyncio.Task[None]] = set()
        self._orders: list[tuple[re.Pattern[str], Spoiling, list[int]]] = []
        self.pauses: tuple[float, ...] = (1.0, 5.0, 25.0)
        """Seconds before each further try of a post that was not taken."""
        self.muted = False
        """Nothing is sent at all."""
        self.sent: list[Sent] = []

    def order(self, match: str, spoiling: Spoiling, *, times: int = 1) -> None:
        """Spoil the next posts whose "KIND URL" `match` is found in.

        The kinds are authorization, verification, change and those of the other notifications.
        """
        self._orders.append((re.compile(match), spoiling, [times]))

    def post(
        self,
        kind: str,
        url: str,
        body: Mapping[str, object],
        answered: Callable[[int], None] | None = None,
    ) -> None:
        """Send `body` as JSON, soon; `answered` is told the last status that came back."""
        if self.muted:
            return
        spoiling = self._spoiling(kind, url)
        if spoiling.lost:
            return
        task = asyncio.get_running_loop().create_task(
            self._send(kind, url, body, spoiling, answered)
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @property
    def busy(self) -> bool:
        """Whether something is on its way."""
        return bool(self._tasks)

    async def settled(self) -> None:
        """Wait until everything was sent that is to be sent by now."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def aclose(self) -> None:
        """Send nothing any more."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._client.aclose()

    def _spoiling(self, kind: str, url: str) -> Spoiling:
        for order in self._orders:
            pattern, spoiling, left = order
            if pattern.search(f"{kind} {url}"):
                left[0] -= 1
                if not left[0]:
                    self._orders.remove(order)
                return spoiling
        return Spoiling()

    async def _send(
        self,
        kind: str,
        url: str,
        body: Mapping[str, object],
        spoiling: Spoiling,
        answered: Callable[[int], None] | None,
    ) -> None:
        await asyncio.sleep(spoiling.delay)
        if spoiling.forged:
            fake = _encoded(_with_a_strange_code(body))
            await self._try(kind, url, fake, signature(fake, ["somebody else's key"]))
        encoded = _encoded(body)
        for _ in range(spoiling.copies):
            status: int | None = None
            for pause in (0.0, *self.pauses):
                await asyncio.sleep(pause)
                status = await self._try(kind, url, encoded, signature(encoded, self._keys()))
                if status is not None and (status < 300 or status in _FINAL):
                    break
            if answered is not None and status is not None:
                answered(status)

    async def _try(self, kind: str, url: str, body: bytes, signed: str) -> int | None:
        headers = {"Content-Type": "application/json; charset=utf-8", SIGNATURE: signed}
        sent = Sent(kind=kind, url=url, body=body, signature=signed, status=None)
        try:
            response = await self._client.post(url, content=body, headers=headers)
            sent = replace(sent, status=response.status_code)
        except (httpx.HTTPError, httpx.InvalidURL):
            pass
        self.sent.append(sent)
        return sent.status


def _encoded(body: Mapping[str, object]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _with_a_strange_code(body: Mapping[str, object]) -> Mapping[str, object]:
    inner = body.get("authorization")
    if isinstance(inner, dict):
        strange = {"code": "0" * 32, "state": inner.get("state")}
        return {**body, "authorization": strange}
    return body
