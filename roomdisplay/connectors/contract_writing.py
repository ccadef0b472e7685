"""The contract of connectors that can write, as tests; see `roomdisplay.connectors.contract`."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from datetime import datetime, timedelta

import pytest

from roomdisplay.connectors.base import (
    CalendarGoneError,
    ConflictError,
    Connector,
    Occurrence,
    UnavailableError,
)
from roomdisplay.connectors.booking import Booking, WritingConnector
from roomdisplay.connectors.contract import PLAIN, Stage, berlin, event, read_all, spans, utc


class WritingStage(Stage):
    """What a connector's tests give to the contract of writing."""

    @abstractmethod
    async def lose_an_answer(self) -> None:
        """Let the service carry the next booking out, and lose its answer."""

    @abstractmethod
    async def invite(self, start: datetime, end: datetime) -> None:
        """Have somebody invite the room, and the room accept."""

    @abstractmethod
    async def was_declined(self) -> bool:
        """Whether that somebody was told that the room is not to be had."""


def booking(key: str, start: datetime, end: datetime, title: str = "Ad hoc") -> Booking:
    """A booking of the contract's week."""
    return Booking(key=key, start=start, end=end, title=title, note="Booked at the door")


_KEYS = (
    "6f1f2c1c-6d0c-4b52-9d0e-6f3d5f1f0a01",
    "b0d7a0aa-3d52-4d7d-8a54-0a1b0f3f0a02",
)


