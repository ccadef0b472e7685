"""The contract every connector keeps, as tests that each connector's own tests inherit.

    class TestMyConnector(ConnectorContract):
        @pytest.fixture
        async def stage(self): ...   # yields a `Stage`

More of it, for services that a simulator stands in for: `contract_faults.FaultContract`,
`contract_writing.WritingContract` and `contract_push.HookContract`; a connector's test class
inherits from all that its capabilities promise.

The stage puts calendar objects where the connector reads them, in whatever way the service has.
A service in which nothing can be put keeps the `ReadingContract` alone.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest

from roomdisplay.connectors.base import (
    CalendarGoneError,
    Connector,
    CredentialsRejectedError,
    CursorExpiredError,
    MalformedAnswerError,
    Occurrence,
    PermissionMissingError,
    Picture,
    UnavailableError,
    Unchanged,
    Window,
)

ZONE = "Europe/Berlin"
WINDOW = Window(datetime(2026, 11, 22, 23, tzinfo=UTC), datetime(2026, 11, 29, 23, tzinfo=UTC))
"""A week in Berlin, from Monday on."""


class ReadingStage(ABC):
    """What the tests of a service give to the contract in which nothing can be put."""

    @abstractmethod
    async def connector(self) -> Connector:
        """A connector to the service; the stage closes it."""

    @abstractmethod
    async def address(self) -> str:
        """The address of a calendar with meetings in the contract's week."""

    @abstractmethod
    async def fill(self) -> None:
        """See to it that there are meetings."""


class Stage(ReadingStage):
    """What a connector's tests give to the contract; its calendar is the one that `put` fills."""

    can_reject_credentials = True
    can_lose_calendar = True
    can_answer_nonsense = True

    async def fill(self) -> None:
        """Put some meetings."""
        long = event("long", berlin("20261116T100000"), berlin("20261204T110000"))
        series = event(
            "series", berlin("20261102T090000"), berlin("20261102T093000"), "RRULE:FREQ=DAILY"
        )
        await self.put({"plain": PLAIN, "long": long, "series": series})

    @abstractmethod
    async def put(self, objects: Mapping[str, str]) -> None:
        """Make the calendar hold exactly these: the lines of VEVENTs by UID."""

    @abstractmethod
    async def unreachable(self) -> tuple[Connector, str]:
        """A connector to a service that does not answer, and the address of a calendar there."""

    async def rejected(self) -> Connector:
        """A connector with a wrong password."""
        raise NotImplementedError

    async def lose_calendar(self) -> None:
        """Take the calendar away."""
        raise NotImplementedError

    async def answer_nonsense(self) -> None:
        """Let the service answer with a login page and status 200."""
        raise NotImplementedError


def event(uid: str, start: str, end: str, *more: str, title: str = "Planning") -> str:
    """The lines of a VEVENT; `start` and `end` with the parameters before the colon, if any."""
    lines = [
        "BEGIN:VEVENT",
        f"UID:{uid}",
        "DTSTAMP:20261101T000000Z",
        f"DTSTART{start if start.startswith((';', ':')) else ':' + start}",
        f"DTEND{end if end.startswith((';', ':')) else ':' + end}",
        f"SUMMARY:{title}",
        *more,
        "END:VEVENT",
    ]
    return "\r\n".join(lines) + "\r\n"


def berlin(local: str) -> str:
    """A DATE-TIME in Berlin, for `event`."""
    return f";TZID={ZONE}:{local}"


def calendar(events: Sequence[str]) -> str:
    """A VCALENDAR that holds these events and the zone that they use."""
    zone = (
        "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\n"
        "BEGIN:STANDARD\r\nDTSTART:19961027T030000\r\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r\n"
        "TZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\n"
        "BEGIN:DAYLIGHT\r\nDTSTART:19960331T020000\r\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\r\n"
        "TZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n"
    )
    head = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Room Display//contract//EN\r\n"
    return head + zone + "".join(events) + "END:VCALENDAR\r\n"


PLAIN = event("plain", berlin("20261123T100000"), berlin("20261123T110000"))


