"""The service as a whole, and what tests may order of it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

from simulators.cronofy import scopes
from simulators.cronofy.accounts import UNRESTRICTED, Account, Directory, ServiceAccount
from simulators.cronofy.api import Api
from simulators.cronofy.application import Application, RateLimit
from simulators.cronofy.authorisations import Authorisations
from simulators.cronofy.calls import RefusedError
from simulators.cronofy.channels import Channels
from simulators.cronofy.front import TooLongError, live, read_call, send_answer
from simulators.cronofy.grants import Grant, Grants, Pair
from simulators.cronofy.mirror import Span
from simulators.cronofy.oauth import OAuth
from simulators.cronofy.outbox import Outbox
from simulators.cronofy.permissions import Permissions
from simulators.cronofy.reading import Events
from simulators.cronofy.window import Window
from simulators.cronofy.writing import Writings
from simulators.faults import Faults, Receive, Scope, Send, faulty
from simulators.organisation import Organisation


class CronofySimulator:
    """Cronofy's API and the window of Enterprise Connect, for one application.

        simulator = CronofySimulator(organisation, application=application, ews_url=url)
        async with running(simulator.app) as origin:
            …
        await simulator.aclose()

    Both hosts, of the API and of the window, are the same here. What is to go wrong is ordered of
    `faults` (answers), `outbox` (posts), `authorisations`, `writings` and `grants`, and by the
    methods below; `application`, `events`, `directory.span` and `rate_limit` may be changed at
    any time.
    """

    def __init__(
        self,
        organisation: Organisation,
        *,
        application: Application | None = None,
        ews_url: str | None = None,
        providers: tuple[str, ...] = ("exchange",),
        trust: ssl.SSLContext | None = None,
        data_centre: str = "us",
    ) -> None:
        """Connect nothing yet.

        Args:
            organisation: whose calendars they are.
            application: the client; None makes one up.
            ews_url: what Autodiscover tells; None: the window asks for the server.
            providers: exchange, office365, or both, from which the administrator then chooses.
            trust: for posts to the application, and for requests to Exchange.
            data_centre: which one this is; it knows applications of its own only.
        """
        self.organisation = organisation
        self.clock: Callable[[], datetime] = organisation.clock
        self.application = application or Application()
        self.faults = Faults()
        self.rate_limit: RateLimit | None = RateLimit()
        self.directory = Directory(organisation, self.clock)
        self.grants = Grants(self.clock)
        self.outbox = Outbox(lambda: self.application.client_secrets, trust)
        self.channels = Channels(self.outbox)
        self.events = Events(self.clock, self.directory.span)
        self.writings = Writings(organisation)
        self.permissions = Permissions()
        self.authorisations = Authorisations(self.directory, self.grants, self.outbox, self._later)
        self.directory.heard = self.channels.changed
        self.oauth = OAuth(self.application, self.grants, self._revoked, data_centre=data_centre)
        self.window = Window(
            self.application,
            self.directory,
            self.grants,
            providers=providers,
            ews_url=ews_url,
            trust=trust,
            data_centre=data_centre,
        )
        self._api = Api(self)
        self._tasks: set[asyncio.Task[None]] = set()
        self.app = faulty(self._answer, self.faults)
        """The ASGI application."""

    def link(
        self,
        address: str,
        *,
        scope: frozenset[str] = scopes.OF_SERVICE_ACCOUNTS,
        delegated: frozenset[str] = scopes.OF_ACCOUNTS,
    ) -> Pair:
        """Link an Office 365 service account without the window; gives its tokens."""
        made = ServiceAccount(email=address, provider="office365", scope=scope)
        subject = self.directory.linked(made)
        return self.grants.issue(Grant(subject=subject, scope=scope, delegated=delegated))

    def open(self, address: str, *, scope: frozenset[str] = scopes.OF_ACCOUNTS) -> Pair:
        """Open a mailbox without a callback, through the account linked last; gives its tokens."""
        through = list(self.directory.service_accounts.values())[-1]
        account = self.directory.opened(self.organisation.mailbox(address), through)
        return self.grants.issue(Grant(subject=account, scope=scope))

    def account(self, address: str) -> Account:
        """The account of a mailbox that was opened.

        Raises:
            KeyError: it was not.
        """
        return self.directory.accounts[address.lower()]

    def lift_limits(self, span: Span) -> None:
        """Look as far around now as `span` says."""
        self.directory.span.back, self.directory.span.ahead = span.back, span.ahead

    def unrestrict(self, address: str) -> None:
        """Let the application change what others made, as after POST /v1/permissions."""
        self.account(address).calendar.permission = UNRESTRICTED

    def disconnect(self, address: str) -> None:
        """Lose the calendar server: what was read last is given out as if it still held."""
        account = self.account(address)
        account.calendar.mirror.freeze()
        account.cut_off = True
        self.channels.tell(account, "profile_disconnected")

    def reconnect(self, address: str) -> None:
        """Find the calendar server again, and read what changed meanwhile."""
        account = self.account(address)
        account.calendar.mirror.thaw()
        account.cut_off = False
        self.channels.tell(account, "profile_connected")

    def finish_sync(self, address: str) -> None:
        """End the first reading of a calendar that was opened while `directory.slow` was set."""
        account = self.account(address)
        account.synced = True
        self.channels.tell(account, "profile_initial_sync_completed")

    def lose_calendar(self, address: str, *, quietly: bool = False) -> None:
        """Delete a room's calendar; `quietly`: its events read as none in place of a refusal."""
        calendar = self.account(address).calendar
        calendar.deleted, calendar.vanished = True, quietly

    def lock(self, address: str, *, locked: bool = True) -> None:
        """Answer whatever is asked of an account with 423."""
        self.account(address).locked = locked

    def revoke(self, address: str) -> None:
        """Let every token of an account or a service account be good for nothing."""
        for grant in self.grants.of(address):
            grant.revoked = True
            self._revoked(grant)

    async def settled(self) -> None:
        """Wait until nothing is under way: no authorisation, no post, and no further try of one."""
        await asyncio.sleep(0)
        while self._tasks or self.outbox.busy:
            await asyncio.gather(*self._tasks)
            await self.outbox.settled()
            await asyncio.sleep(0)

    async def aclose(self) -> None:
        """End what is under way."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.outbox.aclose()

    def _revoked(self, grant: Grant) -> None:
        if isinstance(grant.subject, Account):
            self.channels.forget(grant.subject)

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await live(receive, send, self.aclose)
            return
        if scope["type"] != "http":
            return
        try:
            call = await read_call(scope, receive)
            answer = await self._api.answer(call)
        except TooLongError:
            answer = RefusedError(413).answer
        except RefusedError as refusal:
            answer = refusal.answer
        await send_answer(answer, send)
