"""Faults to order: what a service answers in place of what it would answer."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Scope = Mapping[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What to do with one request; without a status the real answer follows the delay."""

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | bytes | Mapping[str, Any] = b""
    delay: float = 0.0
    """Seconds before anything else."""
    drop: bool = False
    """Break the connection off; the request is not carried out."""
    lost: bool = False
    """Carry the request out, and break the connection off in place of the answer."""

    def payload(self) -> tuple[bytes, str]:
        """The body as bytes, and its media type where no header says another."""
        if isinstance(self.body, Mapping):
            return json.dumps(self.body).encode(), "application/json"
        if isinstance(self.body, str):
            return self.body.encode(), "text/plain; charset=utf-8"
        return self.body, "application/octet-stream"


@dataclass(slots=True)
class _Order:
    match: re.Pattern[str]
    fault: Fault
    left: int


class Faults:
    """The faults that were ordered and are still to come."""

    def __init__(self) -> None:
        self._orders: list[_Order] = []
        self.taken: list[str] = []
        """What each fault met, in order."""

    def order(
        self,
        match: str,
        *,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        body: str | bytes | Mapping[str, Any] = b"",
        times: int = 1,
        delay: float = 0.0,
        drop: bool = False,
        lost: bool = False,
    ) -> None:
        """Order a fault for the next `times` requests that `match`.

        Args:
            match: a regular expression that is searched in "METHOD path" or in the operation.
            status: of the answer; None: the real answer.
            headers: of the answer.
            body: of the answer; a mapping becomes JSON.
            times: how often.
            delay: seconds.
            drop: break the connection off.
            lost: carry the request out, but lose the answer.
        """
        fault = Fault(
            status=status, headers=headers or {}, body=body, delay=delay, drop=drop, lost=lost
        )
        self._orders.append(_Order(re.compile(match), fault, times))

    def take(self, what: str) -> Fault | None:
        """The fault for this request; each is taken as often as it was ordered."""
        for order in self._orders:
            if order.match.search(what):
                order.left -= 1
                if order.left <= 0:
                    self._orders.remove(order)
                self.taken.append(what)
                return order.fault
        return None

    def clear(self) -> None:
        """Order nothing any more."""
        self._orders.clear()


def faulty(app: App, faults: Faults) -> App:
    """An ASGI application that asks `faults` with "METHOD path" before each request."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        fault = None
        if scope["type"] == "http":
            fault = faults.take(f"{scope['method']} {scope['path']}")
        if fault is None:
            await app(scope, receive, send)
            return
        await asyncio.sleep(fault.delay)
        if fault.drop:
            await break_off(send)
        elif fault.lost:
            await app(scope, receive, _unheard)
            await break_off(send)
        elif fault.status is None:
            await app(scope, receive, send)
        else:
            await _send_fault(fault, fault.status, send)

    return answer


async def break_off(send: Send) -> None:
    """Promise a body and return without it: the server closes the connection."""
    start = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"64")]}
    await send(start)


async def _unheard(message: Message) -> None:
    del message


async def _send_fault(fault: Fault, status: int, send: Send) -> None:
    body, media_type = fault.payload()
    headers = {"content-type": media_type, **{k.lower(): v for k, v in fault.headers.items()}}
    headers["content-length"] = str(len(body))
    lines = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": body})
