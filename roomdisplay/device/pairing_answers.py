"""What the Admin Center answers while a display is being paired."""

from __future__ import annotations

from urllib.parse import urlsplit

import msgspec

from roomdisplay.device.http import Answer, ServerTrouble
from roomdisplay.model.trouble import TroubleKind
from roomdisplay.model.wire import DeviceAuthorization, OAuthError


def oauth_error(answer: Answer) -> str:
    """The error code (RFC 6749 section 5.2), or what else can be said of the answer."""
    try:
        return msgspec.json.decode(answer.body, type=OAuthError).error
    except msgspec.DecodeError:
        return answer.problem or f"HTTP {answer.status}"


def require_web_addresses(granted: DeviceAuthorization) -> None:
    """The addresses go on the glass and into a QR code: nothing but plain web addresses.

    Raises:
        ServerTrouble: one is something else.
    """
    for address in (granted.verification_uri, granted.verification_uri_complete):
        if address is None:
            continue
        try:
            parts = urlsplit(address)
            web = parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.username
        except ValueError:
            web = False
        if not web or not address.isascii() or not address.isprintable() or " " in address:
            raise ServerTrouble(TroubleKind.FOREIGN_ANSWER, "the pairing address is none")
