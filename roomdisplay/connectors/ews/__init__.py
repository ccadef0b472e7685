"""Microsoft Exchange on one's own servers (2016, 2019, Subscription Edition), through EWS."""

from roomdisplay.connectors.ews.connector import connect
from roomdisplay.connectors.ews.reasons import REASONS
from roomdisplay.connectors.ews.settings import FIELDS

__all__ = ["FIELDS", "REASONS", "connect"]
