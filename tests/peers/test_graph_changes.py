"""The simulated Graph: change tracking, writing, batches, and the limits of a mailbox."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from graphcompany import ADA, BLUE, FAR, GRACE, RED, Bench, at, bench
from hypothesis import given
from hypothesis import strategies as st
from simulators.graph.recurrence import pattern_of, rule_of
from simulators.organisation import Draft, Item, Recurrence

WINDOW = {"startDateTime": "2026-11-23T00:00:00Z", "endDateTime": "2026-11-30T00:00:00Z"}


@pytest.fixture
async def graph() -> AsyncIterator[Bench]:
    async with bench() as made:
        yield made


def draft(start: float = 9, end: float = 10, **more: Any) -> Draft:
    kept = {"subject": "Plan", "start": at(start), "end": at(end), "rooms": [BLUE], **more}
    return Draft(**kept)


def written(hour: int, **more: Any) -> dict[str, Any]:
    return {
        "subject": "Ad hoc",
        "start": {"dateTime": f"2026-11-23T{hour:02}:00:00", "timeZone": "UTC"},
        "end": {"dateTime": f"2026-11-23T{hour + 1:02}:00:00", "timeZone": "UTC"},
        **more,
    }


async def round_of(graph: Bench, link: str, **more: Any) -> tuple[list[dict[str, Any]], str]:
    """All rows of a round, and the link of the next one."""
    rows: list[dict[str, Any]] = []
    page = await graph.get(link, **more)
    headers = more.get("headers", {})
    while "@odata.nextLink" in page:
        rows += page["value"]
        page = await graph.get(page["@odata.nextLink"], headers=headers)
    return rows + page["value"], page["@odata.deltaLink"]


async def test_occurrences_are_thin_in_change_tracking(graph: Bench) -> None:
    uid = graph.organisation.invite(ADA, draft(recurrence=Recurrence("FREQ=DAILY;COUNT=4")))
    graph.organisation.move(uid, at(15, 1), at(16, 1), occurrence=at(9, 1))
    graph.organisation.invite(GRACE, draft(11, 12))
    headers = {"Prefer": "odata.maxpagesize=2"}
    path = f"/users/{BLUE}/calendarView/delta"
    first = await graph.get(path, params=WINDOW, headers=headers)
    assert len(first["value"]) == 2
    rows, _ = await round_of(graph, path, params=WINDOW, headers=headers)
    kinds = sorted(row["type"] for row in rows)
    assert kinds == ["exception", *["occurrence"] * 3, "seriesMaster", "singleInstance"]
    thin = next(row for row in rows if row["type"] == "occurrence")
    assert thin.keys() == {
        "@odata.type",
        "@odata.etag",
        "id",
        "seriesMasterId",
        "type",
        "start",
        "end",
    }
    master = next(row for row in rows if row["type"] == "seriesMaster")
    assert (master["id"], master["subject"]) == (thin["seriesMasterId"], "Ada Lovelace")
    assert master["start"]["dateTime"] == "2026-11-23T09:00:00.0000000"


async def test_a_round_tells_what_changed_and_what_is_gone(graph: Bench) -> None:
    first = graph.organisation.invite(ADA, draft(9, 10))
    second = graph.organisation.invite(ADA, draft(11, 12))
    room = graph.organisation.mailbox(BLUE)
    copies = [room.by_uid(uid) for uid in (first, second)]
    _, link = await round_of(graph, f"/users/{BLUE}/calendarView/delta", params=WINDOW)
    rows, link = await round_of(graph, link)
    assert rows == []
    graph.organisation.move(first, at(14), at(15))
    graph.organisation.move(second, at(9, 30), at(10, 30))
    graph.organisation.invite(ADA, draft(40 * 24, 40 * 24 + 1))
    rows, later = await round_of(graph, link)
    changed = [row["id"] for row in rows if "@removed" not in row]
    gone = [row["id"] for row in rows if "@removed" in row]
    assert changed == [copies[0].id if copies[0] else None]
    assert copies[1] is not None
    assert copies[1].id in gone, "it left the window"
    assert len(gone) == 2, "one that was never in the window is told of, too"
    again, _ = await round_of(graph, link)
    assert again == rows, "a link can be followed twice"
    assert later != link


async def test_a_lost_state_asks_for_a_new_round(graph: Bench) -> None:
    _, link = await round_of(graph, f"/users/{BLUE}/calendarView/delta", params=WINDOW)
    graph.simulator.delta.most_states = 1
    _, later = await round_of(graph, link)
    answer = await graph.ask("GET", link)
    assert answer.status_code == 410, "the oldest is forgotten"
    graph.simulator.delta.forget()
    answer = await graph.ask("GET", later)
    assert (answer.status_code, answer.json()["error"]["code"]) == (410, "SyncStateNotFound")
    assert answer.headers["location"].endswith("$deltatoken=")


async def test_change_tracking_takes_no_select(graph: Bench) -> None:
    path = f"/users/{BLUE}/calendarView/delta"
    for option in ("$select", "$filter", "$orderby", "$expand", "$top"):
        answer = await graph.ask("GET", path, params=WINDOW | {option: "1"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "ErrorInvalidUrlQuery")


async def test_a_room_books_itself_over_a_meeting(graph: Bench) -> None:
    """The attendant is not asked where an application writes to the room's own calendar."""
    graph.organisation.invite(ADA, draft(9, 10))
    answer = await graph.ask("POST", f"/users/{BLUE}/events", json=written(9))
    assert answer.status_code == 201
    made = answer.json()
    assert made["isOrganizer"]
    assert made["organizer"]["emailAddress"]["address"] == BLUE
    assert made["responseStatus"]["response"] == "organizer"
    assert answer.headers["location"].endswith(made["id"])
    assert len(await graph.view()) == 2


