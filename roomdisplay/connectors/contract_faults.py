"""The contract of connectors whose service can be made to fail, as tests; see `contract`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime, timedelta

import pytest

from roomdisplay.connectors.base import (
    ConnectorError,
    CredentialsRejectedError,
    CursorExpiredError,
    MalformedAnswerError,
    Picture,
    ThrottledError,
    UnavailableError,
    Window,
)
from roomdisplay.connectors.contract import (
    PLAIN,
    WINDOW,
    ZONE,
    Stage,
    berlin,
    event,
    read_all,
    spans,
    utc,
)

_MANY = 1_000


class FaultStage(Stage, ABC):
    """What the tests of a service that can be made to fail give to the contract."""

    @abstractmethod
    async def throttle(self, pause: timedelta) -> None:
        """Let the service ask for a pause, in answer to whatever comes next."""

    @abstractmethod
    async def revoke(self) -> None:
        """Take the right to read away in mid-flight: tokens, too, are good for nothing now."""

    @abstractmethod
    async def expire_cursors(self) -> None:
        """Let the service know no cursor of before any more."""

    @abstractmethod
    async def cut_pages(self) -> None:
        """Let the service fail at the second page, or in the middle, of the next long answer."""

    @abstractmethod
    async def invite(self, start: datetime, end: datetime, title: str) -> str:
        """Have somebody invite the room; the meeting's name for the two below."""

    @abstractmethod
    async def accepted(self, meeting: str) -> bool:
        """Whether the room accepted."""

    @abstractmethod
    async def cancel(self, meeting: str) -> None:
        """Have the organiser cancel it."""


class FaultContract:
    """Inherit from it beside `ConnectorContract`; the fixture `stage` is a `FaultStage`."""

    async def test_a_thousand_meetings(self, stage: FaultStage) -> None:
        """All of them, each once, in order, whatever the service's pages hold."""
        objects: dict[str, str] = {}
        for number in range(_MANY):
            start = datetime.combine(WINDOW.start, datetime.min.time(), WINDOW.start.tzinfo)
            start += timedelta(days=1, minutes=8 * number)
            end = start + timedelta(minutes=7)
            uid = f"many-{number}"
            objects[uid] = event(uid, f"{start:%Y%m%dT%H%M%SZ}", f"{end:%Y%m%dT%H%M%SZ}")
        await stage.put(objects)
        found = (await read_all(stage)).occurrences
        assert len({one.source_id for one in found}) == len(found) == _MANY
        assert [one.start for one in found] == sorted(one.start for one in found)

    async def test_half_an_answer_is_none(self, stage: FaultStage) -> None:
        """What breaks off is an error, never a shorter day."""
        start = datetime(2026, 11, 23, tzinfo=WINDOW.start.tzinfo)
        objects = {
            f"m{n}": event(
                f"m{n}",
                f"{start + timedelta(minutes=8 * n):%Y%m%dT%H%M%SZ}",
                f"{start + timedelta(minutes=8 * n + 7):%Y%m%dT%H%M%SZ}",
            )
            for n in range(_MANY)
        }
        await stage.put(objects)
        connector = await stage.connector()
        await stage.cut_pages()
        with pytest.raises((UnavailableError, MalformedAnswerError)):
            await connector.read(await stage.address(), WINDOW, zone=ZONE)

    async def test_throttled(self, stage: FaultStage) -> None:
        """The service's own pause is told, and afterwards the read works."""
        await stage.put({"plain": PLAIN})
        connector = await stage.connector()
        first = await read_all(stage, connector=connector)
        await stage.throttle(timedelta(seconds=42))
        with pytest.raises(ThrottledError) as caught:
            await connector.read(await stage.address(), WINDOW, first.cursor, zone=ZONE)
        assert timedelta(seconds=30) <= caught.value.retry_after <= timedelta(seconds=60)

    async def test_revoked_in_mid_flight(self, stage: FaultStage) -> None:
        """A connection that worked says that it is not let in any more."""
        await stage.put({"plain": PLAIN})
        connector = await stage.connector()
        first = await read_all(stage, connector=connector)
        await stage.revoke()
        for cursor in (first.cursor, None):
            with pytest.raises(CredentialsRejectedError):
                await connector.read(await stage.address(), WINDOW, cursor, zone=ZONE)

    async def test_an_expired_cursor(self, stage: FaultStage) -> None:
        """A cursor that the service forgot hides nothing."""
        await stage.put({"plain": PLAIN})
        connector = await stage.connector()
        first = await read_all(stage, connector=connector)
        await stage.expire_cursors()
        other = event("other", berlin("20261124T100000"), berlin("20261124T110000"))
        await stage.put({"plain": PLAIN, "other": other})
        try:
            answer = await connector.read(await stage.address(), WINDOW, first.cursor, zone=ZONE)
        except CursorExpiredError:
            answer = await connector.read(await stage.address(), WINDOW, None, zone=ZONE)
        assert isinstance(answer, Picture)
        assert [one.start for one in answer.occurrences] == [utc(23, 9), utc(24, 9)]

    async def test_yesterdays_window_over_midnight(self, stage: FaultStage) -> None:
        """The same cursor, a day later and with a change in between: today's picture is whole."""
        late = event("late", berlin("20261130T100000"), berlin("20261130T110000"))
        await stage.put({"plain": PLAIN, "late": late})
        connector = await stage.connector()
        first = await read_all(stage, connector=connector)
        moved = event("plain", berlin("20261125T140000"), berlin("20261125T150000"), "SEQUENCE:1")
        await stage.put({"plain": moved, "late": late})
        day = timedelta(days=1)
        window = Window(WINDOW.start + day, WINDOW.end + day)
        answer = await connector.read(await stage.address(), window, first.cursor, zone=ZONE)
        assert isinstance(answer, Picture)
        assert spans(answer.occurrences) == [
            (utc(25, 13), utc(25, 14)),
            (utc(30, 9), utc(30, 10)),
        ]

    async def test_invited_moved_and_cancelled(self, stage: FaultStage) -> None:
        """The room accepts a free time and declines a taken one; a cancelled meeting is gone."""
        await stage.put({})
        meeting = await stage.invite(utc(23, 10), utc(23, 11), "Budget")
        assert await stage.accepted(meeting)
        second = await stage.invite(utc(23, 10, 30), utc(23, 11, 30), "Too late")
        assert not await stage.accepted(second)
        assert spans((await read_all(stage)).occurrences) == [(utc(23, 10), utc(23, 11))]
        await stage.cancel(meeting)
        assert (await read_all(stage)).occurrences == ()

    async def test_details_name_no_meeting(self, stage: FaultStage) -> None:
        """An error's words hold neither the password nor what meetings are called."""
        secret = event("x", berlin("20261123T100000"), berlin("20261123T110000"), title="Zeppelin")
        await stage.put({"x": secret})
        connector = await stage.connector()
        await read_all(stage, connector=connector)
        await stage.answer_nonsense()
        with pytest.raises(ConnectorError) as caught:
            await connector.read(await stage.address(), WINDOW, zone=ZONE)
        assert "Zeppelin" not in caught.value.detail
