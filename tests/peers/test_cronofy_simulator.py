"""Cronofy's own client finds the simulator to be Cronofy."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pycronofy
import pytest
from pycronofy.exceptions import PyCronofyPartialSuccessError, PyCronofyRequestError
from simulators.cronofy import SIGNATURE, CronofySimulator, Receiver
from simulators.organisation import Draft, OnlineMeeting, Organisation, Processing, Recurrence
from simulators.serve import running

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
ROOM = "board@example.com"
SCOPE = "read_account list_calendars read_events create_event delete_event"
OPEN = Processing(delete_subject=False, delete_comments=False, remove_private=False)


@dataclass(slots=True)
class Bench:
    organisation: Organisation
    simulator: CronofySimulator
    receiver: Receiver
    origin: str
    callback: str
    service: pycronofy.Client
    """With the service account's tokens."""

    def client(self) -> pycronofy.Client:
        application = self.simulator.application
        return pycronofy.Client(
            client_id=application.client_id, client_secret=application.client_secrets[-1]
        )

    async def room(self) -> pycronofy.Client:
        """A client with the room's tokens, which came by the callback."""
        ask = self.service.authorize_with_service_account
        await call(ask, ROOM, SCOPE, f"{self.callback}/auth", "room:1")
        told = (await self.receiver.next()).json["authorization"]
        assert told["state"] == "room:1"
        client = self.client()
        await call(client.get_authorization_from_code, told["code"], f"{self.callback}/auth")
        return client

    def invite(self, subject: str, start: datetime, **more: Any) -> str:
        draft = Draft(
            subject=subject, start=start, end=start + timedelta(hours=1), rooms=(ROOM,), **more
        )
        return self.organisation.invite("ada@example.com", draft)


async def call(method: Any, *arguments: Any, **named: Any) -> Any:
    return await asyncio.to_thread(method, *arguments, **named)


