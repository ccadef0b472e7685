"""A calendar service that tells of changes, authorises calendars, and has a window of its own."""

from __future__ import annotations

import asyncio
import hmac
import random
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from sqlalchemy import select

from roomdisplay.admin.app import create_app
from roomdisplay.admin.context import Admin
from roomdisplay.admin.jobs import Jobs
from roomdisplay.admin.security.roles import Actor
from roomdisplay.admin.store.tables import Calendar, CalendarHook
from roomdisplay.admin.use_cases import assignment, services
from roomdisplay.connectors import registry
from roomdisplay.connectors.base import (
    AuthorizationNeededError,
    CalendarGoneError,
    CalendarInfo,
    Capabilities,
    ConnectionSettings,
    Connector,
    ConnectorError,
    CredentialsRejectedError,
    Field,
    Occurrence,
    Picture,
    Push,
    Surroundings,
    Unchanged,
    Window,
)
from roomdisplay.connectors.diagnosis import Finding, Probe, Verdict
from roomdisplay.connectors.push import (
    Hook,
    HookAnswer,
    HookRequest,
    Signal,
    SignalKind,
    Watch,
)
from roomdisplay.model.room import SourceKind

CONSENTS = {"terms": "", "privacy": ""}
FORM = {"url": "https://calendar.example.com/", "password": "open sesame"}


@dataclass
class Post:
    """What the service knows of a hook that it may post to."""

    address: str
    hook: Hook
    expires_at: datetime | None = None


@dataclass
class Service:
    """What the simulated service does, and what was asked of it."""

    clock: Callable[[], datetime]
    push: Push = Push.HOOKS
    at_once: int = 4
    calendars: dict[str, list[Occurrence]] = field(default_factory=dict)
    reads: list[str] = field(default_factory=list)
    at_work: int = 0
    most_at_work: int = 0
    gate: asyncio.Event | None = None
    faults: dict[str, list[Exception]] = field(default_factory=dict)
    """By what is asked for: "read", "watch", "renew", "unwatch", "authorize", "redeem"."""
    watches: dict[str, Post] = field(default_factory=dict)
    watched: int = 0
    renewed: list[str] = field(default_factory=list)
    lifetime: timedelta | None = timedelta(days=3)
    handshake: Callable[[Hook], Awaitable[None]] | None = None
    needs_authorization: bool = False
    asked: list[list[Post]] = field(default_factory=list)
    redeemed: list[tuple[str, str]] = field(default_factory=list)
    listening: set[str] = field(default_factory=set)
    heard: Callable[[str], None] | None = None
    refused: Callable[[str, ConnectorError], None] | None = None
    listened: int = 0
    hang_up: asyncio.Event = field(default_factory=asyncio.Event)
    findings: list[Finding] | None = field(
        default_factory=lambda: [Finding(check="signs_in", verdict=Verdict.GOOD)]
    )
    """What the service finds wrong with itself; None: it cannot tell."""
    probes: list[Probe] = field(default_factory=list)
    codes: dict[str, str] = field(default_factory=dict)
    """Of the window: the token that each is good for, once."""

    def fault(self, what: str) -> None:
        if self.faults.get(what):
            raise self.faults[what].pop(0)


