"""Everything under `/device/v1` is for paired displays: proven before a body is even read."""

from __future__ import annotations

from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.handlers import BaseRouteHandler

from roomdisplay.admin.device_api.answers import DeviceRequest, ProblemError
from roomdisplay.admin.device_api.authenticate import paired_device
from roomdisplay.admin.store.tables import Device

_DEVICE = "roomdisplay_device"


async def require_paired(
    connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler
) -> None:
    """Let in who proves to be a paired display (a Litestar guard).

    Raises:
        ProblemError: `use_dpop_nonce`, `invalid_dpop_proof` or `invalid_token`.
    """
    if connection.scope["type"] != ScopeType.HTTP:
        raise ProblemError("invalid_request", "this is read by HTTP")
    request: DeviceRequest = Request(connection.scope)
    connection.state[_DEVICE] = await paired_device(request)


def device_of(request: DeviceRequest) -> Device:
    """The display that `require_paired` let in."""
    device: Device = request.state[_DEVICE]
    return device
