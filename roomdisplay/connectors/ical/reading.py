"""The picture of a calendar's window, from its text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from roomdisplay.connectors.base import (
    LeftOut,
    MalformedAnswerError,
    Occurrence,
    Picture,
    Window,
)
from roomdisplay.connectors.ical.contentline import unescape
from roomdisplay.connectors.ical.event import BrokenEventError, Event, read_event
from roomdisplay.connectors.ical.recurrence import Expansion, Instance, expand
from roomdisplay.connectors.ical.rrule import Budget
from roomdisplay.connectors.ical.scan import Block, Calendar, Scan, calendars, scan
from roomdisplay.connectors.ical.when import parse_duration
from roomdisplay.connectors.ical.zones import Zones

MOST_OCCURRENCES = 2000
"""In one picture; no room holds more in the weeks that a window spans."""
_MOST_BLOCKS = 20_000
_MOST_LEFT_OUT = 500
_MOST_WARNINGS = 20
_HORIZON = timedelta(days=500)
_SOONEST, _LATEST = timedelta(minutes=1), timedelta(hours=1)


def read_calendars(texts: Sequence[str], window: Window, zone: str) -> Picture:
    """Read everything that touches the window.

    Args:
        texts: streams of calendars, each from `text.calendar_text`; the objects of a CalDAV
            collection, or the one text of a feed.
        window: what is asked for.
        zone: the room's IANA zone, for floating and all-day times.

    Returns:
        A picture sorted by time, without a cursor.

    Raises:
        KeyError: `zone` is not known (`zoneinfo.ZoneInfoNotFoundError`).
        MalformedAnswerError: there are more events than can be read.
    """
    found = scan(texts, window)
    reader = _Reader(window, ZoneInfo(zone))
    for blocks in found.groups.values():
        reader.add(blocks)
    return reader.picture(found)


def calendar_name(text: str) -> str | None:
    """The name that a calendar gives itself."""
    return _display_name(calendar.header for calendar, _ in calendars(text))


class _Reader:
    """Collects what the groups of events come to."""

    def __init__(self, window: Window, room: ZoneInfo) -> None:
        self._window = window
        self._room = room
        self._budget = Budget()
        self._blocks = _MOST_BLOCKS
        self._zones: dict[int, Zones] = {}
        self._instances: list[Instance] = []
        self._left_out: list[LeftOut] = []
        self._warnings: dict[str, None] = {}
        self._unreadable = 0

    def add(self, blocks: Sequence[Block]) -> None:
        """Add all events of one UID."""
        self._blocks -= len(blocks)
        if self._blocks < 0:
            raise MalformedAnswerError(f"more than {_MOST_BLOCKS} events near these days")
        events: list[Event] = []
        for block in blocks:
            cancelled = block.calendar.header.get("METHOD", "").upper() == "CANCEL"
            try:
                events.append(
                    read_event(block.text, self._zones_of(block.calendar), cancelled=cancelled)
                )
            except BrokenEventError as error:
                self._unreadable += 1
                self._leave_out(_untimed(error.uid, error.title, "malformed"))
                self._warn(f"The event {_shown(error.uid)} cannot be read: {error.reason}.")
        if events:
            self._add_expansion(events, expand(events, self._window, self._budget))

    def _add_expansion(self, events: Sequence[Event], expansion: Expansion) -> None:
        self._instances += expansion.instances
        self._unreadable += any(
            fault.startswith(("RRULE:", "RDATE:")) for fault in expansion.faults
        )
        for fault in expansion.faults:
            self._warn(f"The event {_shown(events[0].uid)}: {fault}.")
        for event in expansion.replaced:
            start, end = event.start.utc, event.length.after(event.start)
            if self._window.touches(start, end):
                self._leave_out(
                    LeftOut(
                        source_id=event.uid,
                        title=event.details.title,
                        start=start,
                        end=end,
                        all_day=event.start.is_date,
                        reason="replaced",
                    )
                )
        if expansion.too_many:
            self._leave_out(_untimed(events[0].uid, events[0].details.title, "too_many"))
            self._warn(
                f"The series {_shown(events[0].uid)} holds more occurrences than can be shown."
            )

    def _zones_of(self, calendar: Calendar) -> Zones:
        zones = self._zones.get(id(calendar))
        if zones is None:
            horizon = self._window.end.replace(tzinfo=None) + _HORIZON
            zones = Zones(self._room, calendar.zones, horizon=horizon)
            name = calendar.header.get("X-WR-TIMEZONE")
            if name:
                zones.use_for_floating(unescape(name))
            self._zones[id(calendar)] = zones
        return zones

    def _leave_out(self, left_out: LeftOut) -> None:
        if len(self._left_out) < _MOST_LEFT_OUT:
            self._left_out.append(left_out)

    def _warn(self, sentence: str) -> None:
        if len(self._warnings) < _MOST_WARNINGS:
            self._warnings[sentence] = None

    def picture(self, found: Scan) -> Picture:
        """What was collected, sorted."""
        shown: list[Occurrence] = []
        beyond: list[Instance] = []
        for instance in sorted(self._instances, key=lambda one: (one.start, one.end)):
            reason = instance.hidden_because
            if reason is None and len(shown) >= MOST_OCCURRENCES:
                reason = "too_many"
                beyond.append(instance)
            if reason is None:
                shown.append(_occurrence(instance))
            else:
                self._leave_out(
                    LeftOut(
                        source_id=instance.source_id,
                        title=instance.details.title,
                        start=instance.start,
                        end=instance.end,
                        all_day=instance.all_day,
                        reason=reason,
                    )
                )
        if beyond:  # in doubt the room is taken: one long meeting for all that are left out
            self._warn(f"More than {MOST_OCCURRENCES} meetings; the later are shown as one.")
            shown.append(_occurrence(replace(beyond[0], end=max(one.end for one in beyond))))
        for zones in self._zones.values():
            for sentence in zones.warnings:
                self._warn(sentence)
        headers = [calendar.header for calendar in found.calendars]
        return Picture(
            occurrences=tuple(shown),
            left_out=tuple(self._left_out),
            warnings=tuple(self._warnings),
            unreadable=self._unreadable,
            check_every=_check_every(headers),
            display_name=_display_name(headers),
        )


def _untimed(source_id: str, title: str | None, reason: str) -> LeftOut:
    return LeftOut(
        source_id=source_id, title=title, start=None, end=None, all_day=False, reason=reason
    )


def _occurrence(instance: Instance) -> Occurrence:
    details = instance.details
    return Occurrence(
        source_id=instance.source_id,
        start=instance.start,
        end=instance.end,
        title=details.title,
        organizer=details.organizer,
        all_day=instance.all_day,
        private=details.private,
        structured_links=details.links,
        location=details.location,
        body_text=details.body_text,
        body_html=details.body_html,
    )


def _check_every(headers: Iterable[dict[str, str]]) -> timedelta | None:
    """How often the publisher wants to be asked, within bounds of ours."""
    for header in headers:
        for name in ("REFRESH-INTERVAL", "X-PUBLISHED-TTL"):
            try:
                duration = parse_duration(header[name])
            except (KeyError, ValueError):
                continue
            return min(max(duration.days + duration.exact, _SOONEST), _LATEST)
    return None


def _display_name(headers: Iterable[dict[str, str]]) -> str | None:
    for header in headers:
        for name in ("X-WR-CALNAME", "NAME"):
            if header.get(name):
                return unescape(header[name])[:200]
    return None


def _shown(uid: str) -> str:
    """A UID, short enough for a sentence."""
    return repr(uid if len(uid) <= 60 else uid[:57] + "...")  # noqa: PLR2004 - a line's length
