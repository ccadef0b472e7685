"""The Admin Center as an ASGI application."""

from __future__ import annotations

from litestar import Litestar
from litestar.datastructures import State
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from roomdisplay import __version__
from roomdisplay.admin.context import Admin
from roomdisplay.admin.device_api import add_nonce, device_router
from roomdisplay.admin.hook_routes import hooks_router
from roomdisplay.admin.web import exception_handlers, web_routes
from roomdisplay.model.wire import BODY_LIMIT

PAGE_BODY_LIMIT = 16 * BODY_LIMIT
"""Bytes of a form; the device protocol's routes set their own, smaller limit."""


def create_app(admin: Admin) -> Litestar:
    """Pages and device protocol over one Admin Center; `app.state.admin` is `admin`."""
    return Litestar(
        route_handlers=[device_router, hooks_router, *web_routes],
        state=State({"admin": admin}),
        exception_handlers=exception_handlers,
        logging_config=None,  # how the program logs is decided where it starts
        before_send=[add_nonce],
        request_max_body_size=PAGE_BODY_LIMIT,
        openapi_config=OpenAPIConfig(
            title="Room Display: device protocol",
            version=__version__,
            path="/device/v1/openapi",
            render_plugins=[JsonRenderPlugin(path="/openapi.json")],
        ),
    )
