"""The simulated Graph: subscriptions with their handshake, notifications, lifecycle events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from graphcompany import ADA, BLUE, MONDAY, RED, Bench, Hook, at, bench, company, registration
from simulators.graph import GraphSimulator
from simulators.organisation import Draft, Organisation
from simulators.serve import running


@pytest.fixture
async def graph() -> AsyncIterator[Bench]:
    async with bench() as made:
        made.simulator.notices.retries = (0.0, 0.0)
        yield made


@pytest.fixture
def hook() -> Hook:
    return Hook()


@pytest.fixture
async def where(hook: Hook) -> AsyncIterator[str]:
    async with running(hook) as origin:
        yield origin


def wanted(where: str, **more: Any) -> dict[str, Any]:
    return {
        "changeType": "created,updated,deleted",
        "notificationUrl": f"{where}/hooks?a=b",
        "lifecycleNotificationUrl": f"{where}/fate",
        "resource": f"/users/{BLUE}/events",
        "expirationDateTime": "2026-11-26T00:00:00.0000000Z",
        "clientState": "state",
        **more,
    }


async def subscribe(graph: Bench, where: str, **more: Any) -> dict[str, Any]:
    headers = {"Prefer": 'IdType="ImmutableId"'}
    answer = await graph.ask("POST", "/subscriptions", json=wanted(where, **more), headers=headers)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def invite(graph: Bench, hour: float = 9) -> str:
    draft = Draft(subject="Plan", start=at(hour), end=at(hour + 1), rooms=[BLUE])
    return graph.organisation.invite(ADA, draft)


async def test_both_addresses_are_asked_before_anything_is_made(
    graph: Bench, hook: Hook, where: str
) -> None:
    made = await subscribe(graph, where)
    assert len(set(hook.tokens)) == 2
    assert all(" " in token and ":" in token for token in hook.tokens), "encoded on the way"
    assert made["expirationDateTime"] == "2026-11-26T00:00:00.0000000Z"
    hook.validates = False
    sent = wanted(where, resource=f"/users/{RED}/events")
    refused = await graph.ask("POST", "/subscriptions", json=sent)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "ValidationError")
    assert len((await graph.get("/subscriptions"))["value"]) == 1


async def test_an_address_that_does_not_answer(graph: Bench, where: str) -> None:
    graph.simulator.notices.validation_timeout = 0.2
    for url in ("http://127.0.0.1:9/hook", "https://127.0.0.1:9/hook"):
        refused = await graph.ask("POST", "/subscriptions", json=wanted(where, notificationUrl=url))
        assert refused.json()["error"]["code"] == "ValidationError"


async def test_changes_are_posted_with_ids_that_open_them(
    graph: Bench, hook: Hook, where: str
) -> None:
    made = await subscribe(graph, where)
    uid = invite(graph)
    await graph.simulator.notices.settled()
    graph.organisation.move(uid, at(12), at(13))
    await graph.simulator.notices.settled()
    graph.organisation.cancel(uid)
    await graph.simulator.notices.settled()
    assert [one["changeType"] for one in hook.heard] == ["created", "updated", "updated"]
    first = hook.heard[0]
    assert (first["subscriptionId"], first["clientState"]) == (made["id"], "state")
    assert first["tenantId"] == graph.simulator.tenant.id
    event_id = first["resourceData"]["id"]
    assert event_id.startswith("AAkALg"), "as the subscription asked for"
    assert (await graph.get(f"/users/{BLUE}/events/{event_id}"))["isCancelled"]


async def test_what_is_not_taken_is_posted_again(graph: Bench, hook: Hook, where: str) -> None:
    await subscribe(graph, where)
    hook.status = 503
    invite(graph)
    await graph.simulator.notices.settled()
    assert [status for _, status in graph.simulator.notices.posted] == [503, 503, 503]
    assert hook.heard == []


async def test_notifications_can_be_lost_doubled_and_out_of_order(
    graph: Bench, hook: Hook, where: str
) -> None:
    await subscribe(graph, where)
    notices = graph.simulator.notices
    notices.copies = 2
    invite(graph, 9)
    await notices.settled()
    assert len(hook.heard) == 2
    notices.copies = 0
    invite(graph, 11)
    await notices.settled()
    assert len(hook.heard) == 2
    notices.copies, notices.held = 1, []
    uid = invite(graph, 13)
    graph.organisation.move(uid, at(15), at(16))
    assert [entry["changeType"] for _, entry in notices.held] == ["created", "updated"]
    notices.release(reverse=True)
    await notices.settled()
    assert len(hook.heard) == 4


async def test_lifecycle_events(graph: Bench, hook: Hook, where: str) -> None:
    made = await subscribe(graph, where)
    (one,) = graph.simulator.subscriptions.of(BLUE)
    for event in ("reauthorizationRequired", "missed", "subscriptionRemoved"):
        await graph.simulator.subscriptions.lifecycle(one, event)
    assert [entry["lifecycleEvent"] for entry in hook.heard] == [
        "reauthorizationRequired",
        "missed",
        "subscriptionRemoved",
    ]
    assert all(entry["clientState"] == "state" for entry in hook.heard)
    gone = await graph.ask("POST", f"/subscriptions/{made['id']}/reauthorize")
    assert gone.status_code == 404


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"changeType": "moved"}, 400),
        ({"resource": "/users/blue@example.org/messages"}, 400),
        ({"resource": "/users/nobody@example.org/events"}, 404),
        ({"clientState": "x" * 129}, 400),
        ({"notificationUrl": "http://elsewhere.example/hook"}, 400),
        ({"expirationDateTime": "2026-11-22T00:00:00Z"}, 400),
        ({"expirationDateTime": "2026-12-01T00:00:00Z"}, 400),
        ({"colour": "red"}, 400),
    ],
)
async def test_refused_subscriptions(
    graph: Bench, where: str, change: dict[str, Any], status: int
) -> None:
    answer = await graph.ask("POST", "/subscriptions", json=wanted(where, **change))
    assert answer.status_code == status
    assert graph.simulator.subscriptions.held == {}


async def test_a_second_one_is_a_conflict_and_a_short_one_is_made_longer(
    graph: Bench, where: str
) -> None:
    short = await subscribe(graph, where, expirationDateTime="2026-11-23T00:05:00Z")
    assert short["expirationDateTime"] == "2026-11-23T00:45:00.0000000Z"
    again = await graph.ask("POST", "/subscriptions", json=wanted(where))
    assert again.status_code == 409


async def test_it_ends_when_nobody_renews_it(hook: Hook, where: str) -> None:
    times: list[datetime] = [MONDAY]
    made = company()
    slow = Organisation("Europe/Berlin", lambda: times[-1])
    slow.mailboxes, slow.room_lists = made.mailboxes, made.room_lists
    async with bench(GraphSimulator(slow, registration())) as graph:
        one = await subscribe(graph, where)
        path = f"/subscriptions/{one['id']}"
        times.append(MONDAY + timedelta(days=2))
        sent = {"expirationDateTime": "2026-11-30T00:00:00Z"}
        assert (await graph.ask("PATCH", path, json=sent)).status_code == 200
        renewed = await graph.get(path)
        assert renewed["expirationDateTime"] == "2026-11-30T00:00:00.0000000Z"
        refused = await graph.ask("PATCH", path, json={"lifecycleNotificationUrl": where})
        assert refused.status_code == 400
        times.append(datetime(2026, 11, 30, tzinfo=UTC))
        assert (await graph.ask("PATCH", path, json=sent)).status_code == 404
        invite(graph)
        await graph.simulator.notices.settled()
        assert hook.heard == []


async def test_who_may_not_read_may_not_subscribe(where: str) -> None:
    scoped = registration(roles={"Place.Read.All"}, exchange_roles={"Calendars.ReadWrite": {BLUE}})
    async with bench(GraphSimulator(company(), scoped)) as graph:
        await subscribe(graph, where)
        red = wanted(where, resource=f"/users/{RED}/events")
        refused = await graph.ask("POST", "/subscriptions", json=red)
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "ExtensionError")
        graph.simulator.subscriptions.held.clear()
        graph.simulator.subscriptions.need_consent = True
        refused = await graph.ask("POST", "/subscriptions", json=wanted(where))
        assert refused.status_code == 403
