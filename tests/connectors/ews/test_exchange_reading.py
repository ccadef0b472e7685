"""Reading rooms: what is asked for, what is understood, and what is never guessed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from exchangebench import ACCOUNT, NOW, ORGANISER, ROOM, Exchange
from simulators.organisation import Draft, OnlineMeeting, Processing, Recurrence
from simulators.organisation.from_ical import put_ical

from roomdisplay.connectors.base import Occurrence, Picture, Unchanged
from roomdisplay.connectors.contract import PLAIN, WINDOW, ZONE, berlin, event, utc
from roomdisplay.connectors.ews.connector import ExchangeConnector
from roomdisplay.connectors.ews.item import Item, read_item
from roomdisplay.connectors.ews.occurrence import picture_of
from roomdisplay.connectors.ews.xml import strict_root

TEAMS = "https://teams.microsoft.com/l/meetup-join/19%3ameeting_ZmFrZQ%40thread.v2/0?context=%7b%7d"


@pytest.fixture
async def exchange() -> AsyncIterator[Exchange]:
    async with Exchange().running() as one:
        yield one


def invite(exchange: Exchange, **fields: Any) -> str:
    start = NOW + timedelta(hours=10)
    draft = {
        "subject": "Budget",
        "start": start,
        "end": start + timedelta(hours=1),
        "rooms": (ROOM,),
        "zone": "Europe/Berlin",
    }
    return exchange.company.invite(ORGANISER, Draft(**{**draft, **fields}))


async def read(connector: ExchangeConnector, cursor: str | None = None) -> Picture:
    answer = await connector.read(ROOM, WINDOW, cursor, zone=ZONE)
    assert isinstance(answer, Picture)
    return answer


async def one(exchange: Exchange) -> Occurrence:
    (found,) = (await read(exchange.connector())).occurrences
    return found


def operations(exchange: Exchange) -> list[str]:
    found = [name for name, _ in exchange.server.calls]
    exchange.server.calls.clear()
    return found


async def test_only_what_changed_is_asked_for_again(exchange: Exchange) -> None:
    other = event("other", berlin("20261124T100000"), berlin("20261124T110000"))
    put_ical(exchange.room, {"plain": PLAIN, "other": other})
    connector = exchange.connector()
    first = await read(connector)
    assert operations(exchange) == ["FindItem", "GetItem"]
    assert isinstance(await connector.read(ROOM, WINDOW, first.cursor, zone=ZONE), Unchanged)
    assert operations(exchange) == ["FindItem"]
    moved = event("other", berlin("20261124T120000"), berlin("20261124T130000"), "SEQUENCE:1")
    put_ical(exchange.room, {"plain": PLAIN, "other": moved})
    exchange.server.traffic.clear()
    second = await read(connector, first.cursor)
    assert [found.start for found in second.occurrences] == [utc(23, 9), utc(24, 11)]
    asked = next(body for body in exchange.server.traffic if b"<m:GetItem" in body)
    assert asked.count(b"<t:ItemId") == 1


async def test_requests_go_as_the_room_and_in_utc(exchange: Exchange) -> None:
    await read(exchange.connector())
    assert {mailbox for _, mailbox in exchange.server.calls} == {ROOM}
    for body in exchange.server.traffic:
        assert b"TimeZoneContext" not in body


async def test_a_teams_meeting_has_its_link(exchange: Exchange) -> None:
    invite(exchange, online=OnlineMeeting("teamsForBusiness", TEAMS), body="See you\nthere")
    found = await one(exchange)
    assert found.structured_links == (TEAMS,)
    assert found.body_text is not None
    assert found.body_text.startswith("See you")
    assert found.organizer == "Ada Lovelace"
    assert found.location == "Atlas"


async def test_a_skype_meeting_has_its_link_once(exchange: Exchange) -> None:
    link = "https://meet.example.com/ada/AB12CD"
    invite(exchange, online=OnlineMeeting("skypeForBusiness", link))
    assert (await one(exchange)).structured_links == (link,)


async def test_html_becomes_text(exchange: Exchange) -> None:
    invite(exchange, body="<p>Join <a href='https://meet.test/x'>here</a></p>", body_type="html")
    found = await one(exchange)
    assert found.body_html is None
    assert "<p>" not in (found.body_text or "")


async def test_the_organisers_name_is_no_title(exchange: Exchange) -> None:
    exchange.room.processing = Processing()
    invite(exchange)
    found = await one(exchange)
    assert (found.title, found.organizer) == (None, "Ada Lovelace")


async def test_control_characters_harm_nobody(exchange: Exchange) -> None:
    invite(exchange, subject="Bud\x1fget \x00 & <b>co</b>", body="a\x0bb")
    found = await one(exchange)
    assert found.title == "Bud get   & <b>co</b>"


@pytest.mark.parametrize("sensitivity", ["private", "confidential", "personal"])
async def test_marked_meetings_are_private(exchange: Exchange, sensitivity: str) -> None:
    invite(exchange, sensitivity=sensitivity)
    assert (await one(exchange)).private


async def test_free_and_cancelled_ones_are_left_out(exchange: Exchange) -> None:
    invite(exchange, show_as="free")
    meeting = invite(exchange, start=utc(24, 9), end=utc(24, 10))
    exchange.company.cancel(meeting)
    picture = await read(exchange.connector())
    assert picture.occurrences == ()
    assert [found.reason for found in picture.left_out] == ["free_time", "cancelled"]


async def test_one_of_a_series_moves_and_keeps_its_name(exchange: Exchange) -> None:
    meeting = invite(
        exchange, start=utc(23, 9), end=utc(23, 10), recurrence=Recurrence("FREQ=DAILY;COUNT=3")
    )
    connector = exchange.connector()
    before = await read(connector)
    exchange.company.move(meeting, utc(24, 14), utc(24, 15), occurrence=utc(24, 9))
    exchange.company.cancel(meeting, occurrence=utc(25, 9))
    after = await read(connector, before.cursor)
    assert [found.start for found in after.occurrences] == [utc(23, 9), utc(24, 14)]
    names = [found.source_id for found in before.occurrences]
    assert [found.source_id for found in after.occurrences] == names[:2]


async def test_more_than_a_view_holds(exchange: Exchange) -> None:
    exchange.server.find_limit = 10
    objects = {
        f"m{n}": event(
            f"m{n}",
            f"{utc(23, 0) + timedelta(hours=n):%Y%m%dT%H%M%SZ}",
            f"{utc(23, 0) + timedelta(hours=n, minutes=30):%Y%m%dT%H%M%SZ}",
        )
        for n in range(100)
    }
    objects["long"] = event("long", "20261101T000000Z", "20261220T000000Z")
    put_ical(exchange.room, objects)
    picture = await read(exchange.connector())
    assert len(picture.occurrences) == len(objects)
    assert len({found.source_id for found in picture.occurrences}) == len(objects)


async def test_a_delegate_reads_what_is_shared(exchange: Exchange) -> None:
    put_ical(exchange.room, {"plain": PLAIN})
    exchange.server.rights.impersonation.clear()
    exchange.server.rights.share_calendar(ROOM, ACCOUNT)
    connector = exchange.connector(access="delegate")
    assert len((await read(connector)).occurrences) == 1
    assert connector.check_every > exchange.connector().check_every


async def test_details_that_do_not_come_take_nothing_away(exchange: Exchange) -> None:
    put_ical(exchange.room, {"plain": PLAIN})
    connector = exchange.connector()
    exchange.server.busy.order("GetItem", code="ErrorItemCorrupt", back_off=None)
    picture = await read(connector)
    assert [found.start for found in picture.occurrences] == [utc(23, 9)]
    assert picture.cursor is None, "they are asked for again"
    assert (await read(connector, picture.cursor)).cursor is not None


def item(**fields: str) -> Item:
    """An item as Exchange writes it."""
    told = {
        "UID": "1",
        "Start": "2026-11-23T09:00:00Z",
        "End": "2026-11-23T10:00:00Z",
        "Subject": "Planning",
        **fields,
    }
    lines = "".join(f"<t:{name}>{text}</t:{name}>" for name, text in told.items() if text)
    zone = fields.get("zone")
    if zone is not None:
        lines = lines.replace(f"<t:zone>{zone}</t:zone>", f'<t:StartTimeZone Id="{zone}"/>')
    space = "http://schemas.microsoft.com/exchange/services/2006/types"
    text = f'<t:CalendarItem xmlns:t="{space}"><t:ItemId Id="a" ChangeKey="b"/>{lines}'
    return read_item(strict_root(f"{text}</t:CalendarItem>".encode()))


def shown(*items: Item) -> Picture:
    return picture_of(items, WINDOW, ZONE, ROOM)


@pytest.mark.parametrize(
    "times",
    [
        {"Start": ""},
        {"End": "soon"},
        {"Start": "2026-13-45T00:00:00Z"},
        {"Start": "2026-11-23T11:00:00Z"},
        {"Start": "0001-01-01T00:00:00+14:00"},
    ],
)
def test_times_that_nobody_can_tell_are_counted(times: dict[str, str]) -> None:
    picture = shown(item(**times))
    assert picture.unreadable == 1
    assert picture.occurrences == ()
    assert [left.reason for left in picture.left_out] == ["malformed"]
    assert picture.warnings


ALL_DAY = [
    # Where it was made, and its two midnights in UTC; always the 24th for the room in Berlin.
    ("W. Europe Standard Time", "2026-11-23T23:00:00Z", "2026-11-24T23:00:00Z"),
    ("UTC", "2026-11-24T00:00:00Z", "2026-11-25T00:00:00Z"),
    ("Tokyo Standard Time", "2026-11-23T15:00:00Z", "2026-11-24T15:00:00Z"),
    ("Hawaiian Standard Time", "2026-11-24T10:00:00Z", "2026-11-25T10:00:00Z"),
    ("Europe/Berlin", "2026-11-23T23:00:00Z", "2026-11-24T23:00:00Z"),
    ("Customized Time Zone", "2026-11-23T23:00:00Z", "2026-11-24T23:00:00Z"),
    ("tzone://Microsoft/Custom", "2026-11-24T00:00:00Z", "2026-11-25T00:00:00Z"),
    ("", "2026-11-23T23:00:00Z", "2026-11-24T23:00:00Z"),
]


@pytest.mark.parametrize(("zone", "start", "end"), ALL_DAY)
def test_a_day_is_the_rooms_day(zone: str, start: str, end: str) -> None:
    told = (
        item(zone=zone, Start=start, End=end, IsAllDayEvent="true")
        if zone
        else item(Start=start, End=end, IsAllDayEvent="true")
    )
    (found,) = shown(told).occurrences
    assert found.all_day
    assert (found.start, found.end) == (utc(23, 23), utc(24, 23))


def test_an_unknown_zone_is_told() -> None:
    told = item(zone="Nowhere Standard Time", IsAllDayEvent="true")
    assert any("Nowhere" in words for words in shown(told).warnings)


def test_a_day_over_the_clock_change_is_one_day() -> None:
    told = item(
        zone="W. Europe Standard Time",
        IsAllDayEvent="true",
        Start="2026-10-24T22:00:00Z",
        End="2026-10-25T23:00:00Z",
    )
    window = type(WINDOW)(datetime(2026, 10, 24, tzinfo=UTC), datetime(2026, 10, 27, tzinfo=UTC))
    (found,) = picture_of([told], window, ZONE, ROOM).occurrences
    assert found.end - found.start == timedelta(hours=25)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"IsCancelled": "true"}, "cancelled"),
        ({"AppointmentState": "5"}, "cancelled"),
        ({"AppointmentState": "7"}, "cancelled"),
        ({"MyResponseType": "Decline"}, "declined"),
        ({"LegacyFreeBusyStatus": "Free"}, "free_time"),
    ],
)
def test_what_takes_no_time_is_left_out(fields: dict[str, str], reason: str) -> None:
    assert [left.reason for left in shown(item(**fields)).left_out] == [reason]


@pytest.mark.parametrize(
    "fields",
    [
        {"AppointmentState": "3"},
        {"AppointmentState": "x"},
        {"MyResponseType": "NoResponseReceived"},
        {"LegacyFreeBusyStatus": "Tentative"},
        {"LegacyFreeBusyStatus": "NoData"},
        {"LegacyFreeBusyStatus": "WorkingElsewhere"},
    ],
)
def test_what_may_take_time_is_shown(fields: dict[str, str]) -> None:
    assert len(shown(item(**fields)).occurrences) == 1


def test_copies_of_a_meeting_are_told_apart() -> None:
    def ids(items: Sequence[Item]) -> set[str]:
        return {found.source_id for found in shown(*items).occurrences}

    space = [item(), item(Subject="Copy"), item(Subject="Another")]
    copies = [type(one)(**{**_fields(one), "id": f"id-{n}"}) for n, one in enumerate(space)]
    assert len(ids(copies)) == 3
    assert ids(copies) == ids(copies[::-1])


def _fields(one: Item) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__dataclass_fields__}
