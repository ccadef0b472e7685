"""Streaming notifications: subscriptions, and an answer that goes on until its time is over.

Each piece of the answer is a whole SOAP envelope. The heart beats by order of a test, or every
`heartbeat` seconds.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from simulators.organisation import Change, Mailbox

from .access import Caller
from .folders import CALENDAR, folder_reference, resolve
from .ids import ItemKey, item_id
from .soap import (
    NAMES,
    Build,
    Element,
    EwsError,
    SoapFault,
    children,
    envelope,
    instant,
    m,
    message,
    refusal,
    response,
    t,
    text,
)

MOST_IDS: Final = 200
_EVENTS: Final = {"created": "CreatedEvent", "updated": "ModifiedEvent", "deleted": "DeletedEvent"}
_GONE: Final = "DwAAAA=="
"""The change key of what is no longer there."""
_NAME: Final = "GetStreamingEventsResponseMessage"


@dataclass
class Subscription:
    """What one client wants to hear of one mailbox's calendar."""

    id: str
    mailbox: Mailbox
    kinds: frozenset[str]
    waiting: list[Element] = field(default_factory=list)
    connection: _Connection | None = None


@dataclass(eq=False)
class _Connection:
    """One answer under way."""

    account: str
    subscriptions: list[Subscription]
    stirred: asyncio.Event = field(default_factory=asyncio.Event)
    beats: int = 0
    closed: bool = False
    cut: bool = False


