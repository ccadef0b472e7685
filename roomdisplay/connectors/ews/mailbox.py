"""One room's mailbox: views, details and changes, in the calling thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TypeVar

from roomdisplay.connectors.base import (
    CalendarGoneError,
    MalformedAnswerError,
    PermissionMissingError,
    Window,
)
from roomdisplay.connectors.ews.errors import explain
from roomdisplay.connectors.ews.item import DETAILED, LISTED, Item, read_item
from roomdisplay.connectors.ews.services import Create, Delete, Details, Update, View
from roomdisplay.connectors.ews.settings import ExchangeSettings
from roomdisplay.connectors.ews.soap import Seat
from roomdisplay.connectors.ews.xml import TYPES, Element

VIEW_LIMIT = 1000
"""Items in one view: the EWSFindCountLimit of the usual throttling policy."""
MOST_ITEMS = 20_000
CHUNK = 50
"""Items asked for at once with their bodies."""
_SMALL_CHUNK = 5
"""After the server took too long for a chunk."""
_SHORTEST = timedelta(minutes=1)
_TOO_MANY = frozenset({"ErrorExceededFindCountLimit", "ErrorCalendarViewRangeTooBig"})

T = TypeVar("T")

ItemId = tuple[str, str]
"""An id and a change key."""


class RoomMailbox:
    """The calendar of one mailbox; nothing is kept between two calls."""

    def __init__(self, seat: Seat, settings: ExchangeSettings) -> None:
        self.seat = seat
        self.address = seat.address
        self._settings = settings

    def view(self, window: Window) -> list[Item]:
        """All items between two times, recurrences expanded, without bodies.

        Raises:
            ConnectorError: they cannot be told whole.
        """
        return [read_item(one) for one in self.elements(window)]

    def elements(self, window: Window) -> list[Element]:
        """The same, not read yet.

        Raises:
            ConnectorError: as `view`.
        """
        found: dict[str, Element] = {}
        for index, one in enumerate(self._elements(window)):
            id_ = one.find(f"{TYPES}ItemId")
            # A long meeting is in every part that it touches.
            found[str(index) if id_ is None else id_.get("Id", str(index))] = one
            if len(found) > MOST_ITEMS:
                raise self._untold()
        return list(found.values())

    def _elements(self, window: Window) -> Iterator[Element]:
        try:
            elements, whole = self._listed(window)
        except _HalveError:
            elements, whole = [], False
        if whole:
            yield from elements
            return
        if window.end - window.start <= _SHORTEST:
            raise self._untold()
        middle = window.start + (window.end - window.start) / 2
        for half in (Window(window.start, middle), Window(middle, window.end)):
            yield from self._elements(half)

    def _untold(self) -> MalformedAnswerError:
        return MalformedAnswerError(f"the calendar of {self.address} cannot be told whole")

    def _listed(self, window: Window) -> tuple[list[Element], bool]:
        with self._explained():
            try:
                return View(account=self.seat).items(window.start, window.end, LISTED, VIEW_LIMIT)
            except Exception as error:
                if type(error).__name__ in _TOO_MANY:
                    raise _HalveError from None
                raise

    def details(self, ids: Sequence[ItemId]) -> dict[str, Item]:
        """Items with their bodies, by id; one that cannot be had is not among them.

        Raises:
            ConnectorError: nothing can be had.
        """
        found: dict[str, Item] = {}
        for start in range(0, len(ids), CHUNK):
            for one in self._chunk(ids[start : start + CHUNK]):
                found[one.id] = one
        return found

    def _chunk(self, ids: Sequence[ItemId]) -> Iterator[Item]:
        with self._explained():
            try:
                answers = Details(account=self.seat).items(ids, DETAILED)
            except Exception as error:
                if type(error).__name__ != "ErrorTimeoutExpired" or len(ids) <= _SMALL_CHUNK:
                    raise
                answers = None
        if answers is None:
            for start in range(0, len(ids), _SMALL_CHUNK):
                yield from self._chunk(ids[start : start + _SMALL_CHUNK])
            return
        for answer in answers:
            if isinstance(answer, Exception):
                continue  # gone meanwhile, or corrupt: what the view told of it remains
            yield read_item(answer)

    def create(self, item: Element, *, invitations: str = "SendToNone") -> ItemId:
        """Put a meeting into the calendar."""
        return self._written(
            lambda: Create(account=self.seat).one(
                item,
                in_calendar=True,
                MessageDisposition="SaveOnly",
                SendMeetingInvitations=invitations,
            )
        )

    def answer(self, response: Element) -> None:
        """Send an answer to a meeting, such as a decline."""
        self._written(
            lambda: Create(account=self.seat).one(
                response, in_calendar=False, MessageDisposition="SendAndSaveCopy"
            )
        )

    def change_end(self, id_: ItemId, end: datetime) -> None:
        """Move a meeting's end.

        Raises:
            ConflictError: somebody changed it meanwhile.
            ConnectorError: it cannot be changed.
        """
        self._written(lambda: Update(account=self.seat).end(id_, end))

    def delete(self, id_: ItemId, *, kind: str, cancellations: str = "SendToNone") -> None:
        """Remove a meeting; one that is gone is no error."""
        try:
            self._written(
                lambda: Delete(account=self.seat).one(id_, kind=kind, cancellations=cancellations)
            )
        except CalendarGoneError as gone:
            if gone.diagnosis is not None:
                raise  # the mailbox, not the meeting

    def _written(self, write: Callable[[], T]) -> T:
        with self._explained():
            try:
                return write()
            except Exception as error:
                if type(error).__name__ == "ErrorAccessDenied":
                    raise PermissionMissingError(
                        f"{self._settings.email} may not write to the calendar of {self.address}"
                    ) from None
                raise

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except _HalveError:
            raise
        except Exception as error:  # noqa: BLE001 - of exchangelib's, by name; the rest is malformed
            # Not chained: texts of exchangelib quote whole answers.
            raise explain(error, self._settings, self.address) from None


class _HalveError(Exception):
    """Too much for one view."""
