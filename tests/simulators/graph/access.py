"""Who may ask for what: tokens, permissions, mailboxes, and the limits of each mailbox."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from simulators.graph.directory import Caller
from simulators.graph.sign_in import SignIn
from simulators.graph.wire import GraphError, Request
from simulators.organisation import Mailbox, Organisation


class Access:
    """Checks callers against the directory and resolves mailboxes."""

    def __init__(self, organisation: Organisation, sign_in: SignIn) -> None:
        self.organisation = organisation
        self.sign_in = sign_in

    def caller(self, request: Request) -> Caller:
        """Who asks.

        Raises:
            GraphError: 401.
        """
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token:
            raise _unauthenticated("Access token is empty.")
        grant = self.sign_in.grant_of(token)
        applications = self.sign_in.tenant.applications
        application = None if grant is None else applications.get(grant.client_id)
        if grant is None or application is None:
            raise _unauthenticated("Lifetime validation failed, the token is expired.")
        return Caller(application, grant.roles)

    def mailbox(self, caller: Caller, user: str, wanted: frozenset[str]) -> Mailbox:
        """The mailbox of an address or an object id, if the caller may use it.

        Raises:
            GraphError: 403 or 404.
        """
        holds_some = caller.roles & wanted or any(
            role in wanted for role in caller.application.exchange_roles
        )
        if not holds_some:
            raise denied()
        mailbox = self.resolve(user)
        if mailbox is None:
            raise GraphError(404, "ErrorInvalidUser", f"The requested user '{user}' is invalid.")
        if not caller.may(wanted, mailbox):
            blocked = caller.roles & wanted
            raise denied(
                "Access to OData is disabled: [RAOP] : Blocked by tenant configured AppOnly"
                " AccessPolicy settings."
                if blocked
                else "Access is denied. Check credentials and try again."
            )
        if mailbox.on_premises:
            raise GraphError(
                404,
                "MailboxNotEnabledForRESTAPI",
                "The mailbox is either inactive, soft-deleted, or is hosted on-premise.",
            )
        return mailbox

    def resolve(self, user: str) -> Mailbox | None:
        """The mailbox of an address or an object id."""
        for mailbox in self.organisation.mailboxes.values():
            if user.lower() in (mailbox.address.lower(), mailbox.object_id):
                return mailbox
        return None


def denied(words: str = "Access is denied. Check credentials and try again.") -> GraphError:
    """403, as the calendar workload says it."""
    return GraphError(403, "ErrorAccessDenied", words)


def _unauthenticated(words: str) -> GraphError:
    return GraphError(
        401,
        "InvalidAuthenticationToken",
        words,
        {"WWW-Authenticate": 'Bearer realm="", authorization_uri="https://login.example"'},
    )


class Limits:
    """What a mailbox bears from one application; see the published limits of Outlook."""

    def __init__(self, organisation: Organisation) -> None:
        self.at_once = 4
        self.requests = 10_000
        self.period = timedelta(minutes=10)
        self.retry_after = 1
        """Seconds that one who asks too much is told to wait."""
        self.latency = 0.0
        """Seconds that each request takes."""
        self.refused = 0
        self.counts: Counter[str] = Counter()
        """Requests by mailbox, for tests and benchmarks."""
        self._now = organisation.clock
        self._busy: Counter[tuple[str, str]] = Counter()
        self._seen: defaultdict[tuple[str, str], deque[datetime]] = defaultdict(deque)

    @asynccontextmanager
    async def slot(self, caller: Caller, mailbox: Mailbox) -> AsyncIterator[None]:
        """Be one of the requests that a mailbox works on.

        Raises:
            GraphError: 429.
        """
        key = (caller.application.client_id, mailbox.address.lower())
        self._count(key)
        if self._busy[key] >= self.at_once:
            raise self._too_many("Application is over its MailboxConcurrency limit.")
        self._busy[key] += 1
        try:
            await asyncio.sleep(self.latency)
            yield
        finally:
            self._busy[key] -= 1

    def _count(self, key: tuple[str, str]) -> None:
        self.counts[key[1]] += 1
        now, seen = self._now(), self._seen[key]
        while seen and seen[0] <= now - self.period:
            seen.popleft()
        if len(seen) >= self.requests:
            raise self._too_many("Application is over its request limit for this mailbox.")
        seen.append(now)

    def _too_many(self, words: str) -> GraphError:
        self.refused += 1
        return GraphError(
            429, "ApplicationThrottled", words, {"Retry-After": str(self.retry_after)}
        )
