"""What a display makes of answers that are not what they should be."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import httpx
import msgspec
import pytest

from roomdisplay.device.http import DeviceHttp
from roomdisplay.device.http_errors import ServerTrouble
from roomdisplay.device.key import DeviceKey
from roomdisplay.device.server_address import parse_server
from roomdisplay.model.wire import FRESHNESS_HEADER, SCHEDULE_LIMIT, FreshnessMessage, encode
from roomdisplay.model.wire_schedule import schedule_to_message
from roomdisplay.sync.client import BadScheduleError, RoomlessError, ServerClient
from roomdisplay.sync.picture import Picture
from roomdisplay.sync.stream import follow

FRESH = encode(
    FreshnessMessage(
        now=datetime(2026, 11, 23, tzinfo=UTC), source_age_s=1, fresh_for_s=180, trust_for_s=1800
    )
).decode()
HEADERS = {"DPoP-Nonce": "n", "ETag": '"e1"', FRESHNESS_HEADER: FRESH}
Answering = Callable[..., ServerClient]


class Body(httpx.AsyncByteStream):
    def __init__(self, content: bytes) -> None:
        self._content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self._content), 4096):
            yield self._content[start : start + 4096]


@pytest.fixture
def answering() -> Answering:
    """A client whose server gives one answer, whatever it is asked."""

    def make(status: int, content: bytes = b"", **headers: str | bytes) -> ServerClient:
        def answer(_: httpx.Request) -> httpx.Response:
            return httpx.Response(status, stream=Body(content), headers={**HEADERS, **headers})

        server = parse_server("https://rooms.example")
        http = DeviceHttp(server, DeviceKey.generate(), transport=httpx.MockTransport(answer))
        return ServerClient(http, "token" * 5)

    return make


@pytest.fixture
def body(picture: Picture) -> dict:
    return msgspec.json.decode(encode(schedule_to_message(picture.schedule)))


async def test_a_whole_schedule_is_taken(
    answering: Answering, body: dict, picture: Picture
) -> None:
    client = answering(200, msgspec.json.encode(body))
    answer = await client.schedule(None)
    assert answer.picture == picture
    assert answer.heard.message.source_age_s == 1


async def test_unknown_fields_of_a_newer_server_are_ignored(
    answering: Answering, body: dict, picture: Picture
) -> None:
    body["mood"] = body["meetings"][0]["mood"] = "good"
    client = answering(200, msgspec.json.encode(body))
    assert (await client.schedule(None)).picture == picture


def _swap(body: dict) -> None:
    meeting = body["meetings"][0]
    meeting["start"], meeting["end"] = meeting["end"], meeting["start"]


@pytest.mark.parametrize(
    "spoil",
    [
        _swap,
        lambda b: b.pop("room"),
        lambda b: b.update(meetings="none"),
        lambda b: b["room"].update(timezone="Mars/Olympus"),
        lambda b: b["room"].update(timezone="../../etc/passwd"),
        lambda b: b["meetings"].append(b["meetings"][0]),
        lambda b: b["meetings"][0].update(start="2026-11-23T12:00:00"),
        lambda b: b["meetings"][0].update(start="yesterday"),
        lambda b: b["meetings"][0].update(title="x" * 10_000),
        lambda b: b.update(meetings=b["meetings"] * 2001),
        lambda b: b.update(window_end=b["window_start"]),
        lambda b: b["settings"].update(brightness=900),
        lambda b: b["meetings"][0]["check_in"].update(closes_at="2000-01-01T00:00:00Z"),
        lambda b: b["meetings"][0].update(start="0001-01-01T00:00:00+14:00"),
    ],
)
async def test_an_impossible_schedule_is_refused_whole(
    answering: Answering, body: dict, spoil: Callable[[dict], None]
) -> None:
    body.setdefault("settings", {})
    spoil(body)
    client = answering(200, msgspec.json.encode(body))
    with pytest.raises(BadScheduleError):
        await client.schedule(None)


async def test_a_schedule_cut_anywhere_is_refused(answering: Answering, body: dict) -> None:
    raw = msgspec.json.encode(body)
    for length in range(0, len(raw), 37):
        with pytest.raises(BadScheduleError):
            await answering(200, raw[:length]).schedule(None)


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"\xff\xfe\x00", b"[" * 100_000, b"null", b'"\xff"']
)
async def test_what_is_no_schedule_is_refused(answering: Answering, content: bytes) -> None:
    with pytest.raises(BadScheduleError):
        await answering(200, content).schedule(None)


async def test_an_endless_schedule_is_refused(answering: Answering) -> None:
    content = b" " * (SCHEDULE_LIMIT + 1)
    with pytest.raises(ServerTrouble):
        await answering(200, content).schedule(None)


@pytest.mark.parametrize("etag", ["", '""', '"' + "x" * 200 + '"', '"\u00e9"'])
async def test_a_schedule_needs_a_usable_etag(answering: Answering, body: dict, etag: str) -> None:
    client = answering(200, msgspec.json.encode(body), ETag=etag.encode("latin-1"))
    with pytest.raises(BadScheduleError):
        await client.schedule(None)


@pytest.mark.parametrize("fresh", ["", "{}", FRESH[:-5], FRESH.replace(":1,", ":-1,"), "x" * 9000])
async def test_an_answer_without_its_freshness_is_none(
    answering: Answering, body: dict, fresh: str
) -> None:
    client = answering(200, msgspec.json.encode(body), **{FRESHNESS_HEADER: fresh})
    with pytest.raises(ServerTrouble):
        await client.schedule(None)


async def test_a_304_nobody_asked_for_is_no_answer(answering: Answering) -> None:
    with pytest.raises(ServerTrouble):
        await answering(304).schedule(None)
    answer = await answering(304).schedule("e1")
    assert answer.picture is None


async def test_no_room_is_a_state_not_a_fault(answering: Answering) -> None:
    problem = {"type": "urn:roomdisplay:problem:no_room", "title": "No room", "status": 409}
    kind = {"Content-Type": "application/problem+json"}
    with pytest.raises(RoomlessError):
        await answering(409, msgspec.json.encode(problem), **kind).schedule(None)


async def test_a_stream_of_another_kind_is_a_strangers(answering: Answering) -> None:
    client = answering(200, b"<html>", **{"Content-Type": "text/html"})
    with pytest.raises(ServerTrouble):
        async for _ in follow(client, lambda: 0.0):
            pass


async def test_unknown_and_broken_events_are_passed_over(answering: Answering) -> None:
    raw = (
        b'event: weather\ndata: {"rain": true}\n\n'
        b'event: command\ndata: {"id": "c1", "kind": "dance"}\n\n'
        b"event: schedule\ndata: {\n\n"
        b'event: schedule\ndata: {"etag": "e2"}\n\n'
    )
    client = answering(200, raw, **{"Content-Type": "text/event-stream"})
    items = [item async for batch in follow(client, lambda: 0.0) for item in batch]
    assert [item.etag for item in items] == ["e2"]