class PushConnector:
    kind = SourceKind.LIVE
    check_every = timedelta(seconds=60)

    def __init__(
        self, service: Service, settings: ConnectionSettings, surroundings: Surroundings
    ) -> None:
        self._service = service
        self._settings = settings
        self._tokens = surroundings.tokens

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(push=self._service.push, at_once=self._service.at_once)

    async def check(self) -> None:
        self._service.fault("check")
        if self._settings.values.get("window") == "yes":
            if await self._tokens.read("service") is None:
                raise CredentialsRejectedError("Nobody signed in.")
        elif self._settings.secrets.get("password") != FORM["password"]:
            raise CredentialsRejectedError("This is not the password.")

    async def list_calendars(self) -> Sequence[CalendarInfo]:
        return [CalendarInfo(address=a, name=a.title()) for a in self._service.calendars]

    async def read(
        self, address: str, window: Window, cursor: str | None = None, *, zone: str = "UTC"
    ) -> Picture | Unchanged:
        del cursor, zone
        service = self._service
        service.reads.append(address)
        service.at_work += 1
        service.most_at_work = max(service.most_at_work, service.at_work)
        try:
            meetings = list(service.calendars.get(address, ()))
            if service.gate:
                await service.gate.wait()
            service.fault("read")
            if service.needs_authorization and await self._tokens.read(address) is None:
                raise AuthorizationNeededError("Not authorised.")
        finally:
            service.at_work -= 1
        return Picture(occurrences=tuple(o for o in meetings if window.touches(o.start, o.end)))

    async def watch(self, address: str, hook: Hook) -> Watch:
        service = self._service
        service.fault("watch")
        service.watched += 1
        id_ = f"w{service.watched}"
        expires_at = service.clock() + service.lifetime if service.lifetime else None
        service.watches[id_] = Post(address, hook, expires_at)
        if service.handshake:
            await service.handshake(hook)
        return Watch(id=id_, expires_at=expires_at)

    async def renew(self, address: str, watch: Watch, hook: Hook) -> Watch:
        service = self._service
        service.fault("renew")
        if watch.id not in service.watches:
            raise CalendarGoneError("There is no such watch.")
        assert service.watches[watch.id].hook == hook
        service.renewed.append(address)
        expires_at = service.clock() + service.lifetime if service.lifetime else None
        service.watches[watch.id].expires_at = expires_at
        return Watch(id=watch.id, expires_at=expires_at)

    async def unwatch(self, address: str, watch: Watch) -> None:
        del address
        self._service.fault("unwatch")
        self._service.watches.pop(watch.id, None)

    async def listen(
        self,
        addresses: Collection[str],
        heard: Callable[[str], None],
        refused: Callable[[str, ConnectorError], None],
    ) -> None:
        service = self._service
        service.fault("listen")
        service.listening, service.heard, service.refused = set(addresses), heard, refused
        service.listened += 1
        service.hang_up.clear()
        for address in addresses:
            heard(address)
        try:
            await service.hang_up.wait()
            service.fault("hang_up")
        finally:
            service.listening, service.heard = set(), None

    async def authorize(self, requests: Sequence[tuple[str, Hook]]) -> None:
        self._service.asked.append([Post(address, hook) for address, hook in requests])
        self._service.fault("authorize")

    async def redeem(self, address: str, code: str, hook: Hook) -> None:
        del hook
        self._service.fault("redeem")
        self._service.redeemed.append((address, code))
        await self._tokens.write(address, code.encode())

    async def aclose(self) -> None:
        return


class DiagnosingPushConnector(PushConnector):
    async def diagnose(self, probe: Probe) -> AsyncIterator[Finding]:
        self._service.probes.append(probe)
        self._service.fault("diagnose")
        for finding in self._service.findings or ():
            yield finding


def answer_hook(request: HookRequest, hook: Hook, settings: ConnectionSettings) -> HookAnswer:
    """Says who it is by a header; the body is a kind, then what belongs to it."""
    del settings
    if request.method == "GET":
        return HookAnswer(status=200, body=request.query.get("challenge", "").encode())
    if not hmac.compare_digest(request.headers.get("x-secret", ""), hook.secret):
        return HookAnswer(status=202)
    if request.body == b"nonsense":
        raise ValueError(request.body)
    kind, _, rest = request.body.decode().partition(":")
    if kind == "verification":
        return HookAnswer(status=202)
    signal = Signal(
        kind=SignalKind(kind),
        code=rest if kind == "authorized" else "",
        words=rest if kind == "refused" else "",
    )
    return HookAnswer(status=202, signals=(signal,))


