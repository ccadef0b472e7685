"""What is in a calendar: values, and how a series becomes meetings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr


@dataclass(frozen=True, slots=True)
class Party:
    """A person or a room, as a calendar names them."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Attendee:
    """Somebody who is invited."""

    name: str
    address: str
    kind: str = "required"
    """required, optional or resource."""
    response: str = "none"
    """none, accepted, tentative or declined."""


@dataclass(frozen=True, slots=True)
class OnlineMeeting:
    """The structured fields of an online meeting."""

    provider: str
    """teamsForBusiness, skypeForBusiness, skypeForConsumer or unknown."""
    join_url: str


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A series: RFC 5545's rule without its name, such as "FREQ=DAILY;COUNT=4"."""

    rrule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A meeting or a series in one mailbox."""

    id: str = ""
    """The mailbox's; given when it is added."""
    uid: str = ""
    """The same in every mailbox."""
    change_key: str = ""
    subject: str = ""
    body: str = ""
    body_type: str = "text"
    """text or html."""
    start: datetime
    end: datetime
    zone: str = "UTC"
    """IANA: in which the series repeats and a day begins."""
    all_day: bool = False
    sensitivity: str = "normal"
    """normal, personal, private or confidential."""
    show_as: str = "busy"
    """free, tentative, busy, oof or workingElsewhere."""
    organizer: Party | None = None
    attendees: tuple[Attendee, ...] = ()
    location: str = ""
    online: OnlineMeeting | None = None
    recurrence: Recurrence | None = None
    exceptions: Mapping[datetime, Mapping[str, Any] | None] = field(default_factory=dict)
    """By original start, UTC: the fields that differ, or None for an occurrence that is gone."""
    is_organizer: bool = True
    response: str = "organizer"
    """organizer, none, accepted, tentative or declined: of the mailbox's owner."""
    cancelled: bool = False
    transaction_id: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    """Extended properties by name."""
    created: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    modified: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    @property
    def takes_time(self) -> bool:
        """Whether it stands in the way of another meeting."""
        return not self.cancelled and self.show_as not in ("free", "workingElsewhere")


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One meeting: a single one, or one of a series."""

    kind: str
    """single, occurrence or exception."""
    item: Item
    """As it is on this date; id and change key are the series'."""
    master: Item
    """The series, or the single item itself."""
    original_start: datetime | None = None
    """Of one of a series: where the rule puts it, UTC."""

    @property
    def id(self) -> str:
        """The same as long as the meeting lives, also when it is moved."""
        if self.original_start is None:
            return self.master.id
        return occurrence_id(self.master.id, self.original_start)

    @property
    def start(self) -> datetime:
        """Its start, UTC."""
        return self.item.start.astimezone(UTC)

    @property
    def end(self) -> datetime:
        """Its end, UTC."""
        return self.item.end.astimezone(UTC)

    def overlaps(self, start: datetime, end: datetime) -> bool:
        """Whether it shares an instant with [start, end)."""
        return self.start < end and (self.end > start or self.start == self.end >= start)


def occurrence_id(item_id: str, original_start: datetime) -> str:
    """The id of one of a series."""
    return f"{item_id}_{original_start.astimezone(UTC):%Y%m%dT%H%M}"


def expand(item: Item, start: datetime, end: datetime) -> list[Instance]:
    """The meetings of an item that overlap [start, end), in order."""
    if item.recurrence is None:
        one = Instance(kind="single", item=item, master=item)
        return [one] if one.overlaps(start, end) else []
    found = [one for one in _exceptions(item) if one.overlaps(start, end)]
    length = item.end - item.start
    for original in originals(item, start - length - timedelta(days=1), end):
        if original not in item.exceptions:
            one = occurrence(item, original)
            if one.overlaps(start, end):
                found.append(one)
    return sorted(found, key=lambda one: one.start)


def _exceptions(item: Item) -> Iterator[Instance]:
    for original, fields in item.exceptions.items():
        if fields is not None:
            yield occurrence(item, original)


def occurrence(item: Item, original: datetime) -> Instance:
    """One of a series, by its original start; it must be one of the series and not gone."""
    fields = item.exceptions.get(original)
    begins, ends = _times(item, original)
    plain = replace(item, start=begins, end=ends, recurrence=None, exceptions={})
    return Instance(
        kind="occurrence" if fields is None else "exception",
        item=plain if fields is None else replace(plain, **fields),
        master=item,
        original_start=original,
    )


def _times(item: Item, original: datetime) -> tuple[datetime, datetime]:
    if not item.all_day:
        return original, original + (item.end.astimezone(UTC) - item.start.astimezone(UTC))
    zone = ZoneInfo(item.zone)
    first = original.astimezone(zone).date()
    days = (item.end.astimezone(zone).date() - item.start.astimezone(zone).date()).days
    last = datetime.combine(first + timedelta(days=days), time(), zone)
    return original, last.astimezone(UTC)


def originals(item: Item, start: datetime, end: datetime) -> list[datetime]:
    """Where the rule puts the series in [start, end), UTC; by the wall clock of its zone."""
    assert item.recurrence is not None
    zone = ZoneInfo(item.zone)
    local = item.start.astimezone(zone).replace(tzinfo=None)
    rule = rrulestr(_local_until(item.recurrence.rrule, zone), dtstart=local)
    first = max(local, start.astimezone(zone).replace(tzinfo=None))
    last = end.astimezone(zone).replace(tzinfo=None)
    if last < first:
        return []
    return [one.replace(tzinfo=zone).astimezone(UTC) for one in rule.between(first, last, inc=True)]


def _local_until(rule: str, zone: ZoneInfo) -> str:
    def localise(found: re.Match[str]) -> str:
        until = datetime.strptime(found[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return f"UNTIL={until.astimezone(zone):%Y%m%dT%H%M%S}"

    rule = re.sub(r"UNTIL=(\d{8}T\d{6}Z)", localise, rule)
    return re.sub(r"UNTIL=(\d{8})(?!T)", r"UNTIL=\1T235959", rule)
