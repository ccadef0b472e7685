"""Writing where the answer is always 202: what shows later, never, or is not allowed."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from cronofystage import ROOM, CronofyStage
from simulators.cronofy import scopes
from simulators.cronofy.writing import Pace

from roomdisplay.connectors.base import (
    CalendarGoneError,
    ConflictError,
    ConnectorError,
    PermissionMissingError,
    Picture,
    UnavailableError,
)
from roomdisplay.connectors.contract import PLAIN, WINDOW, ZONE, berlin, event, spans, utc
from roomdisplay.connectors.contract_writing import booking

KEY = "6f1f2c1c-6d0c-4b52-9d0e-6f3d5f1f0a01"
WRITES = "POST /v1/calendars/.*/events$"


def reason(error: ConnectorError) -> str:
    assert error.diagnosis is not None
    return error.diagnosis.reason


def hurried(stage: CronofyStage, *pauses: float) -> Any:
    connector = stage.made()
    connector._writer._pauses = pauses or (0.01, 0.02)
    return connector


async def shown(stage: CronofyStage) -> list[tuple[datetime, datetime]]:
    picture = await stage.made().read(ROOM, WINDOW, zone=ZONE)
    assert isinstance(picture, Picture)
    return spans(picture.occurrences)


async def held(stage: CronofyStage) -> None:
    """Wait until something was written."""
    async with asyncio.timeout(10):
        while not stage.simulator.writings._held:  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0.01)


async def test_a_booking_that_shows_later(stage: CronofyStage) -> None:
    stage.simulator.writings.pace = Pace.HELD
    connector = hurried(stage, 0.05, 0.1, 0.2, 0.4, 0.8)
    task = asyncio.create_task(connector.book(ROOM, booking(KEY, utc(23, 10), utc(23, 11))))
    await held(stage)
    stage.simulator.writings.release()
    made = await task
    assert await shown(stage) == [(made.start, made.end)] == [(utc(23, 10), utc(23, 11))]


async def test_a_booking_that_never_shows(stage: CronofyStage) -> None:
    stage.simulator.writings.pace = Pace.LOST
    connector = hurried(stage)
    wish = booking(KEY, utc(23, 10), utc(23, 11))
    with pytest.raises(UnavailableError) as caught:
        await connector.book(ROOM, wish)
    assert reason(caught.value) == "cronofy_write_late"
    stage.simulator.writings.pace = Pace.AT_ONCE
    await connector.book(ROOM, wish)
    assert len(await shown(stage)) == 1


async def test_a_late_booking_does_not_come_back_after_a_conflict(stage: CronofyStage) -> None:
    """What was sent but did not show is withdrawn before the conflict is told."""
    stage.simulator.writings.pace = Pace.HELD
    connector = hurried(stage)
    wish = booking(KEY, utc(23, 10), utc(23, 11))
    with pytest.raises(UnavailableError):
        await connector.book(ROOM, wish)
    await stage.invite(utc(23, 10), utc(23, 11))
    with pytest.raises(ConflictError):
        await connector.book(ROOM, wish)
    stage.simulator.writings.release()
    assert len(await shown(stage)) == 1


async def test_whoever_was_first_stays(stage: CronofyStage) -> None:
    """Somebody's meeting came between the look and the writing: ours goes again."""
    stage.simulator.writings.pace = Pace.HELD
    connector = hurried(stage, 0.3, 0.3)
    wish = booking(KEY, utc(23, 10), utc(23, 11))
    task = asyncio.create_task(connector.book(ROOM, wish))
    await held(stage)
    await stage.put({"other": event("other", berlin("20261123T110000"), berlin("20261123T120000"))})
    stage.clock.now += timedelta(seconds=2)
    stage.simulator.writings.release()
    stage.simulator.writings.pace = Pace.AT_ONCE
    with pytest.raises(ConflictError) as caught:
        await task
    assert caught.value.by is not None
    assert caught.value.by.title == "Planning"
    assert await shown(stage) == [(utc(23, 10), utc(23, 11))]


async def test_whoever_comes_later_goes(stage: CronofyStage) -> None:
    connector = hurried(stage)
    wish = booking(KEY, utc(23, 10), utc(23, 11))
    await connector.book(ROOM, wish)
    stage.clock.now += timedelta(seconds=2)
    later = event("later", berlin("20261123T110000"), berlin("20261123T120000"))
    calendar = stage.organisation.mailbox(ROOM)
    kept = {item.uid: item for item in calendar.items.values()}
    await stage.put({"later": later})
    for item in kept.values():
        calendar.items[item.id] = item
    calendar.update(next(iter(kept.values())).id, body="still here")
    again = await connector.book(ROOM, wish)
    assert again.title == "Ad hoc"


async def test_a_meeting_of_whole_days_stands_in_the_way(stage: CronofyStage) -> None:
    await stage.put({"day": event("day", ";VALUE=DATE:20261124", ";VALUE=DATE:20261125")})
    connector = hurried(stage)
    await connector.read(ROOM, WINDOW, zone=ZONE)
    with pytest.raises(ConflictError):
        await connector.book(ROOM, booking(KEY, utc(24, 22), utc(24, 22, 30)))
    await connector.book(ROOM, booking(KEY, utc(24, 23), utc(24, 23, 30)))


async def test_what_takes_no_room_is_in_nobodys_way(stage: CronofyStage) -> None:
    free = event("free", berlin("20261123T110000"), berlin("20261123T120000"), "TRANSP:TRANSPARENT")
    await stage.put({"free": free})
    await hurried(stage).book(ROOM, booking(KEY, utc(23, 10), utc(23, 11)))
    assert len(await shown(stage)) == 1


