"""Subscriptions: made after a handshake, renewed, and gone when their time is over."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from simulators.graph.access import Access
from simulators.graph.directory import READS, Caller
from simulators.graph.notices import Notices
from simulators.graph.preferences import moment, stamp
from simulators.graph.query import page
from simulators.graph.wire import GraphError, Request, Response
from simulators.organisation import Change, Mailbox

LONGEST = timedelta(minutes=10_080)
SHORTEST = timedelta(minutes=45)
MOST_PER_MAILBOX = 1000
LONGEST_STATE = 128
CHANGES = {"created", "updated", "deleted"}
RESOURCE = re.compile(r"/?users/([^/]+)/(?:calendars?/(?:[^/]+/)?)?events/?", re.IGNORECASE)
KNOWN = {
    "changeType", "notificationUrl", "lifecycleNotificationUrl", "resource", "expirationDateTime",
    "clientState", "latestSupportedTlsVersion", "includeResourceData", "@odata.type",
}  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Subscription:
    """What an application is told of."""

    id: str
    client_id: str
    object_id: str
    address: str
    resource: str
    change_type: str
    url: str
    lifecycle_url: str | None
    client_state: str | None
    expires: datetime
    immutable: bool

    def json(self) -> dict[str, Any]:
        """As the API shows it; the client state is shown to nobody later."""
        return {
            "id": self.id,
            "resource": self.resource,
            "applicationId": self.client_id,
            "changeType": self.change_type,
            "clientState": None,
            "notificationUrl": self.url,
            "notificationQueryOptions": None,
            "lifecycleNotificationUrl": self.lifecycle_url,
            "expirationDateTime": stamp(self.expires),
            "creatorId": self.object_id,
            "includeResourceData": None,
            "latestSupportedTlsVersion": "v1_2",
            "encryptionCertificate": None,
            "encryptionCertificateId": None,
            "notificationUrlAppId": None,
        }


class Subscriptions:
    """Answers under /subscriptions, and hands changes to `notices`."""

    def __init__(self, access: Access, notices: Notices) -> None:
        self.access = access
        self.notices = notices
        self.held: dict[str, Subscription] = {}
        """By id; those that are over are still here until somebody looks."""
        self.need_consent = False
        """Whether permissions of Exchange's RBAC alone do not suffice."""
        self.most_per_mailbox = MOST_PER_MAILBOX
        self._clock = access.organisation.clock
        self._watched: set[str] = set()

    async def answer(self, request: Request, caller: Caller, rest: list[str]) -> Response:
        """Answer what is under /subscriptions."""
        if not rest and request.method == "POST":
            return await self._create(request, caller)
        if not rest and request.method == "GET":
            own = [one.json() for one in self._living() if self._is_own(one, caller)]
            return page(request, own, context=f"{request.origin}/v1.0/$metadata#subscriptions")
        one = self._find(rest[0] if rest else "", caller)
        if rest[1:] == ["reauthorize"] and request.method == "POST":
            return Response(status=204)
        if len(rest) == 1 and request.method == "GET":
            return Response(payload=_entity(request, one))
        if len(rest) == 1 and request.method == "PATCH":
            return await self._renew(request, one)
        if len(rest) == 1 and request.method == "DELETE":
            del self.held[one.id]
            return Response(status=204)
        raise GraphError(405, "BadRequest", "The HTTP method is not allowed here.")

    def of(self, address: str) -> list[Subscription]:
        """The living subscriptions to a mailbox."""
        return [one for one in self._living() if one.address == address.lower()]

    async def lifecycle(self, one: Subscription, event: str) -> None:
        """Tell of a subscription's own fate, and wait until it was told.

        Args:
            one: the subscription.
            event: reauthorizationRequired, subscriptionRemoved (which it then is) or missed.
        """
        if event == "subscriptionRemoved":
            self.held.pop(one.id, None)
        if one.lifecycle_url is not None:
            entry = {**self._entry(one), "lifecycleEvent": event}
            await self.notices.post(one.lifecycle_url, entry)

    def _living(self) -> list[Subscription]:
        now = self._clock()
        for one in [one for one in self.held.values() if one.expires <= now]:
            del self.held[one.id]
        return list(self.held.values())

    def _is_own(self, one: Subscription, caller: Caller) -> bool:
        return one.client_id == caller.application.client_id

    def _find(self, subscription_id: str, caller: Caller) -> Subscription:
        for one in self._living():
            if one.id == subscription_id and self._is_own(one, caller):
                return one
        raise GraphError(404, "ResourceNotFound", "The object was not found.")

    async def _create(self, request: Request, caller: Caller) -> Response:
        sent = request.json()
        mailbox = self._mailbox(sent, caller)
        now = self._clock()
        one = Subscription(
            id=str(uuid.uuid4()),
            client_id=caller.application.client_id,
            object_id=caller.application.object_id,
            address=mailbox.address.lower(),
            resource=sent["resource"],
            change_type=_change_type(sent),
            url=_url(sent, "notificationUrl"),
            lifecycle_url=_url(sent, "lifecycleNotificationUrl", required=False),
            client_state=_client_state(sent),
            expires=_expiry(sent, now),
            immutable="immutableid" in request.headers.get("prefer", "").lower(),
        )
        self._check_room(one)
        await self.notices.validate(one.url)
        if one.lifecycle_url is not None:
            await self.notices.validate(one.lifecycle_url)
        self._check_room(one)
        self.held[one.id] = one
        if one.address not in self._watched:
            self._watched.add(one.address)
            mailbox.on_change.append(self._changed)
        # What was sent comes back once, at the creation.
        payload = {**_entity(request, one), "clientState": one.client_state}
        return Response(status=201, payload=payload)

    def _mailbox(self, sent: dict[str, Any], caller: Caller) -> Mailbox:
        for name in sent:
            if name not in KNOWN:
                raise _bad(f"The property '{name}' does not exist on the type.")
        found = RESOURCE.fullmatch(str(sent.get("resource", "")))
        if found is None:
            raise _bad("The resource is missing or not one that can be subscribed to.")
        if self.need_consent and not caller.roles & READS:
            raise _forbidden("Access is denied. Check credentials and try again.")
        try:
            return self.access.mailbox(caller, found[1], READS)
        except GraphError as refused:
            if refused.status != 403:
                raise
            raise _forbidden(refused.message) from None

    def _check_room(self, new: Subscription) -> None:
        others = self.of(new.address)
        if any(
            one.client_id == new.client_id
            and one.resource.strip("/").lower() == new.resource.strip("/").lower()
            and set(one.change_type.split(",")) == set(new.change_type.split(","))
            for one in others
        ):
            words = "A subscription to this resource with this changeType exists already."
            raise GraphError(409, "Conflict", words)
        if len(others) >= self.most_per_mailbox:
            raise _forbidden("The limit of subscriptions for this mailbox is reached.")

    async def _renew(self, request: Request, one: Subscription) -> Response:
        sent = request.json()
        if set(sent) - {"expirationDateTime", "notificationUrl", "@odata.type"}:
            raise _bad("Only expirationDateTime and notificationUrl can be changed.")
        url = _url(sent, "notificationUrl") if "notificationUrl" in sent else one.url
        if "expirationDateTime" in sent:
            one.expires = _expiry(sent, self._clock())
        if url != one.url:
            await self.notices.validate(url)
            one.url = url
        return Response(payload=_entity(request, one))

    def _changed(self, mailbox: Mailbox, change: Change) -> None:
        for one in self.of(mailbox.address):
            if change.kind in one.change_type.split(","):
                self.notices.send(one.url, self._notification(one, mailbox, change))

    def _entry(self, one: Subscription) -> dict[str, Any]:
        return {
            "subscriptionId": one.id,
            "subscriptionExpirationDateTime": stamp(one.expires),
            "tenantId": self.access.sign_in.tenant.id,
            "clientState": one.client_state,
        }

    def _notification(self, one: Subscription, mailbox: Mailbox, change: Change) -> dict[str, Any]:
        item = mailbox.items.get(change.item_id)
        shown = change.item_id
        if one.immutable:
            shown = shown.replace("AAMkAD", "AAkALg", 1)
        data = {
            "@odata.type": "#Microsoft.Graph.Event",
            "@odata.id": f"Users/{mailbox.object_id}/Events/{shown}",
            "id": shown,
        }
        if item is not None:
            data["@odata.etag"] = f'W/"{item.change_key}"'
        return {
            **self._entry(one),
            "changeType": change.kind,
            "resource": data["@odata.id"],
            "resourceData": data,
        }


