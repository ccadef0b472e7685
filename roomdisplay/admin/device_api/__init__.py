"""The device protocol: pairing under `/oauth`, all of a paired display under `/device/v1`."""

from litestar import Router

from roomdisplay.admin.device_api.actions import post_check_in, post_join
from roomdisplay.admin.device_api.answers import EXCEPTION_HANDLERS
from roomdisplay.admin.device_api.authenticate import add_nonce
from roomdisplay.admin.device_api.commands import post_command_result
from roomdisplay.admin.device_api.health import post_health
from roomdisplay.admin.device_api.join import get_join_tickets
from roomdisplay.admin.device_api.oauth import oauth_router
from roomdisplay.admin.device_api.paired import require_paired
from roomdisplay.admin.device_api.schedule import get_schedule
from roomdisplay.admin.device_api.stream import stream
from roomdisplay.model.wire import BODY_LIMIT

__all__ = ["add_nonce", "device_router"]

paired_router = Router(
    path="/device/v1",
    route_handlers=[
        get_schedule,
        stream,
        get_join_tickets,
        post_check_in,
        post_join,
        post_health,
        post_command_result,
    ],
    guards=[require_paired],
)

device_router = Router(
    path="/",
    route_handlers=[oauth_router, paired_router],
    exception_handlers=EXCEPTION_HANDLERS,
    request_max_body_size=BODY_LIMIT,
)
