"""Exchange Web Services over an `Organisation`, as Exchange 2016, 2019 and SE serve them."""

from .access import Caller, Rights, everybody
from .simulator import EwsSimulator
from .soap import EXCHANGE_2016, EXCHANGE_2019, SUBSCRIPTION_EDITION, Build

__all__ = [
    "EXCHANGE_2016",
    "EXCHANGE_2019",
    "SUBSCRIPTION_EDITION",
    "Build",
    "Caller",
    "EwsSimulator",
    "Rights",
    "everybody",
]
