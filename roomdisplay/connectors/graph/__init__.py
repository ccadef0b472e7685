"""Microsoft 365 through Microsoft Graph, with application permissions."""

from roomdisplay.connectors.graph.connector import connect
from roomdisplay.connectors.graph.reasons import REASONS
from roomdisplay.connectors.graph.settings import FIELDS
from roomdisplay.connectors.graph.watching import answer_hook

__all__ = ["FIELDS", "REASONS", "answer_hook", "connect"]
