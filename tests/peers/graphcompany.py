"""A company with Graph in front of it, as the tests of the simulator use it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx
from simulators.graph import GraphSimulator, Registration, Secret
from simulators.organisation import Organisation
from simulators.serve import running

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
ADA, GRACE = "ada@example.org", "grace@example.org"
BLUE, RED, FAR = "blue@example.org", "red@example.org", "far@example.org"
CLIENT_ID = "11111111-2222-3333-4444-555555555555"
SECRET = "a~secret+of/the%application"
ALL_ROLES = frozenset({"Calendars.ReadWrite", "Place.Read.All"})


def at(hour: float, day: int = 0) -> datetime:
    return MONDAY + timedelta(days=day, hours=hour)


def company() -> Organisation:
    made = Organisation("Europe/Berlin", lambda: MONDAY)
    made.add_person(ADA, "Ada Lovelace")
    made.add_person(GRACE, "Grace Hopper")
    made.add_room(BLUE, "Blue", room_list="North", capacity=8, building="North", floor="2")
    made.add_room(RED, "Red", room_list="North", capacity=4, building="North", floor="EG")
    made.add_room(FAR, "Far").on_premises = True
    return made


def registration(**more: Any) -> Registration:
    kept = {
        "client_id": CLIENT_ID,
        "secrets": [Secret(SECRET, datetime(2100, 1, 1, tzinfo=UTC))],
        "roles": set(ALL_ROLES),
        **more,
    }
    return Registration(**kept)


class Bench:
    """A running simulator and a client that holds a token."""

    def __init__(self, simulator: GraphSimulator, origin: str, http: httpx.AsyncClient) -> None:
        self.simulator = simulator
        self.origin = origin
        self.http = http

    @property
    def organisation(self) -> Organisation:
        return self.simulator.organisation

    async def token(self, **form: str) -> httpx.Response:
        return await self.http.post(
            f"{self.origin}/example.onmicrosoft.com/oauth2/v2.0/token",
            data={
                "grant_type": "client_credentials",
                "client_id": CLIENT_ID,
                "client_secret": SECRET,
                "scope": "https://graph.microsoft.com/.default",
            }
            | form,
        )

    async def sign_in(self) -> None:
        answer = await self.token()
        assert answer.status_code == 200, answer.text
        self.http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        url = path if path.startswith("http") else f"{self.origin}/v1.0{path}"
        return await self.http.request(method, url, **more)

    async def get(self, path: str, **more: Any) -> dict[str, Any]:
        answer = await self.ask("GET", path, **more)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def view(
        self, room: str = BLUE, prefer: str = "", **options: Any
    ) -> list[dict[str, Any]]:
        window = {"startDateTime": "2026-11-23T00:00:00Z", "endDateTime": "2026-11-30T00:00:00Z"}
        headers = {"Prefer": prefer} if prefer else {}
        found = await self.get(
            f"/users/{room}/calendarView", params=window | options, headers=headers
        )
        rows: list[dict[str, Any]] = found["value"]
        return sorted(rows, key=lambda row: row["start"]["dateTime"])


@asynccontextmanager
async def bench(
    simulator: GraphSimulator | None = None, *, signed_in: bool = True
) -> AsyncIterator[Bench]:
    simulator = simulator or GraphSimulator(company(), registration())
    async with running(simulator.app) as origin, httpx.AsyncClient() as http:
        made = Bench(simulator, origin, http)
        if signed_in:
            await made.sign_in()
        yield made


class Hook:
    """An application's address that is told of changes, as ASGI."""

    def __init__(self) -> None:
        self.status = 202
        self.validates = True
        self.heard: list[dict[str, Any]] = []
        self.tokens: list[str] = []

    async def __call__(self, scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            raise RuntimeError("no life span here")
        message = await receive()
        chunks = [message["body"]]
        while message["more_body"]:
            message = await receive()
            chunks.append(message["body"])
        query = parse_qs(scope["query_string"].decode())
        body, status = b"", self.status
        if "validationToken" in query:
            self.tokens.append(query["validationToken"][0])
            body = query["validationToken"][0].encode() if self.validates else b"no"
            status = 200
        elif status < 300:
            self.heard += json.loads(b"".join(chunks))["value"]
        headers = [(b"content-type", b"text/plain")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
