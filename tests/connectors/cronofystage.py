"""A simulated Cronofy with one room, and connectors to it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from simulators.cronofy import CronofySimulator, Receiver
from simulators.cronofy.application import Application
from simulators.cronofy.mirror import Span
from simulators.organisation import Draft, Organisation
from simulators.organisation.from_ical import put_ical
from simulators.serve import running

from roomdisplay.connectors import cronofy, registry
from roomdisplay.connectors.base import (
    ConnectionSettings,
    Connector,
    MemoryTokens,
    Surroundings,
)
from roomdisplay.connectors.contract_faults import FaultStage
from roomdisplay.connectors.contract_push import HookStage
from roomdisplay.connectors.contract_writing import WritingStage
from roomdisplay.connectors.cronofy.tokens import SERVICE, Tokens
from roomdisplay.connectors.push import Hook, HookAnswer, HookRequest, Watch

ROOM = "board@example.com"
ACCOUNT = "service@example.com"
LOGIN_PAGE = "<!DOCTYPE html><html><body>Sign in</body></html>"
FAR = timedelta(days=400)
BACK_AT = "https://admin.example.com/services/authorised"


@dataclass(slots=True)
class Clock:
    now: datetime = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def pack(pair: Any, now: datetime, *, redirect_uri: str = BACK_AT) -> bytes:
    """Tokens as they are kept."""
    return msgspec.json.encode(
        Tokens(
            access=pair.access,
            refresh=pair.refresh,
            renew_at=now + timedelta(minutes=50),
            redirect_uri=redirect_uri,
        )
    )


@dataclass(slots=True)
class CronofyStage(FaultStage, WritingStage, HookStage):
    """The stage of all contracts, and of the tests beside them."""

    origin: str
    callback: str
    closed_port: int
    clock: Clock
    organisation: Organisation
    simulator: CronofySimulator
    receiver: Receiver
    tokens: MemoryTokens = field(default_factory=MemoryTokens)
    invited: str = ""
    _connectors: list[Connector] = field(default_factory=list)

    def settings(self, **changed: str) -> ConnectionSettings:
        application = self.simulator.application
        secret = changed.pop("client_secret", application.client_secrets[0])
        values = {
            "back_end": "office365",
            "client_id": application.client_id,
            "data_centre": "own",
            "api_host": self.origin,
            "app_host": self.origin,
        }
        return ConnectionSettings(values=values | changed, secrets={"client_secret": secret})

    def made(self, tokens: MemoryTokens | None = None, **changed: str) -> Any:
        """A connector; the stage closes it."""
        surroundings = Surroundings(clock=self.clock, tokens=tokens or self.tokens)
        connector = registry.connect("cronofy", self.settings(**changed), surroundings)
        self._connectors.append(connector)
        return connector

    async def connector(self) -> Any:
        return self.made()

    async def rejected(self) -> Connector:
        self.simulator.grants.expire_access_tokens()
        return self.made(client_secret="wrong-password")

    async def unreachable(self) -> tuple[Connector, str]:
        host = f"http://127.0.0.1:{self.closed_port}"
        return self.made(api_host=host, app_host=host), ROOM

    async def address(self) -> str:
        return ROOM

    async def put(self, objects: Mapping[str, str]) -> None:
        put_ical(self.organisation.mailbox(ROOM), objects)

    async def lose_calendar(self) -> None:
        self.simulator.lose_calendar(ROOM)

    async def answer_nonsense(self) -> None:
        headers = {"Content-Type": "text/html"}
        self.simulator.faults.order(".", status=200, headers=headers, body=LOGIN_PAGE, times=99)

    async def throttle(self, pause: timedelta) -> None:
        headers = {"Retry-After": str(int(pause.total_seconds()))}
        self.simulator.faults.order(".", status=429, headers=headers)

    async def revoke(self) -> None:
        self.simulator.revoke(ROOM)
        self.simulator.revoke(ACCOUNT)

    async def expire_cursors(self) -> None:
        self.simulator.events.forget_pages()

    async def cut_pages(self) -> None:
        self.simulator.faults.order("GET /v1/events/pages/", drop=True)

    async def invite(self, start: datetime, end: datetime, title: str = "Budget") -> str:
        draft = Draft(subject=title, start=start, end=end, rooms=(ROOM,), body="Agenda")
        self.invited = self.organisation.invite("ada@example.com", draft)
        return self.invited

    async def accepted(self, meeting: str) -> bool:
        return self.organisation.answer_of(meeting, ROOM) == "accepted"

    async def was_declined(self) -> bool:
        return self.organisation.answer_of(self.invited, ROOM) == "declined"

    async def cancel(self, meeting: str) -> None:
        self.organisation.cancel(meeting)

    async def lose_an_answer(self) -> None:
        self.simulator.faults.order("POST /v1/calendars/.*/events$", lost=True)

    async def hook(self) -> Hook:
        return Hook(url=f"{self.callback}/hooks/Hk7c1f0e", secret="nonce-5d0a7e")

    async def told(self) -> list[HookRequest]:
        requests = [_request(await self.receiver.next())]
        await self.simulator.settled()
        while not self.receiver.posts.empty():
            requests.append(_request(await self.receiver.next()))
        return requests

    def answer(self, request: HookRequest, hook: Hook) -> HookAnswer:
        return cronofy.answer_hook(request, hook, self.settings())

    def forged(self, request: HookRequest, hook: Hook) -> list[HookRequest]:
        del hook
        signature = "cronofy-hmac-sha256"
        return [
            replace(request, headers={}),
            replace(request, headers={signature: "6r2/HjBkqymGegX0wOfifieeUXbbHwtV/LohHS+jv6c="}),
            replace(request, body=request.body + b" "),
            replace(request, method="GET"),
        ]

    async def lose_watch(self, watch: Watch) -> None:
        del watch
        self.simulator.channels.forget()

    async def mute(self) -> None:
        self.simulator.outbox.muted = True

    async def kept(self, subject: str) -> Tokens:
        stored = await self.tokens.read(subject)
        assert stored is not None
        return msgspec.json.decode(stored, type=Tokens)

    def connect_room(self, **of_grant: Any) -> None:
        """Give the room tokens, round the callback."""
        self.tokens.kept[ROOM] = pack(self.simulator.open(ROOM, **of_grant), self.clock.now)

    def connect_service(self, **of_grant: Any) -> None:
        """Give the service account tokens, round the window."""
        self.tokens.kept[SERVICE] = pack(self.simulator.link(ACCOUNT, **of_grant), self.clock.now)

    async def aclose(self) -> None:
        for connector in self._connectors:
            await connector.aclose()


def _request(post: Any) -> HookRequest:
    return HookRequest(method="POST", query={}, headers=post.headers, body=post.body)


@contextlib.asynccontextmanager
async def serving(closed_port: int) -> AsyncIterator[CronofyStage]:
    """A company whose service account is linked and whose room is authorised."""
    clock = Clock()
    organisation = Organisation("Europe/Berlin", clock)
    organisation.add_person("ada@example.com", "Ada Lovelace")
    organisation.add_room(ROOM, "Board room", capacity=12, building="North", floor="2")
    application = Application(redirect_uris=[BACK_AT])
    simulator = CronofySimulator(organisation, application=application, providers=("office365",))
    simulator.lift_limits(Span(back=FAR, ahead=FAR))
    simulator.outbox.pauses = ()
    receiver = Receiver()
    async with running(simulator.app) as origin, running(receiver) as callback:
        stage = CronofyStage(
            origin=origin,
            callback=callback,
            closed_port=closed_port,
            clock=clock,
            organisation=organisation,
            simulator=simulator,
            receiver=receiver,
        )
        stage.connect_service()
        stage.connect_room()
        yield stage
        await stage.aclose()
        await simulator.aclose()