@dataclass
class Streams:
    """All subscriptions of a server.

    Attributes:
        minute: seconds in a minute of ConnectionTimeout.
        heartbeat: seconds between two signs of life.
        connections_allowed: hanging connections of one account, as EWSMaxConcurrency has it.
        subscriptions_allowed: of all accounts, as EWSMaxSubscriptions has it.
        backends: which server of several serves a mailbox, by its address; a subscription lives on
            one of them, and a connection ends up on that which its cookie names.
        forgetful: events between two connections are lost, as after a move of the mailbox.
        moving: the next deletions are moves to the deleted items.
    """

    clock: Callable[[], datetime]
    minute: float = 60.0
    heartbeat: float = 45.0
    connections_allowed: int = 10
    subscriptions_allowed: int = 5000
    backends: dict[str, str] = field(default_factory=dict)
    forgetful: bool = False
    moving: bool = False
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    """Set whenever a connection is opened."""
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    _connections: list[_Connection] = field(default_factory=list)
    _heard: set[str] = field(default_factory=set)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def open_connections(self) -> int:
        """How many answers are under way."""
        return len(self._connections)

    def subscribe(self, caller: Caller, request: Element) -> Element:
        """The operation Subscribe, of which the streaming kind is offered."""
        wanted = request.find("m:StreamingSubscriptionRequest", NAMES)
        if wanted is None:
            said = "Pull and push subscriptions are not offered here."
            raise EwsError("ErrorInvalidSubscriptionRequest", said)
        kinds = frozenset(one.text or "" for one in wanted.iterfind("t:EventTypes/*", NAMES))
        folders = children(wanted.find("t:FolderIds", NAMES))
        if not folders and wanted.get("SubscribeToAllFolders") != "true":
            said = "At least one folder is needed."
            raise EwsError("ErrorInvalidSubscriptionRequest", said)
        if len(self.subscriptions) >= self.subscriptions_allowed:
            raise EwsError("ErrorExceededSubscriptionCount", "There are too many subscriptions.")
        owners = {caller.acting.address}
        for one in folders:
            folder = resolve(caller, one)
            owners = {folder.mailbox.address}
            caller.reads(folder.mailbox)
        (owner,) = owners
        mailbox = caller.mailbox(owner)
        self._listen(mailbox)
        made = base64.b64encode(f"stream{next(self._numbers):08}{mailbox.address}".encode())
        subscription = Subscription(made.decode(), mailbox, kinds)
        self.subscriptions[subscription.id] = subscription
        answer = message("SubscribeResponseMessage", m("SubscriptionId", subscription.id))
        return response("Subscribe", [answer])

    def unsubscribe(self, _caller: Caller, request: Element) -> Element:
        """The operation Unsubscribe."""
        gone = self.subscriptions.pop(text(request, "m:SubscriptionId"), None)
        if gone is None:
            raise EwsError("ErrorSubscriptionNotFound")
        if gone.connection is not None:
            gone.connection.closed = True
            gone.connection.stirred.set()
        return response("Unsubscribe", [message("UnsubscribeResponseMessage")])

    def backend(self, mailbox: Mailbox) -> str:
        """The server behind the load balancer that serves a mailbox."""
        return self.backends.get(mailbox.address.lower(), "EXCH01")

    async def events(
        self, caller: Caller, request: Element, build: Build, backend: str
    ) -> AsyncGenerator[bytes]:
        """The operation GetStreamingEvents: envelopes until the time is over.

        Args:
            caller: who asks.
            request: which subscriptions, and for how long.
            build: for the envelopes.
            backend: the server that the request ended up on.

        Raises:
            SoapFault: the request is no good.
            EwsError: too many connections.
        """
        ids = [one.text or "" for one in request.iterfind("m:SubscriptionIds/*", NAMES)]
        minutes = text(request, "m:ConnectionTimeout")
        if not minutes.isdecimal() or not 1 <= int(minutes) <= 30:
            said = "The request failed schema validation: The 'ConnectionTimeout' element is "
            said += "invalid."
            raise SoapFault("ErrorSchemaValidation", said, violation=said)
        if len(ids) > MOST_IDS:
            raise SoapFault("ErrorInvalidRequest", f"There can be {MOST_IDS} ids at most.")
        known = self.subscriptions
        unknown = [
            one for one in ids if one not in known or self.backend(known[one].mailbox) != backend
        ]
        if unknown:
            yield envelope(build, response("GetStreamingEvents", [_not_found(unknown)]))
            return
        mine = [one for one in self._connections if one.account == caller.account.address]
        if len(mine) >= self.connections_allowed:
            raise EwsError("ErrorExceededConnectionCount")
        connection = _Connection(caller.account.address, [self.subscriptions[one] for one in ids])
        async for piece in self._serve(connection, int(minutes) * self.minute):
            yield envelope(build, response("GetStreamingEvents", [piece]))

    async def _serve(self, connection: _Connection, seconds: float) -> AsyncIterator[Element]:
        loop = asyncio.get_running_loop()
        over = loop.time() + seconds
        self._take(connection)
        try:
            yield message(_NAME, m("ConnectionStatus", "OK"))
            while not connection.closed and loop.time() < over:
                waiting = min(self.heartbeat, over - loop.time())
                try:
                    async with asyncio.timeout(waiting):
                        await connection.stirred.wait()
                except TimeoutError:
                    connection.beats += 1
                connection.stirred.clear()
                if connection.cut:
                    return
                for news in self._news(connection):
                    yield news
            yield message(_NAME, m("ConnectionStatus", "Closed"))
        finally:
            self._release(connection)

    def _take(self, connection: _Connection) -> None:
        for subscription in connection.subscriptions:
            before = subscription.connection
            if before is not None:  # the newer connection has it; the older one ends
                before.closed = True
                before.stirred.set()
            subscription.connection = connection
            if subscription.waiting:
                connection.stirred.set()
        self._connections.append(connection)
        self.opened.set()

    def _release(self, connection: _Connection) -> None:
        for subscription in connection.subscriptions:
            if subscription.connection is connection:
                subscription.connection = None
        if connection in self._connections:
            self._connections.remove(connection)

    def _news(self, connection: _Connection) -> list[Element]:
        said: list[Element] = []
        for subscription in connection.subscriptions:
            if not subscription.waiting:
                continue
            events, subscription.waiting = subscription.waiting, []
            told = t("Notification", t("SubscriptionId", subscription.id), *events)
            said.append(message(_NAME, m("Notifications", told)))
        if connection.beats:
            connection.beats = 0
            said.append(message(_NAME, m("ConnectionStatus", "OK")))
        return said

    def _listen(self, mailbox: Mailbox) -> None:
        if mailbox.address not in self._heard:
            self._heard.add(mailbox.address)
            mailbox.on_change.append(self._changed)

    def _changed(self, mailbox: Mailbox, change: Change) -> None:
        for subscription in self.subscriptions.values():
            if subscription.mailbox is not mailbox:
                continue
            if subscription.connection is None and self.forgetful:
                continue
            events = self._tell(mailbox, change, subscription.kinds)
            subscription.waiting += events
            if events and subscription.connection is not None:
                subscription.connection.stirred.set()

    def _tell(self, mailbox: Mailbox, change: Change, kinds: frozenset[str]) -> list[Element]:
        """The events of one change: the item's, and the folder's, whose content it is."""
        when = t("TimeStamp", instant(self.clock()))
        item = mailbox.items.get(change.item_id)
        key = _GONE if item is None else item.change_key
        identity = {"Id": item_id(ItemKey(mailbox.address, change.item_id)), "ChangeKey": key}
        calendar = folder_reference(mailbox, CALENDAR, "ParentFolderId")
        name = _EVENTS[change.kind]
        events: list[Element] = []
        if name == "DeletedEvent" and self.moving and "MovedEvent" in kinds:
            bin_ = folder_reference(mailbox, "deleteditems", "ParentFolderId")
            old = t("OldItemId", **identity)
            old_place = folder_reference(mailbox, CALENDAR, "OldParentFolderId")
            moved = item_id(ItemKey(mailbox.address, f"{change.item_id}@deleted"))
            new = t("ItemId", Id=moved, ChangeKey=key)
            events.append(t("MovedEvent", when, new, bin_, old, old_place))
        elif name in kinds:
            events.append(t(name, when, t("ItemId", **identity), calendar))
        if "ModifiedEvent" in kinds:
            folder = folder_reference(mailbox, CALENDAR, "FolderId")
            root = folder_reference(mailbox, "msgfolderroot", "ParentFolderId")
            again = t("TimeStamp", instant(self.clock()))
            events.append(t("ModifiedEvent", again, folder, root, t("UnreadCount", "0")))
        return events

    def beat(self) -> None:
        """Let each connection show a sign of life."""
        for connection in self._connections:
            connection.beats += 1
            connection.stirred.set()

    def close(self) -> None:
        """End all connections as at their time-out; the subscriptions stay."""
        for connection in self._connections:
            connection.closed = True
            connection.stirred.set()

    def cut(self) -> None:
        """Break all connections off in the middle, as a proxy does."""
        for connection in self._connections:
            connection.cut = True
            connection.stirred.set()

    def expire(self) -> None:
        """Forget all subscriptions, as after a failover; connections that use them end."""
        self.subscriptions.clear()
        self.cut()


def _not_found(unknown: list[str]) -> Element:
    ids = m("ErrorSubscriptionIds", *(t("SubscriptionId", one) for one in unknown))
    status = m("ConnectionStatus", "Closed")
    return refusal(_NAME, EwsError("ErrorSubscriptionNotFound"), ids, status)
