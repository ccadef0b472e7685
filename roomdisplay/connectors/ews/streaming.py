"""EWS's operations for streaming notifications."""
# mypy: disable-error-code="import-untyped,misc"
# ruff: noqa: ANN401
# exchangelib has no types; whatever is taken from it is Any.

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar

import requests
from exchangelib.errors import ErrorSubscriptionNotFound
from exchangelib.services import GetStreamingEvents, SubscribeToStreaming
from exchangelib.services import Unsubscribe as UnsubscribeService
from exchangelib.services.common import EWSAccountService

from roomdisplay.connectors.base import MalformedAnswerError
from roomdisplay.connectors.ews.network import Network
from roomdisplay.connectors.ews.soap import Sent, raise_first
from roomdisplay.connectors.ews.xml import MESSAGES, TYPES, Element

_END_OF_ENVELOPE = re.compile(rb"</(?:[\w.-]+:)?Envelope\s*>")
_LARGEST_EVENT = 4 * 2**20


class Subscribe(Sent, SubscribeToStreaming):
    """Asks to be told of changes in a calendar."""

    EVENTS: ClassVar = ("CreatedEvent", "ModifiedEvent", "DeletedEvent", "MovedEvent")

    def id(self) -> str:
        """The subscription's."""
        payload = self.get_payload(folders=[self.account.calendar()], event_types=self.EVENTS)
        for one in self._get_elements(payload=payload):
            if isinstance(one, Exception):
                raise one
            if one is not None and one.text:
                return str(one.text)
        raise MalformedAnswerError("a subscription without an id")


class Unsubscribe(Sent, UnsubscribeService):
    """Ends a subscription."""

    def id(self, id_: str) -> None:
        """End the one with this id; one that is gone is no error."""
        with suppress(ErrorSubscriptionNotFound):
            raise_first(self._get_elements(payload=self.get_payload(subscription_id=id_)))


@dataclass(frozen=True, slots=True)
class Told:
    """One message of a stream."""

    changed: tuple[str, ...] = ()
    """Subscriptions whose calendars changed."""
    closed: bool = False


class Stream(Sent, GetStreamingEvents):
    """Listens to subscriptions."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.streaming = False  # nothing of it is exchangelib's to close

    def messages(self, ids: Sequence[str], minutes: int, network: Network) -> Iterator[Told]:
        """What the server tells until it closes the stream, heartbeats included.

        Raises:
            Exception: one of exchangelib's, or a ConnectorError.
        """
        payload = self.get_payload(subscription_ids=ids, connection_timeout=minutes)
        version = self._version_hint.api_version
        body = self.wrap(content=payload, api_version=version)
        with self.protocol.hang(body, self._extra_headers(), network) as response:
            for envelope in envelopes(response):
                _, parsed = self._get_soap_parts(_Whole(envelope))
                for message in EWSAccountService._get_soap_messages(self, body=parsed):  # noqa: SLF001
                    yield self._told(message)

    def _told(self, message: Element) -> Told:
        container = self._get_element_container(message, f"{MESSAGES}Notifications")
        if isinstance(container, Exception):
            raise container
        changed = [
            note.findtext(f"{TYPES}SubscriptionId") or ""
            for note in ([] if isinstance(container, list | bool) else container)
            if any(
                child.tag.endswith("Event") and child.tag != f"{TYPES}StatusEvent" for child in note
            )
        ]
        return Told(tuple(dict.fromkeys(changed)), self.connection_status == self.CLOSED)


@dataclass(frozen=True, slots=True)
class _Whole:
    content: bytes


def envelopes(response: requests.Response) -> Iterator[bytes]:
    """The envelopes of an answer that does not end, each as soon as it is whole.

    Raises:
        MalformedAnswerError: one does not end.
    """
    waiting = b""
    for piece in response.iter_content(chunk_size=None):
        waiting += piece
        while (found := _END_OF_ENVELOPE.search(waiting)) is not None:
            yield waiting[: found.end()].lstrip()
            waiting = waiting[found.end() :]
        if len(waiting) > _LARGEST_EVENT:
            raise MalformedAnswerError("a notification does not end")
