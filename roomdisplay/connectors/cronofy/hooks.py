"""What Cronofy posts: changes, lost mailboxes, and the answers to authorisations. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

import msgspec

from roomdisplay.connectors.base import ConnectionSettings, ConnectorError
from roomdisplay.connectors.cronofy.reasons import diagnosis
from roomdisplay.connectors.cronofy.settings import read_settings
from roomdisplay.connectors.push import Hook, HookAnswer, HookRequest, Signal, SignalKind

SIGNATURE = "cronofy-hmac-sha256"
"""The header, by its lower-case name."""
_MOST_SIGNATURES = 8
_LONGEST_CODE = 512
_LONGEST_WORDS = 300
_CHANGES = frozenset({"change", "profile_connected", "profile_initial_sync_completed"})
_WORD = re.compile(r"[A-Za-z0-9_.:/-]{1,80}")
_REFUSED = HookAnswer(status=401)
_TAKEN = HookAnswer(status=200)


class _Authorization(msgspec.Struct, frozen=True):
    state: str = ""
    code: str | None = None
    error: str | None = None
    error_key: str | None = None
    error_description: str | None = None


class _Notification(msgspec.Struct, frozen=True):
    type: str = ""


class _Channel(msgspec.Struct, frozen=True):
    callback_url: str = ""


class _Body(msgspec.Struct, frozen=True):
    notification: _Notification | None = None
    channel: _Channel | None = None
    authorization: _Authorization | None = None


def is_signed(body: bytes, header: str, secret: str) -> bool:
    """Whether one of the header's signatures is that of the raw body.

    There are several while the client secret is being replaced. All are compared, in constant time.
    """
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    expected = base64.b64encode(digest)
    matches = [
        hmac.compare_digest(expected, one.strip().encode())
        for one in header.split(",")[:_MOST_SIGNATURES]
    ]
    return any(matches)


def answer_hook(request: HookRequest, hook: Hook, settings: ConnectionSettings) -> HookAnswer:
    """Read what was posted to a hook; see `roomdisplay.connectors.push.HookReader`.

    Every answer but that to a forgery is a success, also for what is not known: a refusal may close
    the channel.
    """
    try:
        secret = read_settings(settings).client_secret
    except ConnectorError:
        return _REFUSED
    if request.method != "POST" or not is_signed(
        request.body, request.headers.get(SIGNATURE, ""), secret
    ):
        return _REFUSED
    try:
        body = msgspec.json.decode(request.body, type=_Body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return HookAnswer(status=400)
    if body.authorization is not None:
        return _authorized(body.authorization, hook)
    # A body that was signed for one hook says nothing to another.
    if body.channel is None or body.channel.callback_url != hook.url:
        return _REFUSED
    kind = body.notification.type if body.notification else ""
    if kind in _CHANGES:
        return HookAnswer(status=200, signals=(Signal(kind=SignalKind.CHANGED),))
    if kind == "profile_disconnected":
        return HookAnswer(status=200, signals=(Signal(kind=SignalKind.LOST),))
    return _TAKEN


def _authorized(answer: _Authorization, hook: Hook) -> HookAnswer:
    if not hook.secret or not hmac.compare_digest(answer.state.encode(), hook.secret.encode()):
        return _REFUSED
    if answer.code and len(answer.code) <= _LONGEST_CODE:
        signal = Signal(kind=SignalKind.AUTHORIZED, code=answer.code)
        return HookAnswer(status=200, signals=(signal,))
    names = [name for name in (answer.error, answer.error_key) if name and _WORD.fullmatch(name)]
    words = " ".join((answer.error_description or "").split())[:_LONGEST_WORDS]
    scope = any("unable_to_grant_scope" in name for name in names)
    found = diagnosis(
        "scope_refused" if scope else "room_refused", error=names[0] if names else "", words=words
    )
    told = words or ", ".join(names) or "Cronofy gives no reason"
    signal = Signal(kind=SignalKind.REFUSED, words=told, diagnosis=found)
    return HookAnswer(status=200, signals=(signal,))