@pytest.mark.parametrize("repeated", ["existing", "conflict"])
async def test_the_same_transaction_makes_one_event(graph: Bench, repeated: Any) -> None:
    graph.simulator.writing.repeated = repeated
    sent = written(9, transactionId="key")
    first = await graph.ask("POST", f"/users/{BLUE}/events", json=sent)
    again = await graph.ask("POST", f"/users/{BLUE}/events", json=sent)
    assert first.status_code == 201
    if repeated == "existing":
        assert (again.status_code, again.json()["id"]) == (201, first.json()["id"])
    else:
        assert again.json()["error"]["code"] == "ErrorDuplicateTransactionId"
    (row,) = await graph.view()
    assert row["transactionId"] == "key"


async def test_extended_properties_are_found_again(graph: Bench) -> None:
    name = "String {66F5A359-4659-4830-9070-00047EC6AC6E} Name RoomDisplayBooking"
    held = [{"id": name, "value": "it's"}]
    path = f"/users/{BLUE}/events"
    await graph.ask("POST", path, json=written(9, singleValueExtendedProperties=held))
    await graph.ask("POST", path, json=written(10))
    wanted = f"singleValueExtendedProperties/Any(ep: ep/id eq '{name}' and ep/value eq 'it''s')"
    shown = f"singleValueExtendedProperties($filter=id eq '{name}')"
    found = await graph.get(path, params={"$filter": wanted, "$expand": shown})
    (row,) = found["value"]
    assert row["singleValueExtendedProperties"][0]["value"] == "it's"
    refused = await graph.ask("GET", path, params={"$filter": "transactionId eq 'a'"})
    assert refused.json()["error"]["code"] == "ErrorInvalidUrlQueryFilter"


async def test_a_change_that_comes_too_late(graph: Bench) -> None:
    made = (await graph.ask("POST", f"/users/{BLUE}/events", json=written(9))).json()
    path, etag = f"/users/{BLUE}/events/{made['id']}", made["@odata.etag"]
    longer = {"end": written(10)["end"]}
    headers = {"If-Match": etag}
    first = await graph.ask("PATCH", path, json=longer, headers=headers)
    assert first.json()["end"]["dateTime"] == "2026-11-23T11:00:00.0000000"
    late = await graph.ask("PATCH", path, json=longer, headers=headers)
    assert (late.status_code, late.json()["error"]["code"]) == (412, "ErrorIrresolvableConflict")
    assert (await graph.ask("PATCH", path, json=longer)).status_code == 200


