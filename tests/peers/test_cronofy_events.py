"""What Cronofy forgets or shows too late, the simulator does, too."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cronofybench import ROOM, Bench, serving
from simulators.cronofy import Pace, Span
from simulators.organisation import Recurrence
from simulators.organisation.from_ical import put_ical


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with serving() as bench:
        yield bench


async def test_pages_belong_to_one_account_and_grow_old(bench: Bench) -> None:
    bench.simulator.events.page_size = 1
    bench.as_room()
    for hour in (1, 3):
        bench.invite(bench.clock.now + timedelta(hours=hour))
    answer = await bench.ask("GET", "/v1/events", tzid="Etc/UTC")
    url = answer.json()["pages"]["next_page"]
    last = (await bench.ask("GET", url)).json()
    assert last["pages"] == {"current": 2, "total": 2}
    assert len(last["events"]) == 1
    room = bench.tokens
    bench._use(bench.simulator.open("ada@example.com"))
    assert (await bench.ask("GET", url)).status_code == 404
    bench.tokens = room
    bench.clock.now += timedelta(minutes=11)
    assert (await bench.ask("GET", url)).status_code == 404


async def test_events_beyond_the_horizon_are_not_there(bench: Bench) -> None:
    bench.as_room()
    far = bench.clock.now + timedelta(days=202)
    put_ical(
        bench.organisation.mailbox(ROOM),
        {
            "far": "BEGIN:VEVENT\r\nUID:far\r\n"
            f"DTSTART:{far:%Y%m%dT%H%M%SZ}\r\nDTEND:{far + timedelta(hours=1):%Y%m%dT%H%M%SZ}\r\n"
            "SUMMARY:Far\r\nEND:VEVENT\r\n"
        },
    )
    wide = {"from": "2026-11-01", "to": "2027-12-31"}
    assert await bench.read(**wide) == []
    bench.simulator.lift_limits(Span(back=timedelta(days=365), ahead=timedelta(days=365)))
    assert [one["summary"] for one in await bench.read(**wide)] == ["Far"]
    bench.simulator.lift_limits(Span())
    bench.simulator.directory.accounts.clear()
    bench.as_room()
    assert await bench.read(**wide) == []
    bench.clock.now += timedelta(days=2)
    bench.as_room()
    assert [one["summary"] for one in await bench.read(**wide)] == ["Far"]


async def test_moved_and_deleted_events_are_told_when_asked_for(bench: Bench) -> None:
    bench.as_room()
    uid = bench.invite(bench.clock.now + timedelta(hours=1))
    (meeting,) = await bench.read()
    bench.clock.now += timedelta(minutes=1)
    start = bench.clock.now + timedelta(days=3)
    bench.organisation.move(uid, start, start + timedelta(hours=1))
    today = {"from": "2026-11-23", "to": "2026-11-24"}
    assert await bench.read(**today) == []
    (moved,) = await bench.read(**today, include_moved="true")
    assert moved["event_uid"] == meeting["event_uid"]
    assert moved["start"] == "2026-11-26T08:01:00Z"
    assert await bench.read(last_modified="2026-11-23T08:01:00Z") == [moved]
    assert await bench.read(last_modified="2026-11-23T08:01:01Z") == []
    item = bench.organisation.mailbox(ROOM).by_uid(uid)
    assert item is not None
    bench.organisation.mailbox(ROOM).remove(item.id)
    assert await bench.read() == []
    (gone,) = await bench.read(include_deleted="true")
    assert (gone["event_uid"], gone["deleted"]) == (meeting["event_uid"], True)


async def test_whole_days_and_localized_times(bench: Bench) -> None:
    bench.as_room()
    day = datetime(2026, 11, 23, 23, tzinfo=UTC)
    bench.invite(day, end=day + timedelta(days=2), all_day=True)
    bench.invite(day - timedelta(hours=9))
    timed, whole = await bench.read()
    assert (whole["start"], whole["end"]) == ("2026-11-24", "2026-11-26")
    assert timed["start"] == "2026-11-23T14:00:00Z"
    timed, whole = await bench.read(localized_times="true")
    assert whole["start"] == {"time": "2026-11-24", "tzid": "Europe/Berlin"}
    assert timed["start"] == {"time": "2026-11-23T15:00:00+01:00", "tzid": "Europe/Berlin"}
    assert whole in await bench.read(**{"from": "2026-11-25", "localized_times": "true"})
    assert await bench.read(**{"from": "2026-11-26"}) == []


async def test_one_of_a_series_is_ended_and_removed(bench: Bench) -> None:
    bench.as_room()
    bench.simulator.unrestrict(ROOM)
    bench.invite(bench.clock.now + timedelta(hours=1), recurrence=Recurrence("FREQ=DAILY;COUNT=3"))
    series = await bench.read()
    named = {"event_uid": series[1]["event_uid"], "summary": "Ada Lovelace"}
    times = {"start": series[1]["start"], "end": "2026-11-24T09:20:00Z"}
    answer = await bench.ask("POST", bench.events_path, named | times)
    assert answer.status_code == 202
    assert [one["end"][8:16] for one in await bench.read()] == ["23T10:00", "24T09:20", "25T10:00"]
    assert {one["event_uid"] for one in await bench.read()} == {one["event_uid"] for one in series}
    await bench.ask("DELETE", bench.events_path, {"event_uid": series[0]["event_uid"]})
    assert [one["end"][8:10] for one in await bench.read()] == ["24", "25"]
    answer = await bench.ask("DELETE", bench.events_path, {"event_uid": series[0]["event_uid"]})
    assert answer.status_code == 404


async def test_writings_are_carried_out_later_or_never(bench: Bench) -> None:
    bench.as_room()
    bench.simulator.writings.pace = Pace.HELD
    assert (await bench.write()).status_code == 202
    assert await bench.read(include_managed="true") == []
    bench.simulator.writings.release()
    assert len(await bench.read(include_managed="true")) == 1
    bench.simulator.writings.pace = Pace.LOST
    assert (await bench.ask("DELETE", bench.events_path, {"event_id": "booking-1"})).is_success
    assert len(await bench.read(include_managed="true")) == 1


async def test_lost_calendars_and_servers_look_calm(bench: Bench) -> None:
    bench.simulator.directory.slow = True
    bench.as_room()
    uid = bench.invite(bench.clock.now + timedelta(hours=1))
    profile = {"profile_connected": True, "profile_initial_sync_required": True}
    assert await bench.read() == []
    assert profile.items() <= (await _profile(bench)).items()
    bench.simulator.finish_sync(ROOM)
    assert len(await bench.read()) == 1
    bench.simulator.disconnect(ROOM)
    bench.organisation.cancel(uid)
    assert len(await bench.read()) == 1
    assert not (await _profile(bench))["profile_connected"]
    bench.simulator.reconnect(ROOM)
    assert [one["status"] for one in await bench.read()] == ["cancelled"]
    bench.simulator.lose_calendar(ROOM, quietly=True)
    assert await bench.read() == []
    bench.simulator.lose_calendar(ROOM)
    assert (await bench.ask("GET", "/v1/events", tzid="Etc/UTC")).status_code == 404
    assert (await _profile(bench))["profile_calendars"][0]["calendar_deleted"]


async def _profile(bench: Bench) -> dict[str, Any]:
    info = (await bench.ask("GET", "/v1/userinfo")).json()
    (profile,) = info["cronofy.data"]["profiles"]
    return dict(profile)
