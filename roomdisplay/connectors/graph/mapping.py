"""What an event of a calendar view means for a display; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from hashlib import sha256
from zoneinfo import ZoneInfo

import msgspec

from roomdisplay.connectors.base import LeftOut, Occurrence, Picture, Window
from roomdisplay.connectors.graph.messages import Event, Moment

FIELDS = (
    "id,iCalUId,type,subject,organizer,attendees,start,end,originalStart,isAllDay,isCancelled,"
    "isOrganizer,showAs,sensitivity,location,locations,onlineMeeting,onlineMeetingUrl,body,"
    "responseStatus,transactionId"
)
"""What is asked for of each event."""

_LONGEST_TEXT = 100_000
_LONGEST_LINK = 4000
_MOST_LINKS = 12
_LONGEST_ID = 1024
_HIDDEN = frozenset({"private", "confidential"})
_OCCURRENCE = frozenset({"occurrence", "exception"})
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)?", re.ASCII)
"""Graph tells seven digits of a second."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The events of an answer, each beside what it means."""

    shown: tuple[tuple[Occurrence, Event], ...]
    left_out: tuple[LeftOut, ...]
    unreadable: int

    def picture(self, window: Window, cursor: str | None) -> Picture:
        """What of it touches the window."""
        touching = [one for one, _ in self.shown if window.touches(one.start, one.end)]
        warnings: tuple[str, ...] = ()
        if self.unreadable:
            warnings = (f"{self.unreadable} events of the calendar cannot be read.",)
        return Picture(
            occurrences=tuple(touching),
            cursor=cursor,
            left_out=self.left_out,
            warnings=warnings,
            unreadable=self.unreadable,
        )


def read_events(entries: Iterable[msgspec.Raw], zone: str, room: str) -> Reading:
    """Read the entries of a calendar view.

    Args:
        entries: events as JSON.
        zone: the room's IANA zone, for whole days.
        room: the address of the mailbox.
    """
    place = ZoneInfo(zone)
    shown: dict[str, tuple[Occurrence, Event]] = {}
    left_out: list[LeftOut] = []
    unreadable = 0
    for entry in entries:
        try:
            event = msgspec.json.decode(entry, type=Event)
        except (msgspec.DecodeError, UnicodeDecodeError):
            unreadable += 1
            continue
        read = read_event(event, place, room)
        if isinstance(read, LeftOut):
            left_out.append(read)
            unreadable += read.reason == "malformed"
            continue
        known = shown.get(read.source_id)
        if known is not None and known[1].id != event.id:
            # A copy within the mailbox keeps its original's UID.
            mark = sha256(event.id.encode()).hexdigest()[:12]
            read = replace(read, source_id=f"{read.source_id} {mark}")
        shown[read.source_id] = (read, event)
    ordered = sorted(shown.values(), key=lambda pair: (pair[0].start, pair[0].end, pair[1].id))
    return Reading(tuple(ordered), tuple(left_out), unreadable)


def read_event(event: Event, zone: ZoneInfo, room: str) -> Occurrence | LeftOut:
    """What one event is, or why a display does not show it."""
    all_day = bool(event.is_all_day)
    times = _times(event, zone)
    start, end = times or (None, None)
    organizer = _organizer(event, room)
    title = _title(event, organizer)
    reason = _reason(event) or ("malformed" if times is None else None)
    if reason is not None or start is None or end is None:
        return LeftOut(
            source_id=source_id(event),
            title=title,
            start=start,
            end=end,
            all_day=all_day,
            reason=reason or "malformed",
        )
    text, html = _body(event)
    return Occurrence(
        source_id=source_id(event),
        start=start,
        end=end,
        title=title,
        organizer=organizer,
        all_day=all_day,
        private=(event.sensitivity or "").lower() in _HIDDEN,
        structured_links=_links(event),
        location=(event.location.display_name if event.location else None) or None,
        body_text=text,
        body_html=html,
    )