def make_module(service: Service) -> ModuleType:
    module = ModuleType("roomdisplay_tests_push_service")
    module.FIELDS = (
        Field(key="url", kind="url"),
        Field(key="cloud", kind="select", options=("worldwide", "own"), required=False),
        Field(key="window", kind="checkbox", required=False),
        Field(key="password", kind="password", secret=True, required=False),
    )

    def connect(settings: ConnectionSettings, surroundings: Surroundings) -> Connector:
        kind = PushConnector if service.findings is None else DiagnosingPushConnector
        return kind(service, settings, surroundings)

    def authorization_url(settings: ConnectionSettings, *, redirect_uri: str, state: str) -> str:
        service.fault("authorization_url")
        query = urlencode({"redirect_uri": redirect_uri, "state": state})
        return f"{settings.values['url']}authorize?{query}"

    async def redeem_authorization(
        _settings: ConnectionSettings,
        surroundings: Surroundings,
        *,
        code: str,
        redirect_uri: str,
    ) -> None:
        assert redirect_uri.endswith("/connect/callback")
        if code not in service.codes:
            raise CredentialsRejectedError("The code is good no more.")
        await surroundings.tokens.write("service", service.codes.pop(code).encode())

    module.connect = connect
    module.answer_hook = answer_hook
    module.authorization_url = authorization_url
    module.redeem_authorization = redeem_authorization
    return module


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch, clock: Any) -> Service:
    """The service, under the key "push"."""
    service = Service(clock)
    module = make_module(service)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    entry = registry.Service("push", module.__name__, consents=True, window=True)
    monkeypatch.setitem(registry.SERVICES, "push", entry)
    return service


class House:
    """Two rooms on the service, and what tests ask of them."""

    def __init__(self, admin: Admin, owner: Actor, service: Service, jobs: Jobs) -> None:
        self.admin, self.owner, self.service, self.jobs = admin, owner, service, jobs
        self.clock: Any = admin.clock
        self.rooms: dict[str, str] = {}
        self.connection = ""

    async def connect(self, name: str = "Calendars") -> str:
        self.connection = await services.connect_service(
            self.admin, self.owner, "push", name, FORM, consents=CONSENTS
        )
        return self.connection

    async def use(self, *addresses: str) -> None:
        for one in await services.list_calendars(
            self.admin, self.owner, connection_id=self.connection
        ):
            if one.address in addresses:
                (self.rooms[one.address],) = await assignment.create_rooms_from_calendars(
                    self.admin, self.owner, [one.id], timezone="Europe/Paris"
                )

    async def work(self, **span: float) -> None:
        """Let time pass, then let the jobs do all that is due, and what that makes due at once."""
        if span:
            self.clock.pass_(**span)
        for _ in range(3):
            await self.jobs.work_due()

    async def read(self, **span: float) -> None:
        """Let time pass, then read what is due, and nothing else."""
        self.clock.pass_(**span)
        await self.jobs.read_due()

    async def calendar(self, address: str = "atlas") -> Calendar:
        async with self.admin.store.reading() as session:
            query = select(Calendar).where(Calendar.address == address)
            return (await session.scalars(query)).one()

    async def hook_row(self, address: str = "atlas", purpose: str = "watch") -> CalendarHook | None:
        calendar = await self.calendar(address)
        async with self.admin.store.reading() as session:
            return await session.scalar(
                select(CalendarHook).where(
                    CalendarHook.calendar_id == calendar.id, CalendarHook.purpose == purpose
                )
            )

    def post_to(self, address: str = "atlas") -> Post:
        return next(p for p in reversed(self.service.watches.values()) if p.address == address)

    def due_in(self, calendar: Calendar) -> timedelta:
        assert calendar.next_due_at is not None
        return calendar.next_due_at - self.clock()


@pytest.fixture
async def push_jobs(admin: Admin) -> AsyncIterator[Jobs]:
    working = Jobs(admin, random.Random(7))
    yield working
    await working.aclose()


@pytest.fixture
async def push_house(
    admin: Admin, owner: Actor, service: Service, push_jobs: Jobs, meeting: Any
) -> House:
    """The service with two calendars, connected; no room uses any yet."""
    service.calendars = {"atlas": [meeting("Planning", at=1)], "zephyr": [meeting("Retro", at=2)]}
    house = House(admin, owner, service, push_jobs)
    await house.connect()
    return house


@pytest.fixture
async def web(admin: Admin) -> AsyncIterator[httpx.AsyncClient]:
    """The Admin Center as the service reaches it; what is done after an answer is done by then."""
    transport = httpx.ASGITransport(app=create_app(admin))
    async with httpx.AsyncClient(transport=transport) as client:
        yield client


Tell = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
def tell(web: httpx.AsyncClient) -> Tell:
    """Post to a hook as the service does."""

    async def post(hook: Hook, body: str = "changed", **headers: str) -> httpx.Response:
        headers = {"x-secret": hook.secret} | {k.replace("_", "-"): v for k, v in headers.items()}
        return await web.post(hook.url, content=body.encode(), headers=headers)

    return post
