"""What the service knows of one calendar: its own copy of the near past and future, expanded."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import lxml.html

from simulators.organisation import Change, Instance, Item, Mailbox, OnlineMeeting, Party
from simulators.organisation.item import expand

EVENT_ID = "cronofy:event_id"
"""The property of an item that holds the application's own name of an event that it made."""


@dataclass(slots=True, kw_only=True)
class Span:
    """How far around now the service looks; events beyond are not there, and nobody is told when
    one comes near."""

    back: timedelta = timedelta(days=42)
    ahead: timedelta = timedelta(days=201)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An event as it is now; equal if nothing changed that the API shows."""

    id: str
    """The calendar server's, of the very occurrence."""
    item_id: str
    """Of the event, or of its series."""
    original_start: datetime | None
    """Of an occurrence, where its series put it; None: a single event."""
    event_id: str | None
    """The application's own name, if it made the event."""
    start: datetime
    end: datetime
    all_day: bool
    zone: str
    summary: str
    description: str
    location: str
    organizer: Party
    attendees: tuple[tuple[str, str, str], ...]
    """Name, address and response."""
    participation: str
    status: str
    transparency: str
    private: bool
    link: tuple[str, str] | None
    """The conference service and the address to join at."""
    created: datetime

    @property
    def days(self) -> tuple[date, date]:
        """Of an event of whole days: the first one, and the one after the last."""
        zone = ZoneInfo(self.zone)
        return self.start.astimezone(zone).date(), self.end.astimezone(zone).date()


@dataclass(slots=True, kw_only=True)
class Record:
    """An event with what happened to it."""

    uid: str
    shown: Shown
    updated: datetime
    deleted: bool = False
    spans: list[tuple[datetime, datetime]] = field(default_factory=list)
    """Where it ever was."""


class Mirror:
    """Follows one mailbox; brought up to date when somebody looks."""

    def __init__(self, mailbox: Mailbox, clock: Callable[[], datetime], span: Span) -> None:
        self._mailbox = mailbox
        self._clock = clock
        self._span = span
        self._records: dict[str, Record] = {}
        self._changed: dict[str, datetime] = {}
        """Items that changed since the last look, and when they did first."""
        self._looked: tuple[date, timedelta, timedelta] | None = None
        """On which day, and how far."""
        self._frozen = False
        self.on_change: list[Callable[[datetime, bool], None]] = []
        """Told when, and whether the application made what changed."""
        mailbox.on_change.append(self._noticed)

    def freeze(self) -> None:
        """Follow no more: what was seen last stays as if it still held."""
        self.records()
        self._frozen = True

    def thaw(self) -> None:
        """Follow again."""
        self._frozen = False

    def records(self) -> list[Record]:
        """All events, those that were deleted too."""
        if not self._frozen:
            now = self._clock()
            wanted = (now.date(), self._span.back, self._span.ahead)
            if wanted != self._looked:
                self._look(now, {*self._mailbox.items, *self._items_known()})
            elif self._changed:
                self._look(now, self._changed.keys())
            self._looked = wanted
            self._changed.clear()
        return list(self._records.values())

    def _items_known(self) -> set[str]:
        return {one.shown.item_id for one in self._records.values()}

    def find(self, uid: str) -> Record | None:
        """An event that is not deleted."""
        found = next((one for one in self.records() if one.uid == uid), None)
        return None if found is None or found.deleted else found

    def _noticed(self, mailbox: Mailbox, change: Change) -> None:
        now = self._clock()
        self._changed.setdefault(change.item_id, now)
        if self._frozen:
            return
        item = mailbox.items.get(change.item_id)
        managed = item is not None and EVENT_ID in item.properties
        managed = managed or any(
            one.shown.item_id == change.item_id and one.shown.event_id is not None
            for one in self._records.values()
        )
        for heard in self.on_change:
            heard(now, managed)

    def _look(self, now: datetime, item_ids: Collection[str]) -> None:
        """Bring the records of some items up to date."""
        start, end = now - self._span.back, now + self._span.ahead
        seen: set[str] = set()
        for shown in self._visible(start, end, item_ids):
            uid = f"evt_external_{digest(self._mailbox.address, shown.id)}"
            seen.add(uid)
            changed_at = self._changed.get(shown.item_id, now)
            known = self._records.get(uid)
            if known is None:
                known = Record(uid=uid, shown=shown, updated=changed_at)
                self._records[uid] = known
            elif known.deleted or known.shown != shown:
                known.shown, known.updated, known.deleted = shown, changed_at, False
            if (shown.start, shown.end) not in known.spans:
                known.spans.append((shown.start, shown.end))
        for uid, record in list(self._records.items()):
            if uid in seen or record.shown.item_id not in item_ids:
                continue
            if record.shown.end < start:
                del self._records[uid]
            elif not record.deleted:
                record.deleted = True
                record.updated = self._changed.get(record.shown.item_id, now)

    def _visible(
        self, start: datetime, end: datetime, item_ids: Collection[str]
    ) -> Iterator[Shown]:
        """What of these items is in the span, and what the application made beyond."""
        owner = Party(self._mailbox.name, self._mailbox.address)
        for item in [self._mailbox.items[one] for one in item_ids if one in self._mailbox.items]:
            instances = expand(item, start, end)
            if not instances and EVENT_ID in item.properties:
                instances = [Instance(kind="single", item=item, master=item)]
            for instance in instances:
                yield _shown(instance, owner)


def digest(*parts: str) -> str:
    """24 hexadecimal digits that stand for these texts."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]


_RESPONSES = {"organizer": "accepted", "none": "needs_action"}
_FREE = frozenset(("free", "workingElsewhere"))
_SERVICES = {"teamsForBusiness": "teams", "skypeForBusiness": "skype_for_business"}


def _shown(instance: Instance, owner: Party) -> Shown:
    item = instance.item
    return Shown(
        id=instance.id,
        item_id=instance.master.id,
        original_start=instance.original_start,
        event_id=item.properties.get(EVENT_ID),
        start=instance.start,
        end=instance.end,
        all_day=item.all_day,
        zone=item.zone,
        summary=item.subject,
        description=plain(item.body, item.body_type),
        location=item.location,
        organizer=item.organizer or owner,
        attendees=tuple(
            (one.name, one.address, _RESPONSES.get(one.response, one.response))
            for one in item.attendees
        ),
        participation=_RESPONSES.get(item.response, item.response),
        status=_status(item),
        transparency="opaque" if item.show_as not in _FREE else "transparent",
        private=item.sensitivity in {"private", "confidential"},
        link=_link(item.online),
        created=item.created,
    )


def _status(item: Item) -> str:
    if item.cancelled:
        return "cancelled"
    return "tentative" if item.show_as == "tentative" else "confirmed"


def _link(online: OnlineMeeting | None) -> tuple[str, str] | None:
    if online is None:
        return None
    return _SERVICES.get(online.provider, "explicit"), online.join_url


def plain(body: str, kind: str) -> str:
    """A body as plain text, which is all that the API gives."""
    if kind != "html" or not body.strip():
        return body
    return "".join(map(str, lxml.html.document_fromstring(body).itertext())).strip()
