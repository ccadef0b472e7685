"""What a connector does that can write: book a room, change when a meeting ends, give it up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from roomdisplay.connectors.base import Connector, Occurrence
from roomdisplay.model.meeting import require_utc


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """A meeting to be made in a room's own calendar.

    Raises:
        ValueError: a time is not UTC, or the end is not after the start.
    """

    key: str
    """Made once, at the tap (a UUID): the same key never makes a second meeting."""
    start: datetime
    end: datetime
    title: str
    note: str = ""
    """The body, plain text."""

    def __post_init__(self) -> None:
        require_utc(self.start, self.end)
        if self.end <= self.start:
            raise ValueError("a booking ends after it starts")


@runtime_checkable
class WritingConnector(Connector, Protocol):
    """A connector whose `capabilities.write` is true.

    No service checks for conflicts where a room's own calendar is written to, so a connector reads
    the window before and after it writes. Of two that book the same time at once exactly one stays:
    the one whose meeting was created first, or, where that cannot be told, the smaller key.
    """

    async def book(self, address: str, booking: Booking) -> Occurrence:
        """Make the meeting, or find the one that the same key has made before.

        Returns:
            The meeting as the service holds it.

        Raises:
            ConflictError: another meeting is there; `by` is that one. Nothing of ours stays.
            ConnectorError: the booking may have been made: ask again with the same key.
        """

    async def change_end(self, address: str, source_id: str, end: datetime) -> Occurrence:
        """Extend or shorten a meeting in the room's calendar.

        Raises:
            ConflictError: the longer meeting would meet another, or somebody changed it meanwhile.
            CalendarGoneError: there is no such meeting any more.
            PermissionMissingError: this meeting is not the room's to change.
        """

    async def end(self, address: str, source_id: str, at: datetime) -> None:
        """End a meeting that has begun at `at`; doing it again changes nothing.

        Raises:
            ConnectorError: as `change_end`.
        """

    async def release(self, address: str, source_id: str, words: str) -> None:
        """Give a meeting's room up: cancel it where the room has made it, else decline it.

        Args:
            address: the calendar's.
            source_id: of the occurrence.
            words: told to the organiser, plain text.

        Raises:
            ConnectorError: as `change_end`; a meeting that is gone is no error.
        """
