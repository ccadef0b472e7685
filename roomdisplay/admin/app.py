"""The Admin Center as an ASGI application."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from litestar import Litestar
from litestar.datastructures import State
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from roomdisplay import __version__
from roomdisplay.admin.context import Admin
from roomdisplay.admin.device_api import add_nonce
from roomdisplay.model.wire import BODY_LIMIT

PAGE_BODY_LIMIT = 16 * BODY_LIMIT
"""Bytes of a form; the device protocol's routes set their own, smaller limit."""


def create_app(admin: Admin) -> Litestar:
    """Pages and device protocol over one Admin Center; `app.state.admin` is `admin`."""
    return Litestar(
        route_handlers=_routes(),
        state=State({"admin": admin}),
        exception_handlers=_error_pages(),
        before_send=[add_nonce],
        request_max_body_size=PAGE_BODY_LIMIT,
        openapi_config=OpenAPIConfig(
            title="Room Display: device protocol",
            version=__version__,
            path="/device/v1/openapi",
            render_plugins=[JsonRenderPlugin(path="/openapi.json")],
        ),
    )


def _routes() -> list[Any]:
    """`device_router` of the device protocol and `web_routes` of the pages."""
    routes: list[Any] = []
    if find_spec("roomdisplay.admin.device_api"):
        routes.append(import_module("roomdisplay.admin.device_api").device_router)
    if find_spec("roomdisplay.admin.web"):
        routes.extend(import_module("roomdisplay.admin.web").web_routes)
    return routes


def _error_pages() -> Any:  # noqa: ANN401 - of a package that is loaded by name
    """The pages' error handlers; the device protocol's routes have their own."""
    if find_spec("roomdisplay.admin.web"):
        return import_module("roomdisplay.admin.web").exception_handlers
    return None
