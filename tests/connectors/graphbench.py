"""A simulated company in Microsoft 365, and connectors to it."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from simulators.graph import GraphSimulator, Registration, Secret
from simulators.organisation import Draft, Organisation, Processing
from simulators.organisation.from_ical import put_ical
from simulators.serve import Tls, running

from roomdisplay.connectors import registry
from roomdisplay.connectors.base import ConnectionSettings, Connector, Surroundings
from roomdisplay.connectors.contract_faults import FaultStage
from roomdisplay.connectors.contract_push import HookStage
from roomdisplay.connectors.contract_writing import WritingStage
from roomdisplay.connectors.graph import answer_hook
from roomdisplay.connectors.graph.connector import GraphConnector
from roomdisplay.connectors.push import Hook, HookAnswer, HookRequest, Watch

CLIENT_ID = "2f6f1b0e-8f0f-4a53-9d3e-6a1f3b6c7d01"
SECRET = "s~cret/+&=value"
ROOM = "room1@contoso.example"
OTHER_ROOM = "room2@contoso.example"
ADA = "ada@contoso.example"
BEGINS = datetime(2026, 11, 22, 20, tzinfo=UTC)
"""Hours before the contract's week."""
KEPT = Processing(
    delete_subject=False,
    add_organizer_to_subject=False,
    delete_comments=False,
    remove_private=False,
)
"""As the guide has rooms set."""


@functools.cache
def tls() -> Tls:
    return Tls()


@dataclass(slots=True)
class Clock:
    """Goes on as time does, from where it is set."""

    now: datetime = BEGINS
    _set_at: float = field(default_factory=lambda: asyncio.get_running_loop().time())

    def __call__(self) -> datetime:
        gone = asyncio.get_running_loop().time() - self._set_at
        return self.now + timedelta(seconds=gone)


@dataclass(slots=True, kw_only=True)
class Office:
    """A tenant with two rooms, one person, and our application limited to the rooms."""

    origin: str
    simulator: GraphSimulator
    organisation: Organisation
    application: Registration
    clock: Clock
    opened: list[Connector] = field(default_factory=list)

    def settings(self, secret: str = SECRET, **values: str) -> ConnectionSettings:
        return ConnectionSettings(
            values={
                "tenant": self.simulator.tenant.id,
                "client_id": CLIENT_ID,
                "cloud": "own",
                "login_host": self.origin,
                "graph_host": self.origin,
                "authority": tls().authority_pem,
                **values,
            },
            secrets={"secret": secret} if secret else {},
        )

    def connector(self, secret: str = SECRET, **values: str) -> GraphConnector:
        return self.connect(self.settings(secret, **values))

    def connect(self, settings: ConnectionSettings) -> GraphConnector:
        made = registry.connect("office365", settings, Surroundings(clock=self.clock))
        assert isinstance(made, GraphConnector)
        self.opened.append(made)
        return made

    def invite(self, start: datetime, end: datetime, title: str = "Meeting", **more: Any) -> str:
        return self.organisation.invite(
            ADA, Draft(subject=title, start=start, end=end, rooms=[ROOM], **more)
        )


def furnished(clock: Clock) -> Organisation:
    organisation = Organisation("Europe/Berlin", clock)
    organisation.add_person(ADA, "Ada Lovelace")
    for address, name in ((ROOM, "Room 1"), (OTHER_ROOM, "Room 2")):
        organisation.add_room(
            address, name, room_list="Building A", capacity=8, building="A", processing=KEPT
        )
    return organisation


@asynccontextmanager
async def office() -> AsyncIterator[Office]:
    clock = Clock()
    organisation = furnished(clock)
    application = Registration(
        client_id=CLIENT_ID,
        secrets=[Secret(SECRET, datetime.now(UTC) + timedelta(days=90))],
        roles={"Place.Read.All"},
        exchange_roles={"Calendars.ReadWrite": {ROOM, OTHER_ROOM}},
    )
    simulator = GraphSimulator(organisation, application)
    async with running(simulator.app, tls=tls()) as origin:
        made = Office(
            origin=origin,
            simulator=simulator,
            organisation=organisation,
            application=application,
            clock=clock,
        )
        yield made
        for connector in made.opened:
            await connector.aclose()


