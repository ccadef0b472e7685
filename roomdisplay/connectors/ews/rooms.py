"""Room lists and their rooms: Exchange has no call that lists all rooms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from roomdisplay.connectors.base import CalendarGoneError, CalendarInfo, ConnectorError
from roomdisplay.connectors.ews.errors import explain
from roomdisplay.connectors.ews.server import Server
from roomdisplay.connectors.ews.services import RoomLists, Rooms
from roomdisplay.connectors.ews.settings import is_address

_MOST_LISTS = 500
_MOST_ROOMS = 20_000
_LONGEST_NAME = 200

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RoomList:
    """A distribution group of rooms, such as a building."""

    address: str
    name: str
    rooms: tuple[tuple[str, str], ...] = ()
    """Address and name of each."""


def room_lists(server: Server) -> list[RoomList]:
    """All room lists, without their rooms; in a thread.

    The service account needs a mailbox of its own for this.

    Raises:
        ConnectorError: they cannot be listed.
    """
    found = _asked(server, lambda: RoomLists(protocol=server.line()).names(), server.settings.email)
    return [RoomList(address, name) for address, name in found if is_address(address)][:_MOST_LISTS]


def with_rooms(server: Server, room_list: RoomList) -> RoomList:
    """A list with its rooms; in a thread.

    Raises:
        ConnectorError: they cannot be listed.
    """
    found = _asked(
        server, lambda: Rooms(protocol=server.line()).names(room_list.address), room_list.address
    )
    rooms = tuple((address, name) for address, name in found if is_address(address))
    return RoomList(room_list.address, room_list.name, rooms)


def listed_rooms(server: Server) -> list[CalendarInfo]:
    """The rooms of all lists, each once, by name; a room of several lists is of the first.

    Raises:
        ConnectorError: they cannot be listed.
    """
    found: dict[str, CalendarInfo] = {}
    for one in _each_list(server):
        for address, name in one.rooms:
            info = CalendarInfo(
                address=address, name=name[:_LONGEST_NAME], group=one.name[:_LONGEST_NAME]
            )
            found.setdefault(address.lower(), info)
    calendars = sorted(found.values(), key=lambda info: (info.name.casefold(), info.address))
    return calendars[:_MOST_ROOMS]


def first_room(server: Server) -> str | None:
    """Some room of some list.

    Raises:
        ConnectorError: they cannot be listed.
    """
    return next((one.rooms[0][0] for one in _each_list(server) if one.rooms), None)


def _each_list(server: Server) -> Iterator[RoomList]:
    for one in room_lists(server):
        try:
            yield with_rooms(server, one)
        except CalendarGoneError:
            continue  # it was removed meanwhile


def _asked(server: Server, ask: Callable[[], T], about: str) -> T:
    try:
        return ask()
    except ConnectorError:
        raise
    except Exception as error:  # noqa: BLE001 - of exchangelib's, by name
        raise explain(error, server.settings, about) from None
