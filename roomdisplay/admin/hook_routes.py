"""`/hooks/`: what calendar services post. It can be exposed alone: no cookies, no sessions here."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any

from litestar import Request, Response, Router, get, route
from litestar.background_tasks import BackgroundTask
from litestar.datastructures import State
from litestar.enums import HttpMethod
from litestar.exceptions import HTTPException
from litestar.params import FromPath

from roomdisplay.admin.context import Admin
from roomdisplay.admin.origins import reach_answer
from roomdisplay.admin.signals import Received, Signals
from roomdisplay.connectors.push import HOOK_BODY_LIMIT, HookRequest

BODY_TIME_S = 10
"""How long a service may take to post what it posts."""
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}
HookHttpRequest = Request[Any, Any, State]


@route(
    "/{path:str}",
    http_method=[HttpMethod.POST, HttpMethod.GET],
    include_in_schema=False,
    status_code=HTTPStatus.ACCEPTED,
)
async def hook(request: HookHttpRequest, path: FromPath[str]) -> Response[bytes]:
    """Answer a calendar service at once; what it tells is looked at afterwards."""
    body = await _body(request)
    if body is None:
        return Response(b"", status_code=HTTPStatus.REQUEST_ENTITY_TOO_LARGE, headers=_HEADERS)
    signals = _signals(request)
    received = await signals.receive(
        path,
        HookRequest(
            method=request.method,
            query=dict(request.query_params.items()),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=body,
        ),
    )
    return _response(received, signals)


@get("/reach/{nonce:str}", include_in_schema=False)
async def reach(request: HookHttpRequest, nonce: FromPath[str]) -> Response[bytes]:
    """Prove to this very Admin Center that an address of its own leads to it."""
    answer = reach_answer(_admin(request), nonce)
    status = HTTPStatus.OK if answer is not None else HTTPStatus.NOT_FOUND
    return Response(
        (answer or "").encode(), status_code=status, media_type="text/plain", headers=_HEADERS
    )


def _no_page(_: HookHttpRequest, error: Exception) -> Response[bytes]:
    """Whatever cannot be, in one status and without words."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    return Response(b"", status_code=status, headers=_HEADERS)


hooks_router = Router(
    path="/hooks",
    route_handlers=[hook, reach],
    exception_handlers={Exception: _no_page},
    request_max_body_size=HOOK_BODY_LIMIT,
)


async def _body(request: HookHttpRequest) -> bytes | None:
    """What was posted; None: it is too large, or it takes too long."""
    pieces: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_TIME_S):
            async for piece in request.stream():
                size += len(piece)
                if size > HOOK_BODY_LIMIT:
                    return None
                pieces.append(piece)
    except TimeoutError:
        return None
    return b"".join(pieces)


def _response(received: Received, signals: Signals) -> Response[bytes]:
    answer = received.answer
    return Response(
        answer.body,
        status_code=answer.status,
        media_type=answer.content_type,
        headers=_HEADERS,
        background=BackgroundTask(signals.act, received) if received.hook_id else None,
    )


def _signals(request: HookHttpRequest) -> Signals:
    """The one of this application."""
    state = request.app.state
    if "signals" not in state:
        state["signals"] = Signals(_admin(request))
    signals: Signals = state["signals"]
    return signals


def _admin(request: HookHttpRequest) -> Admin:
    admin: Admin = request.app.state.admin
    return admin
