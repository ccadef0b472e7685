"""How the device protocol says no: problem documents (RFC 9457), and OAuth's own errors."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.datastructures import State
from litestar.exceptions import HTTPException

from roomdisplay.admin.errors import AdminError, ForbiddenError, NotFoundError, TooManyTriesError
from roomdisplay.model.problems import PROBLEMS
from roomdisplay.model.wire import OAuthError, Problem

log = logging.getLogger(__name__)

DeviceRequest = Request[Any, Any, State]

_NO_STORE = {"Cache-Control": "no-store"}
_KEY_OF_STATUS = {
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.CONFLICT: "action_refused",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "body_too_large",
    HTTPStatus.TOO_MANY_REQUESTS: "too_many_requests",
}


class ProblemError(Exception):
    """The request ends in a registered problem (`roomdisplay.model.problems`)."""

    def __init__(self, key: str, detail: str | None = None, **headers: str) -> None:
        super().__init__(key)
        self.key = key
        self.detail = detail
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class OAuthFailure(Exception):  # noqa: N818 - RFC 6749's own word would be an error
    """A request under `/oauth` ends in an OAuth error (RFC 6749 section 5.2)."""

    def __init__(self, error: str, description: str | None = None) -> None:
        super().__init__(error)
        self.error = error
        self.description = description


def problem_response(
    key: str, detail: str | None = None, headers: dict[str, str] | None = None
) -> Response[bytes]:
    """A problem document."""
    kind = PROBLEMS[key]
    problem = Problem(
        type=kind.type, title=kind.title, status=kind.status, detail=detail, todo=kind.todo
    )
    return Response(
        msgspec.json.encode(problem),
        status_code=kind.status,
        media_type="application/problem+json",
        headers={**_NO_STORE, **(headers or {})},
    )


def on_problem(_: DeviceRequest, error: ProblemError) -> Response[bytes]:
    """Answer a `ProblemError`."""
    return problem_response(error.key, error.detail, error.headers)


def on_oauth_failure(_: DeviceRequest, error: OAuthFailure) -> Response[bytes]:
    """Answer an `OAuthFailure`."""
    body = OAuthError(error=error.error, error_description=error.description)
    return Response(
        msgspec.json.encode(body),
        status_code=HTTPStatus.BAD_REQUEST,
        media_type="application/json",
        headers=_NO_STORE,
    )


def on_admin_error(_: DeviceRequest, error: AdminError) -> Response[bytes]:
    """Answer what a use case refused; its words are for pages, its kind is enough here."""
    if isinstance(error, TooManyTriesError):
        wait = str(max(1, round(error.retry_after.total_seconds())))
        return problem_response("too_many_requests", headers={"Retry-After": wait})
    if isinstance(error, NotFoundError):
        return problem_response("not_found")
    if isinstance(error, ForbiddenError):
        return problem_response("action_refused")
    return problem_response(_KEY_OF_STATUS.get(HTTPStatus(error.status), "invalid_request"))


def on_http_exception(_: DeviceRequest, error: HTTPException) -> Response[bytes]:
    """Answer what the framework refused: a body too large or of a wrong shape."""
    if error.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return on_any(_, error)
    try:
        key = _KEY_OF_STATUS.get(HTTPStatus(error.status_code), "invalid_request")
    except ValueError:
        key = "invalid_request"
    return problem_response(key)


def on_any(_: DeviceRequest, error: Exception) -> Response[bytes]:
    """Answer a fault of our own: nothing of it leaves the server."""
    log.error("a request of a display failed", exc_info=error)
    return problem_response("unavailable")


EXCEPTION_HANDLERS: dict[int | type[Exception], Any] = {
    ProblemError: on_problem,
    OAuthFailure: on_oauth_failure,
    AdminError: on_admin_error,
    HTTPException: on_http_exception,
    Exception: on_any,
}
