"""`POST /device/v1/commands/{id}/result`: a display says that it did what it was told."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from litestar import post
from litestar.params import Body

from roomdisplay.admin.device_api.answers import DeviceRequest
from roomdisplay.admin.device_api.authenticate import admin_of
from roomdisplay.admin.device_api.paired import device_of
from roomdisplay.admin.device_api.refusals import problems
from roomdisplay.admin.use_cases.device_reports import command_done
from roomdisplay.model.wire import CommandResult


@post(
    "/commands/{command_id:str}/result",
    status_code=HTTPStatus.NO_CONTENT,
    tags=["commands"],
    summary="A command was carried out",
)
async def post_command_result(
    request: DeviceRequest,
    data: Annotated[CommandResult, Body()],
) -> None:
    """Acknowledge a command, so that it is told no more."""
    command_id: str = request.path_params["command_id"]
    with problems():
        await command_done(admin_of(request), device_of(request).id, command_id, data)
