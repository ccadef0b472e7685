"""Every error page is ours, in words, in the visitor's language."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from litestar import Response
from litestar.exceptions import HTTPException

from roomdisplay.admin.errors import AdminError, InvalidInputError, ServiceError
from roomdisplay.admin.web.i18n import Catalogue
from roomdisplay.admin.web.visit import AnyRequest, Visit, stranger

logger = logging.getLogger(__name__)
_OTHER_DOORS = ("/device/", "/oauth/", "/hooks/")
"""Paths that machines use: no pages there."""
_KNOWN = {400, 401, 403, 404, 405, 413, 429, 500, 503}


def words_for(t: Catalogue, error: AdminError) -> str:
    """What the person should read about a refused use case."""
    key = f"error.{error.key}"
    words = t(key, **error.params) if t.has(key) else t("error.invalid_input")
    return f"{words} {error.detail}" if isinstance(error, ServiceError) else words


def field_words(t: Catalogue, error: InvalidInputError) -> dict[str, str]:
    """The messages beside a form's fields."""
    return {name: t(f"error.{key}") for name, key in error.fields.items()}


def admin_error_page(request: AnyRequest, error: AdminError) -> Response[str]:
    """A use case refused, and the handler had nothing better to show."""
    visit = _visit(request)
    words = words_for(visit.t, error)
    if isinstance(error, InvalidInputError):
        words = " ".join(field_words(visit.t, error).values())
    return visit.error_page(error.status, visit.t("http.refused"), words)


def http_error_page(request: AnyRequest, error: Exception) -> Response[Any]:
    """A page that is not there, a form that is not ours, a fault of ours."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.error("a request failed", exc_info=error)
    if request.url.path.startswith(_OTHER_DOORS):
        return Response(b"", status_code=status)
    visit = _visit(request)
    extra = getattr(error, "extra", None)
    key = extra.get("page") if isinstance(extra, dict) else None
    key = str(key or (status if status in _KNOWN else 400))
    return visit.error_page(status, visit.t(f"http.{key}.title"), visit.t(f"http.{key}.words"))


def _visit(request: AnyRequest) -> Visit:
    """The visit the request began with; a stranger's if it did not get that far."""
    visit = request.scope["state"].get("visit")
    return visit if isinstance(visit, Visit) else stranger(request)
