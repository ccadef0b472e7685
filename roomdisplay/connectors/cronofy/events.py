"""From Cronofy's events to a picture: pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from roomdisplay.connectors.base import LeftOut, Occurrence, Picture, Window
from roomdisplay.connectors.cronofy.messages import BareEvent, Event, EventTime

_LONGEST_LINE = 2000
_LONGEST_BODY = 256_000
_LONGEST_LINK = 4000
_LONGEST_ID = 400
_MOST_LEFT_OUT = 200
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2})?")
_YEARS = range(1900, 2500)
_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_MARK = " "
"""Between an event's id and its start, where several share one id."""


@dataclass(frozen=True, slots=True)
class Span:
    """When an event takes place."""

    start: datetime
    end: datetime
    all_day: bool
    guessed: bool = False
    """The end made no sense: an hour, or the day."""


@dataclass(frozen=True, slots=True)
class Placed:
    """An event whose times are known."""

    source_id: str
    event: Event
    span: Span


@dataclass(frozen=True, slots=True)
class Unplaced:
    """An event whose times nobody can tell."""

    uid: str


def decode(raw: msgspec.Raw) -> Event | None:
    """One event; what of it is odd beyond its times is left away. None: not even those."""
    try:
        return msgspec.json.decode(raw, type=Event)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pass
    try:
        bare = msgspec.json.decode(raw, type=BareEvent)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    # Whether it is private cannot be told any more, so its words are not shown.
    return Event(event_uid=bare.event_uid, start=bare.start, end=bare.end, event_private=True)


def place(events: Iterable[Event | None], zone: str) -> tuple[list[Placed], int]:
    """Find out when events take place, each once, by start.

    Args:
        events: as decoded, in the order of the answer.
        zone: the room's, in which days begin.

    Returns:
        The events, and how many there are whose times nobody can tell.
    """
    room = ZoneInfo(zone)
    placed: dict[str, list[Placed]] = {}
    unreadable = 0
    for event in events:
        span = None if event is None else span_of(event, room)
        if event is None or span is None:
            unreadable += event is None or _hidden_because(event) is None
            continue
        uid = event.event_uid[:_LONGEST_ID]
        placed.setdefault(uid, []).append(Placed(uid, event, span))
    found = [one for same in placed.values() for one in _apart(same)]
    return sorted(found, key=lambda one: (one.span.start, one.source_id)), unreadable


def _apart(same: Sequence[Placed]) -> list[Placed]:
    """Events that share one id: occurrences of a series, or one that moved between two pages."""
    if len(same) == 1:
        return list(same)
    by_start = {one.span.start: one for one in same}
    if len(by_start) == 1 or not any(one.event.recurring for one in same):
        return [max(same, key=lambda one: one.event.updated or "")]
    return [
        replace(one, source_id=f"{one.source_id}{_MARK}{start:%Y%m%dT%H%M%SZ}")
        for start, one in by_start.items()
    ]


def span_of(event: Event, room: ZoneInfo) -> Span | None:
    """When it takes place; None: its start cannot be read."""
    start = _moment(event.start, room)
    if start is None:
        return None
    begins, all_day = start
    shortest = _next_day(begins, room) if all_day else begins + _HOUR
    end = _moment(event.end, room)
    if end is None or end[0] < begins:
        return Span(begins, shortest, all_day, guessed=True)
    if all_day and end[0] == begins:
        return Span(begins, shortest, all_day=True)
    return Span(begins, end[0], all_day)


def _next_day(begins: datetime, room: ZoneInfo) -> datetime:
    return _midnight(begins.astimezone(room).date() + _DAY, room)


def _midnight(day: date, room: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), room).astimezone(UTC)


