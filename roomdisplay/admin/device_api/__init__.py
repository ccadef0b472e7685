"""The device protocol: pairing under `/oauth`, all of a paired display under `/device/v1`."""

from litestar import Router
from litestar.di import Provide

from roomdisplay.admin.device_api.answers import EXCEPTION_HANDLERS
from roomdisplay.admin.device_api.authenticate import add_nonce, admin_of, paired_device
from roomdisplay.admin.device_api.oauth import oauth_router
from roomdisplay.model.wire import BODY_LIMIT

__all__ = ["add_nonce", "device_router"]

paired_router = Router(
    path="/device/v1",
    route_handlers=[],
    dependencies={"device": Provide(paired_device)},
)
"""Handlers that name `device: Device` are for paired displays."""

device_router = Router(
    path="/",
    route_handlers=[oauth_router, paired_router],
    dependencies={"admin": Provide(admin_of, sync_to_thread=False)},
    exception_handlers=EXCEPTION_HANDLERS,
    request_max_body_size=BODY_LIMIT,
)