async def test_a_change_to_the_rooms_copy_stays_there(graph: Bench) -> None:
    uid = graph.organisation.invite(ADA, draft(9, 11))
    (row,) = await graph.view()
    sent = {"end": {"dateTime": "2026-11-23T10:00:00", "timeZone": "UTC"}}
    await graph.ask("PATCH", f"/users/{BLUE}/events/{row['id']}", json=sent)
    original = graph.organisation.mailbox(ADA).by_uid(uid)
    assert original is not None
    assert original.end == at(11)
    assert (await graph.view())[0]["end"]["dateTime"] == "2026-11-23T10:00:00.0000000"
    graph.organisation.change(uid, subject="New")
    assert (await graph.view())[0]["end"]["dateTime"] == "2026-11-23T11:00:00.0000000"


async def test_an_application_invites_a_room_from_a_service_mailbox(graph: Bench) -> None:
    room = {"type": "resource", "emailAddress": {"address": BLUE}}
    made = await graph.ask("POST", f"/users/{ADA}/events", json=written(9, attendees=[room]))
    later = await graph.get(f"/users/{ADA}/events/{made.json()['id']}")
    assert later["attendees"][0]["status"]["response"] == "accepted"
    second = await graph.ask("POST", f"/users/{GRACE}/events", json=written(9, attendees=[room]))
    later = await graph.get(f"/users/{GRACE}/events/{second.json()['id']}")
    assert later["attendees"][0]["status"]["response"] == "declined"
    await graph.ask("DELETE", f"/users/{ADA}/events/{made.json()['id']}")
    (row,) = await graph.view()
    assert (row["isCancelled"], row["showAs"]) == (True, "free")


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({}, "ErrorPropertyValidationFailure"),
        (written(9, isAllDay=True), "ErrorPropertyValidationFailure"),
        (written(9, end=written(7)["end"]), "ErrorPropertyValidationFailure"),
        (written(9, colour="red"), "RequestBodyRead"),
        (written(9, showAs="red"), "RequestBodyRead"),
        (written(9, subject=5), "RequestBodyRead"),
        (written(9, start="2026-11-23"), "RequestBodyRead"),
        (written(9, recurrence={"pattern": {}}), "ErrorInvalidRequest"),
    ],
)
async def test_refused_events(graph: Bench, sent: dict[str, Any], code: str) -> None:
    answer = await graph.ask("POST", f"/users/{BLUE}/events", json=sent)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
    assert graph.organisation.mailbox(BLUE).items == {}


async def test_one_of_a_series_does_not_cross_its_neighbour(graph: Bench) -> None:
    rule = Recurrence("FREQ=DAILY;COUNT=4")
    graph.organisation.mailbox(BLUE).add(Item(start=at(9), end=at(10), recurrence=rule))
    rows = await graph.view()
    over = {
        "start": {"dateTime": "2026-11-24T09:30:00", "timeZone": "UTC"},
        "end": {"dateTime": "2026-11-24T10:30:00", "timeZone": "UTC"},
    }
    answer = await graph.ask("PATCH", f"/users/{BLUE}/events/{rows[0]['id']}", json=over)
    assert answer.json()["error"]["code"] == "ErrorOccurrenceCrossingBoundary"
    beside = {"end": {"dateTime": "2026-11-24T09:30:00", "timeZone": "UTC"}}
    answer = await graph.ask("PATCH", f"/users/{BLUE}/events/{rows[1]['id']}", json=beside)
    assert answer.json()["type"] == "exception"
    await graph.ask("DELETE", f"/users/{BLUE}/events/{rows[2]['id']}")
    assert [row["type"] for row in await graph.view()] == ["occurrence", "exception", "occurrence"]


