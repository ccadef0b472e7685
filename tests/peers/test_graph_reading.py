"""The simulated Graph: reading calendars and places."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from graphcompany import ADA, BLUE, FAR, GRACE, RED, Bench, at, bench
from simulators.organisation import Draft, OnlineMeeting, Recurrence
from simulators.organisation.from_ical import put_ical

from roomdisplay.connectors.contract import event


@pytest.fixture
async def graph() -> AsyncIterator[Bench]:
    async with bench() as made:
        yield made


def draft(start: float = 9, end: float = 10, **more: Any) -> Draft:
    kept = {"subject": "Plan", "start": at(start), "end": at(end), "rooms": [BLUE], **more}
    return Draft(**kept)


async def test_a_room_that_was_invited_shows_the_meeting(graph: Bench) -> None:
    online = OnlineMeeting("teamsForBusiness", "https://teams.microsoft.com/l/meetup-join/1")
    graph.organisation.invite(ADA, draft(body="secret", online=online, attendees=[GRACE]))
    (row,) = await graph.view()
    assert row["subject"] == "Ada Lovelace"
    assert row["organizer"]["emailAddress"] == {"name": "Ada Lovelace", "address": ADA}
    assert row["start"] == {"dateTime": "2026-11-23T09:00:00.0000000", "timeZone": "UTC"}
    assert row["originalStartTimeZone"] == "W. Europe Standard Time"
    assert row["location"]["displayName"] == "Blue"
    assert row["location"]["locationEmailAddress"] == BLUE
    assert row["responseStatus"]["response"] == "accepted"
    assert [one["type"] for one in row["attendees"]] == ["required", "resource"]
    assert row["onlineMeeting"] == {"joinUrl": online.join_url}
    assert row["body"] == {"contentType": "html", "content": ""}
    assert (row["type"], row["seriesMasterId"], row["isOrganizer"]) == (
        "singleInstance",
        None,
        False,
    )


async def test_the_expanded_view_has_no_masters_and_an_id_for_each(graph: Bench) -> None:
    uid = graph.organisation.invite(ADA, draft(recurrence=Recurrence("FREQ=DAILY;COUNT=4")))
    graph.organisation.move(uid, at(15, 1), at(16, 1), occurrence=at(9, 1))
    graph.organisation.cancel(uid, occurrence=at(9, 2))
    rows = await graph.view()
    kinds = [(row["type"], row["isCancelled"]) for row in rows]
    assert kinds == [
        ("occurrence", False),
        ("exception", False),
        ("exception", True),
        ("occurrence", False),
    ]
    assert len({row["id"] for row in rows}) == len({row["iCalUId"] for row in rows}) == 4
    (master_id,) = {row["seriesMasterId"] for row in rows}
    master = await graph.get(f"/users/{BLUE}/events/{master_id}")
    assert master["type"] == "seriesMaster"
    assert master["recurrence"]["pattern"]["type"] == "daily"
    assert master["recurrence"]["range"]["numberOfOccurrences"] == 4
    one = await graph.get(f"/users/{BLUE}/events/{rows[1]['id']}")
    assert one["originalStart"] == "2026-11-24T09:00:00.0000000Z"


async def test_pages_follow_each_other(graph: Bench) -> None:
    for hour in range(12):
        graph.organisation.invite(ADA, draft(hour, hour + 1))
    window = {"startDateTime": "2026-11-23T00:00:00Z", "endDateTime": "2026-11-24T00:00:00Z"}
    first = await graph.get(f"/users/{BLUE}/calendarView", params=window)
    assert len(first["value"]) == 10
    second = await graph.get(first["@odata.nextLink"])
    assert len(second["value"]) == 2
    assert "@odata.nextLink" not in second
    assert len({row["id"] for row in first["value"] + second["value"]}) == 12
    whole = await graph.view(**{"$top": "500"})
    assert len(whole) == 12


async def test_prefer_and_select(graph: Bench) -> None:
    html = '<p>Join <a href="https://zoom.us/j/1">here</a></p>'
    graph.organisation.invite(ADA, draft(body=html, body_type="html"))
    window = {"startDateTime": "2026-11-23T00:00:00Z", "endDateTime": "2026-11-24T00:00:00Z"}
    prefer = (
        'IdType="ImmutableId", outlook.timezone="Pacific Standard Time",'
        ' outlook.body-content-type="text"'
    )
    answer = await graph.ask(
        "GET",
        f"/users/{ADA}/calendar/calendarView",
        params=window | {"$select": "start,body"},
        headers={"Prefer": prefer},
    )
    assert 'outlook.timezone="Pacific Standard Time"' in answer.headers["preference-applied"]
    (row,) = answer.json()["value"]
    assert row.keys() == {"@odata.etag", "id", "start", "body"}
    assert row["start"] == {
        "dateTime": "2026-11-23T01:00:00.0000000",
        "timeZone": "Pacific Standard Time",
    }
    assert row["body"]["content"] == "Join here<https://zoom.us/j/1>"
    (regular,) = await graph.view(ADA)
    assert row["id"] != regular["id"]
    for event_id in (row["id"], regular["id"]):
        assert (await graph.get(f"/users/{ADA}/events/{event_id}"))["subject"] == "Plan"


async def test_all_day_floats_whatever_zone_is_asked_for(graph: Bench) -> None:
    room = graph.organisation.mailbox(BLUE)
    put_ical(room, {"day": event("day", ";VALUE=DATE:20261124", ";VALUE=DATE:20261126")})
    for zone in ("UTC", "Tokyo Standard Time", "America/New_York"):
        (row,) = await graph.view(prefer=f'outlook.timezone="{zone}"')
        assert row["isAllDay"]
        assert row["start"]["dateTime"] == "2026-11-24T00:00:00.0000000"
        assert row["end"]["dateTime"] == "2026-11-26T00:00:00.0000000"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({}, "ErrorInvalidParameter"),
        ({"startDateTime": "2026-11-23T00:00:00Z"}, "ErrorInvalidParameter"),
        ({"startDateTime": "2026-11-23", "endDateTime": "2026-11-22"}, "ErrorInvalidParameter"),
        ({"startDateTime": "2020-11-23", "endDateTime": "2026-11-22"}, "ErrorInvalidRequest"),
        (
            {"startDateTime": "2026-11-22", "endDateTime": "2026-11-23", "$select": "nothing"},
            "RequestBroker--ParseUri",
        ),
        (
            {"startDateTime": "2026-11-22", "endDateTime": "2026-11-23", "$top": "1001"},
            "BadRequest",
        ),
    ],
)
async def test_refused_views(graph: Bench, options: dict[str, str], code: str) -> None:
    answer = await graph.ask("GET", f"/users/{BLUE}/calendarView", params=options)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["code"] == code
    assert error["innerError"]["request-id"] == answer.headers["request-id"]


async def test_properties_that_an_older_service_does_not_let_be_picked(graph: Bench) -> None:
    graph.simulator.reading.unselectable = {"lastModifiedDateTime"}
    window = {"startDateTime": "2026-11-22", "endDateTime": "2026-11-23"}
    for name, status in (("lastModifiedDateTime", 400), ("subject", 200)):
        options = window | {"$select": f"id,{name}"}
        answer = await graph.ask("GET", f"/users/{BLUE}/calendarView", params=options)
        assert answer.status_code == status


async def test_a_zone_that_is_none(graph: Bench) -> None:
    answer = await graph.ask(
        "GET",
        f"/users/{BLUE}/calendarView",
        params={"startDateTime": "2026-11-22", "endDateTime": "2026-11-23"},
        headers={"Prefer": 'outlook.timezone="Nowhere Standard Time"'},
    )
    assert answer.json()["error"]["code"] == "TimeZoneNotSupportedException"


async def test_mailboxes_that_are_none(graph: Bench) -> None:
    gone = await graph.ask("GET", "/users/nobody@example.org/calendar")
    assert (gone.status_code, gone.json()["error"]["code"]) == (404, "ErrorInvalidUser")
    far = await graph.ask("GET", f"/users/{FAR}/calendar")
    assert (far.status_code, far.json()["error"]["code"]) == (404, "MailboxNotEnabledForRESTAPI")


async def test_places(graph: Bench) -> None:
    rooms = (await graph.get("/places/microsoft.graph.room"))["value"]
    assert [(one["emailAddress"], one["capacity"]) for one in rooms] == [
        (BLUE, 8),
        (RED, 4),
        (FAR, None),
    ]
    assert [(one["floorNumber"], one["floorLabel"]) for one in rooms] == [
        (2, "2"),
        (None, "EG"),
        (None, None),
    ]
    (north,) = (await graph.get("/places/microsoft.graph.roomlist"))["value"]
    inside = f"/places/{north['emailAddress']}/microsoft.graph.roomlist/rooms"
    assert [one["displayName"] for one in (await graph.get(inside))["value"]] == ["Blue", "Red"]
    by_id = f"/places/{north['id']}/microsoft.graph.roomlist/rooms"
    assert (await graph.ask("GET", by_id)).status_code == 404
    assert (await graph.get(f"/places/{BLUE}"))["displayName"] == "Blue"


async def test_places_come_in_pages_or_not_at_all(graph: Bench) -> None:
    first = await graph.get("/places/microsoft.graph.room?$top=2")
    second = await graph.get(first["@odata.nextLink"])
    assert [len(page["value"]) for page in (first, second)] == [2, 1]
    graph.simulator.places.hidden, graph.simulator.places.capacity_as_text = {RED}, True
    rooms = (await graph.get("/places/microsoft.graph.room"))["value"]
    assert [room["capacity"] for room in rooms] == ["8", None]
    graph.simulator.places.enabled = False
    assert (await graph.get("/places/microsoft.graph.room"))["value"] == []


async def test_get_schedule(graph: Bench) -> None:
    graph.organisation.invite(ADA, draft(9, 10))
    window = {
        "startTime": {"dateTime": "2026-11-23T08:00:00", "timeZone": "UTC"},
        "endTime": {"dateTime": "2026-11-23T11:00:00", "timeZone": "UTC"},
    }
    sent = {"schedules": [BLUE, "nobody@example.org"], **window}
    answer = await graph.ask("POST", f"/users/{BLUE}/calendar/getSchedule", json=sent)
    blue, nobody = answer.json()["value"]
    assert blue["availabilityView"] == "002200"
    assert blue["scheduleItems"][0]["status"] == "busy"
    assert nobody["error"]["responseCode"] == "5009"
