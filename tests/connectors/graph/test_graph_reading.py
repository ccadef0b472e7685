"""Reading rooms through the simulated service: what is asked for, and what goes wrong."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from graphbench import ADA, OTHER_ROOM, ROOM, Office
from simulators.organisation import Draft, Item, OnlineMeeting, Party, Processing, Recurrence

from roomdisplay.connectors.base import (
    CalendarGoneError,
    ConnectorError,
    MalformedAnswerError,
    PermissionMissingError,
    Picture,
    ThrottledError,
    UnavailableError,
    Unchanged,
)
from roomdisplay.connectors.contract import WINDOW, ZONE, spans, utc
from roomdisplay.connectors.graph.connector import GraphConnector


async def whole(connector: GraphConnector, room: str = ROOM, cursor: str | None = None) -> Picture:
    picture = await connector.read(room, WINDOW, cursor, zone=ZONE)
    assert isinstance(picture, Picture)
    return picture


def asked(office: Office) -> Counter[str]:
    """What was asked for since the last call, without the room's name."""
    found = Counter(
        one.removeprefix(f"GET /v1.0/users/{ROOM}/") for one in office.simulator.requests
    )
    office.simulator.requests.clear()
    return found


async def test_unchanged_costs_one_request_and_a_change_two(office: Office) -> None:
    connector = office.connector()
    first = await whole(connector)
    asked(office)
    again = await connector.read(ROOM, WINDOW, first.cursor, zone=ZONE)
    assert isinstance(again, Unchanged)
    assert asked(office) == {"calendarView/delta": 1}
    office.invite(utc(23, 10), utc(23, 11))
    changed = await whole(connector, cursor=again.cursor)
    assert spans(changed.occurrences) == [(utc(23, 10), utc(23, 11))]
    assert asked(office) == {"calendarView/delta": 1, "calendar/calendarView": 1}


async def test_another_zone_is_another_picture(office: Office) -> None:
    connector = office.connector()
    first = await whole(connector)
    other = await connector.read(ROOM, WINDOW, first.cursor, zone="Asia/Tokyo")
    assert isinstance(other, Picture)


async def test_a_series_is_read_whole_where_the_delta_is_thin(office: Office) -> None:
    connector = office.connector()
    first = await whole(connector)
    office.invite(utc(23, 8), utc(23, 9), "Stand-up", recurrence=Recurrence("FREQ=DAILY;COUNT=3"))
    found = (await whole(connector, cursor=first.cursor)).occurrences
    assert [one.title for one in found] == ["Stand-up"] * 3
    assert [one.start for one in found] == [utc(23, 8), utc(24, 8), utc(25, 8)]


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 400, "body": {"error": {"code": "ErrorInvalidUrlQuery", "message": ""}}},
        {"status": 404, "body": {"error": {"code": "ErrorItemNotFound", "message": ""}}},
        {"status": 410, "body": {"error": {"code": "resyncRequired", "message": ""}}},
        {"status": 400, "body": {"error": {"code": "SyncStateInvalid", "message": ""}}},
        {"status": 500, "body": {"error": {"code": "ErrorInternalServerError", "message": ""}}},
    ],
)
async def test_without_deltas_it_is_read_all_the_same(
    office: Office, fault: dict[str, Any]
) -> None:
    connector = office.connector()
    first = await whole(connector)
    office.invite(utc(23, 10), utc(23, 11))
    office.simulator.faults.order("delta$", **fault, times=100)
    found = await whole(connector, cursor=first.cursor)
    assert len(found.occurrences) == 1
    assert found.cursor is None


async def test_a_delta_that_times_out_on_its_way(office: Office) -> None:
    connector = office.connector()
    first = await whole(connector)
    for number in range(210):
        office.invite(
            utc(23, 0) + timedelta(minutes=number), utc(23, 0) + timedelta(minutes=number + 1)
        )
    for _ in range(2):
        office.simulator.faults.order("delta$")
        office.simulator.faults.order(
            "delta$", status=504, body={"error": {"code": "UnknownError"}}
        )
    found = await whole(connector, cursor=first.cursor)
    assert len(found.occurrences) == 210
    assert found.cursor is None


