"""What Exchange's response codes mean for us.

Pure. The texts of exchangelib's errors are not passed on: some quote whole answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from roomdisplay.connectors.base import (
    CalendarGoneError,
    ConflictError,
    ConnectorError,
    Diagnosis,
    MalformedAnswerError,
    PermissionMissingError,
    UnavailableError,
)
from roomdisplay.connectors.ews.answers import USUAL_PAUSE, locked, password_expired, throttled
from roomdisplay.connectors.ews.settings import ExchangeSettings

_PRIMARY = re.compile(r"[^\s'\"<>@]{1,64}@[A-Za-z0-9.-]{1,255}")

_IMPERSONATION = frozenset(
    {"ErrorImpersonateUserDenied", "ErrorImpersonationDenied", "ErrorImpersonationFailed"}
)
_NO_MAILBOX = frozenset(
    {
        "ErrorNonExistentMailbox",
        "ErrorMissingEmailAddress",
        "ErrorMissingInformationEmailAddress",
        "ErrorInvalidSmtpAddress",
        "ErrorMailRecipientNotFound",
        "ErrorMailboxNotFound",
        "ErrorNameResolutionNoResults",
        "ErrorNameResolutionNoMailbox",
    }
)
_NO_ACCESS = frozenset({"ErrorAccessDenied", "ErrorFolderNotFound", "ErrorCrossMailboxMoveCopy"})
_BUSY = frozenset(
    {
        "ErrorServerBusy",
        "ErrorTooManyObjectsOpened",
        "ErrorExceededConnectionCount",
        "ErrorExceededFindCountLimit",
        "RateLimitError",
    }
)
_CHANGED_MEANWHILE = frozenset(
    {"ErrorIrresolvableConflict", "ErrorStaleObject", "ErrorChangeKeyRequiredForWriteOperations"}
)
_MALFORMED = frozenset(
    {
        "MalformedResponseError",
        "SOAPError",
        "ErrorSchemaValidation",
        "ErrorInvalidRequest",
        "ErrorInvalidServerVersion",
        "ErrorInvalidSchemaVersionForMailboxVersion",
        "ErrorIncorrectSchemaVersion",
        "ErrorItemCorrupt",
        "ErrorCorruptData",
    }
)


def explain(error: Exception, settings: ExchangeSettings, mailbox: str) -> ConnectorError:
    """What an error of exchangelib, named as Exchange's response code, means for us.

    Args:
        error: of a service; its text is the server's, and is quoted only where it names no meeting.
        settings: for the words.
        mailbox: that the request was about.
    """
    if isinstance(error, ConnectorError):
        return error
    code = type(error).__name__
    for codes, made in _MEANINGS:
        if code in codes:
            return made(error, settings, mailbox)
    if code in _MALFORMED or not code.startswith("Error"):
        return MalformedAnswerError(f"Exchange's answer cannot be read ({code})")
    return UnavailableError(f"Exchange cannot do this now ({code})")


def _busy(error: Exception, settings: ExchangeSettings, mailbox: str) -> ConnectorError:
    seconds = getattr(error, "back_off", None)
    pause = timedelta(seconds=seconds) if isinstance(seconds, int | float) else USUAL_PAUSE
    return throttled(
        f"Exchange asks for a pause ({type(error).__name__})", settings.email, mailbox, pause
    )


def _impersonation_denied(
    error: Exception, settings: ExchangeSettings, mailbox: str
) -> ConnectorError:
    del error
    return PermissionMissingError(
        f"{settings.email} may not act for {mailbox}",
        diagnosis=Diagnosis(
            "exchange_impersonation_denied", {"account": settings.email, "room": mailbox}
        ),
    )


def _no_mailbox(error: Exception, settings: ExchangeSettings, mailbox: str) -> ConnectorError:
    del error
    if mailbox.lower() == settings.email.lower():
        return PermissionMissingError(
            f"the service account {mailbox} has no mailbox",
            diagnosis=Diagnosis("exchange_service_account_without_mailbox", {"account": mailbox}),
        )
    return CalendarGoneError(
        f"Exchange knows no mailbox {mailbox}",
        diagnosis=Diagnosis("exchange_no_mailbox", {"room": mailbox}),
    )


def _no_access(error: Exception, settings: ExchangeSettings, mailbox: str) -> ConnectorError:
    return PermissionMissingError(
        f"{settings.email} may not open the calendar of {mailbox} ({type(error).__name__})",
        diagnosis=Diagnosis("exchange_no_access", {"account": settings.email, "room": mailbox}),
    )


def _account_locked(error: Exception, settings: ExchangeSettings, mailbox: str) -> ConnectorError:
    del error
    return locked(settings, mailbox)


def _expired(error: Exception, settings: ExchangeSettings, mailbox: str) -> ConnectorError:
    del error, mailbox
    return password_expired(settings)


def _non_primary(error: Exception, settings: ExchangeSettings, mailbox: str) -> ConnectorError:
    del settings
    named = (found[0] for found in _PRIMARY.finditer(str(error)[:1000]))
    primary = next((one for one in named if one.lower() != mailbox.lower()), "")
    return CalendarGoneError(
        f"{mailbox} is a second address" + (f" of {primary}" if primary else ""),
        diagnosis=Diagnosis("exchange_non_primary_address", {"room": mailbox, "primary": primary}),
    )


def _gone(error: Exception, settings: ExchangeSettings, mailbox: str) -> ConnectorError:
    del error, settings, mailbox
    return CalendarGoneError("the meeting, or the calendar, is no longer there")


def _changed(error: Exception, settings: ExchangeSettings, mailbox: str) -> ConnectorError:
    del error, settings, mailbox
    return ConflictError("somebody changed the meeting meanwhile")


def _unsubscribed(error: Exception, settings: ExchangeSettings, mailbox: str) -> ConnectorError:
    del error, mailbox
    return PermissionMissingError(
        "Exchange allows no further subscriptions",
        diagnosis=Diagnosis("exchange_too_many_subscriptions", {"account": settings.email}),
    )


_MEANINGS: tuple[
    tuple[frozenset[str], Callable[[Exception, ExchangeSettings, str], ConnectorError]], ...
] = (
    (_IMPERSONATION, _impersonation_denied),
    (_NO_MAILBOX, _no_mailbox),
    (_NO_ACCESS, _no_access),
    (_BUSY, _busy),
    (_CHANGED_MEANWHILE, _changed),
    (frozenset({"ErrorNonPrimarySmtpAddress"}), _non_primary),
    (frozenset({"ErrorItemNotFound"}), _gone),
    (frozenset({"ErrorAccountDisabled", "ErrorLogonFailure"}), _account_locked),
    (frozenset({"ErrorPasswordExpired", "ErrorPasswordChangeRequired"}), _expired),
    (frozenset({"ErrorExceededSubscriptionCount"}), _unsubscribed),
)
