"""The places API: rooms and room lists."""

from __future__ import annotations

import uuid
from typing import Any

from simulators.graph.access import denied
from simulators.graph.directory import PLACES, Caller
from simulators.graph.query import check_options, in_order, page, select
from simulators.graph.wire import GraphError, Request, Response
from simulators.organisation import Mailbox, Organisation, RoomList

PAGE = 100


class Places:
    """Answers under /places."""

    def __init__(self, organisation: Organisation) -> None:
        self.organisation = organisation
        self.enabled = True
        """False: nothing is listed, as before the tenant's Places settings are made."""
        self.hidden: set[str] = set()
        """Lower-case addresses that are not listed (yet)."""
        self.capacity_as_text = False
        """As some answers have it."""

    def answer(self, request: Request, caller: Caller, rest: list[str]) -> Response:
        """Answer what is under /places."""
        if not caller.roles & PLACES:
            raise denied()
        if request.method != "GET":
            raise GraphError(405, "BadRequest", "The HTTP method is not allowed here.")
        check_options(request)
        kinds = [part.lower().removeprefix("microsoft.").removeprefix("graph.") for part in rest]
        if kinds == ["room"]:
            return self._rooms(request, [mailbox.address.lower() for mailbox in self._all()])
        if kinds == ["roomlist"]:
            rows = [self._list(one) for one in self.organisation.room_lists.values()]
            return _page(request, rows if self.enabled else [], "roomList", "roomList")
        if kinds == ["workspace"]:
            return _page(request, [], "workspace", "room")
        if len(kinds) == 3 and kinds[1:] == ["roomlist", "rooms"]:
            found = self.organisation.room_lists.get(rest[0].lower())
            if found is None:
                raise _unknown(rest[0])
            return self._rooms(request, found.rooms)
        if len(rest) == 1:
            return self._one(request, rest[0])
        raise GraphError(400, "BadRequest", f"Resource not found for the segment '{rest[-1]}'.")

    def _all(self) -> list[Mailbox]:
        return [mailbox for mailbox in self.organisation.mailboxes.values() if mailbox.is_room]

    def _rooms(self, request: Request, addresses: list[str]) -> Response:
        shown = [address for address in addresses if self.enabled and address not in self.hidden]
        rows = [self._room(self.organisation.mailboxes[address]) for address in shown]
        return _page(request, rows, "room", "room")

    def _one(self, request: Request, name: str) -> Response:
        for room in self._all():
            row = self._room(room)
            if name.lower() in (row["id"], room.address.lower()):
                head = {"@odata.type": "#microsoft.graph.room"}
                return Response(payload=head | select(request, row, "room", row))
        for one in self.organisation.room_lists.values():
            row = self._list(one)
            if name.lower() in (row["id"], one.address.lower()):
                return Response(payload={"@odata.type": "#microsoft.graph.roomList"} | row)
        raise _unknown(name)

    def _room(self, room: Mailbox) -> dict[str, Any]:
        number = room.floor if room.floor and room.floor.lstrip("-").isdigit() else None
        capacity: Any = room.capacity
        if self.capacity_as_text and capacity is not None:
            capacity = str(capacity)
        return {
            "id": _id("room", room.address),
            "placeId": _id("room", room.address),
            "displayName": room.name,
            "emailAddress": room.address,
            "address": None,
            "geoCoordinates": None,
            "phone": "",
            "nickname": room.name,
            "label": None,
            "capacity": capacity,
            "building": room.building,
            "floorNumber": None if number is None else int(number),
            "floorLabel": room.floor,
            "isWheelChairAccessible": False,
            "bookingType": "standard",
            "tags": [],
            "audioDeviceName": None,
            "videoDeviceName": None,
            "displayDeviceName": None,
        }

    def _list(self, one: RoomList) -> dict[str, Any]:
        return {
            "id": _id("roomlist", one.address),
            "displayName": one.name,
            "address": None,
            "geoCoordinates": None,
            "phone": "",
            "emailAddress": one.address,
        }


def _id(kind: str, address: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{kind}:{address.lower()}"))


def _unknown(name: str) -> GraphError:
    return GraphError(404, "ErrorItemNotFound", f"The place '{name}' was not found.")


def _page(request: Request, rows: list[dict[str, Any]], kind: str, type_name: str) -> Response:
    rows = in_order(request, rows)
    rows = [select(request, row, type_name, row) for row in rows]
    context = f"{request.origin}/v1.0/$metadata#places/microsoft.graph.{kind}"
    return page(request, rows, context=context, standard=PAGE)
