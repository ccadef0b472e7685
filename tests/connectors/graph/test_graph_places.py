"""Rooms and room lists as the simulated places tell them."""

from __future__ import annotations

from typing import Any

import pytest
from graphbench import OTHER_ROOM, ROOM, Office

from roomdisplay.connectors.base import (
    CalendarInfo,
    MalformedAnswerError,
    UnavailableError,
)

EMPTY: dict[str, Any] = {"value": []}


async def test_each_room_once_with_its_list_or_building(office: Office) -> None:
    office.organisation.add_room("hall@contoso.example", "Hall", building="Annex", capacity=80)
    office.organisation.room_list("Quiet rooms").rooms.append(ROOM)
    found = await office.connector().list_calendars()
    assert found == [
        CalendarInfo(address="hall@contoso.example", name="Hall", group="Annex", capacity=80),
        CalendarInfo(address=ROOM, name="Room 1", group="Building A", capacity=8),
        CalendarInfo(address=OTHER_ROOM, name="Room 2", group="Building A", capacity=8),
    ]


async def test_hundreds_of_rooms_come_page_by_page(office: Office) -> None:
    for number in range(250):
        office.organisation.add_room(
            f"r{number}@contoso.example", f"R{number}", room_list="Building B"
        )
    found = await office.connector().list_calendars()
    assert len(found) == 252
    assert sum(one.group == "Building B" for one in found) == 250


async def test_without_the_permission_addresses_are_typed(office: Office) -> None:
    office.application.roles.clear()
    connector = office.connector()
    await connector.check()
    assert list(await connector.list_calendars()) == []


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 200, "body": EMPTY},
        {"status": 400, "body": {"error": {"code": "UnknownError", "message": ""}}},
        {"status": 404, "body": {"error": {"code": "ResourceNotFound", "message": ""}}},
        {"status": 403, "body": {"error": {"code": "UnknownError", "message": ""}}},
    ],
)
async def test_no_places_are_no_fault_of_the_connection(
    office: Office, fault: dict[str, Any]
) -> None:
    office.simulator.faults.order("/places/", **fault, times=10)
    connector = office.connector()
    await connector.check()
    assert list(await connector.list_calendars()) == []


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"status": 200, "body": "<html>Sign in</html>"}, MalformedAnswerError),
        ({"status": 403, "body": "<html>Blocked by the proxy</html>"}, MalformedAnswerError),
        ({"status": 502}, UnavailableError),
    ],
)
async def test_somebody_elses_answer_is_not_an_empty_list(
    office: Office, fault: dict[str, Any], kind: type[Exception]
) -> None:
    office.simulator.faults.order("/places/", **fault, times=10)
    with pytest.raises(kind):
        await office.connector().check()


async def test_odd_entries_hide_no_room(office: Office) -> None:
    rows: list[Any] = [
        {"emailAddress": "a@x.example", "displayName": None, "nickname": "A", "capacity": "50"},
        {"emailAddress": "b@x.example", "displayName": " B ", "capacity": "many", "building": ""},
        {"emailAddress": "c@x.example", "displayName": "C", "capacity": -1},
        {"emailAddress": None, "displayName": "Nowhere"},
        {"emailAddress": ["x"]},
        7,
    ]
    office.simulator.faults.order("microsoft.graph.room$", status=200, body={"value": rows})
    office.simulator.faults.order("roomlist$", status=200, body=EMPTY)
    assert await office.connector().list_calendars() == [
        CalendarInfo(address="a@x.example", name="A", capacity=50),
        CalendarInfo(address="b@x.example", name="B"),
        CalendarInfo(address="c@x.example", name="C"),
    ]


async def test_a_list_that_is_gone_hides_no_room(office: Office) -> None:
    body = {"error": {"code": "ErrorItemNotFound", "message": ""}}
    office.simulator.faults.order("roomlist/rooms$", status=404, body=body)
    found = await office.connector().list_calendars()
    assert [(one.address, one.group) for one in found] == [(ROOM, "A"), (OTHER_ROOM, "A")]
