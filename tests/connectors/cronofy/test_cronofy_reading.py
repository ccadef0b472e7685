"""Reading a room: pages, lost mailboxes, limits, and calendars that only seem to be empty."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from cronofystage import LOGIN_PAGE, ROOM, CronofyStage

from roomdisplay.connectors.base import (
    CalendarGoneError,
    ConnectorError,
    MalformedAnswerError,
    PermissionMissingError,
    Picture,
    ThrottledError,
    UnavailableError,
    Unchanged,
    Window,
)
from roomdisplay.connectors.contract import PLAIN, WINDOW, ZONE, berlin, event, utc
from roomdisplay.connectors.contract_writing import booking
from roomdisplay.connectors.cronofy.session import own_page

EVENTS = "GET /v1/events"
PAGES = "GET /v1/events/pages/"
EMPTY = {"pages": {"current": 1, "total": 1}, "events": []}


def reason(error: ConnectorError) -> str:
    assert error.diagnosis is not None
    return error.diagnosis.reason


async def read(stage: CronofyStage) -> Picture:
    answer = await stage.made().read(ROOM, WINDOW, zone=ZONE)
    assert isinstance(answer, Picture)
    return answer


async def fill(stage: CronofyStage, count: int = 250) -> None:
    objects = {}
    for number in range(count):
        start = datetime(2026, 11, 23, tzinfo=UTC) + timedelta(minutes=30 * number)
        end = start + timedelta(minutes=20)
        objects[f"m{number}"] = event(
            f"m{number}", f"{start:%Y%m%dT%H%M%SZ}", f"{end:%Y%m%dT%H%M%SZ}"
        )
    await stage.put(objects)


async def test_an_expired_page_is_read_again(stage: CronofyStage) -> None:
    await fill(stage)
    stage.simulator.faults.order(PAGES, status=404)
    assert len((await read(stage)).occurrences) == 250


async def test_pages_that_always_expire(stage: CronofyStage) -> None:
    await fill(stage)
    stage.simulator.events.page_life = timedelta(0)
    with pytest.raises(UnavailableError):
        await read(stage)


@pytest.mark.parametrize(
    "next_page",
    [
        "https://evil.example/v1/events/pages/1",
        "http://127.0.0.1:1/v1/events/pages/1",
        "//evil.example/x",
        "file:///etc/passwd",
        "http://[",
    ],
)
async def test_a_page_elsewhere_gets_no_token(stage: CronofyStage, next_page: str) -> None:
    body = {"pages": {"current": 1, "total": 2, "next_page": next_page}, "events": []}
    stage.simulator.faults.order(EVENTS, status=200, body=body, times=9)
    with pytest.raises(MalformedAnswerError):
        await read(stage)


def test_an_own_page_may_be_written_short() -> None:
    api = httpx.URL("https://api.cronofy.com/")
    for text in ("/v1/events/pages/1", "https://u:p@api.cronofy.com/v1/events/pages/1#x"):
        assert str(own_page(api, text)) == "https://api.cronofy.com/v1/events/pages/1"


@pytest.mark.parametrize(
    "pages",
    [
        {"current": 1, "total": 2},
        {"current": 1, "total": 999, "next_page": "/v1/events/pages/again"},
    ],
)
async def test_pages_without_an_end(stage: CronofyStage, pages: dict[str, object]) -> None:
    stage.simulator.faults.order(EVENTS, status=200, body={"pages": pages, "events": []}, times=99)
    with pytest.raises(MalformedAnswerError):
        await read(stage)


@pytest.mark.parametrize(
    "body", [{}, {"events": []}, {"pages": {}, "events": []}, {"pages": {"current": 1, "total": 1}}]
)
async def test_half_an_answer_is_never_an_empty_room(
    stage: CronofyStage, body: dict[str, object]
) -> None:
    stage.simulator.faults.order(EVENTS, status=200, body=body, times=9)
    with pytest.raises(MalformedAnswerError):
        await read(stage)


async def test_an_endless_calendar_is_refused(
    stage: CronofyStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("roomdisplay.connectors.cronofy.rooms.MOST_EVENTS", 200)
    await fill(stage)
    with pytest.raises(MalformedAnswerError, match="more than 200"):
        await read(stage)


@pytest.mark.parametrize("quietly", [True, False])
async def test_a_calendar_that_vanished_is_not_empty(stage: CronofyStage, quietly: bool) -> None:  # noqa: FBT001 - a case
    await stage.put({"plain": PLAIN})
    connector = stage.made()
    first = await connector.read(ROOM, WINDOW, zone=ZONE)
    stage.simulator.lose_calendar(ROOM, quietly=quietly)
    with pytest.raises(CalendarGoneError) as caught:
        await connector.read(ROOM, WINDOW, first.cursor, zone=ZONE)
    assert reason(caught.value) == "cronofy_calendar_gone"


async def test_old_news_of_a_lost_mailbox_is_not_told(stage: CronofyStage) -> None:
    await stage.put({"plain": PLAIN})
    connector = stage.made()
    await connector.read(ROOM, WINDOW, zone=ZONE)
    stage.simulator.disconnect(ROOM)
    with pytest.raises(UnavailableError) as caught:
        await stage.made().read(ROOM, WINDOW, zone=ZONE)
    assert reason(caught.value) == "cronofy_profile_disconnected"
    with pytest.raises(UnavailableError):  # as Room Display does when it is told so
        await connector.watch(ROOM, await stage.hook())


async def test_what_is_not_news_must_be_vouched_for(stage: CronofyStage) -> None:
    await stage.put({"plain": PLAIN})
    connector = stage.made()
    first = await connector.read(ROOM, WINDOW, zone=ZONE)
    stage.simulator.disconnect(ROOM)
    for cursor in (first.cursor, None):
        with pytest.raises(UnavailableError) as caught:
            await connector.read(ROOM, WINDOW, cursor, zone=ZONE)
        assert reason(caught.value) == "cronofy_profile_disconnected"


async def test_news_needs_one_request(stage: CronofyStage) -> None:
    await stage.put({"plain": PLAIN})
    connector = stage.made()
    first = await connector.read(ROOM, WINDOW, zone=ZONE)
    stage.simulator.faults.order("GET", delay=0.0, times=99)
    other = event("other", berlin("20261124T100000"), berlin("20261124T110000"))
    await stage.put({"plain": PLAIN, "other": other})
    await connector.read(ROOM, WINDOW, first.cursor, zone=ZONE)
    assert stage.simulator.faults.taken == ["GET /v1/events"]


async def test_our_own_booking_is_no_news(stage: CronofyStage) -> None:
    """Cronofy may show what it was told to write though it lost the mailbox."""
    await stage.put({"plain": PLAIN})
    connector = stage.made()
    first = await connector.read(ROOM, WINDOW, zone=ZONE)
    await stage.made().book(ROOM, booking("key-1", utc(24, 10), utc(24, 11)))
    stage.simulator.disconnect(ROOM)
    with pytest.raises(UnavailableError):
        await connector.read(ROOM, WINDOW, first.cursor, zone=ZONE)


async def test_nothing_is_booked_where_cronofy_lost_the_mailbox(stage: CronofyStage) -> None:
    connector = stage.made()
    await connector.read(ROOM, WINDOW, zone=ZONE)
    stage.simulator.disconnect(ROOM)
    with pytest.raises(UnavailableError) as caught:
        await connector.book(ROOM, booking("key-1", utc(24, 10), utc(24, 11)))
    assert reason(caught.value) == "cronofy_profile_disconnected"


async def test_a_calendar_that_is_not_read_whole_yet(stage: CronofyStage) -> None:
    profile = {"profile_connected": True, "profile_initial_sync_required": True}
    data = {"authorization": {}, "profiles": [profile]}
    body = {"sub": "acc_1", "cronofy.type": "account", "cronofy.data": data}
    stage.simulator.faults.order("GET /v1/userinfo", status=200, body=body)
    with pytest.raises(UnavailableError) as caught:
        await read(stage)
    assert reason(caught.value) == "cronofy_syncing"


async def test_without_profiles_the_calendars_are_listed(stage: CronofyStage) -> None:
    await stage.put({"plain": PLAIN})
    body = {"sub": "acc_1", "cronofy.type": "account", "cronofy.data": {}}
    stage.simulator.faults.order("GET /v1/userinfo", status=200, body=body)
    assert len((await read(stage)).occurrences) == 1


@pytest.mark.parametrize("which", ["deleted", "none", "two"])
async def test_no_calendar_is_guessed(stage: CronofyStage, which: str) -> None:
    calendars = {
        "deleted": [{"calendar_id": "a", "calendar_primary": True, "calendar_deleted": True}],
        "none": [],
        "two": [{"calendar_id": "a"}, {"calendar_id": "b"}],
    }[which]
    body = {"sub": "acc_1", "cronofy.type": "account", "cronofy.data": {}}
    stage.simulator.faults.order("GET /v1/userinfo", status=200, body=body)
    stage.simulator.faults.order("GET /v1/calendars", status=200, body={"calendars": calendars})
    with pytest.raises(CalendarGoneError):
        await read(stage)


@pytest.mark.parametrize(
    ("status", "kind", "expected"),
    [
        (402, PermissionMissingError, "cronofy_plan"),
        (403, PermissionMissingError, "cronofy_scope_missing"),
        (404, CalendarGoneError, "cronofy_calendar_gone"),
        (422, MalformedAnswerError, "cronofy_malformed"),
        (423, UnavailableError, "cronofy_room_locked"),
        (429, ThrottledError, "cronofy_throttled"),
        (500, UnavailableError, "cronofy_unreachable"),
        (503, UnavailableError, "cronofy_unreachable"),
        (418, MalformedAnswerError, "cronofy_malformed"),
    ],
)
@pytest.mark.parametrize("path", ["GET /v1/events$", "GET /v1/userinfo"])
async def test_each_refusal_says_what_to_do(
    stage: CronofyStage, path: str, status: int, kind: type[ConnectorError], expected: str
) -> None:
    stage.simulator.faults.order(path, status=status, times=9)
    with pytest.raises(kind) as caught:
        await read(stage)
    assert reason(caught.value) == expected


async def test_what_a_422_quotes_is_not_told(stage: CronofyStage) -> None:
    errors = {"tzid": [{"key": "errors.required"}], "<b>Zeppelin": [], "from": []}
    stage.simulator.faults.order("GET /v1/events$", status=422, body={"errors": errors})
    with pytest.raises(MalformedAnswerError) as caught:
        await read(stage)
    assert caught.value.detail.endswith("(tzid, from)")


async def test_a_locked_room(stage: CronofyStage) -> None:
    stage.simulator.lock(ROOM)
    with pytest.raises(UnavailableError) as caught:
        await read(stage)
    assert reason(caught.value) == "cronofy_room_locked"


async def test_one_refusal_for_being_too_many_pauses_all(stage: CronofyStage) -> None:
    connector = stage.made()
    stage.simulator.faults.order(".", status=429)
    with pytest.raises(ThrottledError) as caught:
        await connector.read(ROOM, WINDOW, zone=ZONE)
    assert caught.value.retry_after == timedelta(seconds=15)
    met = list(stage.simulator.faults.taken)
    stage.simulator.faults.order(".", status=500)
    with pytest.raises(ThrottledError):
        await stage.made().list_calendars()
    assert stage.simulator.faults.taken == met


async def test_beyond_what_cronofy_keeps(stage: CronofyStage) -> None:
    start = stage.clock.now + timedelta(days=199)
    picture = await stage.made().read(ROOM, Window(start, start + timedelta(days=7)), zone=ZONE)
    assert isinstance(picture, Picture)
    assert any("201 days" in one for one in picture.warnings)
    assert (await read(stage)).warnings == ()


async def test_the_zone_is_a_part_of_the_question(stage: CronofyStage) -> None:
    day = event("day", ";VALUE=DATE:20261124", ";VALUE=DATE:20261125")
    await stage.put({"day": day})
    connector = stage.made()
    first = await connector.read(ROOM, WINDOW, zone=ZONE)
    assert isinstance(await connector.read(ROOM, WINDOW, first.cursor, zone=ZONE), Unchanged)
    tokyo = await connector.read(ROOM, WINDOW, first.cursor, zone="Asia/Tokyo")
    assert isinstance(tokyo, Picture)
    assert tokyo.occurrences[0].start == datetime(2026, 11, 23, 15, tzinfo=UTC)


async def test_own_bookings_are_read(stage: CronofyStage) -> None:
    """The API leaves them out unless it is asked."""
    await stage.put({})
    calendar = stage.simulator.account(ROOM).calendar.id
    wanted = {"event_id": "x", "summary": "Ad hoc", "tzid": "Etc/UTC"}
    wanted |= {"start": "2026-11-24T10:00:00Z", "end": "2026-11-24T11:00:00Z"}
    kept = await stage.kept(ROOM)
    async with httpx.AsyncClient(base_url=stage.origin, trust_env=False) as http:
        answer = await http.post(
            f"/v1/calendars/{calendar}/events",
            json=wanted,
            headers={"Authorization": f"Bearer {kept.access}"},
        )
    assert answer.status_code == 202
    assert [one.title for one in (await read(stage)).occurrences] == ["Ad hoc"]


async def test_rooms_without_their_details(stage: CronofyStage) -> None:
    stage.simulator.faults.order("GET /v1/resources", status=422)
    (room,) = await stage.made().list_calendars()
    assert (room.address, room.name) == (ROOM, "Board room")
    stage.simulator.faults.order("GET /v1/resources", status=200, body=LOGIN_PAGE)
    with pytest.raises(MalformedAnswerError, match="web page"):
        await stage.made().list_calendars()


async def test_rooms_as_others_write_them(stage: CronofyStage) -> None:
    rooms = [
        {"email": "b@x.example", "name": "", "capacity": None, "location": None},
        {"email": "no address", "name": "Odd"},
        {"email": "B@x.example", "name": "Atlas", "capacity": 0, "location": {}},
        {"email": "a@x.example", "name": " Zoo ", "capacity": 4},
    ]
    stage.simulator.faults.order("GET /v1/resources", status=200, body={"resources": rooms})
    listed = await stage.made().list_calendars()
    assert [(one.address, one.name, one.capacity, one.group) for one in listed] == [
        ("B@x.example", "Atlas", None, None),
        ("a@x.example", "Zoo", 4, None),
    ]


async def test_a_hook_that_is_too_long(stage: CronofyStage) -> None:
    hook = await stage.hook()
    long = type(hook)(url=hook.url + "x" * 128, secret=hook.secret)
    with pytest.raises(PermissionMissingError):
        await stage.made().watch(ROOM, long)


async def test_unwatching_a_room_that_is_not_authorised_any_more(stage: CronofyStage) -> None:
    connector = stage.made()
    watch = await connector.watch(ROOM, await stage.hook())
    stage.simulator.revoke(ROOM)
    await connector.unwatch(ROOM, watch)


async def test_a_moved_series_keeps_its_ids(stage: CronofyStage) -> None:
    series = event(
        "s", berlin("20261123T090000"), berlin("20261123T093000"), "RRULE:FREQ=DAILY;COUNT=3"
    )
    await stage.put({"s": series})
    before = [one.source_id for one in (await read(stage)).occurrences]
    longer = series.replace("T093000", "T100000")
    await stage.put({"s": longer})
    assert [one.source_id for one in (await read(stage)).occurrences] == before