class WritingContract:
    """Inherit from it beside `ConnectorContract`; the fixture `stage` is a `WritingStage`."""

    async def test_books_and_the_calendar_shows_it(self, stage: WritingStage) -> None:
        """A booking comes back as it is read afterwards."""
        await stage.put({"plain": PLAIN})
        connector = await _writing(stage)
        made = await connector.book(
            await stage.address(), booking(_KEYS[0], utc(23, 10), utc(23, 11))
        )
        assert (made.start, made.end, made.title) == (utc(23, 10), utc(23, 11), "Ad hoc")
        found = (await read_all(stage, connector=connector)).occurrences
        assert spans(found) == [(utc(23, 9), utc(23, 10)), (utc(23, 10), utc(23, 11))]
        assert found[1].source_id == made.source_id

    async def test_one_key_makes_one_meeting(self, stage: WritingStage) -> None:
        """Asked again, also by another process, the same meeting is found."""
        await stage.put({})
        address, wish = await stage.address(), booking(_KEYS[0], utc(23, 10), utc(23, 11))
        first = await (await _writing(stage)).book(address, wish)
        again = await (await _writing(stage)).book(address, wish)
        assert again.source_id == first.source_id
        assert len((await read_all(stage)).occurrences) == 1

    async def test_a_lost_answer_is_asked_for_again(self, stage: WritingStage) -> None:
        """The booking was made but nobody heard of it: the same key finds it."""
        await stage.put({})
        address, wish = await stage.address(), booking(_KEYS[0], utc(23, 10), utc(23, 11))
        connector = await _writing(stage)
        await stage.lose_an_answer()
        with pytest.raises(UnavailableError):
            await connector.book(address, wish)
        made = await connector.book(address, wish)
        assert (made.start, made.end) == (wish.start, wish.end)
        assert len((await read_all(stage)).occurrences) == 1

    async def test_a_taken_time_is_refused(self, stage: WritingStage) -> None:
        """Who holds the time is told, and nothing of ours stays."""
        await stage.put({"plain": PLAIN})
        wish = booking(_KEYS[0], utc(23, 9, 30), utc(23, 10, 30))
        with pytest.raises(ConflictError) as caught:
            await (await _writing(stage)).book(await stage.address(), wish)
        assert caught.value.by is not None
        assert (caught.value.by.start, caught.value.by.end) == (utc(23, 9), utc(23, 10))
        assert spans((await read_all(stage)).occurrences) == [(utc(23, 9), utc(23, 10))]

    async def test_of_two_at_once_one_wins(self, stage: WritingStage) -> None:
        """Two displays race for the same time: exactly one meeting stays, and its maker knows."""
        await stage.put({})
        address = await stage.address()
        wishes = [
            booking(key, utc(23, 10), utc(23, 11), title=str(number))
            for number, key in enumerate(_KEYS)
        ]
        connectors = [await _writing(stage), await _writing(stage)]
        outcomes = await asyncio.gather(
            *(one.book(address, wish) for one, wish in zip(connectors, wishes, strict=True)),
            return_exceptions=True,
        )
        won = [one for one in outcomes if isinstance(one, Occurrence)]
        lost = [one for one in outcomes if isinstance(one, ConflictError)]
        assert (len(won), len(lost)) == (1, 1), outcomes
        (left,) = (await read_all(stage)).occurrences
        assert left.source_id == won[0].source_id

    async def test_extends_and_shortens(self, stage: WritingStage) -> None:
        """The end changes, the identity does not."""
        await stage.put({})
        address, connector = await stage.address(), await _writing(stage)
        made = await connector.book(address, booking(_KEYS[0], utc(23, 10), utc(23, 11)))
        for end in (utc(23, 11, 30), utc(23, 10, 45)):
            changed = await connector.change_end(address, made.source_id, end)
            assert (changed.source_id, changed.end) == (made.source_id, end)
            assert spans((await read_all(stage)).occurrences) == [(utc(23, 10), end)]

    async def test_does_not_extend_into_another(self, stage: WritingStage) -> None:
        """A longer meeting that would meet the next one is refused, and stays as it was."""
        after = event("after", berlin("20261123T120000"), berlin("20261123T130000"))
        await stage.put({"plain": PLAIN, "after": after})
        address, connector = await stage.address(), await _writing(stage)
        first = (await read_all(stage, connector=connector)).occurrences[0]
        with pytest.raises(ConflictError):
            await connector.change_end(address, first.source_id, utc(23, 11, 30))
        assert spans((await read_all(stage)).occurrences)[0] == (utc(23, 9), utc(23, 10))

    async def test_ends_now(self, stage: WritingStage) -> None:
        """Twice is as good as once."""
        await stage.put({})
        address, connector = await stage.address(), await _writing(stage)
        made = await connector.book(address, booking(_KEYS[0], utc(23, 10), utc(23, 11)))
        for _ in range(2):
            await connector.end(address, made.source_id, utc(23, 10, 20))
        assert spans((await read_all(stage)).occurrences) == [(utc(23, 10), utc(23, 10, 20))]

    async def test_releases_what_it_booked(self, stage: WritingStage) -> None:
        """The room is free again; doing it twice is no error."""
        await stage.put({})
        address, connector = await stage.address(), await _writing(stage)
        made = await connector.book(address, booking(_KEYS[0], utc(23, 10), utc(23, 11)))
        for _ in range(2):
            await connector.release(address, made.source_id, "Nobody came.")
        assert (await read_all(stage)).occurrences == ()

    async def test_releases_what_others_booked(self, stage: WritingStage) -> None:
        """The room is free again, and the organiser is told."""
        await stage.put({})
        await stage.invite(utc(23, 10), utc(23, 11))
        connector = await _writing(stage)
        (meeting,) = (await read_all(stage, connector=connector)).occurrences
        await connector.release(await stage.address(), meeting.source_id, "Nobody came.")
        assert (await read_all(stage)).occurrences == ()
        assert await stage.was_declined()

    async def test_a_meeting_that_is_gone(self, stage: WritingStage) -> None:
        """What was removed meanwhile cannot be extended."""
        await stage.put({"plain": PLAIN})
        connector = await _writing(stage)
        (meeting,) = (await read_all(stage, connector=connector)).occurrences
        await stage.put({})
        later = meeting.end + timedelta(minutes=15)
        with pytest.raises(CalendarGoneError):
            await connector.change_end(await stage.address(), meeting.source_id, later)


async def _writing(stage: WritingStage) -> WritingConnector:
    connector: Connector = await stage.connector()
    assert connector.capabilities.write
    assert isinstance(connector, WritingConnector)
    return connector
