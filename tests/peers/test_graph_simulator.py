"""The simulated Graph is understood by its vendor's own clients, and by nothing left over."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from enum import Enum
from typing import Any

import httpx
import pytest
from graphcompany import ADA, BLUE, CLIENT_ID, GRACE, Bench, Hook, at, bench
from kiota_abstractions.authentication import AccessTokenProvider, AllowedHostsValidator
from kiota_abstractions.authentication import BaseBearerTokenAuthenticationProvider as Bearer
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_abstractions.serialization import Parsable
from msgraph.generated.models.attendee import Attendee
from msgraph.generated.models.attendee_type import AttendeeType
from msgraph.generated.models.body_type import BodyType
from msgraph.generated.models.date_time_time_zone import DateTimeTimeZone
from msgraph.generated.models.email_address import EmailAddress
from msgraph.generated.models.event import Event
from msgraph.generated.models.event_type import EventType
from msgraph.generated.models.free_busy_status import FreeBusyStatus
from msgraph.generated.models.item_body import ItemBody
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.subscription import Subscription
from msgraph.generated.users.item.calendar.get_schedule.get_schedule_post_request_body import (
    GetSchedulePostRequestBody,
)
from msgraph.generated.users.item.calendar_view.calendar_view_request_builder import (
    CalendarViewRequestBuilder,
)
from msgraph.generated.users.item.calendar_view.delta.delta_request_builder import (
    DeltaRequestBuilder,
)
from msgraph.generated.users.item.events.item.cancel.cancel_post_request_body import (
    CancelPostRequestBody,
)
from msgraph.generated.users.item.events.item.decline.decline_post_request_body import (
    DeclinePostRequestBody,
)
from msgraph.graph_request_adapter import GraphRequestAdapter
from msgraph.graph_service_client import GraphServiceClient
from simulators.organisation import Draft, OnlineMeeting, Recurrence
from simulators.serve import running

START, END = "2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z"


class Token(AccessTokenProvider):
    def __init__(self, token: str) -> None:
        self.token = token

    async def get_authorization_token(self, *_: Any, **__: Any) -> str:
        return self.token

    def get_allowed_hosts_validator(self) -> AllowedHostsValidator:
        return AllowedHostsValidator([])


@pytest.fixture
async def graph() -> AsyncIterator[Bench]:
    async with bench() as made:
        yield made


@pytest.fixture
async def client(graph: Bench) -> AsyncIterator[GraphServiceClient]:
    token = graph.http.headers["Authorization"].removeprefix("Bearer ")
    async with httpx.AsyncClient() as http:
        adapter = GraphRequestAdapter(Bearer(Token(token)), client=http)
        adapter.base_url = f"{graph.origin}/v1.0"
        yield GraphServiceClient(request_adapter=adapter)


def leftovers(found: Any, path: str = "") -> Iterator[str]:
    """What the vendor's models had no place for."""
    if isinstance(found, list):
        for one in found:
            yield from leftovers(one, f"{path}[]")
    elif isinstance(found, Parsable) and dataclasses.is_dataclass(found):
        for field in dataclasses.fields(found):
            value = getattr(found, field.name)
            if field.name == "additional_data":
                yield from (f"{path}/{name}" for name in value if not name.startswith("@odata."))
            else:
                yield from leftovers(value, f"{path}/{field.name}")


def required(found: Event, *names: str) -> None:
    for name in names:
        assert getattr(found, name) is not None, name


def times(day: int = 0, hour: int = 9) -> dict[str, DateTimeTimeZone]:
    start, end = at(hour, day), at(hour + 1, day)
    return {
        "start": DateTimeTimeZone(date_time=f"{start:%Y-%m-%dT%H:%M:%S}", time_zone="UTC"),
        "end": DateTimeTimeZone(date_time=f"{end:%Y-%m-%dT%H:%M:%S}", time_zone="UTC"),
    }


def view_of_the_week() -> RequestConfiguration[Any]:
    query = CalendarViewRequestBuilder.CalendarViewRequestBuilderGetQueryParameters(
        start_date_time=START, end_date_time=END, top=3, orderby=["start/dateTime"]
    )
    return RequestConfiguration(query_parameters=query)


