"""The simulated Cronofy, served, and somebody who asks it without any client's help."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from simulators.cronofy import CronofySimulator, Receiver
from simulators.organisation import Draft, Organisation
from simulators.serve import running

ROOM = "board@example.com"
SERVICE = "service@example.com"


@dataclass(slots=True)
class Clock:
    now: datetime = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@dataclass(slots=True)
class Bench:
    clock: Clock
    organisation: Organisation
    simulator: CronofySimulator
    receiver: Receiver
    callback: str
    http: httpx.AsyncClient
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def secret(self) -> str:
        return self.simulator.application.client_secrets[0]

    def as_room(self, **of_grant: Any) -> None:
        self._use(self.simulator.open(ROOM, **of_grant))

    def as_service(self, **of_grant: Any) -> None:
        self._use(self.simulator.link(SERVICE, **of_grant))

    def _use(self, pair: Any) -> None:
        self.tokens = {"access": pair.access, "refresh": pair.refresh}

    async def ask(
        self, method: str, path: str, data: object = None, **query: str
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.tokens.get('access', '')}"}
        return await self.http.request(method, path, json=data, params=query, headers=headers)

    async def read(self, **query: str) -> list[dict[str, Any]]:
        answer = await self.ask("GET", "/v1/events", **{"tzid": "Etc/UTC"} | query)
        assert answer.status_code == 200, answer.text
        events: list[dict[str, Any]] = answer.json()["events"]
        return events

    async def write(self, **fields: object) -> httpx.Response:
        return await self.ask("POST", self.events_path, EVENT | fields)

    @property
    def events_path(self) -> str:
        return f"/v1/calendars/{self.simulator.account(ROOM).calendar.id}/events"

    async def token(self, **fields: str) -> httpx.Response:
        application = self.simulator.application
        client = {"client_id": application.client_id, "client_secret": self.secret}
        return await self.http.post("/oauth/token", json=client | fields)

    async def refresh(self, token: str) -> dict[str, str] | None:
        answer = await self.token(grant_type="refresh_token", refresh_token=token)
        if answer.status_code == 400:
            assert answer.json() == {"error": "invalid_grant"}
            return None
        told = answer.json()
        return {"access": told["access_token"], "refresh": told["refresh_token"]}

    def invite(self, start: datetime, **more: Any) -> str:
        end = more.pop("end", start + timedelta(hours=1))
        draft = Draft(subject="Budget", start=start, end=end, rooms=(ROOM,), **more)
        return self.organisation.invite("ada@example.com", draft)


EVENT: Mapping[str, object] = {
    "event_id": "booking-1",
    "summary": "Ad hoc",
    "start": "2026-11-23T10:00:00Z",
    "end": "2026-11-23T11:00:00Z",
    "tzid": "Europe/Berlin",
}


@contextlib.asynccontextmanager
async def serving() -> AsyncIterator[Bench]:
    """A company with one room, an Office 365 service account and its tokens."""
    clock = Clock()
    organisation = Organisation("Europe/Berlin", clock)
    organisation.add_person("ada@example.com", "Ada Lovelace")
    organisation.add_room(ROOM, "Board room", capacity=12, building="North", floor="2")
    simulator, receiver = CronofySimulator(organisation, providers=("office365",)), Receiver()
    simulator.outbox.pauses = ()
    async with (
        running(simulator.app) as origin,
        running(receiver) as callback,
        httpx.AsyncClient(base_url=origin, trust_env=False) as http,
    ):
        bench = Bench(clock, organisation, simulator, receiver, callback, http)
        bench.as_service()
        yield bench


def fault_of(answer: httpx.Response) -> str:
    assert answer.status_code == 422
    (name,) = answer.json()["errors"]
    return str(name)
