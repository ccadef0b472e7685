"""One VEVENT as values."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from roomdisplay.connectors.ical import links
from roomdisplay.connectors.ical.contentline import Property, properties
from roomdisplay.connectors.ical.rule import Rule, parse_rule
from roomdisplay.connectors.ical.when import Duration, When, parse_duration, parse_when, whens
from roomdisplay.connectors.ical.zones import Zones

_NAMES = links.NAMES | {
    "UID", "DTSTART", "DTEND", "DURATION", "RRULE", "EXRULE", "RDATE", "EXDATE", "RECURRENCE-ID",
    "SEQUENCE", "DTSTAMP", "LAST-MODIFIED", "STATUS", "TRANSP", "CLASS", "SUMMARY", "LOCATION",
    "DESCRIPTION", "X-ALT-DESC", "ORGANIZER", "ATTENDEE", "X-MICROSOFT-CDO-BUSYSTATUS",
    "X-MICROSOFT-CDO-ALLDAYEVENT",
}  # fmt: skip
_BUSY = frozenset({"BUSY", "TENTATIVE", "OOF", "WORKINGELSEWHERE"})
_ROOMS = frozenset({"ROOM", "RESOURCE"})
_LONGEST_LINE = 2000
_LONGEST_BODY = 256_000
_MOST_DATES = 5000
_LONGEST_SEQUENCE = 10
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


class BrokenEventError(Exception):
    """A VEVENT whose time nobody can tell; what is known of it is for the administrator."""

    def __init__(self, uid: str, title: str | None, reason: str) -> None:
        super().__init__(reason)
        self.uid = uid
        self.title = title
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What an event says besides its times."""

    title: str | None = None
    organizer: str | None = None
    location: str | None = None
    body_text: str | None = None
    body_html: str | None = None
    links: tuple[str, ...] = ()
    private: bool = False
    marked_all_day: bool = False
    hidden_because: str | None = None
    """cancelled, declined or free_time; None if it takes the room."""


