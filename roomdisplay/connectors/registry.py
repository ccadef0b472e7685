"""Which calendar services there are; each is imported only when such a service is connected."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from roomdisplay.connectors.base import ConnectionSettings, Connector, Field, Surroundings
    from roomdisplay.connectors.push import HookReader

    Factory = Callable[[ConnectionSettings, Surroundings], Connector]


@dataclass(frozen=True, slots=True)
class Service:
    """A calendar service that can be connected."""

    key: str
    module: str
    """Holds `FIELDS: tuple[Field, ...]` and `connect(settings, surroundings)`; where the service
    posts signals, `answer_hook` (`push.HookReader`); where it is connected in a window of its own,
    the functions of `push.AuthorizationWindow`."""
    offered: bool = True
    """Whether the Admin Center lists it under Calendar services."""
    consents: bool = False
    """Whether whoever connects it agrees to the terms of service and the privacy policy."""
    window: bool = False
    """Whether it is connected in a window of its own: see `push.AuthorizationWindow`."""


SERVICES: dict[str, Service] = {
    service.key: service
    for service in (
        Service("office365", "roomdisplay.connectors.graph"),
        Service("exchange", "roomdisplay.connectors.ews", consents=True),
        Service("cronofy", "roomdisplay.connectors.cronofy", window=True),
        Service("caldav", "roomdisplay.connectors.caldav"),
        Service("ics", "roomdisplay.connectors.ics"),
        Service("sample", "roomdisplay.connectors.sample", offered=False),
    )
}
"""All services by key."""


def fields(service: str) -> tuple[Field, ...]:
    """The fields of the form that connects `service`.

    Raises:
        KeyError: there is no such service.
    """
    return cast("tuple[Field, ...]", import_module(SERVICES[service].module).FIELDS)


def hook_reader(service: str) -> HookReader:
    """The pure function that reads what `service` posts.

    Raises:
        KeyError: there is no such service.
        AttributeError: it posts nothing.
    """
    return cast("HookReader", import_module(SERVICES[service].module).answer_hook)


def connect(service: str, settings: ConnectionSettings, surroundings: Surroundings) -> Connector:
    """Make the connector of `service`; nothing is sent yet.

    Raises:
        KeyError: there is no such service.
        roomdisplay.connectors.base.ConnectorError: the settings make no sense.
    """
    factory = cast("Factory", import_module(SERVICES[service].module).connect)
    return factory(settings, surroundings)
