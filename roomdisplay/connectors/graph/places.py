"""The rooms of an organisation, as its places tell them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from urllib.parse import quote

import msgspec

from roomdisplay.connectors.base import (
    CalendarGoneError,
    CalendarInfo,
    ConnectorError,
    MalformedAnswerError,
    PermissionMissingError,
)
from roomdisplay.connectors.graph.client import GraphClient
from roomdisplay.connectors.graph.messages import Page, Room
from roomdisplay.connectors.graph.refusals import decoded, require_good

_MOST_LISTS = 300
_AT_ONCE = 6
_LARGEST_CAPACITY = 100_000


async def find_rooms(client: GraphClient) -> Sequence[CalendarInfo]:
    """All rooms by name, each with its room list, else its building.

    Raises:
        PermissionMissingError: the application may not read places.
        ConnectorError: they cannot be had now.
    """
    rooms = _rooms((await client.entries("/places/microsoft.graph.room?$top=100"))[0])
    lists = _rooms((await client.entries("/places/microsoft.graph.roomlist?$top=100"))[0])
    found = {_address(room).casefold(): room for room in reversed(rooms)}
    groups: dict[str, str] = {}
    for one, members in await _members(client, lists[:_MOST_LISTS]):
        for room in members:
            key = _address(room).casefold()
            groups.setdefault(key, _name(one))
            found.setdefault(key, room)
    infos = [_info(room, groups.get(key)) for key, room in found.items()]
    return sorted(infos, key=lambda info: (info.name.casefold(), info.address))


async def listed_rooms(client: GraphClient) -> Sequence[CalendarInfo]:
    """`find_rooms`, or nothing where places may not be read or are not there at all.

    Addresses can be typed then; the doctor tells why the list is empty.

    Raises:
        ConnectorError: they cannot be had now.
    """
    try:
        return await find_rooms(client)
    except ConnectorError as error:
        if not is_without_places(error):
            raise
        return ()


async def reach_places(client: GraphClient) -> None:
    """See whether Graph answers at all, and takes the token.

    Raises:
        ConnectorError: it does not.
    """
    try:
        decoded(require_good(await client.get("/places/microsoft.graph.room?$top=1")), Page)
    except ConnectorError as error:
        if not is_without_places(error):
            raise


def is_without_places(error: ConnectorError) -> bool:
    """Whether Graph says, in its own words, that there are no places for this application."""
    if isinstance(error, PermissionMissingError | CalendarGoneError):
        return True
    reason = error.diagnosis.reason if error.diagnosis else ""
    return isinstance(error, MalformedAnswerError) and reason == "office365_refused"


async def _members(client: GraphClient, lists: Sequence[Room]) -> list[tuple[Room, list[Room]]]:
    turns = asyncio.Semaphore(_AT_ONCE)

    async def of(one: Room) -> tuple[Room, list[Room]]:
        # By address: the id of a room list does not serve here.
        path = f"/places/{quote(_address(one), safe='@')}/microsoft.graph.roomlist/rooms?$top=100"
        async with turns:
            try:
                return one, _rooms((await client.entries(path))[0])
            except (CalendarGoneError, MalformedAnswerError):
                return one, []  # a list that was removed meanwhile hides no room

    return list(await asyncio.gather(*(of(one) for one in lists)))


def _rooms(entries: Sequence[msgspec.Raw]) -> list[Room]:
    rooms = []
    for entry in entries:
        try:
            room = msgspec.json.decode(entry, type=Room)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
        if _address(room):
            rooms.append(room)
    return rooms


def _address(room: Room) -> str:
    return (room.email_address or "").strip()


def _name(room: Room) -> str:
    return (room.display_name or room.nickname or "").strip() or _address(room)


def _info(room: Room, room_list: str | None) -> CalendarInfo:
    group = room_list or (room.building or "").strip() or None
    return CalendarInfo(
        address=_address(room), name=_name(room), group=group, capacity=_capacity(room.capacity)
    )


def _capacity(told: float | str | None) -> int | None:
    try:
        capacity = int(float(told)) if told is not None else 0
    except (ValueError, OverflowError):
        return None
    return capacity if 0 < capacity <= _LARGEST_CAPACITY else None
