"""What stands between a display and fresh news."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class TroubleKind(StrEnum):
    """What stands between the display and fresh news, in the order it is told."""

    NO_SERVER_ADDRESS = "no_server_address"
    NO_NETWORK = "no_network"
    NAME_NOT_FOUND = "name_not_found"
    SERVER_UNREACHABLE = "server_unreachable"
    CERTIFICATE_NOT_TRUSTED = "certificate_not_trusted"
    FOREIGN_ANSWER = "foreign_answer"
    """Something else answers in the server's place: a captive portal, a proxy."""
    SERVER_FAILING = "server_failing"
    PROTOCOL_TOO_NEW = "protocol_too_new"
    NO_KEYRING = "no_keyring"
    DISK = "disk"


class Trouble(Struct, frozen=True, kw_only=True):
    """One thing that is wrong, since when (boot-time seconds) and a word for the administrator."""

    kind: TroubleKind
    since: float
    detail: str = ""
