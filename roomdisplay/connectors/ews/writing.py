"""Writing to a room's own calendar.

Exchange's booking attendant looks at invitations alone: nobody checks for conflicts here. So the
time is read before and after it is written to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from roomdisplay.connectors.base import (
    CalendarGoneError,
    ConflictError,
    MalformedAnswerError,
    Occurrence,
    Window,
)
from roomdisplay.connectors.booking import Booking
from roomdisplay.connectors.ews.item import BOOKING_KEY, Item
from roomdisplay.connectors.ews.mailbox import RoomMailbox
from roomdisplay.connectors.ews.occurrence import mark_of, occurrence_of, span_of, why_not_shown
from roomdisplay.connectors.ews.server import Server
from roomdisplay.connectors.ews.soap import item_id, wire
from roomdisplay.connectors.ews.xml import Element, copied, t

_BACK, _AHEAD = timedelta(days=2), timedelta(days=16)
"""Around now, where a display's meetings are looked for."""
_WIDEST = timedelta(days=366)
_EPOCH = datetime.min.replace(tzinfo=UTC)


class Writer:
    """Books, changes and gives up meetings."""

    def __init__(self, server: Server, clock: Callable[[], datetime]) -> None:
        self._server = server
        self._clock = clock
        self._seen: dict[str, Window] = {}

    def saw(self, address: str, window: Window) -> None:
        """Look for meetings of this calendar in this window, too: it was read just now."""
        self._seen[address.lower()] = window

    async def book(self, address: str, booking: Booking) -> Occurrence:
        """See `booking.WritingConnector`."""
        return await self._server.in_mailbox(address, lambda mailbox: _book(mailbox, booking))

    async def change_end(self, address: str, source_id: str, end: datetime) -> Occurrence:
        """See `booking.WritingConnector`."""
        window = self._window(address)
        return await self._server.in_mailbox(
            address, lambda mailbox: _change_end(mailbox, _found(mailbox, window, source_id), end)
        )

    async def end(self, address: str, source_id: str, at: datetime) -> None:
        """See `booking.WritingConnector`."""
        window = self._window(address)

        def ended(mailbox: RoomMailbox) -> None:
            item = _found(mailbox, window, source_id)
            start, end = _times(item)
            if end > at:
                mailbox.change_end((item.id, item.change_key), max(at, start))

        await self._server.in_mailbox(address, ended)

    async def release(self, address: str, source_id: str, words: str) -> None:
        """See `booking.WritingConnector`."""
        window = self._window(address)

        def released(mailbox: RoomMailbox) -> None:
            try:
                item = _found(mailbox, window, source_id)
            except CalendarGoneError as gone:
                if gone.diagnosis is not None:
                    raise  # the mailbox, not the meeting
                return
            _give_up(mailbox, item, words)

        await self._server.in_mailbox(address, released)

    def _window(self, address: str) -> Window:
        now = self._clock()
        seen = self._seen.get(address.lower())
        start = min(now - _BACK, seen.start) if seen else now - _BACK
        end = max(now + _AHEAD, seen.end) if seen else now + _AHEAD
        if seen and end - start > _WIDEST:
            return seen
        return Window(start, end)


def _book(mailbox: RoomMailbox, booking: Booking) -> Occurrence:
    window = Window(booking.start, booking.end)
    there = _taking(mailbox.view(window), window)
    mine = _with_key(there, booking.key)
    if mine is None:
        other = next(iter(there), None)
        if other is not None:
            raise _conflict(mailbox, other)
        mailbox.create(_calendar_item(booking))
        there = _taking(mailbox.view(window), window)
        mine = _with_key(there, booking.key)
    if mine is None:
        raise MalformedAnswerError("Exchange made the booking and does not show it")
    first = min(there, key=_order)
    if first is not mine:
        mailbox.delete((mine.id, mine.change_key), kind="HardDelete")
        raise _conflict(mailbox, first)
    return _told(mailbox, mine)


def _order(item: Item) -> tuple[datetime, int, str]:
    """Who was first: by the time, to the second, then by the folder's own count, then by key."""
    created = item.created or _EPOCH
    return created, item.number, item.booking_key


