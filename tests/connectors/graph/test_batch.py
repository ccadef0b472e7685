"""Reads that come together go together, and each gets its own answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import msgspec
import pytest

from roomdisplay.connectors.base import MalformedAnswerError, ThrottledError, UnavailableError
from roomdisplay.connectors.graph.batch import MOST, Gatherer
from roomdisplay.connectors.graph.refusals import Reply, refused


class Service:
    """Answers each path with itself; `answer_batch` can be replaced."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.sizes: list[int] = []
        self.fault: Exception | None = None
        self.batch_reply: Reply | None = None
        self.leave_out: set[str] = set()

    async def send(
        self, method: str, path: str, headers: Mapping[str, str], content: bytes | None
    ) -> Reply:
        assert headers
        self.sent.append((method, path))
        if path != "/$batch":
            return Reply(200, {}, msgspec.json.encode({"alone": path}))
        requests = msgspec.json.decode(content or b"")["requests"]
        self.sizes.append(len(requests))
        if self.fault is not None:
            raise self.fault
        if self.batch_reply is not None:
            return self.batch_reply
        responses = [self.inner(one) for one in requests if one["url"] not in self.leave_out]
        return Reply(200, {}, msgspec.json.encode({"responses": responses[::-1]}))

    def inner(self, request: dict[str, Any]) -> dict[str, Any]:
        assert request["headers"]["Prefer"] == "x"
        status = 429 if request["url"].endswith("/busy") else 200
        headers = {"Retry-After": "9"} if status == 429 else {}
        body = {"together": request["url"]}
        return {"id": request["id"], "status": status, "headers": headers, "body": body}


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
async def gatherer(service: Service) -> AsyncIterator[Gatherer]:
    one = Gatherer(service.send)
    yield one
    await one.aclose()


async def read(gatherer: Gatherer, *paths: str) -> list[Any]:
    replies = await asyncio.gather(*(gatherer.get(path, {"Prefer": "x"}) for path in paths))
    return [msgspec.json.decode(reply.body) for reply in replies]


async def test_one_alone_is_sent_as_it_is(service: Service, gatherer: Gatherer) -> None:
    assert await read(gatherer, "/a") == [{"alone": "/a"}]
    assert service.sent == [("GET", "/a")]


async def test_each_gets_its_own_answer(service: Service, gatherer: Gatherer) -> None:
    paths = [f"/{number}" for number in range(45)]
    assert await read(gatherer, *paths) == [{"together": path} for path in paths]
    assert sorted(service.sizes) == [5, MOST, MOST]


async def test_what_is_left_out_is_asked_for_alone(service: Service, gatherer: Gatherer) -> None:
    service.leave_out = {"/b"}
    assert await read(gatherer, "/a", "/b") == [{"together": "/a"}, {"alone": "/b"}]


async def test_a_pause_is_that_of_its_own_read(gatherer: Gatherer) -> None:
    replies = await asyncio.gather(
        *(gatherer.get(path, {"Prefer": "x"}) for path in ("/a", "/busy"))
    )
    assert [one.status for one in replies] == [200, 429]
    error = refused(replies[1], "room@x.example")
    assert isinstance(error, ThrottledError)
    assert error.retry_after.total_seconds() == 9
    assert not error.whole_service


async def test_a_service_without_batches_is_asked_singly(
    service: Service, gatherer: Gatherer
) -> None:
    service.batch_reply = Reply(404, {}, b"")
    assert await read(gatherer, "/a", "/b") == [{"alone": "/a"}, {"alone": "/b"}]
    assert await read(gatherer, "/a", "/b") == [{"alone": "/a"}, {"alone": "/b"}]
    assert service.sizes == [2]


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'{"responses":[]}'])
async def test_an_answer_that_is_none_is_asked_for_singly(
    service: Service, gatherer: Gatherer, body: bytes
) -> None:
    service.batch_reply = Reply(200, {}, body)
    assert await read(gatherer, "/a", "/b") == [{"alone": "/a"}, {"alone": "/b"}]


async def test_too_large_together_is_read_singly(service: Service, gatherer: Gatherer) -> None:
    service.fault = MalformedAnswerError("too large")
    assert await read(gatherer, "/a", "/b") == [{"alone": "/a"}, {"alone": "/b"}]


async def test_a_refused_batch_is_everybodys_refusal(service: Service, gatherer: Gatherer) -> None:
    service.batch_reply = Reply(503, {}, b"")
    replies = await asyncio.gather(*(gatherer.get(path, {"Prefer": "x"}) for path in ("/a", "/b")))
    assert [one.status for one in replies] == [503, 503]


async def test_a_lost_batch_is_everybodys_loss(service: Service, gatherer: Gatherer) -> None:
    service.fault = UnavailableError("away")
    found = await asyncio.gather(
        *(gatherer.get(path, {"Prefer": "x"}) for path in ("/a", "/b")), return_exceptions=True
    )
    assert [type(one) for one in found] == [UnavailableError] * 2


async def test_who_gave_up_waiting_is_not_asked_for(service: Service, gatherer: Gatherer) -> None:
    waiting = asyncio.ensure_future(gatherer.get("/gone", {"Prefer": "x"}))
    await asyncio.sleep(0)
    waiting.cancel()
    assert await read(gatherer, "/a") == [{"alone": "/a"}]
    assert ("GET", "/gone") not in service.sent
