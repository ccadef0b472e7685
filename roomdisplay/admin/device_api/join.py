"""`GET /device/v1/join`: conference addresses, for the room's conference display alone."""

from __future__ import annotations

from litestar import Response, get

from roomdisplay.admin.device_api.answers import DeviceRequest
from roomdisplay.admin.device_api.authenticate import admin_of
from roomdisplay.admin.device_api.paired import device_of
from roomdisplay.admin.device_api.refusals import problems
from roomdisplay.admin.use_cases.schedule import join_tickets
from roomdisplay.model.wire import JoinTicketsMessage


@get("/join", tags=["join"], summary="Conference addresses, from 15 min before a start")
async def get_join_tickets(request: DeviceRequest) -> Response[JoinTicketsMessage]:
    """The addresses that this display may open now; an empty list for all other displays."""
    with problems():
        tickets = await join_tickets(admin_of(request), device_of(request).id)
    return Response(tickets, headers={"Cache-Control": "no-store"})
