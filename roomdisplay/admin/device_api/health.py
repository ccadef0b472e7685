"""`POST /device/v1/health`: every 60 s, and at once on change."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from litestar import post
from litestar.params import Body

from roomdisplay.admin.device_api.answers import DeviceRequest
from roomdisplay.admin.device_api.authenticate import admin_of
from roomdisplay.admin.device_api.paired import device_of
from roomdisplay.admin.device_api.refusals import problems
from roomdisplay.admin.use_cases.device_reports import record_health
from roomdisplay.model.wire import HealthReport


@post("/health", status_code=HTTPStatus.NO_CONTENT, tags=["health"], summary="Heartbeat")
async def post_health(request: DeviceRequest, data: Annotated[HealthReport, Body()]) -> None:
    """How the display is."""
    with problems():
        address = request.client.host if request.client else None
        await record_health(admin_of(request), device_of(request).id, data, address)
