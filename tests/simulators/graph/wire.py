"""Requests and answers as values, so that those of a batch go the same way as those of the wire."""

from __future__ import annotations

import json
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

from simulators.faults import Message, Receive, Scope, Send

VERSION = "/v1.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request, from the wire or from within a batch."""

    method: str
    origin: str
    """Scheme, host and port that the client used."""
    path: str
    """As sent, still percent-encoded."""
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    """By lower-case name."""
    body: bytes = b""
    in_batch: bool = False

    def parts(self) -> list[str]:
        """The segments of the path, decoded."""
        return [unquote(part) for part in self.path.strip("/").split("/")]

    def option(self, name: str) -> str | None:
        """A query option by its name, in any case, with or without the dollar."""
        for known, value in self.query.items():
            if known.lower().lstrip("$") == name.lower():
                return value
        return None

    def parameters(self) -> dict[str, Any]:
        """The body of an action: its parameters are known in any case.

        Raises:
            GraphError: as `json`.
        """
        return {name[:1].lower() + name[1:]: value for name, value in self.json().items()}

    def json(self) -> dict[str, Any]:
        """The body.

        Raises:
            GraphError: it is no JSON object, or it does not say so.
        """
        media_type = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != "application/json":
            raise GraphError(
                415 if media_type else 400,
                "RequestBodyRead" if media_type else "BadRequest",
                "A missing or unsupported content type was found; use 'application/json'.",
            )
        try:
            found = json.loads(self.body)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise GraphError(400, "BadRequest", "Unable to read JSON request payload.")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One answer."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    payload: Any = None
    """JSON; None: no body."""

    def with_headers(self, more: Mapping[str, str]) -> Response:
        """The same with these headers, too."""
        return replace(self, headers={**self.headers, **more})


class GraphError(Exception):
    """The service refuses, in its own words."""

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})


Handler = Callable[[Request], Awaitable[Response]]


def error_body(code: str, message: str, now: datetime, request: Request | None = None) -> Any:
    """An error as Graph shapes it."""
    own = (request.headers.get("client-request-id") if request else None) or str(uuid.uuid4())
    inner = {
        "date": f"{now:%Y-%m-%dT%H:%M:%S}",
        "request-id": str(uuid.uuid4()),
        "client-request-id": own,
    }
    return {"error": {"code": code, "message": message, "innerError": inner}}


def answer_of(error: GraphError, request: Request, now: datetime) -> Response:
    """An error as an answer; the ids in its body are those of its headers."""
    payload = error_body(error.code, error.message, now, request)
    inner = payload["error"]["innerError"]
    ids = {name: inner[name] for name in ("request-id", "client-request-id")}
    return Response(status=error.status, headers={**ids, **error.headers}, payload=payload)


async def read_request(scope: Scope, receive: Receive) -> Request:
    """The request of an ASGI scope."""
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
    return Request(
        method=scope["method"],
        origin=f"{scope['scheme']}://{headers.get('host', 'localhost')}",
        path=scope["raw_path"].decode("latin-1"),
        query=dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True)),
        headers=headers,
        body=body,
    )


async def send_response(response: Response, send: Send) -> None:
    """Write an answer to the wire."""
    body = b"" if response.payload is None else json.dumps(response.payload).encode()
    headers = {"content-length": str(len(body))}
    if body:
        headers["content-type"] = "application/json; odata.metadata=minimal; charset=utf-8"
    if response.status == 204:
        headers = {}
    headers |= {name.lower(): value for name, value in response.headers.items()}
    lines = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    start: Message = {
        "type": "http.response.start",
        "status": response.status,
        "headers": lines,
    }
    await send(start)
    await send({"type": "http.response.body", "body": body})
