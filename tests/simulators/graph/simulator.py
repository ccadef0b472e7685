"""Microsoft Graph v1.0 and its token endpoint, in front of an organisation."""

from __future__ import annotations

import asyncio
import ssl
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from simulators.faults import Faults, Receive, Scope, Send, faulty
from simulators.graph.access import Access, Limits
from simulators.graph.batch import answer_batch
from simulators.graph.calendar import CALENDAR_ID, Reading, with_context
from simulators.graph.delta import Delta
from simulators.graph.directory import READS, USERS, WRITES, Caller, Registration, Tenant
from simulators.graph.notices import Notices
from simulators.graph.places import Places
from simulators.graph.schedule import get_schedule
from simulators.graph.sign_in import SignIn
from simulators.graph.subscriptions import Subscriptions
from simulators.graph.wire import (
    VERSION,
    GraphError,
    Request,
    Response,
    answer_of,
    error_body,
    read_request,
    send_response,
)
from simulators.graph.writing import RESPONSES, Writing
from simulators.organisation import Mailbox, Organisation


class GraphSimulator:
    """One tenant; its parts can be turned, each by its own attributes.

    Args:
        organisation: whose mailboxes; its clock is that of calendars and subscriptions.
        applications: what is registered in the tenant.
        sign_in_clock: the identity platform's; foreign sign-in libraries use the real time.
        trust: whom notifications over https trust.
    """

    def __init__(
        self,
        organisation: Organisation,
        *applications: Registration,
        tenant: Tenant | None = None,
        sign_in_clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self.organisation = organisation
        self.tenant = tenant or Tenant()
        self.tenant.applications |= {one.client_id: one for one in applications}
        self.sign_in = SignIn(self.tenant, sign_in_clock)
        self.access = Access(organisation, self.sign_in)
        self.limits = Limits(organisation)
        self.places = Places(organisation)
        self.reading = Reading()
        self.delta = Delta()
        self.writing = Writing(organisation)
        self.notices = Notices(trust)
        self.subscriptions = Subscriptions(self.access, self.notices)
        self.faults = Faults()
        self.requests: list[str] = []
        """Each as "METHOD path", those within batches too."""
        self.app = faulty(self._serve, self.faults)

    def throttle(self, match: str, *, seconds: int = 1, times: int = 1) -> None:
        """Order answers 429 that ask to wait."""
        words = "Application is over its MailboxConcurrency limit."
        body = error_body("ApplicationThrottled", words, self.organisation.clock())
        headers = {"Retry-After": str(seconds)}
        self.faults.order(match, status=429, headers=headers, body=body, times=times)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        await send_response(await self.handle(await read_request(scope, receive)), send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.notices.aclose()
        await send({"type": "lifespan.shutdown.complete"})

    async def handle(self, request: Request) -> Response:
        """Answer one request, from the wire or from within a batch."""
        self.requests.append(f"{request.method} {unquote(request.path)}")
        if request.in_batch:
            fault = self.faults.take(self.requests[-1])
            await asyncio.sleep(fault.delay if fault else 0)
            if fault is not None and fault.status is not None:
                body = fault.body.decode() if isinstance(fault.body, bytes) else fault.body
                return Response(status=fault.status, headers=fault.headers, payload=body or None)
        signed_in = None if request.in_batch else self.sign_in.answer(request)
        if signed_in is not None:
            return signed_in
        try:
            answer = await self._route(request)
        except GraphError as error:
            return answer_of(error, request, datetime.now(UTC))
        own = request.headers.get("client-request-id", str(uuid.uuid4()))
        return answer.with_headers({"request-id": str(uuid.uuid4()), "client-request-id": own})

    async def _route(self, request: Request) -> Response:
        version, *rest = request.parts()
        if "/" + version != VERSION:
            raise GraphError(400, "BadRequest", f"Invalid version: {version}.")
        caller = self.access.caller(request)
        match rest:
            case ["$batch"] if not request.in_batch:
                return await answer_batch(request, self.handle)
            case ["places", *more]:
                return self.places.answer(request, caller, more)
            case ["subscriptions", *more]:
                return await self.subscriptions.answer(request, caller, more)
            case ["users", user]:
                return self._user(request, caller, user)
            case ["users", user, *more]:
                return await self._mailbox(request, caller, user, _within(more))
        raise _no_segment(rest)

    def _user(self, request: Request, caller: Caller, user: str) -> Response:
        if not caller.roles & USERS:
            words = "Insufficient privileges to complete the operation."
            raise GraphError(403, "Authorization_RequestDenied", words)
        mailbox = self.access.resolve(user)
        if mailbox is None:
            words = f"Resource '{user}' does not exist or one of its queried reference-property"
            raise GraphError(404, "Request_ResourceNotFound", f"{words} objects are not present.")
        row = {
            "id": mailbox.object_id,
            "displayName": mailbox.name,
            "mail": mailbox.address,
            "userPrincipalName": mailbox.address,
        }
        return Response(payload=with_context(request, row))

    async def _mailbox(
        self, request: Request, caller: Caller, user: str, rest: list[str]
    ) -> Response:
        reads = request.method == "GET" or rest == ["getschedule"]
        mailbox = self.access.mailbox(caller, user, READS if reads else WRITES)
        async with self.limits.slot(caller, mailbox):
            answer = self._read(request, mailbox, caller, rest) if reads else None
            return answer or self._write(request, mailbox, rest)

    def _read(
        self, request: Request, mailbox: Mailbox, caller: Caller, rest: list[str]
    ) -> Response:
        match rest:
            case ["calendar"]:
                return self.reading.calendar(request, mailbox)
            case ["calendars"]:
                return self.reading.calendars(request, mailbox)
            case ["calendarview"]:
                return self.reading.view(request, mailbox)
            case ["calendarview", "delta"]:
                return self.delta.answer(request, mailbox)
            case ["events"]:
                return self.reading.events(request, mailbox)
            case ["events" | "calendarview", event_id]:
                return self.reading.event(request, mailbox, event_id)
            case ["events" | "calendarview", event_id, "instances"]:
                return self.reading.instances(request, mailbox, event_id)
            case ["getschedule"] if request.method == "POST":
                return get_schedule(request, self.organisation, self._seen_by(caller))
        raise _no_segment(rest)

    def _seen_by(self, caller: Caller) -> Callable[[Mailbox], bool]:
        return lambda mailbox: caller.may(READS, mailbox)

    def _write(self, request: Request, mailbox: Mailbox, rest: list[str]) -> Response:
        match (request.method, *rest):
            case ("POST", "events"):
                return self.writing.create(request, mailbox)
            case ("PATCH", "events", event_id):
                return self.writing.change(request, mailbox, event_id)
            case ("DELETE", "events", event_id):
                return self.writing.delete(request, mailbox, event_id)
            case ("POST", "events", event_id, "cancel"):
                return self.writing.cancel(request, mailbox, event_id)
            case ("POST", "events", event_id, how) if how in RESPONSES:
                return self.writing.respond(request, mailbox, event_id, how)
        raise _no_segment(rest)


def _within(rest: list[str]) -> list[str]:
    """The path within the one calendar; segments in lower case, ids as they are.

    Raises:
        GraphError: another calendar is asked for.
    """
    plain = [part.removesuffix("()") for part in rest]
    lower = [part.lower().removeprefix("microsoft.graph.") for part in plain]
    if lower[0] == "calendar" and len(lower) > 1:
        plain, lower = plain[1:], lower[1:]
    elif lower[0] == "calendars" and len(lower) > 1:
        if plain[1] != CALENDAR_ID:
            words = "The specified object was not found in the store."
            raise GraphError(404, "ErrorItemNotFound", words)
        plain, lower = (plain[2:], lower[2:]) if len(lower) > 2 else (["calendar"], ["calendar"])
    if lower[0] in ("events", "calendarview") and len(lower) > 1 and lower[1] != "delta":
        lower[1] = plain[1]
    return lower


def _no_segment(rest: list[Any]) -> GraphError:
    last = rest[-1] if rest else ""
    return GraphError(400, "BadRequest", f"Resource not found for the segment '{last}'.")