def source_id(event: Event) -> str:
    """Names an occurrence, the same however often it is moved.

    The UID stays with a meeting in all mailboxes. Occurrences are told apart by the start that the
    series gave them, since not every version of the service gives each a UID of its own.
    """
    uid = (event.ical_uid or event.id)[:_LONGEST_ID]
    if (event.type or "").lower() not in _OCCURRENCE:
        return uid
    original = instant(event.original_start or "")
    if original is None and event.start is not None:
        original = _moment(event.start)
    return uid if original is None else f"{uid} {original:%Y%m%dT%H%M%SZ}"


def _reason(event: Event) -> str | None:
    if event.is_cancelled:
        return "cancelled"
    if (event.type or "").lower() == "seriesmaster":
        return "replaced"  # by its occurrences; a view holds none, as a rule
    if event.response_status and (event.response_status.response or "").lower() == "declined":
        return "declined"
    return "free_time" if (event.show_as or "").lower() == "free" else None


def _times(event: Event, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    if event.start is None or event.end is None:
        return None
    if event.is_all_day:
        # Always the calendar's dates, whatever zone was asked for: the day is the room's.
        first, last = _day(event.start), _day(event.end)
        if first is None or last is None:
            return None
        start = _midnight(first, zone)
        end = _midnight(max(last, first + timedelta(days=1)), zone)
    else:
        begins, ends = _moment(event.start), _moment(event.end)
        if begins is None or ends is None:
            return None
        start, end = begins, ends
    return (start, end) if start <= end else None


def _moment(moment: Moment) -> datetime | None:
    name = (moment.time_zone or "UTC").strip()
    if name in {"UTC", "tzone://Microsoft/Utc", "Etc/GMT"}:
        return instant(moment.date_time or "", UTC)
    try:
        return instant(moment.date_time or "", ZoneInfo(name))
    except (KeyError, ValueError, OSError):  # asked for in UTC, told in something nobody knows
        return None


def instant(text: str, zone: tzinfo = UTC) -> datetime | None:
    """A time in UTC; one without an offset is meant in `zone`. Hundreds of nanoseconds are cut."""
    found = _TIME.fullmatch(text.strip())
    if found is None:
        return None
    try:
        time = datetime.fromisoformat(found[1] + (found[2] or "")[:7] + (found[3] or ""))
        return (time if time.tzinfo else time.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _day(moment: Moment) -> date | None:
    try:
        return date.fromisoformat((moment.date_time or "")[:10])
    except ValueError:
        return None


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def _organizer(event: Event, room: str) -> str | None:
    """Who invited, in a name; not the room itself, which stands there anyway."""
    one = event.organizer.email_address if event.organizer else None
    if one is None:
        return None
    address = (one.address or "").strip()
    if event.is_organizer and address.casefold() == room.strip().casefold():
        return None
    return (one.name or "").strip() or address or None


def _title(event: Event, organizer: str | None) -> str | None:
    """What a meeting is called.

    Room mailboxes write the organiser's name over the title (Set-CalendarProcessing, AddOrganizer-
    ToSubject and DeleteSubject). Then there is no title: the organiser is told beside it, and by
    other rules of privacy.
    """
    title = (event.subject or "").strip()
    if not title or (organizer and _plain(title) == _plain(organizer)):
        return None
    return title


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()


def _body(event: Event) -> tuple[str | None, str | None]:
    """Text, or HTML where the service does not keep to what it was asked for."""
    if event.body is None or not event.body.content:
        return None, None
    content = event.body.content[:_LONGEST_TEXT]
    if (event.body.content_type or "").lower() == "html":
        return None, content
    return content.strip() or None, None


def _links(event: Event) -> tuple[str, ...]:
    """Conference addresses from the fields made for them, most trusted first."""
    told = [event.online_meeting.join_url if event.online_meeting else None]
    told.append(event.online_meeting_url)
    places = [event.location, *(event.locations or [])[:_MOST_LINKS]]
    told += [place.location_uri for place in places if place is not None]
    links: dict[str, None] = {}
    for link in told:
        if link and link.lower().startswith("https://") and len(link) <= _LONGEST_LINK:
            links[link.strip()] = None
    return tuple(links)[:_MOST_LINKS]