async def test_fields_that_are_refused_are_not_asked_for_again(office: Office) -> None:
    office.simulator.reading.unselectable = {"transactionId"}
    office.invite(utc(23, 10), utc(23, 11))
    connector = office.connector()
    assert len((await whole(connector)).occurrences) == 1
    asked(office)
    assert len((await whole(connector)).occurrences) == 1
    assert asked(office)["calendar/calendarView"] == 1


async def test_the_organisers_name_stands_once(office: Office) -> None:
    office.organisation.mailbox(ROOM).processing = Processing()
    office.invite(utc(23, 10), utc(23, 11), "Secret plan", body="Agenda")
    (one,) = (await whole(office.connector())).occurrences
    assert (one.title, one.organizer, one.body_text) == (None, "Ada Lovelace", None)


async def test_the_conference_is_told_apart_from_the_text(office: Office) -> None:
    url = "https://teams.microsoft.com/l/meetup-join/19%3ameeting_x%40thread.v2/0"
    office.invite(utc(23, 10), utc(23, 11), online=OnlineMeeting("teamsForBusiness", url))
    (one,) = (await whole(office.connector())).occurrences
    assert one.structured_links == (url,)


async def test_html_comes_as_text_with_its_links(office: Office) -> None:
    html = '<p>Hello</p><a href="https://zoom.us/j/123456789">Join</a><script>x</script>'
    office.invite(utc(23, 10), utc(23, 11), body=html, body_type="html")
    (one,) = (await whole(office.connector())).occurrences
    assert one.body_html is None
    assert one.body_text is not None
    assert "https://zoom.us/j/123456789" in one.body_text


async def test_whole_days_of_far_zones_are_the_rooms_days(office: Office) -> None:
    """Kept by its maker's midnights, hours away from the room's."""
    for zone, hours in (("Pacific/Kiritimati", -14), ("Pacific/Pago_Pago", 11)):
        start = datetime(2026, 11, 29, tzinfo=UTC) + timedelta(hours=hours)
        office.organisation.mailbox(ROOM).add(
            Item(
                subject=zone,
                start=start,
                end=start + timedelta(days=1),
                zone=zone,
                all_day=True,
                organizer=Party("Ada Lovelace", ADA),
                is_organizer=False,
                response="accepted",
            )
        )
    found = (await whole(office.connector())).occurrences
    assert spans(found) == [(utc(28, 23), utc(29, 23))] * 2


async def test_rooms_read_at_once_go_together(office: Office) -> None:
    rooms = [f"more{number}@contoso.example" for number in range(19)]
    for room in rooms:
        office.organisation.add_room(room, room)
        office.organisation.invite(
            ADA, Draft(subject=room, start=utc(23, 10), end=utc(23, 11), rooms=[room])
        )
    office.application.exchange_roles["Calendars.ReadWrite"] = {ROOM, *rooms}
    office.organisation.mailbox(rooms[0]).processing = Processing(
        delete_subject=False, add_organizer_to_subject=False
    )
    connector = office.connector()
    await connector.list_calendars()
    office.simulator.requests.clear()
    pictures = await asyncio.gather(*(whole(connector, room) for room in [ROOM, *rooms]))
    assert [len(one.occurrences) for one in pictures] == [0] + [1] * 19
    posted = [one for one in office.simulator.requests if one == "POST /v1.0/$batch"]
    assert len(posted) == 2


async def test_a_short_pause_within_a_batch_is_waited_for_alone(office: Office) -> None:
    connector = office.connector()
    office.simulator.throttle(f"GET .*{ROOM}/calendar/calendarView", seconds=1)
    office.invite(utc(23, 10), utc(23, 11))
    first, second = await asyncio.gather(whole(connector), whole(connector, OTHER_ROOM))
    assert (len(first.occurrences), len(second.occurrences)) == (1, 0)


async def test_a_long_pause_is_its_own_mailboxs(office: Office) -> None:
    connector = office.connector()
    await whole(connector)
    office.simulator.throttle(ROOM, seconds=600)
    with pytest.raises(ThrottledError) as caught:
        await whole(connector)
    assert not caught.value.whole_service
    asked(office)
    with pytest.raises(ThrottledError) as caught:
        await whole(connector)
    assert caught.value.retry_after > timedelta(minutes=9)
    assert not asked(office), "within the pause nothing is asked for"
    await whole(connector, OTHER_ROOM)


