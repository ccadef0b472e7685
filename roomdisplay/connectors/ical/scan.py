"""A first look over a whole feed that keeps only what can touch a window.

Reading an event costs a hundred times what it costs to see that it was last year; so blocks are
found and judged by plain text search, coarsely and always on the safe side. A UID is kept whole or
not at all, since its versions, exceptions and master decide together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from roomdisplay.connectors.base import Window

_HEADER = re.compile(
    r"\n(METHOD|NAME|X-WR-CALNAME|X-WR-TIMEZONE|REFRESH-INTERVAL|X-PUBLISHED-TTL)"
    r"(?:;[^\n:]*)?:([^\n]*)"
)
_TZID = re.compile(r"\nTZID(?:;[^\n:]*)?:([^\n]*)")
_DURATION = re.compile(r"P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?)?")
_UNTIL = re.compile(r"UNTIL=(\d{8})", re.IGNORECASE)
_MARGIN = timedelta(days=2)
"""More than any zone's offset, on both sides."""
_DATE_LENGTH = 8


@dataclass(frozen=True, slots=True)
class Calendar:
    """What a VCALENDAR says for all its events."""

    header: dict[str, str]
    """METHOD, NAME, X-WR-…, REFRESH-INTERVAL, X-PUBLISHED-TTL: the first value of each."""
    zones: dict[str, str]
    """The text of each VTIMEZONE by its TZID."""


@dataclass(frozen=True, slots=True)
class Block:
    """The lines of one VEVENT, without components inside of it."""

    calendar: Calendar
    text: str


@dataclass(slots=True)
class Scan:
    """What was found."""

    calendars: list[Calendar] = field(default_factory=list)
    groups: dict[str, list[Block]] = field(default_factory=dict)
    """By UID; an event without one stands alone."""
    events: int = 0
    """All VEVENTs, whether kept or not."""


def scan(texts: Sequence[str], window: Window) -> Scan:
    """Split streams of calendars into blocks and keep those whose UID may touch the window.

    Args:
        texts: each from `text.calendar_text`.
        window: what is asked for.
    """
    result = Scan()
    spans = _Spans(window)
    every: dict[str, list[Block]] = {}
    kept: set[str] = set()
    for text in texts:
        for calendar, body in calendars(text):
            result.calendars.append(calendar)
            for first, last in _components(body, "VEVENT"):
                result.events += 1
                uid = _value(body, "\nUID", first, last) or f"\n{result.events}"
                every.setdefault(uid, []).append(Block(calendar, body[first:last]))
                if uid not in kept and spans.may_touch(body, first, last):
                    kept.add(uid)
    result.groups = {uid: blocks for uid, blocks in every.items() if uid in kept}
    return result


def calendars(text: str) -> Iterator[tuple[Calendar, str]]:
    """Each VCALENDAR with its lines, those of alarms taken out."""
    for begin, end in _components(text, "VCALENDAR"):
        body = _without(text[begin:end], "VALARM")
        yield _calendar(body), body


def _calendar(body: str) -> Calendar:
    first = body.find("\nBEGIN:", 1)
    last = body.rfind("\nEND:V", 0, max(body.rfind("\nEND:VCALENDAR"), 0))
    around = body[: first if first > 0 else None] + "\n" + (body[last:] if last > 0 else "")
    header: dict[str, str] = {}
    for found in _HEADER.finditer(around):
        header.setdefault(found[1], found[2].strip())
    zones: dict[str, str] = {}
    for begin, end in _components(body, "VTIMEZONE"):
        name = _TZID.search(body, begin, end)
        if name is not None:
            zones.setdefault(name[1].strip().strip('"'), body[begin:end])
    return Calendar(header, zones)


def _components(text: str, name: str) -> Iterator[tuple[int, int]]:
    """Where the components `name` stand: from their BEGIN to the line feed after their END."""
    opening, closing = f"\nBEGIN:{name}\n", f"\nEND:{name}\n"
    position = 0
    while (begin := text.find(opening, position)) >= 0:
        end = text.find(closing, begin)
        if end < 0:
            return
        position = end + len(closing) - 1
        yield begin, position + 1


def _without(text: str, name: str) -> str:
    """The text without the components `name`."""
    pieces: list[str] = []
    position = 0
    for begin, end in _components(text, name):
        pieces.append(text[position:begin])
        position = end - 1
    return "".join(pieces) + text[position:] if pieces else text


def _value(text: str, name: str, begin: int, end: int) -> str:
    """The value of the first property `name` (after a line feed) within a block, roughly."""
    position = text.find(name, begin, end)
    while position >= 0:
        after = position + len(name)
        line_end = text.find("\n", after)
        if text[after] == ":":
            return text[after + 1 : line_end]
        if text[after] == ";":
            return text[text.rfind(":", after, line_end) + 1 : line_end]
        position = text.find(name, after, end)
    return ""


class _Spans:
    """Judges blocks by the dates in them, as text: `YYYYMMDD` sorts like the days it means."""

    def __init__(self, window: Window) -> None:
        self._low = _day(window.start - _MARGIN)
        self._high = _day(window.end + _MARGIN)

    def may_touch(self, text: str, begin: int, end: int) -> bool:
        """Whether the block may touch the window; when in doubt, yes."""
        if text.find("\nRDATE", begin, end) >= 0:
            return True
        start = _value(text, "\nDTSTART", begin, end)[:_DATE_LENGTH]
        if not (len(start) == _DATE_LENGTH and start.isdecimal()):
            return True
        if start > self._high:
            return False
        last = self._last_day(text, begin, end, start)
        if text.find("\nRRULE", begin, end) < 0:
            if text.find("\nRECURRENCE-ID;", begin, end) >= 0:  # perhaps for all that follow
                return last >= self._low or text.find("THISANDFUTURE", begin, end) >= 0
            return last >= self._low
        until = _UNTIL.search(_value(text, "\nRRULE", begin, end))
        if until is None or last >= self._low or text.count("\nRRULE", begin, end) > 1:
            return True
        return self._shifted(until[1], start, last) >= self._low

    def _last_day(self, text: str, begin: int, end: int, start: str) -> str:
        """The day on which what starts on day `start` ends, or one after."""
        ending = _value(text, "\nDTEND", begin, end)[:_DATE_LENGTH]
        if len(ending) == _DATE_LENGTH and ending.isdecimal():
            return max(start, ending)
        length = _DURATION.match(_value(text, "\nDURATION", begin, end))
        if length is None:
            return start if not ending else self._high
        weeks, days, hours = (int(part or 0) for part in length.groups())
        return self._moved(start, timedelta(weeks=weeks, days=days + 2, hours=hours))

    def _shifted(self, until: str, start: str, last: str) -> str:
        """The day on which the last occurrence of a series ends, or one after."""
        if last == start:
            return until
        try:
            length = _parse(last) - _parse(start)
        except ValueError:
            return self._high
        return self._moved(until, length + timedelta(days=1))

    def _moved(self, day: str, length: timedelta) -> str:
        try:
            return _day(_parse(day) + length)
        except (ValueError, OverflowError):
            return self._high


def _day(moment: datetime) -> str:
    return moment.strftime("%Y%m%d")


def _parse(day: str) -> datetime:
    return datetime.strptime(day, "%Y%m%d")  # noqa: DTZ007 - a day, no time
