"""All pages as one router, with what holds for each of them."""

from __future__ import annotations

from litestar import Router
from litestar.di import Provide
from litestar.types import ExceptionHandlersMap

from roomdisplay.admin.errors import AdminError
from roomdisplay.admin.web import account, demo_routes, live, static_files
from roomdisplay.admin.web.errors import admin_error_page, http_error_page
from roomdisplay.admin.web.visit import open_visit, provide_visit

exception_handlers: ExceptionHandlersMap = {
    AdminError: admin_error_page,
    Exception: http_error_page,
}
"""For the application, so that an address that is not there gets a page of ours, too."""

pages = Router(
    path="/",
    route_handlers=[
        account.sign_in_page,
        account.do_sign_in,
        account.do_sign_out,
        account.invitation_page,
        account.accept,
        account.set_language,
        demo_routes.jump,
        demo_routes.network,
        demo_routes.next_state,
        live.live,
    ],
    before_request=open_visit,
    dependencies={"visit": Provide(provide_visit)},
    exception_handlers=exception_handlers,
    include_in_schema=False,
)
web_routes = [pages, static_files.static_file]