async def read_all(
    stage: ReadingStage, window: Window = WINDOW, connector: Connector | None = None
) -> Picture:
    """Read in full."""
    connector = connector or await stage.connector()
    answer = await connector.read(await stage.address(), window, zone=ZONE)
    assert isinstance(answer, Picture)
    return answer


def utc(day: int, hour: int, minute: int = 0, *, month: int = 11, year: int = 2026) -> datetime:
    """A time in the contract's week."""
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def spans(occurrences: Sequence[Occurrence]) -> list[tuple[datetime, datetime]]:
    """Starts and ends, in order."""
    return [(one.start, one.end) for one in occurrences]


class ReadingContract:
    """What holds for any calendar. Inherit from it, and define the fixture `stage`."""

    async def test_check_passes(self, stage: ReadingStage) -> None:
        """A connection that works is proven to work."""
        await stage.fill()
        await (await stage.connector()).check()

    async def test_lists_the_calendar(self, stage: ReadingStage) -> None:
        """The calendar can be chosen by a name, and its address can be read."""
        await stage.fill()
        listed = await (await stage.connector()).list_calendars()
        addresses = [info.address for info in listed]
        assert await stage.address() in addresses
        assert len(set(addresses)) == len(addresses)
        assert all(info.name for info in listed)

    async def test_every_window_shows_its_part(self, stage: ReadingStage) -> None:
        """A day shows exactly what the week shows of it, with the same ids."""
        await stage.fill()
        connector = await stage.connector()
        week = (await read_all(stage, connector=connector)).occurrences
        assert week
        assert len({one.source_id for one in week}) == len(week)
        for number in range(7):
            start = WINDOW.start + timedelta(days=number)
            window = Window(start, start + timedelta(days=1))
            found = (await read_all(stage, window, connector)).occurrences
            touching = [one for one in week if window.touches(one.start, one.end)]
            assert sorted(found, key=_identity) == sorted(touching, key=_identity)

    async def test_says_unchanged_or_gives_the_same(self, stage: ReadingStage) -> None:
        """Nothing changed: the cursor vouches for it, or the same picture comes again."""
        await stage.fill()
        connector = await stage.connector()
        first = await read_all(stage, connector=connector)
        again = await connector.read(await stage.address(), WINDOW, first.cursor, zone=ZONE)
        if isinstance(again, Picture):
            assert again.occurrences == first.occurrences
        else:
            assert again.cursor is None or isinstance(again.cursor, str)

    async def test_a_cursor_that_is_none(self, stage: ReadingStage) -> None:
        """An expired or foreign cursor leads to a full read or to the error that asks for one."""
        await stage.fill()
        connector = await stage.connector()
        try:
            answer = await connector.read(await stage.address(), WINDOW, "nonsense", zone=ZONE)
        except CursorExpiredError:
            return
        assert not isinstance(answer, Unchanged)
        assert answer.occurrences

    async def test_an_address_that_is_none(self, stage: ReadingStage) -> None:
        """What was never a calendar is gone or not allowed, not empty."""
        await stage.fill()
        connector = await stage.connector()
        with pytest.raises((CalendarGoneError, PermissionMissingError)):
            await connector.read("nowhere", WINDOW, zone=ZONE)


def _identity(one: Occurrence) -> str:
    return one.source_id