def _moment(value: EventTime | str | None, room: ZoneInfo) -> tuple[datetime, bool] | None:
    """A time in UTC and whether it is a whole day, of any of the three shapes."""
    if value is None:
        return None
    value, tzid = (value.time, value.tzid) if isinstance(value, EventTime) else (value, None)
    try:
        if _DATE.fullmatch(value):
            day = date.fromisoformat(value)
            return (_midnight(day, room), True) if day.year in _YEARS else None
        if not _TIME.fullmatch(value):
            return None
        moment = datetime.fromisoformat(value.upper())
        if moment.year not in _YEARS:
            return None
        if moment.tzinfo is None:
            # Asked for in UTC, or in the zone beside it.
            moment = moment.replace(tzinfo=ZoneInfo(tzid) if tzid else UTC)
        return moment.astimezone(UTC), False
    except (ValueError, KeyError, OSError, OverflowError):
        return None


def picture(events: Iterable[Event | None], window: Window, zone: str) -> Picture:
    """All occurrences that touch the window, and what was left out of it.

    Args:
        events: of one calendar, as decoded.
        window: what was asked for.
        zone: the room's IANA zone.
    """
    placed, unreadable = place(events, zone)
    shown: list[Occurrence] = []
    left_out: list[LeftOut] = []
    guessed = 0
    for one in placed:
        if not window.touches(one.span.start, one.span.end):
            continue
        reason = _hidden_because(one.event)
        if reason is None:
            shown.append(occurrence(one))
            guessed += one.span.guessed
        elif len(left_out) < _MOST_LEFT_OUT:
            left_out.append(_left_out(one, reason))
    warnings: list[str] = []
    if unreadable:
        warnings.append(f"{unreadable} events tell no time that can be read.")
    if guessed:
        warnings.append(f"{guessed} events tell no end that can be read; an hour, or the day.")
    return Picture(
        occurrences=tuple(shown),
        left_out=tuple(left_out),
        warnings=tuple(warnings),
        unreadable=unreadable,
    )


def occurrence(one: Placed) -> Occurrence:
    """The meeting, unmasked."""
    event = one.event
    organizer = organizer_of(event)
    title = _line(event.summary)
    return Occurrence(
        source_id=one.source_id,
        start=one.span.start,
        end=one.span.end,
        title=None if is_organizers_name(event) else title,
        organizer=organizer,
        all_day=one.span.all_day,
        private=event.event_private is True,
        structured_links=_links(event),
        location=_line(event.location.description) if event.location else None,
        body_text=event.description[:_LONGEST_BODY].strip() or None if event.description else None,
    )


def organizer_of(event: Event) -> str | None:
    """A name for people; the address only where there is none."""
    if event.organizer is None:
        return None
    return _line(event.organizer.display_name) or _line(event.organizer.email)


def is_organizers_name(event: Event) -> bool:
    """Whether the room's mailbox has put the organiser's name in place of the title.

    Exchange does so by default (Set-CalendarProcessing: DeleteSubject, AddOrganizerToSubject).
    """
    name = _line(event.organizer.display_name) if event.organizer else None
    title = _line(event.summary)
    return bool(name and title and title.casefold() == name.casefold())


def takes_room(event: Event) -> bool:
    """Whether nobody else can meet there meanwhile."""
    return _hidden_because(event) is None


def _hidden_because(event: Event) -> str | None:
    if event.deleted or (event.status or "").lower() == "cancelled":
        return "cancelled"
    if (event.participation_status or "").lower() == "declined":
        return "declined"
    if (event.transparency or "").lower() == "transparent":
        return "free_time"
    return None


def _left_out(one: Placed, reason: str) -> LeftOut:
    return LeftOut(
        source_id=one.source_id,
        title=_line(one.event.summary),
        start=one.span.start,
        end=one.span.end,
        all_day=one.span.all_day,
        reason=reason,
    )


def _links(event: Event) -> tuple[str, ...]:
    wanted = (event.conferencing.join_url if event.conferencing else None, event.meeting_url)
    links = {
        link.strip(): None
        for link in wanted
        if link and link.strip().lower().startswith("https://") and len(link) <= _LONGEST_LINK
    }
    return tuple(links)


def _line(text: str | None) -> str | None:
    return (text[:_LONGEST_LINE].strip() or None) if text else None
