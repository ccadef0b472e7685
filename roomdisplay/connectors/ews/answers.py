"""What comes instead of a SOAP answer: no answer at all, or one of the web server before it.

Pure: it looks at statuses, headers and beginnings. Nothing here quotes a request or a meeting.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import requests

from roomdisplay.connectors.base import (
    ConnectorError,
    CredentialsRejectedError,
    Diagnosis,
    MalformedAnswerError,
    PermissionMissingError,
    ThrottledError,
    UnavailableError,
)
from roomdisplay.connectors.ews.network import ForbiddenTargetError, TooLargeError
from roomdisplay.connectors.ews.settings import ExchangeSettings

USUAL_PAUSE = timedelta(minutes=1)
"""Where the server asks for a pause and does not say how long."""
LONGEST_PAUSE = timedelta(hours=1)
_LOOKS_LIKE_XML = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:\?xml|(?:[\w.-]+:)?Envelope)", re.ASCII)
_BACK_OFF = re.compile(rb"BackOffMilliseconds[\"'][^>]{0,100}>\s*(\d{1,9})\s*<")
_LOCKED = re.compile(rb"locked out|account is disabled|account has been disabled", re.IGNORECASE)
_EXPIRED = re.compile(
    rb"password (?:has )?expired|must change (?:the|their|your) password", re.IGNORECASE
)

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_LOGIN_TIMEOUT = 440
_BLOCKED = 456
_HEAD = 64 * 1024


def unreachable(error: BaseException, host: str) -> ConnectorError:
    """Why a request got no answer."""
    causes = list(_causes(error))
    where = {"server": host}
    if any(isinstance(one, ForbiddenTargetError) for one in causes):
        return PermissionMissingError(
            f"{host} leads to an address that is never asked for",
            diagnosis=Diagnosis("exchange_forbidden_address", where),
        )
    for one in causes:
        if isinstance(one, ssl.SSLCertVerificationError):
            cause = one.verify_message or "it is not trusted"
            return UnavailableError(
                f"the certificate of {host} is not trusted: {cause}",
                diagnosis=Diagnosis("exchange_untrusted", {**where, "cause": cause}),
            )
    if any(isinstance(one, socket.gaierror) for one in causes):
        return UnavailableError(
            f"the name {host} cannot be resolved",
            diagnosis=Diagnosis("exchange_name_not_found", where),
        )
    if any(isinstance(one, TooLargeError) for one in causes):
        return MalformedAnswerError(f"{host} answers with more than any calendar holds")
    if any(isinstance(one, requests.Timeout | TimeoutError) for one in causes):
        return UnavailableError(
            f"{host} did not answer in time", diagnosis=Diagnosis("exchange_unreachable", where)
        )
    return UnavailableError(
        f"{host} cannot be reached", diagnosis=Diagnosis("exchange_unreachable", where)
    )


def broken_off(host: str) -> ConnectorError:
    """The hand-shake of NTLM was not answered with a challenge: no password was judged."""
    return UnavailableError(
        f"{host} breaks signing in by NTLM off",
        diagnosis=Diagnosis("exchange_ntlm_broken", {"server": host}),
    )


def judge(
    response: requests.Response, settings: ExchangeSettings, host: str, *, signed_in: bool = True
) -> None:
    """Let pass what holds a SOAP answer: status 200, and 500, which Exchange uses for faults.

    Args:
        response: read to its end.
        settings: for the words.
        host: for the words.
        signed_in: whether credentials were sent.

    Raises:
        ConnectorError: anything else.
    """
    status, head = response.status_code, response.content[:_HEAD]
    busy = _BACK_OFF.search(head)
    if status in {429, 503} and (busy or "retry-after" in response.headers):
        raise throttled(f"{host} asks for a pause", settings.email, "", _pause(response, busy))
    if status in {200, 500} and _LOOKS_LIKE_XML.match(head):
        return
    if status == requests.codes.unauthorized:
        raise _rejected(head, settings, host)
    if status == _BLOCKED:
        raise locked(settings, host)
    if status == requests.codes.forbidden:
        raise PermissionMissingError(
            f"{host} does not let {settings.email} use EWS",
            diagnosis=Diagnosis(
                "exchange_ews_disabled", {"account": settings.email, "server": host}
            ),
        )
    if status in _REDIRECTS or status in {requests.codes.ok, _LOGIN_TIMEOUT}:
        raise MalformedAnswerError(
            f"{host} answers with a page to sign in{_leading_to(response)}, not with EWS",
            diagnosis=Diagnosis("exchange_wrong_url", {"server": host}),
        )
    if status in {400, 404, 405, 406, 410, 415, 501} or not signed_in:
        raise MalformedAnswerError(
            f"there is no EWS at this address of {host} (status {status})",
            diagnosis=Diagnosis("exchange_not_ews", {"server": host}),
        )
    raise UnavailableError(f"{host} has a fault of its own (status {status})")


def _leading_to(response: requests.Response) -> str:
    location = response.headers.get("location", "")
    try:
        host = urlsplit(location).hostname
    except ValueError:
        return ""
    return f" at {host}" if host else ""


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and all that led to it, also what it only carries as its arguments."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        one = waiting.pop()
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]


def _pause(response: requests.Response, busy: re.Match[bytes] | None) -> timedelta:
    if busy is not None:
        return timedelta(milliseconds=int(busy[1]))
    value = response.headers.get("retry-after", "").strip()
    return timedelta(seconds=int(value[:8])) if value.isdecimal() else USUAL_PAUSE


def throttled(detail: str, account: str, mailbox: str, pause: timedelta) -> ThrottledError:
    """Exchange wants to be left in peace."""
    pause = min(max(pause, timedelta(seconds=1)), LONGEST_PAUSE)
    params = {
        "account": account,
        "room": mailbox,
        "seconds": str(round(pause.total_seconds())),
    }
    return ThrottledError(detail, pause, diagnosis=Diagnosis("exchange_throttled", params))


def _rejected(head: bytes, settings: ExchangeSettings, host: str) -> CredentialsRejectedError:
    if _LOCKED.search(head):
        return locked(settings, host)
    if _EXPIRED.search(head):
        return password_expired(settings)
    return CredentialsRejectedError(
        f"{host} rejects the user name or the password of {settings.email}",
        diagnosis=Diagnosis("exchange_password", {"account": settings.email, "server": host}),
    )


def locked(settings: ExchangeSettings, where: str) -> CredentialsRejectedError:
    """Nobody signs in with this account now, whatever the password."""
    return CredentialsRejectedError(
        f"the account {settings.email} is locked or disabled ({where})",
        diagnosis=Diagnosis("exchange_account_locked", {"account": settings.email}),
    )


def password_expired(settings: ExchangeSettings) -> CredentialsRejectedError:
    """The password was right once."""
    return CredentialsRejectedError(
        f"the password of {settings.email} has expired",
        diagnosis=Diagnosis("exchange_password_expired", {"account": settings.email}),
    )
