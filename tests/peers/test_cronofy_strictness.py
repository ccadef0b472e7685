"""What Cronofy refuses, the simulator does, too: tokens, rights, parameters."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from cronofybench import EVENT, ROOM, Bench, fault_of, serving
from simulators.cronofy import RateLimit, Rotation


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with serving() as bench:
        yield bench


async def test_readings_that_make_no_sense(bench: Bench) -> None:
    bench.as_room()
    cases = [
        ("tzid", {"tzid": ""}),
        ("tzid", {"tzid": "Berlin"}),
        ("from", {"from": "yesterday"}),
        ("from", {"from": "2026-02-30"}),
        ("from", {"from": "2026-11-23T08:00:00+01:00"}),
        ("to", {"from": "2026-11-24", "to": "2026-11-23"}),
        ("include_managed", {"include_managed": "yes"}),
    ]
    for fault, query in cases:
        answer = await bench.ask("GET", "/v1/events", **{"tzid": "Etc/UTC"} | query)
        assert fault_of(answer) == fault, query


async def test_writings_that_make_no_sense(bench: Bench) -> None:
    bench.as_room()
    cases: list[tuple[str, dict[str, object]]] = [
        ("event_id", {"event_id": ""}),
        ("event_id", {"event_id": "x" * 65}),
        ("event_uid", {"event_uid": "evt"}),
        ("summary", {"summary": ""}),
        ("summary", {"summary": "x" * 1025}),
        ("description", {"description": "x" * 4097}),
        ("start", {"start": None}),
        ("end", {"end": "2026-11-23T09:00:00Z"}),
        ("end", {"end": "2026-11-24"}),
        ("tzid", {"tzid": "Mars/Olympus"}),
        ("transparency", {"transparency": "glass"}),
    ]
    for fault, fields in cases:
        assert fault_of(await bench.write(**fields)) == fault, fields
    assert await bench.read(include_managed="true") == []


async def test_whom_a_token_is_for(bench: Bench) -> None:
    bench.invite(bench.clock.now)
    for path in ("/v1/events", "/v1/calendars", "/v1/channels"):
        assert (await bench.ask("GET", path, tzid="Etc/UTC")).status_code == 403
    bench.as_room(scope=frozenset(("read_account", "list_calendars")))
    assert (await bench.ask("GET", "/v1/resources")).status_code == 403
    assert (await bench.ask("GET", "/v1/events", tzid="Etc/UTC")).status_code == 403
    assert (await bench.write()).status_code == 403
    bench.tokens["access"] = "nonsense"
    assert (await bench.ask("GET", "/v1/userinfo")).status_code == 401
    bench.as_service(scope=frozenset(("service_account/accounts/manage",)))
    assert (await bench.ask("GET", "/v1/resources")).status_code == 403


async def test_what_is_paid_for_found_locked_or_too_much(bench: Bench) -> None:
    bench.simulator.application.plan = "starter"
    assert (await bench.ask("GET", "/v1/resources")).status_code == 402
    bench.simulator.application.plan = "growth"
    assert (await bench.ask("GET", "/v1/rooms")).status_code == 404
    bench.as_room()
    assert (await bench.ask("POST", "/v1/calendars/cal_none/events", EVENT)).status_code == 404
    answer = await bench.ask(
        "GET", "/v1/events", **{"tzid": "Etc/UTC", "calendar_ids[]": "cal_none"}
    )
    assert answer.status_code == 404
    bench.simulator.lock(ROOM)
    assert (await bench.ask("GET", "/v1/events", tzid="Etc/UTC")).status_code == 423
    bench.simulator.lock(ROOM, locked=False)
    seconds = [0.0]
    bench.simulator.rate_limit = RateLimit(clock=lambda: seconds[0])
    statuses = [(await bench.ask("GET", "/v1/userinfo")).status_code for _ in range(51)]
    assert statuses == [200] * 50 + [429]
    bench.simulator.rate_limit.per_minute = 60
    seconds[0] = 1.5
    statuses = [(await bench.ask("GET", "/v1/userinfo")).status_code for _ in range(11)]
    assert statuses == [200] * 10 + [429]


async def test_details_of_rooms_come_when_they_are_asked_for(bench: Bench) -> None:
    plain = (await bench.ask("GET", "/v1/resources")).json()["resources"]
    assert plain == [{"email": ROOM, "name": "Board room"}]
    (room,) = (await bench.ask("GET", "/v1/resources", include_details="capacity location")).json()[
        "resources"
    ]
    assert room["capacity"] == 12
    assert room["location"] == {"building_name": "North", "floor_name": "2"}
    answer = await bench.ask("GET", "/v1/resources", include_details="colour")
    assert fault_of(answer) == "include_details"


async def test_codes_are_good_once_and_for_one_address(bench: Bench) -> None:
    wish = {"email": ROOM, "callback_url": f"{bench.callback}/a", "scope": "read_events"}
    for redirect_uri, minutes, good in (("/a/", 0, False), ("/a", 6, False), ("/a", 0, True)):
        answer = await bench.ask("POST", "/v1/service_account_authorizations", wish)
        assert (answer.status_code, answer.content) == (202, b"")
        code = (await bench.receiver.next()).json["authorization"]["code"]
        assert len(code) == 32
        bench.clock.now += timedelta(minutes=minutes)
        fields = {"code": code, "redirect_uri": bench.callback + redirect_uri}
        outcomes = [
            (await bench.token(grant_type="authorization_code", **fields)).status_code
            for _ in range(2)
        ]
        assert outcomes == [200 if good else 400, 400]


async def test_a_client_with_a_wrong_secret(bench: Bench) -> None:
    bench.simulator.application.client_secrets.append("the next")
    fields = {"grant_type": "refresh_token", "refresh_token": bench.tokens["refresh"]}
    assert (await bench.token(**fields)).status_code == 200
    bench.simulator.application.client_secrets.pop(0)
    assert (await bench.token(**fields)).status_code == 200
    answer = await bench.token(**fields | {"client_secret": "guessed"})
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_client"})
    bench.simulator.application.data_centre = "de"
    assert (await bench.token(**fields)).json() == {"error": "invalid_client"}
    bench.simulator.application.data_centre = "us"
    answer = await bench.token(grant_type="password")
    assert answer.json() == {"error": "unsupported_grant_type"}


async def test_a_lost_answer_to_a_refresh_leaves_the_former_token_good(bench: Bench) -> None:
    bench.as_room()
    first = bench.tokens["refresh"]
    bench.simulator.faults.order("POST /oauth/token", lost=True)
    with pytest.raises(httpx.RemoteProtocolError):
        await bench.refresh(first)
    second = await bench.refresh(first)
    assert second is not None
    assert second["refresh"] != first
    bench.tokens = second
    assert await bench.read() == []
    assert await bench.refresh(first) is None
    third = await bench.refresh(second["refresh"])
    assert third is not None
    assert await bench.refresh(third["refresh"]) is not None
    assert await bench.refresh(second["refresh"]) is None


async def test_or_does_not_where_tokens_die_at_once(bench: Bench) -> None:
    bench.as_room()
    bench.simulator.grants.rotation = Rotation.AT_ONCE
    bench.simulator.faults.order("POST /oauth/token", lost=True)
    with pytest.raises(httpx.RemoteProtocolError):
        await bench.refresh(bench.tokens["refresh"])
    assert await bench.refresh(bench.tokens["refresh"]) is None


async def test_access_tokens_age(bench: Bench) -> None:
    bench.as_room()
    bench.clock.now += timedelta(hours=1)
    answer = await bench.ask("GET", "/v1/calendars")
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    fresh = await bench.refresh(bench.tokens["refresh"])
    assert fresh is not None
    bench.tokens = fresh
    assert (await bench.ask("GET", "/v1/calendars")).status_code == 200
    bench.simulator.revoke(ROOM)
    assert (await bench.ask("GET", "/v1/calendars")).status_code == 401
    assert await bench.refresh(fresh["refresh"]) is None
