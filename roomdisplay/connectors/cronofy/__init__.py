"""Cronofy Enterprise Connect: calendars of Exchange and Office 365 through one service.

An administrator links a service account in a window of Cronofy's; through it each room is then
authorised by itself. A room has tokens of its own, and its calendar is read with these alone.
"""

from roomdisplay.connectors.cronofy.connector import connect
from roomdisplay.connectors.cronofy.hooks import answer_hook
from roomdisplay.connectors.cronofy.reasons import REASONS
from roomdisplay.connectors.cronofy.settings import FIELDS
from roomdisplay.connectors.cronofy.window import authorization_url, redeem_authorization

__all__ = [
    "FIELDS",
    "REASONS",
    "answer_hook",
    "authorization_url",
    "connect",
    "redeem_authorization",
]