def _entity(request: Request, one: Subscription) -> dict[str, Any]:
    context = f"{request.origin}/v1.0/$metadata#subscriptions/$entity"
    return {"@odata.context": context, **one.json()}


def _bad(words: str) -> GraphError:
    return GraphError(400, "InvalidRequest", words)


def _forbidden(words: str) -> GraphError:
    return GraphError(
        403,
        "ExtensionError",
        f"Operation: Create; Exception: [Status Code: Forbidden; Reason: {words}]",
    )


def _change_type(sent: dict[str, Any]) -> str:
    given = str(sent.get("changeType", ""))
    if not given or set(given.split(",")) - CHANGES:
        raise _bad("The changeType is missing or unknown.")
    return given


def _url(sent: dict[str, Any], name: str, *, required: bool = True) -> Any:
    given = sent.get(name)
    if given is None and not required:
        return None
    split = urlsplit(str(given or ""))
    loopback = split.hostname in ("127.0.0.1", "localhost", "::1")
    if split.scheme != "https" and not (split.scheme == "http" and loopback):
        raise _bad(f"The {name} must be an https address.")
    return given


def _client_state(sent: dict[str, Any]) -> str | None:
    given = sent.get("clientState")
    if given is not None and (not isinstance(given, str) or len(given) > LONGEST_STATE):
        raise _bad(f"The clientState is longer than {LONGEST_STATE} characters.")
    return given


def _expiry(sent: dict[str, Any], now: datetime) -> datetime:
    if not isinstance(sent.get("expirationDateTime"), str):
        raise _bad("The expirationDateTime is missing.")
    wanted = moment(sent["expirationDateTime"])
    if wanted <= now:
        raise _bad("Subscription expiration must be in the future.")
    if wanted > now + LONGEST + timedelta(minutes=5):
        minutes = int(LONGEST.total_seconds() // 60)
        raise _bad(f"Subscription expiration can only be {minutes} minutes in the future.")
    return max(wanted, now + SHORTEST)
