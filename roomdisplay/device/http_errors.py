"""What can come between a display and its Admin Center, and how a library's errors tell it."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator

import httpx

from roomdisplay.model.trouble import TroubleKind

_NOT_YET_VALID = 9  # X509_V_ERR_CERT_NOT_YET_VALID
_EXPIRED = 10  # X509_V_ERR_CERT_HAS_EXPIRED
_NETWORK_IS_DOWN = {errno.ENETUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL}


class ServerTrouble(Exception):  # noqa: N818 - the word that people see
    """No usable answer came; trying again later may help."""

    def __init__(
        self, kind: TroubleKind, detail: str = "", *, retry_after: float | None = None
    ) -> None:
        super().__init__(f"{kind}: {detail}" if detail else str(kind))
        self.kind = kind
        self.detail = detail
        self.retry_after = retry_after
        """Seconds that the server asks to be left alone."""


class TokenRejected(Exception):  # noqa: N818 - said by the server, not a fault
    """The Admin Center itself said that it does not know this display's token."""


def trouble_of(error: Exception) -> ServerTrouble:
    """The trouble that a transport's exception tells of."""
    if isinstance(error, httpx.TimeoutException):
        return ServerTrouble(TroubleKind.SERVER_UNREACHABLE, "no answer in time")
    if isinstance(error, httpx.ProxyError):
        return ServerTrouble(TroubleKind.FOREIGN_ANSWER, f"proxy: {_words(error)}")
    for cause in _causes(error):
        known = _known(cause)
        if known is not None:
            return known
    return ServerTrouble(TroubleKind.SERVER_UNREACHABLE, _words(error))


def _known(cause: BaseException) -> ServerTrouble | None:
    if isinstance(cause, ssl.SSLCertVerificationError):
        # A display whose clock is wrong by years sees every certificate as too new or too old.
        by_date = cause.verify_code in {_NOT_YET_VALID, _EXPIRED}
        detail = f"{cause.verify_message}{' (or the clock is wrong)' if by_date else ''}"
        return ServerTrouble(TroubleKind.CERTIFICATE_NOT_TRUSTED, detail)
    if isinstance(cause, ssl.SSLError):
        return ServerTrouble(
            TroubleKind.SERVER_UNREACHABLE, f"TLS: {cause.reason or _words(cause)}"
        )
    if isinstance(cause, socket.gaierror):
        return ServerTrouble(TroubleKind.NAME_NOT_FOUND, cause.strerror or "")
    if isinstance(cause, OSError) and cause.errno in _NETWORK_IS_DOWN:
        return ServerTrouble(TroubleKind.NO_NETWORK, cause.strerror or "")
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all behind it; connection attempts are grouped by address family."""
    seen: set[int] = set()
    left: list[BaseException | None] = [error]
    while left:
        one = left.pop(0)
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        left += [one.__cause__, one.__context__]
        if isinstance(one, BaseExceptionGroup):
            left += one.exceptions


def _words(error: BaseException) -> str:
    return (str(error) or type(error).__name__)[:200]
