"""The room's actions, each with an idempotency key: however often it is sent, it happens once."""

from __future__ import annotations

import re
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated

from litestar import post
from litestar.params import Body

from roomdisplay.admin.device_api.answers import DeviceRequest, ProblemError
from roomdisplay.admin.device_api.authenticate import admin_of
from roomdisplay.admin.device_api.paired import device_of
from roomdisplay.admin.device_api.refusals import problems
from roomdisplay.admin.use_cases.check_in import check_in
from roomdisplay.admin.use_cases.device_reports import ask_to_join
from roomdisplay.model.wire import ActionRequest

_LONGEST = 14 * 86_400.0
"""Seconds; a tap older than its key's life is as old as that."""

_ID_LIMIT = 128
_KEY = re.compile(r"[!-~]{8,128}")


@post(
    "/meetings/{meeting_id:str}/check-in",
    status_code=HTTPStatus.NO_CONTENT,
    tags=["actions"],
    summary="Somebody is here",
)
async def post_check_in(request: DeviceRequest, data: Annotated[ActionRequest, Body()]) -> None:
    """Check in to a meeting; a tap made offline counts if check-in was open when it was made."""
    meeting_id, key = _named(request)
    ago = timedelta(seconds=min(data.ago_s, _LONGEST))
    with problems():
        await check_in(admin_of(request), device_of(request).id, meeting_id, ago, key)


@post(
    "/meetings/{meeting_id:str}/join",
    status_code=HTTPStatus.ACCEPTED,
    tags=["actions"],
    summary="Open the call on the room's conference display",
)
async def post_join(request: DeviceRequest, data: Annotated[ActionRequest, Body()]) -> None:
    """Have the room's conference display open the call; only from another display of the room."""
    del data
    meeting_id, key = _named(request)
    with problems():
        await ask_to_join(admin_of(request), device_of(request).id, meeting_id, key)


def _named(request: DeviceRequest) -> tuple[str, str]:
    """The meeting that a request names, and its idempotency key."""
    meeting_id: str = request.path_params["meeting_id"]
    key = request.headers.get("Idempotency-Key", "")
    if not _KEY.fullmatch(key):
        raise ProblemError("invalid_request", "an Idempotency-Key of 8 to 128 characters is needed")
    if len(meeting_id) > _ID_LIMIT:
        raise ProblemError("not_found")
    return meeting_id, key
