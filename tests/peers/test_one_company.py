"""What happens at one front is seen at the other: both stand before the same company."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import exchangelib
import pytest
from exchangelib.extended_properties import ExtendedProperty
from exchangelib.items import SEND_TO_NONE
from exchangepeer import BLUE, exchange, off_loop
from graphcompany import MONDAY, at, bench, registration
from simulators.graph import GraphSimulator

GUID = "8ad9c0f0-8ab2-4f4c-9a3e-0d5a6f7e2b11"
PROPERTY = f"String {{{GUID}}} Name BookingId"
EVENTS = f"/users/{BLUE}/events"


class BookingId(ExtendedProperty):
    property_set_id = GUID
    property_name = "BookingId"
    property_type = "String"


@pytest.fixture
def booking_id() -> Iterator[None]:
    exchangelib.CalendarItem.register("booking_id", BookingId)
    yield
    exchangelib.CalendarItem.deregister("booking_id")


@pytest.mark.usefixtures("booking_id")
async def test_a_meeting_of_graph_is_one_of_exchange():
    draft = {
        "subject": "From Graph",
        "start": {"dateTime": "2026-11-23T09:00:00", "timeZone": "UTC"},
        "end": {"dateTime": "2026-11-23T10:00:00", "timeZone": "UTC"},
        "singleValueExtendedProperties": [{"id": PROPERTY, "value": "b-1"}],
    }
    async with (
        exchange() as server,
        bench(GraphSimulator(server.organisation, registration())) as graph,
    ):

        def change() -> tuple[str, str]:
            day = exchangelib.EWSDateTime.from_datetime(MONDAY)
            (one,) = server.account().calendar.view(start=day, end=day + timedelta(days=1))
            one.subject = "From Exchange"
            one.save(update_fields=["subject"], send_meeting_invitations=SEND_TO_NONE)
            return one.booking_id, one.uid

        made = (await graph.ask("POST", EVENTS, json=draft)).json()
        assert await off_loop(change) == ("b-1", made["iCalUId"])
        assert (await graph.get(f"{EVENTS}/{made['id']}"))["subject"] == "From Exchange"
        (mine,) = server.organisation.mailbox(BLUE).view(at(0), at(24))
        assert mine.item.subject == "From Exchange"
