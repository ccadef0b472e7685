"""What refusals of Microsoft Entra and of Microsoft Graph mean, and what to do next."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from typing import TypeVar

import msgspec

from roomdisplay.connectors.base import (
    CalendarGoneError,
    ConflictError,
    ConnectorError,
    CredentialsRejectedError,
    CursorExpiredError,
    Diagnosis,
    MalformedAnswerError,
    PermissionMissingError,
    ThrottledError,
    UnavailableError,
)
from roomdisplay.connectors.graph.messages import Refusal, Refused

_T = TypeVar("_T")
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,80}")
_AADSTS = re.compile(r"AADSTS(\d{3,9})")
_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = 3600.0
"""Seconds."""
_LOST_STATE = frozenset(
    {"syncstatenotfound", "syncstateinvalid", "resyncrequired", "syncstatenotfoundexception"}
)
_ON_PREMISES = frozenset({"mailboxnotenabledforrestapi", "mailboxnotsupportedforrestapi"})
_NO_MAILBOX = frozenset(
    {"errorinvaliduser", "request_resourcenotfound", "resourcenotfound", "errornonexistentmailbox"}
)
_BUSY = frozenset({429, 503, 504})


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of Graph, by itself or out of a batch."""

    status: int
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes = field(repr=False)

    @property
    def good(self) -> bool:
        """Whether it is what was asked for."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def refusal(self) -> Refusal:
        """Graph's own words; empty where somebody else answered."""
        try:
            return msgspec.json.decode(self.body, type=Refused).error
        except (msgspec.DecodeError, UnicodeDecodeError):
            return Refusal()

    @property
    def pause(self) -> timedelta | None:
        """How long the service asks to be left alone; None: it does not say."""
        value = self.headers.get("retry-after", "").strip()
        try:
            seconds = float(value)
        except ValueError:
            return None
        if not 0 <= seconds < float("inf"):
            return None
        return timedelta(seconds=min(max(seconds, 1.0), _LONGEST_PAUSE))


def decoded(reply: Reply, kind: type[_T]) -> _T:
    """Read a good answer.

    Raises:
        MalformedAnswerError: it is something else, such as a login page.
    """
    try:
        return msgspec.json.decode(reply.body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise MalformedAnswerError(
            "this is not an answer of Microsoft Graph; does a proxy stand in between?",
            diagnosis=Diagnosis("office365_foreign_answer"),
        ) from None


def require_good(reply: Reply, room: str = "") -> Reply:
    """Let a good answer pass.

    Raises:
        ConnectorError: it is none; see `refused`.
    """
    if not reply.good:
        raise refused(reply, room)
    return reply


def refused(reply: Reply, room: str = "") -> ConnectorError:
    """The error that says what a refusal means.

    Args:
        reply: any but a good one.
        room: the address that was asked for, if it was about one.
    """
    said = reply.refusal
    code = said.code if _CODE.fullmatch(said.code) else ""
    status = reply.status
    detail = f"Microsoft Graph answered {status} {code}".rstrip() + _trace(reply)
    if status in _BUSY and (status == HTTPStatus.TOO_MANY_REQUESTS or reply.pause is not None):
        return ThrottledError(detail, reply.pause or _PAUSE, whole_service=not room)
    if status == HTTPStatus.GONE or code.lower() in _LOST_STATE:
        return CursorExpiredError(detail)
    kind, reason = _meaning(status, code.lower(), said.message, room)
    params = {"room": room} if room else {"code": code or str(status)}
    if reason == "office365_refused":
        params = {"code": code or str(status)}
    return kind(detail, diagnosis=Diagnosis(reason, params) if reason else None)


def _meaning(
    status: int, code: str, message: str, room: str
) -> tuple[type[ConnectorError], str | None]:
    """The kind of error and its reason, where that is known."""
    if status == HTTPStatus.UNAUTHORIZED:
        return CredentialsRejectedError, "office365_token_refused"
    if status == HTTPStatus.FORBIDDEN and code:
        return PermissionMissingError, _forbidden(code, message, room=room)
    if status == HTTPStatus.NOT_FOUND and code:
        return CalendarGoneError, _not_found(code)
    if status in {HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED}:
        return ConflictError, None
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return UnavailableError, None
    return MalformedAnswerError, "office365_refused" if code else "office365_foreign_answer"


def _not_found(code: str) -> str | None:
    if code in _ON_PREMISES:
        return "office365_mailbox_on_premises"
    return "office365_room_unknown" if code in _NO_MAILBOX else None


def _forbidden(code: str, message: str, *, room: str) -> str:
    if room and code == "erroraccessdenied" and "odata is disabled" in message.lower():
        return "office365_access_policy"
    return "office365_room_out_of_scope" if room else "office365_permission_missing"


def _trace(reply: Reply) -> str:
    """Microsoft's support asks for it."""
    trace = reply.headers.get("request-id", "")
    return f" (request-id {trace})" if trace and _CODE.fullmatch(trace) else ""


_SIGN_IN: Mapping[str, str] = {
    "7000215": "office365_secret_wrong",
    "7000222": "office365_secret_expired",
    "700016": "office365_app_unknown",
    "7000229": "office365_app_not_consented",
    "7000112": "office365_app_disabled",
    "90002": "office365_tenant_unknown",
    "900021": "office365_tenant_unknown",
    "900023": "office365_tenant_unknown",
    "700027": "office365_certificate_unknown",
    "700024": "office365_clock_wrong",
    "53003": "office365_conditional_access",
    "500011": "office365_cloud_wrong",
    "900382": "office365_cloud_wrong",
    "90051": "office365_cloud_wrong",
}
"""By the number behind AADSTS."""
_TRANSIENT = frozenset({"90033", "90006", "50196", "90012"})


def sign_in_refused(
    said: Mapping[str, object], *, host: str, params: Mapping[str, str], secret_is_id: bool = False
) -> ConnectorError:
    """The error that says what a refusal of a token means.

    Args:
        said: the token endpoint's answer: error, error_codes, error_description.
        host: of the token endpoint.
        params: for the words: the tenant, the client ID, a certificate's thumbprint.
        secret_is_id: the secret that was sent is written like an ID.
    """
    code = aadsts(said)
    name = str(said.get("error") or "")
    name = name if _CODE.fullmatch(name) else "refused"
    detail = f"{host} issues no token: " + (f"AADSTS{code}" if code else name)
    if code in _TRANSIENT or name in {"temporarily_unavailable", "server_error"}:
        return UnavailableError(detail)
    reason = _SIGN_IN.get(code, "office365_sign_in_refused")
    if reason == "office365_secret_wrong" and secret_is_id:
        reason = "office365_secret_id"
    told = {**params, "code": f"AADSTS{code}" if code else name}
    return CredentialsRejectedError(detail, diagnosis=Diagnosis(reason, told))


def aadsts(said: Mapping[str, object]) -> str:
    """The number of the refusal, or nothing."""
    codes = said.get("error_codes")
    if isinstance(codes, list) and codes and isinstance(codes[0], int):
        return str(codes[0])
    found = _AADSTS.search(str(said.get("error_description") or "")[:2000])
    return found[1] if found else ""
