"""The tabs of Room displays, and the ways to connect that each of them has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from roomdisplay.admin.guide.values import Variant
from roomdisplay.admin.use_cases.services import ConnectionView, offered_services

CRONOFY = "cronofy"
GUIDED = ("office365", "exchange")
"""Services with Step 1 and Step 2."""


@dataclass(frozen=True, slots=True)
class Way:
    """How a service is connected: directly or through Cronofy Enterprise Connect."""

    through: str
    """ "direct" or "cronofy"."""
    service: str
    """The key in the connector registry."""
    variant: Variant


def tabs(connections: Iterable[ConnectionView]) -> list[str]:
    """The services by tab: what is offered, then what is connected all the same."""
    offered = offered_services()
    first = [one for one in GUIDED if one in offered or CRONOFY in offered]
    others = [one for one in offered if one not in {*GUIDED, CRONOFY}]
    return list(dict.fromkeys([*first, *others, *map(tab_of, connections)]))


def tab_of(connection: ConnectionView) -> str:
    """The tab a connection stands under: what Cronofy connects stands under what it leads to."""
    if connection.service != CRONOFY:
        return connection.service
    back_end = connection.values.get("back_end", "")
    return back_end if back_end in GUIDED else GUIDED[0]


def through_of(connection: ConnectionView) -> str:
    """How a connection is connected."""
    return CRONOFY if connection.service == CRONOFY else "direct"


def ways(tab: str) -> list[Way]:
    """How a guided service can be connected here; none for the others."""
    offered = offered_services()
    found = []
    for through, service in (("direct", tab), (CRONOFY, CRONOFY)):
        variant = Variant.of(tab, through)
        if variant is not None and service in offered:
            found.append(Way(through, service, variant))
    return found


def way(tab: str, through: str) -> Way | None:
    """One of `ways`."""
    return next((one for one in ways(tab) if one.through == through), None)
