"""How a calendar service tells that something changed, and how it authorises single calendars.

What a service tells is only ever a signal: it makes a known calendar due, and what is shown is read
from the service. A signal that is lost, doubled, late or forged does no harm beyond a reading.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from roomdisplay.connectors.base import (
    ConnectionSettings,
    Connector,
    ConnectorError,
    Diagnosis,
    Surroundings,
)

HOOK_BODY_LIMIT = 64 * 1024
"""Bytes of a posted signal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """An address of ours that a service may post to; one for each calendar that is watched."""

    url: str
    """With a random path that nobody can guess; at most 128 characters."""
    secret: str
    """At most 128 characters, told to the service so that it can prove itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What a service agreed to tell."""

    id: str
    """The service's own."""
    expires_at: datetime | None = None
    """UTC; None: never. It is renewed well before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HookRequest:
    """What came in under a hook's address; every part of it may be forged."""

    method: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes = field(repr=False)
    """At most `HOOK_BODY_LIMIT`."""


class SignalKind(StrEnum):
    """What a service tells."""

    CHANGED = "changed"
    """The calendar may have changed."""
    RENEW = "renew"
    """The watch is to be renewed now."""
    LOST = "lost"
    """The watch is gone: watch anew, and read."""
    AUTHORIZED = "authorized"
    """A calendar was authorised; `code` is to be redeemed."""
    REFUSED = "refused"
    """A calendar was not authorised; `words` say why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One thing that a service tells of the hook's calendar."""

    kind: SignalKind
    code: str = field(default="", repr=False)
    words: str = ""
    diagnosis: Diagnosis | None = None
    """Of a calendar that was not authorised: the same as a key, with the repair."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HookAnswer:
    """What to answer at once, and what to do afterwards."""

    status: int = 202
    body: bytes = b""
    content_type: str = "text/plain"
    signals: tuple[Signal, ...] = ()


HookReader = Callable[[HookRequest, Hook, ConnectionSettings], HookAnswer]
"""A service's `answer_hook`, pure: verifies in constant time, and says what to answer. A request
that does not prove itself gets an answer without signals."""


@runtime_checkable
class HookedConnector(Connector, Protocol):
    """A connector whose `capabilities.push` is `Push.HOOKS`."""

    async def watch(self, address: str, hook: Hook) -> Watch:
        """Have the service post changes of a calendar to `hook`.

        The service may post to the hook, and wants its answer, while this call is under way.

        Raises:
            PermissionMissingError: the service does not allow it: the calendar is read by time.
            ConnectorError: it did not work now.
        """

    async def renew(self, address: str, watch: Watch, hook: Hook) -> Watch:
        """Have it go on.

        Raises:
            CalendarGoneError: the service knows this watch no more: watch anew, and read.
            ConnectorError: it did not work now.
        """

    async def unwatch(self, address: str, watch: Watch) -> None:
        """Have it end; one that is gone is no error."""


@runtime_checkable
class StreamingConnector(Connector, Protocol):
    """A connector whose `capabilities.push` is `Push.STREAM`."""

    async def listen(
        self,
        addresses: Collection[str],
        heard: Callable[[str], None],
        refused: Callable[[str, ConnectorError], None],
    ) -> None:
        """Listen until cancelled, connecting again as often as needed, with growing delays.

        Args:
            addresses: the calendars.
            heard: called, in the loop, with each address that may have changed; also with each
                that is listened to from now on, at first and after every connection that was
                lost, since what happened before is not told.
            refused: called with each address that cannot be listened to, and why; it is not tried
                again before the next `listen`.
        """


@runtime_checkable
class AuthorizingConnector(Connector, Protocol):
    """A connector of a service that authorises each calendar apart, and later (Cronofy).

    `read` raises `AuthorizationNeededError` for a calendar without tokens.
    """

    async def authorize(self, requests: Sequence[tuple[str, Hook]]) -> None:
        """Ask for access to calendars; each answer is posted to the hook beside its address."""

    async def redeem(self, address: str, code: str, hook: Hook) -> None:
        """Turn the code of an `AUTHORIZED` signal into tokens, and keep them."""


class AuthorizationWindow(Protocol):
    """What the module of a service has that is connected in a window of the service's own."""

    def authorization_url(
        self, settings: ConnectionSettings, *, redirect_uri: str, state: str
    ) -> str:
        """Where the administrator's browser is sent.

        Raises:
            ConnectorError: the settings make no sense.
        """

    async def redeem_authorization(
        self,
        settings: ConnectionSettings,
        surroundings: Surroundings,
        *,
        code: str,
        redirect_uri: str,
    ) -> None:
        """Turn the code that the browser came back with into tokens, and keep them.

        Raises:
            ConnectorError: the service refused.
        """
