"""Being told of changes: Graph's subscriptions, and what it posts to their hooks.

Subscriptions of events may live for almost seven days; older versions of the service grant about
three. Three are asked for, and the Admin Center renews them daily.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from urllib.parse import quote, unquote

import msgspec

from roomdisplay.connectors.base import (
    CalendarGoneError,
    ConnectionSettings,
    ConnectorError,
    Diagnosis,
    PermissionMissingError,
    UnavailableError,
)
from roomdisplay.connectors.graph.client import GraphClient, mailbox_path
from roomdisplay.connectors.graph.messages import Notice, Notices, Subscription
from roomdisplay.connectors.graph.refusals import Reply, decoded, refused
from roomdisplay.connectors.push import (
    Hook,
    HookAnswer,
    HookRequest,
    Signal,
    SignalKind,
    Watch,
)

LASTS = timedelta(days=3)
_LONGEST_TOKEN = 4096
_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})


class Watching:
    """Makes, renews and ends subscriptions."""

    def __init__(self, client: GraphClient, clock: Callable[[], datetime]) -> None:
        self._client = client
        self._clock = clock

    async def watch(self, room: str, hook: Hook) -> Watch:
        """See `roomdisplay.connectors.push.HookedConnector.watch`."""
        reply = await self._create(room, hook)
        if reply.status == HTTPStatus.CONFLICT:
            # One of ours is there already, of which nobody knows any more.
            await self._remove_others(room)
            reply = await self._create(room, hook)
        if not reply.good:
            raise _refused(reply, room)
        return _watch(reply)

    async def renew(self, room: str, watch: Watch, hook: Hook) -> Watch:
        """See `roomdisplay.connectors.push.HookedConnector.renew`."""
        del hook  # the subscription keeps its own
        body = {"expirationDateTime": self._expiry()}
        reply = await self._client.send("PATCH", _path(watch), body=body)
        if reply.status in _GONE:
            raise CalendarGoneError("Microsoft Graph knows this subscription no more")
        if not reply.good:
            raise _refused(reply, room)
        return _watch(reply)

    async def unwatch(self, room: str, watch: Watch) -> None:
        """See `roomdisplay.connectors.push.HookedConnector.unwatch`."""
        reply = await self._client.send("DELETE", _path(watch))
        if not reply.good and reply.status not in _GONE:
            raise _refused(reply, room)

    async def _create(self, room: str, hook: Hook) -> Reply:
        body = {
            "changeType": "created,updated,deleted",
            "notificationUrl": hook.url,
            "lifecycleNotificationUrl": hook.url,
            "resource": f"{mailbox_path(room)}/events",
            "expirationDateTime": self._expiry(),
            "clientState": hook.secret,
            "latestSupportedTlsVersion": "v1_2",
        }
        return await self._client.send("POST", "/subscriptions", body=body)

    async def _remove_others(self, room: str) -> None:
        wanted = _comparable(f"{mailbox_path(room)}/events")
        entries, _ = await self._client.entries("/subscriptions")
        for entry in entries:
            try:
                one = msgspec.json.decode(entry, type=Subscription)
            except msgspec.DecodeError:
                continue
            if _comparable(one.resource or "") == wanted:
                await self.unwatch(room, Watch(id=one.id))

    def _expiry(self) -> str:
        return f"{(self._clock() + LASTS).astimezone(UTC):%Y-%m-%dT%H:%M:%S}.0000000Z"


def _comparable(resource: str) -> str:
    return unquote(resource).strip("/").casefold()


def _path(watch: Watch) -> str:
    return f"/subscriptions/{quote(watch.id, safe='')}"


def _watch(reply: Reply) -> Watch:
    made = decoded(reply, Subscription)
    expires = made.expiration_date_time
    if expires is not None:
        expires = (expires if expires.tzinfo else expires.replace(tzinfo=UTC)).astimezone(UTC)
    return Watch(id=made.id, expires_at=expires)


def _refused(reply: Reply, room: str) -> ConnectorError:
    """What a refusal means for being told; reading goes on by time in any case."""
    error = refused(reply, room)
    code = reply.refusal.code.lower()
    if reply.status == HTTPStatus.FORBIDDEN or code == "extensionerror":
        # How the calendars' part of Graph reports that it makes no subscription.
        return PermissionMissingError(
            error.detail, diagnosis=Diagnosis("office365_push_refused", {"room": room})
        )
    if reply.status == HTTPStatus.BAD_REQUEST:
        return UnavailableError(error.detail, diagnosis=Diagnosis("office365_hook_unreachable"))
    return error


def answer_hook(request: HookRequest, hook: Hook, settings: ConnectionSettings) -> HookAnswer:
    """Answer what was posted to a hook of ours; see `roomdisplay.connectors.push.HookReader`.

    Before a subscription is made, Graph posts a token that is to be sent back as it is. Later each
    notice holds the hook's secret; one that does not is nobody's.
    """
    del settings
    if request.method.upper() != "POST":
        return HookAnswer(status=405)
    token = request.query.get("validationToken")
    if token is not None:
        if len(token) > _LONGEST_TOKEN:
            return HookAnswer(status=400)
        return HookAnswer(status=200, body=token.encode("utf-8", "replace"))
    try:
        notices = msgspec.json.decode(request.body, type=Notices).value
    except (msgspec.DecodeError, UnicodeDecodeError):
        return HookAnswer(status=400)
    told = {_kind(one): None for one in notices if _is_proven(one, hook)}
    return HookAnswer(status=202, signals=tuple(Signal(kind=kind) for kind in told))


def _is_proven(notice: Notice, hook: Hook) -> bool:
    state = notice.client_state or ""
    return hmac.compare_digest(
        state.encode("utf-8", "surrogatepass"), hook.secret.encode("utf-8", "surrogatepass")
    ) and bool(hook.secret)


def _kind(notice: Notice) -> SignalKind:
    """A notice of the life cycle names what happened; any other tells of a change."""
    event = (notice.lifecycle_event or "").lower()
    if event == "reauthorizationrequired":
        return SignalKind.RENEW
    if event == "subscriptionremoved":
        return SignalKind.LOST
    return SignalKind.CHANGED