async def test_rooms_and_room_lists(client: GraphServiceClient) -> None:
    rooms = await client.places.graph_room.get()
    assert rooms is not None
    assert [room.capacity for room in rooms.value or []] == [8, 4, None]
    assert list(leftovers(rooms)) == []
    assert all(room.booking_type is not None for room in rooms.value or [])
    lists = await client.places.graph_room_list.get()
    assert lists is not None
    (north,) = lists.value or []
    assert list(leftovers(lists)) == []
    inside = client.places.by_place_id(north.email_address or "").graph_room_list.rooms
    found = await inside.get()
    assert found is not None
    assert [room.display_name for room in found.value or []] == ["Blue", "Red"]


async def test_the_expanded_view_in_pages(graph: Bench, client: GraphServiceClient) -> None:
    online = OnlineMeeting("teamsForBusiness", "https://teams.microsoft.com/l/meetup-join/1")
    daily = Recurrence("FREQ=DAILY;COUNT=4")
    draft = Draft(subject="Plan", start=at(9), end=at(10), rooms=[BLUE], online=online)
    uid = graph.organisation.invite(ADA, dataclasses.replace(draft, recurrence=daily))
    graph.organisation.move(uid, at(15, 1), at(16, 1), occurrence=at(9, 1))
    graph.organisation.invite(GRACE, dataclasses.replace(draft, start=at(11), end=at(12)))
    builder = client.users.by_user_id(BLUE).calendar_view
    found: list[Event] = []
    page = await builder.get(view_of_the_week())
    while page is not None:
        assert list(leftovers(page)) == []
        found += page.value or []
        page = await builder.with_url(page.odata_next_link).get() if page.odata_next_link else None
    assert [one.type for one in found] == [
        EventType.Occurrence,
        EventType.SingleInstance,
        EventType.Exception,
        EventType.Occurrence,
        EventType.Occurrence,
    ]
    for one in found:
        required(one, "id", "i_cal_u_id", "show_as", "sensitivity", "importance", "start", "end")
        required(one, "organizer", "response_status", "online_meeting_provider", "location", "body")
        assert one.response_status is not None
        assert one.response_status.response is not None
        assert one.location is not None
        assert one.location.location_type is not None
        assert one.location.unique_id_type is not None
        assert one.body is not None
        assert isinstance(one.body.content_type, Enum)
        assert one.online_meeting is not None
        assert one.online_meeting.join_url == online.join_url
        assert {guest.type for guest in one.attendees or []} == {AttendeeType.Resource}
        assert one.start is not None
        assert one.start.date_time is not None
        assert one.start.date_time.endswith(".0000000")
    master = (
        await client.users.by_user_id(BLUE)
        .events.by_event_id(found[0].series_master_id or "")
        .get()
    )
    assert master is not None
    assert master.recurrence is not None
    assert list(leftovers(master)) == []


async def test_change_tracking(graph: Bench, client: GraphServiceClient) -> None:
    draft = Draft(subject="Plan", start=at(9), end=at(10), rooms=[BLUE])
    uid = graph.organisation.invite(ADA, draft)
    builder = client.users.by_user_id(BLUE).calendar_view.delta
    query = DeltaRequestBuilder.DeltaRequestBuilderGetQueryParameters(
        start_date_time=START, end_date_time=END
    )
    first = await builder.get(RequestConfiguration(query_parameters=query))
    assert first is not None
    assert first.odata_delta_link is not None
    assert list(leftovers(first)) == []
    assert len(first.value or []) == 1
    quiet = await builder.with_url(first.odata_delta_link).get()
    assert quiet is not None
    assert quiet.value == []
    graph.organisation.cancel(uid)
    copy = graph.organisation.mailbox(BLUE).by_uid(uid)
    assert copy is not None
    graph.organisation.mailbox(BLUE).remove(copy.id)
    last = await builder.with_url(quiet.odata_delta_link or "").get()
    assert last is not None
    (gone,) = last.value or []
    assert gone.id == copy.id
    assert list(leftovers(gone)) == ["/@removed"]


