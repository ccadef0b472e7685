"""What Cronofy posts to the application: signed, tried again, and spoilt to order."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from cronofybench import ROOM, Bench, fault_of, serving
from simulators.cronofy import SIGNATURE, Spoiling, signature


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with serving() as bench:
        yield bench


async def test_callbacks_are_refused_lost_doubled_and_forged(bench: Bench) -> None:
    wish = {"email": ROOM, "callback_url": f"{bench.callback}/a", "scope": "read_events"}
    outbox, path = bench.simulator.outbox, "/v1/service_account_authorizations"
    bench.simulator.authorisations.refuse("^board@", "access_denied", "Not today")
    await bench.ask("POST", path, wish | {"state": "s"})
    assert (await bench.receiver.next()).json == {
        "authorization": {
            "error": "access_denied",
            "error_key": "errors.access_denied",
            "error_description": "Not today",
            "state": "s",
        }
    }
    bench.simulator.authorisations.allow()
    outbox.order("^authorization", Spoiling(lost=True))
    outbox.order("^authorization", Spoiling(copies=2, forged=True))
    for _ in range(2):
        await bench.ask("POST", path, wish)
    await bench.simulator.settled()
    forged, first, second = (bench.receiver.posts.get_nowait() for _ in range(3))
    assert bench.receiver.posts.empty()
    assert first.body == second.body
    assert [_is_signed(bench, one) for one in (forged, first, second)] == [False, True, True]
    bench.as_service(delegated=frozenset(("free_busy",)))
    await bench.ask("POST", path, wish)
    told = (await bench.receiver.next()).json["authorization"]
    assert told["error"] == "unable_to_grant_scope"


def _is_signed(bench: Bench, post: Any) -> bool:
    return bool(post.headers[SIGNATURE.lower()] == signature(post.body, [bench.secret]))


async def test_a_room_that_is_opened_again_is_the_same_account(bench: Bench) -> None:
    wish = {"email": ROOM.upper(), "callback_url": f"{bench.callback}/a", "scope": "read_events"}
    subjects = set()
    for _ in range(2):
        await bench.ask("POST", "/v1/service_account_authorizations", wish)
        code = (await bench.receiver.next()).json["authorization"]["code"]
        fields = {"code": code, "redirect_uri": wish["callback_url"]}
        told = (await bench.token(grant_type="authorization_code", **fields)).json()
        subjects.add(told["sub"])
        assert told["linking_profile"]["profile_name"] == ROOM
    assert len(subjects) == 1


async def test_fifty_rooms_and_no_more_in_one_request(bench: Bench) -> None:
    wish = {"email": ROOM, "callback_url": f"{bench.callback}/a", "scope": "read_events"}
    path = "/v1/service_account_authorizations"
    for wishes, status in (([wish] * 51, 422), ([], 422), ([wish] * 50, 202)):
        answer = await bench.ask("POST", path, {"service_account_authorizations": wishes})
        assert answer.status_code == status
    await bench.simulator.settled()
    codes = [bench.receiver.posts.get_nowait().json["authorization"]["code"] for _ in range(50)]
    assert len(set(codes)) == 50
    answer = await bench.ask("POST", path, wish | {"callback_url": "ftp://x"})
    assert fault_of(answer) == "callback_url"


async def test_a_channel_ends_where_nobody_is(bench: Bench) -> None:
    bench.as_room()
    long = {"callback_url": f"{bench.callback}/{'x' * 128}"}
    assert fault_of(await bench.ask("POST", "/v1/channels", long)) == "callback_url"
    made = await bench.ask("POST", "/v1/channels", {"callback_url": f"{bench.callback}/c"})
    name = made.json()["channel"]["channel_id"]
    await bench.receiver.next()
    bench.receiver.status = 503
    bench.simulator.outbox.pauses = (0.0,)
    bench.invite(bench.clock.now + timedelta(hours=1))
    bench.invite(bench.clock.now + timedelta(hours=3))
    await bench.simulator.settled()
    told = [json.loads(bench.receiver.posts.get_nowait().body) for _ in range(2)]
    assert told[0] == told[1]
    assert bench.receiver.posts.empty()
    bench.receiver.status = 410
    bench.invite(bench.clock.now + timedelta(hours=5))
    await bench.simulator.settled()
    assert (await bench.ask("GET", "/v1/channels")).json() == {"channels": []}
    assert (await bench.ask("DELETE", f"/v1/channels/{name}")).status_code == 404


def test_the_published_example_of_a_signature() -> None:
    body, secret = b'{"example":"well-known"}', "pDY0Oi7TJSP2hfNmZNkm5"
    assert signature(body, [secret]) == "6r2/HjBkqymGegX0wOfifieeUXbbHwtV/LohHS+jv6c="
