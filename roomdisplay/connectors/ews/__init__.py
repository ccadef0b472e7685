"""Microsoft Exchange on one's own servers (2016, 2019, Subscription Edition), through EWS.

The requests are exchangelib's, which costs a third of a second and 30 MiB when it is imported:
that happens when such a service is connected, not before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from roomdisplay.connectors.ews.reasons import REASONS
from roomdisplay.connectors.ews.settings import FIELDS

if TYPE_CHECKING:
    from roomdisplay.connectors.base import ConnectionSettings, Surroundings
    from roomdisplay.connectors.ews.connector import ExchangeConnector


def connect(settings: ConnectionSettings, surroundings: Surroundings) -> ExchangeConnector:
    """Make a connector from what the administrator entered; nothing is sent yet.

    Args:
        settings: with the values and secrets of `FIELDS`.
        surroundings: its clock tells where to look for a meeting that is to be changed.

    Raises:
        roomdisplay.connectors.base.ConnectorError: the settings make no sense.
    """
    from roomdisplay.connectors.ews.connector import ExchangeConnector  # noqa: PLC0415 - see above

    return ExchangeConnector(settings, surroundings)


__all__ = ["FIELDS", "REASONS", "connect"]
