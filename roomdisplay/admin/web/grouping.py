"""Lists in groups, for pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from roomdisplay.admin.use_cases.calendars import CalendarView

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class RoomList:
    """The calendars of one room list, or of a connection that has no lists."""

    key: str
    """Tells lists of one name in two connections apart."""
    name: str
    connection: str
    """The connection's name where the list's does not say it; empty where it would repeat it."""
    calendars: list[CalendarView]


def grouped(
    things: Iterable[Thing], name: Callable[[Thing], str | None]
) -> list[tuple[str, list[Thing]]]:
    """The things by the name of their group, in the order of their first; "" for no group."""
    groups: dict[str, list[Thing]] = {}
    for thing in things:
        groups.setdefault(name(thing) or "", []).append(thing)
    return list(groups.items())


def by_list(calendars: Iterable[CalendarView]) -> list[RoomList]:
    """The calendars by room list; what belongs to none stands under its connection's name."""
    calendars = list(calendars)
    several = len({one.connection_id for one in calendars}) > 1
    found = []
    for key, members in grouped(calendars, lambda one: f"{one.connection_id}/{one.group or ''}"):
        first = members[0]
        name = first.group or first.connection_name
        connection = first.connection_name if several and first.group else ""
        found.append(RoomList(key, name, connection, members))
    return sorted(found, key=lambda one: (one.name.casefold(), one.connection.casefold()))