def _change_end(mailbox: RoomMailbox, item: Item, end: datetime) -> Occurrence:
    start, old = _times(item)
    end = max(end, start)
    longer = Window(max(start, old), end) if end > max(start, old) else None

    def other() -> Item | None:
        if longer is None:
            return None
        found = _taking(mailbox.view(longer), longer)
        return next((one for one in found if one.id != item.id and one.key != item.key), None)

    if (in_the_way := other()) is not None:
        raise _conflict(mailbox, in_the_way)
    mailbox.change_end((item.id, item.change_key), end)
    changed = _found(mailbox, Window(start, max(end, start + timedelta(minutes=1))), item.key)
    if (in_the_way := other()) is not None:
        mailbox.change_end((changed.id, changed.change_key), old)
        raise _conflict(mailbox, in_the_way)
    return _told(mailbox, changed)


def _give_up(mailbox: RoomMailbox, item: Item, words: str) -> None:
    id_ = (item.id, item.change_key)
    if not item.is_meeting:
        mailbox.delete(id_, kind="MoveToDeletedItems")
        return
    if item.response == "Organizer":
        mailbox.answer(
            t(
                "CancelCalendarItem",
                item_id("ReferenceItemId", id_),
                t("NewBodyContent", text=words, BodyType="Text"),
            )
        )
    else:
        mailbox.answer(
            t(
                "DeclineItem",
                t("Body", text=words, BodyType="Text"),
                item_id("ReferenceItemId", id_),
            )
        )
    start, end = _times(item)
    window = Window(start, max(end, start + timedelta(minutes=1)))
    left = [one for one in mailbox.view(window) if one.key == item.key]
    for one in left:
        if why_not_shown(one) is None:
            mailbox.delete((one.id, one.change_key), kind="MoveToDeletedItems")


def _found(mailbox: RoomMailbox, window: Window, source_id: str) -> Item:
    """The meeting as it is now.

    Raises:
        CalendarGoneError: it is no longer there.
    """
    for item in mailbox.view(window):
        if source_id in {item.key, item.key + mark_of(item)} and why_not_shown(item) is None:
            return item
    raise CalendarGoneError("the meeting is no longer there")


def _taking(items: Iterable[Item], window: Window) -> list[Item]:
    """Those that take the room at some time of the window, the earliest first."""
    found = []
    for item in items:
        if why_not_shown(item) is not None:
            continue
        span = span_of(item, "UTC")
        if span is None:
            raise MalformedAnswerError("a meeting's times cannot be told, so the room may be taken")
        if item.all_day and item.start is not None and item.end is not None:
            span = item.start, item.end  # the instants that the calendar itself is blocked for
        if span[0] < window.end and span[1] > window.start:
            found.append((span, item))
    found.sort(key=lambda one: one[0])
    return [item for _, item in found]


def _with_key(items: Iterable[Item], key: str) -> Item | None:
    return next((item for item in items if item.booking_key == key), None)


def _times(item: Item) -> tuple[datetime, datetime]:
    if item.start is None or item.end is None:
        raise MalformedAnswerError("the meeting's times cannot be told")
    return item.start, item.end


def _conflict(mailbox: RoomMailbox, other: Item) -> ConflictError:
    return ConflictError(
        "another meeting is there", by=occurrence_of(other, "UTC", mailbox.address)
    )


def _told(mailbox: RoomMailbox, item: Item) -> Occurrence:
    found = occurrence_of(item, "UTC", mailbox.address)
    if found is None:
        raise MalformedAnswerError("the meeting's times cannot be told")
    return found


def _calendar_item(booking: Booking) -> Element:
    """In the order of types.xsd, which Exchange insists on."""
    return t(
        "CalendarItem",
        t("Subject", text=booking.title),
        t("Body", text=booking.note, BodyType="Text"),
        t("ReminderIsSet", text="false"),
        t("ExtendedProperty", copied(BOOKING_KEY), t("Value", text=booking.key)),
        t("Start", text=wire(booking.start)),
        t("End", text=wire(booking.end)),
        t("IsAllDayEvent", text="false"),
        t("LegacyFreeBusyStatus", text="Busy"),
    )
