"""A simulator is served on loopback, in TLS, with faults to order."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from simulators.faults import Faults, Receive, Scope, Send, faulty
from simulators.serve import Tls, running


class Echo:
    def __init__(self) -> None:
        self.answered: list[str] = []

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError("no life span here")
        self.answered.append(scope["path"])
        start: dict[str, Any] = {"type": "http.response.start", "status": 200, "headers": []}
        await send(start)
        await send({"type": "http.response.body", "body": scope["path"].encode()})


async def test_an_authority_of_its_own() -> None:
    tls = Tls()
    async with running(Echo(), tls=tls) as origin:
        assert origin.startswith("https://127.0.0.1:")
        async with httpx.AsyncClient(verify=tls.client_context(), base_url=origin) as client:
            assert (await client.get("/a")).text == "/a"
        async with httpx.AsyncClient(base_url=origin) as client:
            with pytest.raises(httpx.ConnectError):
                await client.get("/a")


async def test_faults_come_as_often_as_they_were_ordered() -> None:
    faults, echo = Faults(), Echo()
    async with (
        running(faulty(echo, faults)) as origin,
        httpx.AsyncClient(base_url=origin) as client,
    ):
        faults.order("GET /busy", status=429, headers={"Retry-After": "7"}, times=2)
        faults.order("GET /json", status=500, body={"error": "none"})
        for _ in range(2):
            answer = await client.get("/busy")
            assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
        assert (await client.get("/busy")).text == "/busy"
        assert (await client.post("/json")).text == "/json"
        assert (await client.get("/json")).json() == {"error": "none"}
        assert faults.taken == ["GET /busy", "GET /busy", "GET /json"]


async def test_a_dropped_request_is_not_carried_out_and_a_lost_answer_is() -> None:
    faults, echo = Faults(), Echo()
    async with (
        running(faulty(echo, faults)) as origin,
        httpx.AsyncClient(base_url=origin) as client,
    ):
        faults.order("/dropped", drop=True)
        faults.order("/lost", lost=True)
        for path in ("/dropped", "/lost"):
            with pytest.raises(httpx.RemoteProtocolError):
                await client.get(path)
        assert echo.answered == ["/lost"]