async def test_a_batch_answers_each_by_itself(graph: Bench) -> None:
    graph.simulator.throttle(f"GET /v1.0/users/{RED}/calendar", seconds=7)
    steps = [
        {"id": "a", "method": "GET", "url": f"/users/{BLUE}/calendar"},
        {"id": "b", "method": "GET", "url": f"/users/{RED}/calendar"},
        {"id": "c", "method": "GET", "url": f"/users/{FAR}/calendar"},
        {"id": "d", "method": "GET", "url": f"/users/{ADA}/calendar", "dependsOn": ["c"]},
        {
            "id": "e",
            "method": "POST",
            "url": f"/users/{BLUE}/events",
            "headers": {"Content-Type": "application/json"},
            "body": written(9),
        },
    ]
    answer = await graph.ask("POST", "/$batch", json={"requests": steps})
    found = {one["id"]: one for one in answer.json()["responses"]}
    statuses = {name: one["status"] for name, one in found.items()}
    assert statuses == {"a": 200, "b": 429, "c": 404, "d": 424, "e": 201}
    assert found["b"]["headers"]["Retry-After"] == "7"
    assert found["b"]["body"]["error"]["code"] == "ApplicationThrottled"
    assert [one["id"] for one in answer.json()["responses"]] != list("abcde")


@pytest.mark.parametrize(
    "steps",
    [
        [],
        [{"id": str(number), "method": "GET", "url": "/users/a/calendar"} for number in range(21)],
        [{"id": "a", "method": "GET", "url": "/users/a/calendar"}] * 2,
        [{"id": "a", "method": "GET", "url": "https://graph.microsoft.com/v1.0/users/a"}],
        [{"id": "a", "method": "POST", "url": "/users/a/events", "body": {}}],
        [{"id": "a", "method": "GET", "url": "/users/a/calendar", "dependsOn": ["b"]}],
    ],
)
async def test_refused_batches(graph: Bench, steps: list[Any]) -> None:
    answer = await graph.ask("POST", "/$batch", json={"requests": steps})
    assert answer.status_code == 400


async def test_a_mailbox_bears_four_at_once(graph: Bench) -> None:
    graph.simulator.limits.latency = 0.1
    answers = await asyncio.gather(
        *(graph.ask("GET", f"/users/{BLUE}/calendar") for _ in range(6)),
        graph.ask("GET", f"/users/{RED}/calendar"),
    )
    assert sorted(answer.status_code for answer in answers[:6]) == [200] * 4 + [429] * 2
    assert answers[6].status_code == 200
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert "MailboxConcurrency" in refused.json()["error"]["message"]
    assert refused.headers["retry-after"] == "1"


async def test_faults_come_in_place_of_answers(graph: Bench) -> None:
    graph.simulator.faults.order("calendarView", status=200, body="<html>Sign in</html>")
    answer = await graph.ask("GET", f"/users/{BLUE}/calendarView", params=WINDOW)
    assert answer.text == "<html>Sign in</html>"
    graph.simulator.faults.order("POST .*/events", lost=True)
    with pytest.raises(httpx.RemoteProtocolError):
        await graph.ask("POST", f"/users/{BLUE}/events", json=written(9))
    assert len(await graph.view()) == 1


@given(
    rule=st.sampled_from(
        [
            "FREQ=DAILY;INTERVAL=2",
            "FREQ=WEEKLY;INTERVAL=1;BYDAY=MO,WE,FR;WKST=MO",
            "FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=23",
            "FREQ=MONTHLY;INTERVAL=1;BYDAY=MO;BYSETPOS=-1",
            "FREQ=YEARLY;INTERVAL=1;BYMONTH=11;BYMONTHDAY=23",
            "FREQ=YEARLY;INTERVAL=1;BYMONTH=11;BYDAY=MO;BYSETPOS=4",
        ]
    ),
    end=st.sampled_from(["", ";COUNT=7", ";UNTIL=20270630T215959Z"]),
)
def test_rules_come_back_as_they_were(rule: str, end: str) -> None:
    item = Item(start=at(9), end=at(10), zone="Europe/Berlin", recurrence=Recurrence(rule + end))
    again = rule_of(pattern_of(item))
    assert again is not None
    assert again.rrule == rule + end
