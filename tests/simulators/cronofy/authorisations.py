"""How a service account opens rooms: asked for now, answered later to the client's address."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from simulators.cronofy import scopes
from simulators.cronofy.accounts import Directory, ServiceAccount
from simulators.cronofy.calls import Answer, Call, RefusedError, required, unprocessable
from simulators.cronofy.grants import Grant, Grants
from simulators.cronofy.outbox import Outbox

_MOST_AT_ONCE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why a room was not opened, as its callback says it."""

    error: str
    key: str
    description: str


_SCOPE = Refused(
    error="unable_to_grant_scope",
    key="errors.unable_to_grant_scope",
    description="The scope goes beyond what was delegated to the service account",
)
_UNKNOWN = Refused(
    error="access_denied",
    key="errors.account_not_found",
    description="The calendar server knows no such mailbox",
)
_CLOSED = Refused(
    error="access_denied",
    key="errors.impersonation_denied",
    description="The service account may not impersonate this mailbox",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One room to be opened."""

    email: str
    callback_url: str
    scope: frozenset[str]
    state: str | None


class Authorisations:
    """POST /v1/service_account_authorizations, and the posts that follow."""

    def __init__(
        self,
        directory: Directory,
        grants: Grants,
        outbox: Outbox,
        later: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        self._directory = directory
        self._grants = grants
        self._outbox = outbox
        self._later = later
        self._refusals: list[tuple[re.Pattern[str], Refused]] = []

    def refuse(self, match: str, error: str = "access_denied", description: str = "") -> None:
        """Refuse rooms whose address `match` is found in, until `allow` is called."""
        refused = Refused(error=error, key=f"errors.{error}", description=description or error)
        self._refusals.append((re.compile(match), refused))

    def allow(self) -> None:
        """Take every `refuse` back."""
        self._refusals.clear()

    def request(self, call: Call, grant: Grant) -> Answer:
        """Take one or up to fifty wishes."""
        service = grant.service_account
        fields = call.fields()
        many = fields.get("service_account_authorizations")
        if many is None:
            wishes = [_wish(fields)]
        elif "email" in fields:
            raise unprocessable("email", "not_with_a_collection")
        elif not isinstance(many, list) or not 1 <= len(many) <= _MOST_AT_ONCE:
            raise unprocessable("service_account_authorizations", "between_1_and_50")
        else:
            wishes = [_wish(one) for one in many]
        for wish in wishes:
            _demand_right(self._directory, grant, wish)
        for wish in wishes:
            self._later(self._carry_out(wish, grant, service))
        return Answer(status=202)

    async def _carry_out(self, wish: Wish, grant: Grant, service: ServiceAccount) -> None:
        outcome = await self._outcome(wish, grant, service)
        if isinstance(outcome, Refused):
            told: dict[str, object] = {
                "error": outcome.error,
                "error_key": outcome.key,
                "error_description": outcome.description,
            }
        else:
            told = {"code": self._grants.code(outcome, wish.callback_url)}
        if wish.state is not None:
            told["state"] = wish.state
        self._outbox.post("authorization", wish.callback_url, {"authorization": told})

    async def _outcome(self, wish: Wish, grant: Grant, service: ServiceAccount) -> Grant | Refused:
        for pattern, refused in self._refusals:
            if pattern.search(wish.email):
                return refused
        if not scopes.covered(wish.scope) <= scopes.covered(grant.delegated):
            return _SCOPE
        mailbox = self._directory.mailbox(wish.email)
        if mailbox is None:
            return _UNKNOWN
        if not await service.opens(mailbox):
            return _CLOSED
        return Grant(subject=self._directory.opened(mailbox, service), scope=wish.scope)


def _wish(fields: object) -> Wish:
    if not isinstance(fields, Mapping):
        raise RefusedError(400)
    callback_url = required(fields, "callback_url")
    if not is_address(callback_url):
        raise unprocessable("callback_url", "invalid")
    state = fields.get("state")
    if state is not None and not isinstance(state, str):
        raise unprocessable("state", "invalid")
    text = required(fields, "scope")
    try:
        scope = scopes.parse(text, scopes.OF_ACCOUNTS)
    except ValueError:
        raise unprocessable("scope", "invalid") from None
    return Wish(
        email=required(fields, "email"), callback_url=callback_url, scope=scope, state=state
    )


def is_address(url: str) -> bool:
    """Whether the service can post there."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def _demand_right(directory: Directory, grant: Grant, wish: Wish) -> None:
    """A room needs the scope for resources; whatever else, the scope for accounts."""
    mailbox = directory.mailbox(wish.email)
    room = mailbox is not None and mailbox.is_room
    needed = {scopes.MANAGE_RESOURCES if room else scopes.MANAGE_ACCOUNTS}
    if mailbox is None:
        needed = {scopes.MANAGE_RESOURCES, scopes.MANAGE_ACCOUNTS}
    if not needed & grant.scope:
        raise RefusedError(403)