async def test_writing(graph: Bench, client: GraphServiceClient) -> None:
    events = client.users.by_user_id(BLUE).events
    draft = Event(
        subject="Ad hoc",
        body=ItemBody(content_type=BodyType.Text, content="Booked at the door"),
        show_as=FreeBusyStatus.Busy,
        transaction_id="one",
        **times(),
    )
    made = await events.post(draft)
    again = await events.post(draft)
    assert made is not None
    assert again is not None
    assert (made.id, made.transaction_id) == (again.id, "one")
    assert made.is_organizer
    assert list(leftovers(made)) == []
    one = events.by_event_id(made.id or "")
    longer = await one.patch(Event(end=times(hour=10)["end"]))
    assert longer is not None
    assert longer.end is not None
    assert longer.end.date_time == "2026-11-23T11:00:00.0000000"
    await one.cancel.post(CancelPostRequestBody(comment="Over"))
    with pytest.raises(ODataError) as caught:
        await one.get()
    assert caught.value.response_status_code == 404
    assert caught.value.error is not None
    assert caught.value.error.code == "ErrorItemNotFound"
    other = await events.post(Event(subject="Other", **times(1)))
    assert other is not None
    await events.by_event_id(other.id or "").delete()
    assert graph.organisation.mailbox(BLUE).items == {}


async def test_inviting_a_room_and_its_giving_up(graph: Bench, client: GraphServiceClient) -> None:
    room = Attendee(type=AttendeeType.Resource, email_address=EmailAddress(address=BLUE))
    made = await client.users.by_user_id(ADA).events.post(
        Event(subject="Plan", attendees=[room], **times())
    )
    assert made is not None
    (copy,) = graph.organisation.mailbox(BLUE).items.values()
    assert copy.uid == made.i_cal_u_id
    assert graph.organisation.answer_of(copy.uid, BLUE) == "accepted"
    in_room = client.users.by_user_id(BLUE).events.by_event_id(copy.id)
    with pytest.raises(ODataError, match="organizer"):
        await in_room.cancel.post(CancelPostRequestBody(comment="Over"))
    await in_room.decline.post(DeclinePostRequestBody(comment="Nobody came", send_response=True))
    assert graph.organisation.answer_of(copy.uid, BLUE) == "declined"
    assert graph.organisation.mailbox(BLUE).items == {}


async def test_free_and_busy(graph: Bench, client: GraphServiceClient) -> None:
    graph.organisation.invite(ADA, Draft(subject="Plan", start=at(9), end=at(10), rooms=[BLUE]))
    body = GetSchedulePostRequestBody(
        schedules=[BLUE],
        start_time=times(hour=8)["start"],
        end_time=times(hour=10)["end"],
        availability_view_interval=60,
    )
    found = await client.users.by_user_id(BLUE).calendar.get_schedule.post(body)
    assert found is not None
    (blue,) = found.value or []
    assert blue.availability_view == "020"
    assert list(leftovers(found)) == []


async def test_the_calendar_itself(client: GraphServiceClient) -> None:
    found = await client.users.by_user_id(BLUE).calendar.get()
    assert found is not None
    assert found.owner is not None
    assert (found.owner.address, found.allowed_online_meeting_providers) == (BLUE, [])
    assert found.default_online_meeting_provider is not None
    assert found.color is not None
    assert list(leftovers(found)) == []


async def test_subscriptions(graph: Bench, client: GraphServiceClient) -> None:
    hook = Hook()
    async with running(hook) as where:
        made = await client.subscriptions.post(
            Subscription(
                change_type="created,updated,deleted",
                notification_url=f"{where}/changes",
                lifecycle_notification_url=f"{where}/fate",
                resource=f"/users/{BLUE}/events",
                expiration_date_time=at(0, 3),
                client_state="state",
            )
        )
        assert made is not None
        assert made.application_id == CLIENT_ID
        assert list(leftovers(made)) == []
        assert len(hook.tokens) == 2
        draft = Draft(subject="Plan", start=at(9), end=at(10), rooms=[BLUE])
        graph.organisation.invite(ADA, draft)
        await graph.simulator.notices.settled()
        assert [(one["changeType"], one["clientState"]) for one in hook.heard] == [
            ("created", "state")
        ]
        one = client.subscriptions.by_subscription_id(made.id or "")
        later = await one.patch(Subscription(expiration_date_time=at(0, 5)))
        assert later is not None
        assert later.expiration_date_time == at(0, 5)
        await one.reauthorize.post()
        listed = await client.subscriptions.get()
        assert listed is not None
        assert [held.id for held in listed.value or []] == [made.id]
        await one.delete()
        with pytest.raises(ODataError) as caught:
            await one.patch(Subscription(expiration_date_time=at(0) + timedelta(hours=2)))
        assert caught.value.response_status_code == 404