class GraphStage(FaultStage, WritingStage, HookStage):
    """The contract's stage over the simulated service."""

    def __init__(self, office: Office, closed_port: int, stack: AsyncExitStack) -> None:
        self.office = office
        self._closed = closed_port
        self._stack = stack
        self._posted: asyncio.Queue[HookRequest] = asyncio.Queue()
        self._hook: Hook | None = None
        self._last = ""

    async def connector(self) -> Connector:
        return self.office.connector()

    async def address(self) -> str:
        return ROOM

    async def put(self, objects: Mapping[str, str]) -> None:
        put_ical(self.office.organisation.mailbox(ROOM), objects)

    async def unreachable(self) -> tuple[Connector, str]:
        away = f"https://127.0.0.1:{self._closed}"
        return self.office.connector(graph_host=away, login_host=away), ROOM

    async def rejected(self) -> Connector:
        return self.office.connector("wrong-password")

    async def lose_calendar(self) -> None:
        self.office.organisation.remove_mailbox(ROOM)

    async def answer_nonsense(self) -> None:
        page = "<!DOCTYPE html><html><body>Sign in</body></html>"
        self.office.simulator.faults.order("v1.0", status=200, body=page, times=1000)

    async def throttle(self, pause: timedelta) -> None:
        self.office.simulator.throttle("users", seconds=int(pause.total_seconds()))

    async def revoke(self) -> None:
        self.office.application.secrets.clear()
        self.office.simulator.sign_in.revoke()

    async def expire_cursors(self) -> None:
        self.office.simulator.delta.forget()

    async def cut_pages(self) -> None:
        self.office.simulator.faults.order("calendarView$")
        self.office.simulator.faults.order("calendarView$", drop=True)

    async def invite(self, start: datetime, end: datetime, title: str = "Meeting") -> str:
        self._last = self.office.invite(start, end, title)
        return self._last

    async def accepted(self, meeting: str) -> bool:
        return self.office.organisation.answer_of(meeting, ROOM) == "accepted"

    async def was_declined(self) -> bool:
        return self.office.organisation.answer_of(self._last, ROOM) == "declined"

    async def cancel(self, meeting: str) -> None:
        self.office.organisation.cancel(meeting)

    async def lose_an_answer(self) -> None:
        self.office.simulator.faults.order("POST .*/events$", lost=True)

    async def hook(self) -> Hook:
        if self._hook is None:

            async def ear(scope: Any, receive: Any, send: Any) -> None:
                await self._heard(scope, receive, send)

            origin = await self._stack.enter_async_context(running(ear))
            self._hook = Hook(url=f"{origin}/hooks/1a2b3c", secret="state-of-the-hook")
        return self._hook

    async def _heard(self, scope: Any, receive: Any, send: Any) -> None:
        """Answers as the Admin Center does, and remembers."""
        if scope["type"] == "lifespan":
            for word in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{word}.complete"})
            return
        assert self._hook is not None
        body = (await receive()).get("body", b"")
        query = dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True))
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        request = HookRequest(method=scope["method"], query=query, headers=headers, body=body)
        answer = self.answer(request, self._hook)
        if answer.signals:
            self._posted.put_nowait(request)
        content_type = f"{answer.content_type}; charset=utf-8".encode()
        head = [(b"content-type", content_type)]
        await send({"type": "http.response.start", "status": answer.status, "headers": head})
        await send({"type": "http.response.body", "body": answer.body})

    async def told(self) -> list[HookRequest]:
        async with asyncio.timeout(10):
            found = [await self._posted.get()]
        await self.office.simulator.notices.settled()
        while not self._posted.empty():
            found.append(self._posted.get_nowait())
        return found

    def answer(self, request: HookRequest, hook: Hook) -> HookAnswer:
        return answer_hook(request, hook, self.office.settings())

    def forged(self, request: HookRequest, hook: Hook) -> list[HookRequest]:
        sent = msgspec.json.decode(request.body)
        forged = []
        for state in (None, "", hook.secret[:-1], hook.secret.upper(), hook.url):
            entries = [{**entry, "clientState": state} for entry in sent["value"]]
            forged.append(replace(request, body=msgspec.json.encode({"value": entries})))
        return [*forged, replace(request, body=b"{}"), replace(request, method="GET")]

    async def lose_watch(self, watch: Watch) -> None:
        del self.office.simulator.subscriptions.held[watch.id]

    async def mute(self) -> None:
        self.office.simulator.notices.copies = 0
