"""`GET /device/v1/schedule`: what one display shows, and how old that is."""

from __future__ import annotations

from http import HTTPStatus

from litestar import Response, get

from roomdisplay.admin.device_api.answers import DeviceRequest
from roomdisplay.admin.device_api.authenticate import admin_of
from roomdisplay.admin.device_api.paired import device_of
from roomdisplay.admin.device_api.refusals import problems
from roomdisplay.admin.use_cases.schedule import room_schedule
from roomdisplay.model.wire import FRESHNESS_HEADER, FreshnessMessage, ScheduleMessage, encode


@get("/schedule", tags=["schedule"], summary="Room, settings and meetings")
async def get_schedule(request: DeviceRequest) -> Response[ScheduleMessage | None]:
    """The schedule, or 304 where the display has it; the freshness travels in a header of both."""
    with problems():
        message, freshness, etag = await room_schedule(admin_of(request), device_of(request).id)
    headers = {
        "ETag": f'"{etag}"',
        "Cache-Control": "private, no-cache",
        FRESHNESS_HEADER: freshness_header(freshness),
    }
    if etag in _etags(request.headers.get("If-None-Match", "")):
        return Response(None, status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(message, headers=headers)


def freshness_header(freshness: FreshnessMessage) -> str:
    """The freshness as JSON in one line of ASCII."""
    return encode(freshness).decode("ascii")


def _etags(header: str) -> set[str]:
    """The tags of an `If-None-Match` header (RFC 9110 section 13.1.2), compared weakly."""
    return {part.strip().removeprefix("W/").strip('"') for part in header.split(",")}