class ConnectorContract(ReadingContract):
    """Inherit from it, and define the fixture `stage`."""

    window_days_for_dst: ClassVar[int] = 3

    async def test_reads_a_meeting(self, stage: Stage) -> None:
        """A meeting comes with its texts and its times in UTC."""
        texts = (
            "LOCATION:Room 1",
            "DESCRIPTION:Agenda\\, and more",
            "ORGANIZER;CN=Ada:mailto:a@x.example",
        )
        start, end = berlin("20261123T100000"), berlin("20261123T110000")
        await stage.put({"plain": event("plain", start, end, *texts)})
        (one,) = (await read_all(stage)).occurrences
        assert (one.start, one.end) == (utc(23, 9), utc(23, 10))
        assert (one.title, one.location, one.organizer) == ("Planning", "Room 1", "Ada")
        assert one.body_text == "Agenda, and more"
        assert not one.all_day
        assert not one.private

    async def test_reads_an_empty_calendar(self, stage: Stage) -> None:
        """No meetings are an answer too."""
        await stage.put({})
        assert (await read_all(stage)).occurrences == ()

    async def test_sees_a_change_a_move_and_a_deletion(self, stage: Stage) -> None:
        """Each change shows in the next read; the id stays the same while a meeting moves."""
        other = event("other", berlin("20261124T100000"), berlin("20261124T110000"))
        await stage.put({"plain": PLAIN, "other": other})
        connector = await stage.connector()
        picture = await read_all(stage, connector=connector)
        source_id = picture.occurrences[0].source_id
        moved = event(
            "plain", berlin("20261123T140000"), berlin("20261123T150000"), "SEQUENCE:1", title="New"
        )
        await stage.put({"plain": moved, "other": other})
        picture = await self._next(stage, connector, picture)
        assert spans(picture.occurrences)[0] == (utc(23, 13), utc(23, 14))
        assert picture.occurrences[0].title == "New"
        assert picture.occurrences[0].source_id == source_id
        await stage.put({"other": other})
        picture = await self._next(stage, connector, picture)
        assert [one.start for one in picture.occurrences] == [utc(24, 9)]

    async def _next(self, stage: Stage, connector: Connector, last: Picture) -> Picture:
        answer = await connector.read(await stage.address(), WINDOW, last.cursor, zone=ZONE)
        assert isinstance(answer, Picture), "something changed, so the answer is a picture"
        return answer

    async def test_another_connector_takes_the_cursor(self, stage: Stage) -> None:
        """A cursor outlives the process: after a restart a change is still seen."""
        await stage.put({"plain": PLAIN})
        first = await read_all(stage)
        moved = event("plain", berlin("20261123T140000"), berlin("20261123T150000"), "SEQUENCE:1")
        await stage.put({"plain": moved})
        picture = await self._next(stage, await stage.connector(), first)
        assert spans(picture.occurrences) == [(utc(23, 13), utc(23, 14))]

    async def test_expands_a_series_with_exceptions(self, stage: Stage) -> None:
        """A deleted, a moved and a cancelled occurrence of a daily series."""
        start, end = berlin("20261102T090000"), berlin("20261102T093000")
        rule = ("RRULE:FREQ=DAILY", f"EXDATE;TZID={ZONE}:20261124T090000")
        master = event("series", start, end, *rule)
        moved = event(
            "series",
            berlin("20261125T160000"),
            berlin("20261125T170000"),
            f"RECURRENCE-ID;TZID={ZONE}:20261125T090000",
        )
        cancelled = event(
            "series",
            berlin("20261126T090000"),
            berlin("20261126T093000"),
            f"RECURRENCE-ID;TZID={ZONE}:20261126T090000",
            "STATUS:CANCELLED",
        )
        await stage.put({"series": master + moved + cancelled})
        picture = await read_all(stage)
        starts = [one.start for one in picture.occurrences]
        assert starts == [utc(23, 8), utc(25, 15), utc(27, 8), utc(28, 8), utc(29, 8)]
        ids = [one.source_id for one in picture.occurrences]
        assert len(set(ids)) == len(ids)

    async def test_all_day_in_the_rooms_zone(self, stage: Stage) -> None:
        """A day is the room's day."""
        await stage.put(
            {"day": event("day", ";VALUE=DATE:20261124", ";VALUE=DATE:20261126", title="Fair")}
        )
        (one,) = (await read_all(stage)).occurrences
        assert one.all_day
        assert (one.start, one.end) == (utc(23, 23), utc(25, 23))

    async def test_private_is_marked(self, stage: Stage) -> None:
        """A private meeting says so; hiding it is the business of others."""
        start, end = berlin("20261123T100000"), berlin("20261123T110000")
        await stage.put({"plain": event("plain", start, end, "CLASS:PRIVATE")})
        (one,) = (await read_all(stage)).occurrences
        assert one.private

    async def test_days_of_the_clock_change(self, stage: Stage) -> None:
        """A meeting at nine stays at nine, and an hour stays an hour."""
        start, end = berlin("20260301T090000"), berlin("20260301T100000")
        await stage.put({"series": event("series", start, end, "RRULE:FREQ=DAILY")})
        for month, day, hours in ((3, 28, (8, 7, 7)), (10, 24, (7, 8, 8))):
            begin = datetime(2026, month, day, tzinfo=UTC)
            window = Window(begin, begin + timedelta(days=self.window_days_for_dst))
            found = (await read_all(stage, window)).occurrences
            assert tuple(one.start.hour for one in found) == hours
            assert {one.end - one.start for one in found} == {timedelta(hours=1)}

    async def test_the_window_rolls_over(self, stage: Stage) -> None:
        """A cursor of yesterday's window does not hide what tomorrow's brings."""
        late = event("late", berlin("20261130T100000"), berlin("20261130T110000"))
        await stage.put({"plain": PLAIN, "late": late})
        connector = await stage.connector()
        first = await read_all(stage, connector=connector)
        assert [one.start for one in first.occurrences] == [utc(23, 9)]
        day = timedelta(days=1)
        window = Window(WINDOW.start + day, WINDOW.end + day)
        rolled = await connector.read(await stage.address(), window, first.cursor, zone=ZONE)
        assert isinstance(rolled, Picture)
        assert [one.start for one in rolled.occurrences] == [utc(30, 9)]

    async def test_unreachable(self, stage: Stage) -> None:
        """A service that does not answer is unavailable, not empty."""
        connector, address = await stage.unreachable()
        with pytest.raises(UnavailableError):
            await connector.read(address, WINDOW, zone=ZONE)

    async def test_credentials_rejected(self, stage: Stage) -> None:
        """A wrong password is told apart."""
        if not stage.can_reject_credentials:
            pytest.skip("this service asks for none")
        connector = await stage.rejected()
        with pytest.raises(CredentialsRejectedError) as caught:
            await connector.read(await stage.address(), WINDOW, zone=ZONE)
        assert "wrong-password" not in caught.value.detail

    async def test_calendar_gone(self, stage: Stage) -> None:
        """A calendar that was taken away is gone, not empty, also for a cursor of before."""
        if not stage.can_lose_calendar:
            pytest.skip("this service's calendar cannot be taken away")
        await stage.put({"plain": PLAIN})
        connector = await stage.connector()
        first = await read_all(stage, connector=connector)
        await stage.lose_calendar()
        for cursor in (None, first.cursor):
            with pytest.raises(CalendarGoneError):
                await connector.read(await stage.address(), WINDOW, cursor, zone=ZONE)

    async def test_malformed_answer(self, stage: Stage) -> None:
        """A login page with status 200 is not an empty calendar."""
        if not stage.can_answer_nonsense:
            pytest.skip("this service is a real one")
        await stage.put({"plain": PLAIN})
        connector = await stage.connector()
        first = await read_all(stage, connector=connector)
        await stage.answer_nonsense()
        for cursor in (None, first.cursor):
            with pytest.raises(MalformedAnswerError):
                await connector.read(await stage.address(), WINDOW, cursor, zone=ZONE)

    async def test_a_big_calendar(self, stage: Stage) -> None:
        """Hundreds of meetings come whole, sorted, each once."""
        objects: dict[str, str] = {}
        for number in range(200):
            start = datetime(2026, 11, 23, tzinfo=UTC) + timedelta(minutes=40 * number)
            end = start + timedelta(minutes=20)
            uid = f"big-{number}"
            objects[uid] = event(uid, f"{start:%Y%m%dT%H%M%SZ}", f"{end:%Y%m%dT%H%M%SZ}")
        await stage.put(objects)
        found = (await read_all(stage)).occurrences
        assert len({one.source_id for one in found}) == len(found) == len(objects)
        assert [one.start for one in found] == sorted(one.start for one in found)
