"""The pages of the Admin Center: server-rendered, working without JavaScript."""

from roomdisplay.admin.web.routes import exception_handlers, web_routes

__all__ = ["exception_handlers", "web_routes"]