async def test_a_mailbox_gets_four_requests_at_once(office: Office) -> None:
    office.simulator.limits.latency = 0.02
    connector = office.connector()
    await asyncio.gather(*(whole(connector) for _ in range(12)))
    assert office.simulator.limits.refused == 0


@pytest.mark.parametrize(
    ("change", "kind", "reason"),
    [
        ("on_premises", CalendarGoneError, "office365_mailbox_on_premises"),
        ("unknown", CalendarGoneError, "office365_room_unknown"),
        ("scope", PermissionMissingError, "office365_room_out_of_scope"),
        ("policy", PermissionMissingError, "office365_access_policy"),
    ],
)
async def test_each_refusal_of_a_room_has_its_reason(
    office: Office, change: str, kind: type[ConnectorError], reason: str
) -> None:
    if change == "on_premises":
        office.organisation.mailbox(ROOM).on_premises = True
    elif change == "unknown":
        office.organisation.remove_mailbox(ROOM)
    elif change == "scope":
        office.application.exchange_roles["Calendars.ReadWrite"] = {OTHER_ROOM}
    else:
        office.application.exchange_roles.clear()
        office.application.roles.add("Calendars.Read")
        office.application.policy_allows = {OTHER_ROOM}
    with pytest.raises(kind) as caught:
        await whole(office.connector())
    assert caught.value.diagnosis is not None
    assert (caught.value.diagnosis.reason, caught.value.diagnosis.params["room"]) == (reason, ROOM)


@pytest.mark.parametrize("address", ["", "x" * 400, "a\nb@x.example", " "])
async def test_what_is_no_address_is_not_asked_for(office: Office, address: str) -> None:
    with pytest.raises(CalendarGoneError):
        await office.connector().read(address, WINDOW)
    assert office.simulator.requests == []


async def test_an_address_cannot_lead_out_of_its_place(office: Office) -> None:
    with pytest.raises(CalendarGoneError):
        await office.connector().read("../subscriptions?x=/a#b", WINDOW)
    assert all("/users/../" in one for one in office.simulator.requests if "v1.0" in one)


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/v1.0/users/x/calendarView?$skiptoken=1",
        "http://127.0.0.1/v1.0/users/x",
        "//evil.example/v1.0/x",
        "/v1.0/users/x",
        "javascript:alert(1)",
        "https://[",
    ],
)
async def test_the_token_follows_no_link_to_another_host(office: Office, link: str) -> None:
    body = {"value": [], "@odata.nextLink": link}
    office.simulator.faults.order("calendar/calendarView$", status=200, body=body)
    with pytest.raises(MalformedAnswerError):
        await whole(office.connector())
    office.simulator.faults.order(
        "delta$", status=200, body={"value": [], "@odata.deltaLink": link}
    )
    with pytest.raises(MalformedAnswerError):
        await whole(office.connector())


async def test_nor_does_it_follow_a_redirect(office: Office) -> None:
    headers = {"Location": "https://evil.example/v1.0/x"}
    office.simulator.faults.order("delta$", status=307, headers=headers)
    with pytest.raises(MalformedAnswerError):
        await whole(office.connector())


async def test_pages_without_an_end_are_an_error(office: Office) -> None:
    link = f"{office.origin}/v1.0/users/{ROOM}/calendar/calendarView?$skip=1"
    body = {"value": [], "@odata.nextLink": link}
    office.simulator.faults.order("calendar/calendarView$", status=200, body=body, times=500)
    with pytest.raises(MalformedAnswerError, match="does not end"):
        await whole(office.connector())


@pytest.mark.parametrize("cursor", ["{}", "[1]", '{"room": 7}', "\ud800"])
async def test_a_cursor_of_somebody_else_is_passed_over(office: Office, cursor: str) -> None:
    assert isinstance(await office.connector().read(ROOM, WINDOW, cursor, zone=ZONE), Picture)


async def test_a_cursor_cannot_lead_elsewhere(office: Office) -> None:
    connector = office.connector()
    cursor = (await whole(connector)).cursor or ""
    forged = cursor.replace("/users/", "https://evil.example/users/")
    assert forged != cursor
    assert isinstance(await connector.read(ROOM, WINDOW, forged, zone=ZONE), Picture)


async def test_answers_that_break_off(office: Office) -> None:
    office.simulator.faults.order("calendar/calendarView$", drop=True, times=2)
    with pytest.raises((MalformedAnswerError, UnavailableError)):
        await whole(office.connector())