@dataclass(frozen=True, slots=True)
class Extra:
    """An RDATE; a PERIOD brings its own end."""

    start: When
    end: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A VEVENT: a meeting, a series or the exception to one."""

    uid: str
    start: When
    length: Duration
    details: Details
    rules: tuple[Rule, ...] = ()
    unruled: tuple[Rule, ...] = ()
    """EXRULE, which RFC 5545 gave up but old files hold."""
    extras: tuple[Extra, ...] = ()
    exceptions: tuple[When, ...] = ()
    recurrence_id: When | None = None
    this_and_future: bool = False
    version: tuple[int, str, str] = (0, "", "")
    """SEQUENCE, LAST-MODIFIED, DTSTAMP: the greatest of several with one UID is the valid one."""
    faults: tuple[str, ...] = ()
    """What of it could not be read, in words for the administrator."""


def read_event(block: str, zones: Zones, *, cancelled: bool = False) -> Event:
    """Read the lines of a VEVENT.

    In doubt the room is taken: what has a start is an event, whatever else of it is broken.

    Args:
        block: unfolded, without nested components.
        zones: of its calendar.
        cancelled: the whole calendar says METHOD:CANCEL.

    Raises:
        BrokenEventError: its start cannot be read.
    """
    lines = list(properties(block, _NAMES))
    first: dict[str, Property] = {}
    for line in lines:
        first.setdefault(line.name, line)
    uid = first["UID"].text.strip() if "UID" in first else ""
    uid = uid or "sha256:" + hashlib.sha256(block.encode()).hexdigest()[:32]
    details = _details(lines, first, cancelled=cancelled)
    faults: list[str] = []
    try:
        start = _single(first["DTSTART"], zones)
        original, onward = _original(start, first, zones, details, faults)
    except KeyError:
        raise BrokenEventError(uid, details.title, "it has no start") from None
    except ValueError as error:
        raise BrokenEventError(uid, details.title, str(error)) from None
    length = _length(start, first, zones, faults)
    extras, exceptions = _dates(lines, zones, faults)
    return Event(
        uid=uid,
        start=start,
        length=length,
        details=details,
        rules=_rules(lines, "RRULE", faults),
        unruled=_rules(lines, "EXRULE", faults),
        extras=tuple(extras[:_MOST_DATES]),
        exceptions=tuple(exceptions),
        recurrence_id=original,
        this_and_future=onward,
        version=_version(first),
        faults=tuple(faults),
    )


def _single(line: Property, zones: Zones) -> When:
    return parse_when(line.value, line.params.get("TZID"), zones)


def _original(
    start: When,
    first: dict[str, Property],
    zones: Zones,
    details: Details,
    faults: list[str],
) -> tuple[When | None, bool]:
    """Which occurrence of its series the event replaces, and whether all that follow, too.

    Where that cannot be read, it is shown where it starts, beside the series. What takes no room
    must not hide an occurrence of it by a guess.

    Raises:
        ValueError: it cannot be read, of an event that takes no room.
    """
    line = first.get("RECURRENCE-ID")
    if line is None:
        return None, False
    try:
        return _single(line, zones), line.params.get("RANGE") == "THISANDFUTURE"
    except ValueError as error:
        if details.hidden_because is not None:
            raise
        faults.append(f"RECURRENCE-ID: {error}")
        return start, False


def _length(start: When, first: dict[str, Property], zones: Zones, faults: list[str]) -> Duration:
    """How long the event lasts: an hour, or its day, where its end makes no sense."""
    found = [first[name] for name in ("DTEND", "DURATION") if name in first]
    for line in found:
        try:
            return _until(start, line, zones)
        except (ValueError, OverflowError) as error:
            faults.append(
                f"{line.name}: {error}; shown for {'its day' if start.is_date else '1 h'}"
            )
    if start.is_date:
        return Duration(DAY, timedelta(0))
    return Duration(timedelta(0), HOUR if found else timedelta(0))


def _until(start: When, line: Property, zones: Zones) -> Duration:
    """The length that a DTEND or a DURATION gives.

    A series keeps the exact length of a timed DTEND (3.8.5.3).

    Raises:
        ValueError: it cannot be read, or the event would end before it starts.
        OverflowError: the end is out of reach.
    """
    if line.name == "DURATION":
        length = parse_duration(line.value)
        reversed_ = length.after(start) < start.utc
    else:
        end = _single(line, zones)
        if start.is_date and end.is_date:
            # An end that equals the start is forbidden but common, and means the one day.
            length = Duration(max(end.wall - start.wall, DAY), timedelta(0))
            reversed_ = end.wall < start.wall
        else:
            if end.is_date and not start.is_date:
                end = When(end.wall, start.zone)
            length = Duration(timedelta(0), end.utc - start.utc)
            reversed_ = end.utc < start.utc
    if reversed_:
        raise ValueError("its end lies before its start")
    return length


def _dates(
    lines: Sequence[Property], zones: Zones, faults: list[str]
) -> tuple[list[Extra], list[When]]:
    extras: list[Extra] = []
    exceptions: list[When] = []
    for line in lines:
        try:
            if line.name == "EXDATE":
                exceptions += whens(line, zones)
            elif line.name == "RDATE" and "/" in line.value:
                extras += (_period(text, line, zones) for text in line.value.split(","))
            elif line.name == "RDATE":
                extras += map(Extra, whens(line, zones))
        except ValueError as error:
            faults.append(f"{line.name}: {error}")
    return extras, exceptions


def _period(text: str, line: Property, zones: Zones) -> Extra:
    tzid = line.params.get("TZID")
    begin, _, end = text.strip().partition("/")
    start = parse_when(begin, tzid, zones)
    until = (
        parse_duration(end).after(start)
        if end[:1] in {"P", "p", "+", "-"}
        else parse_when(end, tzid, zones).utc
    )
    if until < start.utc:
        raise ValueError("a period that ends before it starts")
    return Extra(start, until)


def _rules(lines: Sequence[Property], name: str, faults: list[str]) -> tuple[Rule, ...]:
    rules: list[Rule] = []
    for line in lines:
        if line.name == name:
            try:
                rules.append(parse_rule(line.value))
            except (ValueError, IndexError) as error:
                faults.append(f"{name}: {error}")
    return tuple(rules)


def _version(first: dict[str, Property]) -> tuple[int, str, str]:
    sequence = first["SEQUENCE"].value.strip() if "SEQUENCE" in first else "0"
    number = int(sequence) if sequence.isdecimal() and len(sequence) <= _LONGEST_SEQUENCE else 0
    modified, stamp = (
        first[name].value if name in first else "" for name in ("LAST-MODIFIED", "DTSTAMP")
    )
    return number, modified, stamp


def _details(lines: Sequence[Property], first: dict[str, Property], *, cancelled: bool) -> Details:
    html = next(
        (
            line.text[:_LONGEST_BODY]
            for line in lines
            if line.name == "X-ALT-DESC" and line.params.get("FMTTYPE", "").lower() == "text/html"
        ),
        None,
    )
    return Details(
        title=_text(first, "SUMMARY", _LONGEST_LINE),
        organizer=_organizer(first.get("ORGANIZER")),
        location=_text(first, "LOCATION", _LONGEST_LINE),
        body_text=_text(first, "DESCRIPTION", _LONGEST_BODY),
        body_html=html,
        links=links.structured_links(lines),
        private=_word(first, "CLASS") in {"PRIVATE", "CONFIDENTIAL"},
        marked_all_day=_word(first, "X-MICROSOFT-CDO-ALLDAYEVENT") == "TRUE",
        hidden_because=_hidden_because(lines, first, cancelled=cancelled),
    )


def _hidden_because(
    lines: Sequence[Property], first: dict[str, Property], *, cancelled: bool
) -> str | None:
    if cancelled or _word(first, "STATUS") == "CANCELLED":
        return "cancelled"
    answers = [
        line.params.get("PARTSTAT", "").upper()
        for line in lines
        if line.name == "ATTENDEE" and line.params.get("CUTYPE", "").upper() in _ROOMS
    ]
    if answers and all(answer == "DECLINED" for answer in answers):
        return "declined"
    shown_as = _word(first, "X-MICROSOFT-CDO-BUSYSTATUS")
    if shown_as == "FREE" or (_word(first, "TRANSP") == "TRANSPARENT" and shown_as not in _BUSY):
        return "free_time"
    return None


def _word(first: dict[str, Property], name: str) -> str:
    return first[name].value.strip().upper() if name in first else ""


def _text(first: dict[str, Property], name: str, limit: int) -> str | None:
    return (first[name].text[:limit].strip() or None) if name in first else None


def _organizer(line: Property | None) -> str | None:
    if line is None:
        return None
    address = line.text.strip()
    if address.lower().startswith("mailto:"):
        address = address[7:]
    return (line.params.get("CN", "").strip() or address)[:_LONGEST_LINE] or None
