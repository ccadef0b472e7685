"""From calendar items to what a display may show. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

from roomdisplay.connectors.base import LeftOut, Occurrence, Picture, Window
from roomdisplay.connectors.ews.item import Item
from roomdisplay.connectors.ical.zones import named_zone

_DAY = timedelta(days=1)
_MOST_WARNINGS = 20
_PUBLIC = frozenset({"", "Normal"})


def picture_of(items: Sequence[Item], window: Window, zone: str, mailbox: str) -> Picture:
    """All of `items` that touch the window, and what is left out and why.

    Args:
        items: of a view that reaches a day beyond the window on both sides.
        window: what was asked for.
        zone: the room's, for the days of all-day meetings.
        mailbox: the room's address: what the room organises itself has no organiser to name.
    """
    room = ZoneInfo(zone)
    warnings: dict[str, None] = {}
    shown: list[Occurrence] = []
    left_out: list[LeftOut] = []
    unreadable = 0
    keys = _unique_keys(items)
    for item, key in zip(items, keys, strict=True):
        span = _span(item, room, warnings)
        if span is None:
            unreadable += 1
            left_out.append(_left_out(item, key, None, "malformed"))
        elif not window.touches(*span):
            continue
        elif reason := why_not_shown(item):
            left_out.append(_left_out(item, key, span, reason))
        else:
            shown.append(_occurrence(item, key, span, mailbox))
    shown.sort(key=lambda one: (one.start, one.end, one.source_id))
    if unreadable:
        words = f"{unreadable} meetings have no readable time: the room may be taken then."
        warnings[words] = None
    return Picture(
        occurrences=tuple(shown),
        left_out=tuple(left_out),
        warnings=tuple(warnings)[:_MOST_WARNINGS],
        unreadable=unreadable,
    )


def occurrence_of(item: Item, zone: str, mailbox: str) -> Occurrence | None:
    """One item; None if its times cannot be told."""
    span = _span(item, ZoneInfo(zone), {})
    return None if span is None else _occurrence(item, item.key, span, mailbox)


def span_of(item: Item, zone: str) -> tuple[datetime, datetime] | None:
    """When an item takes the room; None: it cannot be told."""
    return _span(item, ZoneInfo(zone), {})


def why_not_shown(item: Item) -> str | None:
    """Why an item does not take the room; None: it does."""
    if item.cancelled:
        return "cancelled"
    if item.response == "Decline":
        return "declined"
    if item.show_as == "Free":
        return "free_time"
    return None


def _occurrence(item: Item, key: str, span: tuple[datetime, datetime], mailbox: str) -> Occurrence:
    organizer = organizer_of(item, mailbox)
    return Occurrence(
        source_id=key,
        start=span[0],
        end=span[1],
        title=None if has_replaced_title(item) else item.subject or None,
        organizer=organizer,
        all_day=item.all_day,
        # "Personal", too: whoever said more than nothing did not mean a screen in the corridor.
        private=item.sensitivity not in _PUBLIC,
        structured_links=item.links,
        location=item.location or None,
        body_text=item.body or None,
    )


def organizer_of(item: Item, mailbox: str) -> str | None:
    """A name for people; None where the room itself made the meeting."""
    address = item.organizer_address
    if item.response == "Organizer" or address.lower() == mailbox.lower():
        return None
    # An address of Exchange's own directory ("/O=…") is for nobody's eyes.
    return item.organizer_name or (address if "@" in address else None) or None


def has_replaced_title(item: Item) -> bool:
    """Whether the room's mailbox has put the organiser's name in place of the title.

    It does by default: DeleteSubject and AddOrganizerToSubject of Set-CalendarProcessing.
    """
    return bool(item.organizer_name) and (
        item.subject.casefold().strip() == item.organizer_name.casefold().strip()
    )


def mark_of(item: Item) -> str:
    """What tells items of the same key apart."""
    return f"#{sha256(item.id.encode()).hexdigest()[:12]}"


def _unique_keys(items: Sequence[Item]) -> list[str]:
    """Each item's key; of several with the same one, as copies are, the later get a mark each."""
    seen: Counter[str] = Counter()
    keys = {}
    for item in sorted(items, key=lambda one: (one.key, one.number, one.id)):
        seen[item.key] += 1
        mark = "" if seen[item.key] == 1 else mark_of(item)
        keys[id(item)] = item.key + mark
    return [keys[id(item)] for item in items]


def _left_out(item: Item, key: str, span: tuple[datetime, datetime] | None, reason: str) -> LeftOut:
    start, end = span or (item.start, item.end)
    return LeftOut(
        source_id=key,
        title=item.subject or None,
        start=start,
        end=end,
        all_day=item.all_day,
        reason=reason,
    )


def _span(
    item: Item, room: ZoneInfo, warnings: dict[str, None]
) -> tuple[datetime, datetime] | None:
    if item.start is None or item.end is None or item.end < item.start:
        return None
    if not item.all_day:
        return item.start, item.end
    try:
        first, after = _days(item, item.start, item.end, room, warnings)
        return _midnight(first, room), _midnight(after, room)
    except (OverflowError, ValueError):
        return None


def _days(
    item: Item, start: datetime, end: datetime, room: ZoneInfo, warnings: dict[str, None]
) -> tuple[date, date]:
    """The first day, and the day after the last.

    On the wire these are two instants: midnights where the meeting was made. The room's days are
    meant.
    """
    zone = named_zone(item.zone) if item.zone else room
    if zone is None:
        words = f"The time zone {item.zone[:80]!r} is not known; days were taken as they seem."
        warnings[words] = None
    for candidate in (zone, room):
        if candidate is not None and start.astimezone(candidate).time() == time():
            first = start.astimezone(candidate).date()
            after = (end.astimezone(candidate) + timedelta(hours=12)).date()
            return first, max(after, first + _DAY)
    # Midnight in a zone that nobody can tell: the nearest midnight of the room.
    first = (start.astimezone(room) + timedelta(hours=12)).date()
    return first, max((end.astimezone(room) + timedelta(hours=12)).date(), first + _DAY)


def _midnight(day: date, room: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), room).astimezone(UTC)
