"""$batch: up to twenty requests in one, each answered and throttled by itself."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from simulators.graph.wire import VERSION, GraphError, Handler, Request, Response

MOST = 20
AT_ONCE_PER_MAILBOX = 4
METHODS = {"GET", "POST", "PATCH", "DELETE", "PUT"}


async def answer_batch(request: Request, handle: Handler) -> Response:
    """Answer a batch; the answers come in no order.

    Raises:
        GraphError: 400.
    """
    if request.method != "POST":
        raise GraphError(405, "BadRequest", "A batch is posted.")
    sent = request.json().get("requests")
    if not isinstance(sent, list) or not sent:
        raise GraphError(400, "BadRequest", "Invalid batch payload format.")
    if len(sent) > MOST:
        words = f"Number of batch request steps exceeds the maximum value of {MOST}."
        raise GraphError(400, "MaxNumberOfBatchRequestsExceeded", words)
    steps = {str(step["id"]): step for step in sent if isinstance(step, dict) and "id" in step}
    if len(steps) != len(sent):
        raise GraphError(400, "BadRequest", "Every request in a batch needs an id of its own.")
    found = await _Batch(request, steps, handle).run()
    return Response(payload={"responses": found[::-1]})


class _Batch:
    def __init__(
        self, outer: Request, steps: Mapping[str, Mapping[str, Any]], handle: Handler
    ) -> None:
        self.outer = outer
        self.steps = steps
        self.handle = handle
        self.mailboxes: defaultdict[str, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(AT_ONCE_PER_MAILBOX)
        )

    async def run(self) -> list[dict[str, Any]]:
        inner = {name: self._request(step) for name, step in self.steps.items()}
        tasks: dict[str, asyncio.Task[dict[str, Any]]] = {}
        for name, step in self.steps.items():
            before = [str(one) for one in step.get("dependsOn") or []]
            if any(one not in tasks for one in before):
                words = f"Request '{name}' depends on one that does not come before it."
                raise GraphError(400, "BadRequest", words)
            first = [tasks[one] for one in before]
            tasks[name] = asyncio.create_task(self._step(name, inner[name], first))
        return list(await asyncio.gather(*tasks.values()))

    def _request(self, step: Mapping[str, Any]) -> Request:
        url, method = step.get("url"), str(step.get("method", "")).upper()
        if not isinstance(url, str) or "://" in url or method not in METHODS:
            raise GraphError(400, "BadRequest", "A request needs a method and a relative url.")
        given = step.get("headers") or {}
        headers = {str(name).lower(): str(value) for name, value in given.items()}
        body = step.get("body")
        if body is not None and "content-type" not in headers:
            words = "A request with a body needs a Content-Type among its headers."
            raise GraphError(400, "BadRequest", words)
        split = urlsplit(url)
        outer = {name: self.outer.headers.get(name, "") for name in ("authorization",)}
        return Request(
            method=method,
            origin=self.outer.origin,
            path=VERSION + "/" + split.path.lstrip("/"),
            query=dict(parse_qsl(split.query, keep_blank_values=True)),
            headers=outer | headers,
            body=b"" if body is None else json.dumps(body).encode(),
            in_batch=True,
        )

    async def _step(
        self, name: str, inner: Request, first: list[asyncio.Task[dict[str, Any]]]
    ) -> dict[str, Any]:
        for task in first:
            if (await task)["status"] >= 400:
                words = "A request that this one depends on has failed."
                error = {"error": {"code": "FailedDependency", "message": words}}
                return {"id": name, "status": 424, "headers": {}, "body": error}
        async with self.mailboxes["/".join(inner.parts()[:3]).lower()]:
            answer = await self.handle(inner)
        headers = dict(answer.headers)
        if answer.payload is None:
            return {"id": name, "status": answer.status, "headers": headers}
        headers["Content-Type"] = "application/json"
        return {"id": name, "status": answer.status, "headers": headers, "body": answer.payload}