async def test_others_meetings_end_by_leave_of_the_service_account(stage: CronofyStage) -> None:
    await stage.put({})
    await stage.invite(utc(23, 10), utc(23, 11))
    connector = hurried(stage)
    (meeting,) = (await connector.read(ROOM, WINDOW, zone=ZONE)).occurrences
    await connector.end(ROOM, meeting.source_id, utc(23, 10, 20))
    assert await shown(stage) == [(utc(23, 10), utc(23, 10, 20))]
    (ended,) = (await connector.read(ROOM, WINDOW, zone=ZONE)).occurrences
    assert (ended.source_id, ended.organizer) == (meeting.source_id, meeting.organizer)


async def test_a_sandbox_that_stays_one(stage: CronofyStage) -> None:
    stage.connect_service(scope=frozenset({scopes.MANAGE_RESOURCES, scopes.MANAGE_ACCOUNTS}))
    stage.connect_room()
    await stage.put({"plain": PLAIN})
    connector = hurried(stage)
    (meeting,) = (await connector.read(ROOM, WINDOW, zone=ZONE)).occurrences
    with pytest.raises(PermissionMissingError) as caught:
        await connector.change_end(ROOM, meeting.source_id, utc(23, 10, 15))
    assert reason(caught.value) == "cronofy_sandbox"
    assert await shown(stage) == [(utc(23, 9), utc(23, 10))]


async def test_a_room_without_the_right_to_write(stage: CronofyStage) -> None:
    stage.connect_room(scope=frozenset({"read_account", "list_calendars", "read_events"}))
    with pytest.raises(PermissionMissingError) as caught:
        await hurried(stage).book(ROOM, booking(KEY, utc(23, 10), utc(23, 11)))
    assert reason(caught.value) == "cronofy_scope_missing"


async def test_one_day_of_a_series_ends_alone(stage: CronofyStage) -> None:
    series = event(
        "s", berlin("20261123T090000"), berlin("20261123T100000"), "RRULE:FREQ=DAILY;COUNT=3"
    )
    await stage.put({"s": series})
    connector = hurried(stage)
    meetings = (await connector.read(ROOM, WINDOW, zone=ZONE)).occurrences
    await connector.end(ROOM, meetings[1].source_id, utc(24, 8, 30))
    assert [end - start for start, end in await shown(stage)] == [
        timedelta(hours=1),
        timedelta(minutes=30),
        timedelta(hours=1),
    ]


async def test_a_meeting_that_was_moved_cannot_end_before_it_starts(stage: CronofyStage) -> None:
    await stage.put({"plain": PLAIN})
    connector = hurried(stage)
    (meeting,) = (await connector.read(ROOM, WINDOW, zone=ZONE)).occurrences
    moved = event("plain", berlin("20261123T140000"), berlin("20261123T150000"))
    await stage.put({"plain": moved})
    with pytest.raises(ConflictError):
        await connector.end(ROOM, meeting.source_id, utc(23, 9, 30))
    assert await shown(stage) == [(utc(23, 13), utc(23, 14))]


async def test_a_change_that_never_shows(stage: CronofyStage) -> None:
    connector = hurried(stage)
    made = await connector.book(ROOM, booking(KEY, utc(23, 10), utc(23, 11)))
    stage.simulator.writings.pace = Pace.LOST
    with pytest.raises(UnavailableError) as caught:
        await connector.change_end(ROOM, made.source_id, utc(23, 11, 30))
    assert reason(caught.value) == "cronofy_write_late"
    with pytest.raises(UnavailableError):
        await connector.release(ROOM, made.source_id, "Nobody came.")


async def test_words_and_place_survive_a_new_end(stage: CronofyStage) -> None:
    texts = ("LOCATION:Room 1", "DESCRIPTION:Agenda", "CLASS:PRIVATE")
    plain = event("plain", berlin("20261123T100000"), berlin("20261123T110000"), *texts)
    await stage.put({"plain": plain})
    connector = hurried(stage)
    (meeting,) = (await connector.read(ROOM, WINDOW, zone=ZONE)).occurrences
    changed = await connector.change_end(ROOM, meeting.source_id, utc(23, 10, 15))
    for name in ("title", "location", "body_text", "private", "source_id", "start"):
        assert getattr(changed, name) == getattr(meeting, name)


async def test_the_rooms_own_meetings_are_cancelled(stage: CronofyStage) -> None:
    """Somebody put a meeting into the room's calendar itself: there is nobody to decline."""
    organizer = f"ORGANIZER;CN=Board room:mailto:{ROOM}"
    plain = event("plain", berlin("20261123T100000"), berlin("20261123T110000"), organizer)
    await stage.put({"plain": plain})
    connector = hurried(stage)
    (meeting,) = (await connector.read(ROOM, WINDOW, zone=ZONE)).occurrences
    await connector.release(ROOM, meeting.source_id, "Nobody came.")
    assert await shown(stage) == []
    with pytest.raises(CalendarGoneError):
        await connector.end(ROOM, meeting.source_id, utc(23, 9, 30))


async def test_a_key_that_is_too_long(stage: CronofyStage) -> None:
    with pytest.raises(ValueError, match="too long"):
        await hurried(stage).book(ROOM, booking("k" * 65, utc(23, 10), utc(23, 11)))


async def test_a_refused_writing_is_told(stage: CronofyStage) -> None:
    stage.simulator.faults.order(WRITES, status=500)
    with pytest.raises(UnavailableError):
        await hurried(stage).book(ROOM, booking(KEY, utc(23, 10), utc(23, 11)))
    assert await shown(stage) == []