@pytest.fixture
async def bench(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    organisation = Organisation("Europe/Berlin", lambda: NOW)
    organisation.add_person("ada@example.com", "Ada Lovelace")
    organisation.add_room(ROOM, "Board room", capacity=12, building="North", processing=OPEN)
    organisation.add_room("cabin@example.com", "Cabin")
    simulator, receiver = CronofySimulator(organisation, providers=("office365",)), Receiver()
    simulator.outbox.pauses = ()
    async with running(simulator.app) as origin, running(receiver) as callback:
        monkeypatch.setattr(pycronofy.settings, "API_BASE_URL", origin)
        pair = simulator.link("service@example.com")
        application = simulator.application
        service = pycronofy.Client(
            application.client_id, application.client_secrets[0], pair.access, pair.refresh
        )
        yield Bench(organisation, simulator, receiver, origin, callback, service)


async def test_rooms_are_listed_and_opened(bench: Bench) -> None:
    assert await call(bench.service.resources) == [
        {"email": ROOM, "name": "Board room"},
        {"email": "cabin@example.com", "name": "Cabin"},
    ]
    info = await call(bench.service.userinfo)
    assert info["cronofy.type"] == "service_account"
    room = await bench.room()
    assert (await call(room.userinfo))["cronofy.type"] == "account"
    assert (await call(room.account))["email"] == ROOM
    assert [one["profile_connected"] for one in await call(room.list_profiles)] == [True]
    (calendar,) = await call(room.list_calendars)
    assert calendar["calendar_primary"]
    assert calendar["permission_level"] == "sandbox"


async def test_several_rooms_are_opened_at_once(bench: Bench) -> None:
    addresses = [ROOM, "cabin@example.com", "nobody@example.com"]
    wishes = [
        {"email": one, "callback_url": f"{bench.callback}/{number}", "scope": SCOPE, "state": one}
        for number, one in enumerate(addresses)
    ]
    await call(bench.service.authorize_multiple_accounts_via_service_account, wishes)
    told = [(await bench.receiver.next()).json["authorization"] for _ in addresses]
    assert {one["state"] for one in told if "code" in one} == set(addresses[:2])
    (refused,) = [one for one in told if "code" not in one]
    assert refused["error_key"] == "errors.account_not_found"


async def test_tokens_are_refreshed_and_revoked(bench: Bench) -> None:
    room = await bench.room()
    first = room.auth.refresh_token
    assert not room.is_authorization_expired()
    await call(room.refresh_authorization)
    assert room.auth.refresh_token != first
    assert await call(room.list_calendars)
    late = bench.client()
    late.auth.update(refresh_token=first)
    with pytest.raises(PyCronofyRequestError, match="invalid_grant"):
        await call(late.refresh_authorization)
    held = room.auth.access_token
    await call(room.revoke_authorization)
    room.auth.update(access_token=held)
    with pytest.raises(PyCronofyRequestError) as caught:
        await call(room.list_calendars)
    assert caught.value.response.status_code == 401


async def test_meetings_are_read_page_by_page(bench: Bench) -> None:
    room = await bench.room()
    online = OnlineMeeting("teamsForBusiness", "https://teams.microsoft.com/meet/1?p=a")
    bench.invite("Budget", NOW, online=online, sensitivity="private", body="Bring figures")
    bench.invite("Daily", NOW + timedelta(hours=2), recurrence=Recurrence("FREQ=DAILY;COUNT=5"))
    bench.simulator.events.page_size = 2
    first = await call(room.read_events)
    assert (first.current, first.total) == (1, 3)
    assert first.next_page_url.startswith(f"{bench.origin}/v1/events/pages/")
    events = await call(first.all)
    assert [one["summary"] for one in events] == ["Ada Lovelace Budget"] + [
        "Ada Lovelace Daily"
    ] * 5
    budget, *daily = events
    assert (budget["start"], budget["end"]) == ("2026-11-23T08:00:00Z", "2026-11-23T09:00:00Z")
    assert budget["organizer"] == {"email": "ada@example.com", "display_name": "Ada Lovelace"}
    assert budget["meeting_url"] == budget["conferencing"]["join_url"] == online.join_url
    assert budget["description"] == "Bring figures"
    assert budget["event_private"]
    assert budget["location"] == {"description": "Board room"}
    assert not budget["recurring"]
    assert len({one["event_uid"] for one in daily}) == 5
    assert len({one["series_identifier"] for one in daily}) == 1


async def test_bookings_are_written_and_deleted(bench: Bench) -> None:
    room = await bench.room()
    (calendar,) = await call(room.list_calendars)
    name = calendar["calendar_id"]
    event = {
        "event_id": "booking-1",
        "summary": "Ad hoc",
        "description": "",
        "start": NOW,
        "end": NOW + timedelta(minutes=30),
        "tzid": "Europe/Berlin",
    }
    await call(room.upsert_event, name, dict(event))
    await call(room.upsert_event, name, event | {"end": NOW + timedelta(minutes=45)})
    (made,) = (await call(room.read_events)).current_page()
    assert (made["event_id"], made["end"]) == ("booking-1", "2026-11-23T08:45:00Z")
    assert (await call(room.read_events, include_managed=False)).current_page() == []
    await call(room.delete_event, name, "booking-1")
    assert (await call(room.read_events)).current_page() == []
    (gone,) = (await call(room.read_events, include_deleted=True)).current_page()
    assert gone["deleted"]


async def test_a_batch_answers_one_by_one(bench: Bench) -> None:
    room = await bench.room()
    (calendar,) = await call(room.list_calendars)
    builder = pycronofy.batch.BatchBuilder()
    event = {
        "event_id": "b",
        "summary": "Ad hoc",
        "start": "2026-11-23T10:00:00Z",
        "end": "2026-11-23T11:00:00Z",
    }
    builder.upsert_event(calendar["calendar_id"], event).delete_event("cal_none", "b")
    # the client takes every status for an error (`status % 100 != 2`), also those of success
    with pytest.raises(PyCronofyPartialSuccessError) as caught:
        await call(room.batch, builder)
    answers = [one.status() for one in caught.value.batch_response.entries]
    assert answers == [202, 404]


async def test_others_meetings_are_changed_after_lifting_the_sandbox(bench: Bench) -> None:
    room = await bench.room()
    (calendar,) = await call(room.list_calendars)
    name = calendar["calendar_id"]
    uid = bench.invite("Budget", NOW)
    (meeting,) = (await call(room.read_events)).current_page()
    with pytest.raises(PyCronofyRequestError) as caught:
        await call(room.delete_external_event, name, meeting["event_uid"])
    assert caught.value.response.status_code == 403
    lift = [{"calendar_id": name, "permission_level": "unrestricted"}]
    await call(room.elevated_permissions, lift)
    (calendar,) = await call(room.list_calendars)
    assert calendar["permission_level"] == "unrestricted"
    bench.simulator.revoke(ROOM)
    pair = bench.simulator.open(ROOM)
    room.auth.update(access_token=pair.access)
    await call(room.change_participation_status, name, meeting["event_uid"], "declined")
    assert (await call(room.read_events)).current_page() == []
    assert bench.organisation.answer_of(uid, ROOM) == "declined"


async def test_changes_are_told_and_signed(bench: Bench) -> None:
    room = await bench.room()
    url = f"{bench.callback}/hooks/1"
    channel = await call(room.create_notification_channel, url)
    assert await call(room.create_notification_channel, url) == channel
    assert await call(room.list_notification_channels) == [channel]
    assert (await bench.receiver.next()).json["notification"] == {"type": "verification"}
    bench.invite("Budget", NOW)
    post = await bench.receiver.next()
    assert post.json["notification"] == {
        "type": "change",
        "changes_since": "2026-11-23T08:00:00Z",
    }
    signed = post.headers[SIGNATURE.lower()]
    assert room.hmac_valid(signed, post.body.decode())
    assert not room.hmac_valid(signed, post.body.decode() + " ")
    bench.simulator.application.client_secrets.append("the next secret")
    bench.invite("Plans", NOW + timedelta(hours=3))
    post = await bench.receiver.next()
    signed = post.headers[SIGNATURE.lower()]
    assert signed.count(",") == 1
    for client in (room, bench.client()):
        assert client.hmac_valid(signed, post.body.decode())
    await call(room.close_notification_channel, channel["channel_id"])
    assert await call(room.list_notification_channels) == []
