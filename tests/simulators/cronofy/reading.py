"""GET /v1/events: which events, in which form, on which page."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from simulators.cronofy import times
from simulators.cronofy.accounts import UNRESTRICTED, Account
from simulators.cronofy.calls import Answer, Call, RefusedError, unprocessable
from simulators.cronofy.mirror import Record, Shown, Span, digest

_MOST_PAGES_KEPT = 256
_TRUE, _FALSE = frozenset(("true", "True", "1")), frozenset(("false", "False", "0"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What was asked for."""

    zone: str
    start: datetime | None
    end: datetime | None
    last_modified: datetime | None
    managed: bool
    """With the events that the application made."""
    only_managed: bool
    deleted: bool
    moved: bool
    localized: bool

    def holds(self, record: Record, span: Span, now: datetime) -> bool:
        """Whether an event belongs to the answer."""
        managed = record.shown.event_id is not None
        if (managed and not self.managed) or (self.only_managed and not managed):
            return False
        if record.deleted and not self.deleted:
            return False
        if self.last_modified is not None and record.updated < self.last_modified:
            return False
        if managed and self.start is None and self.end is None:
            return True
        start = self.start or now - span.back
        end = self.end or now + span.ahead
        places = record.spans if self.moved else [(record.shown.start, record.shown.end)]
        return any(
            begins < end and (finishes >= start)
            for begins, finishes in (_placed(one, record.shown, self.zone) for one in places)
        )


def _placed(place: tuple[datetime, datetime], shown: Shown, zone: str) -> tuple[datetime, datetime]:
    """Where an event lies for whoever asks: whole days are days of the zone that is asked for."""
    if not shown.all_day:
        return place
    own, theirs = ZoneInfo(shown.zone), ZoneInfo(zone)
    first, last = (datetime.combine(at.astimezone(own).date(), time(), theirs) for at in place)
    return first, last - timedelta(seconds=1)


def parse(call: Call) -> Query:
    """Read the parameters.

    Raises:
        RefusedError: 422; one is missing or makes no sense.
    """
    zone = times.zone_of(call.first("tzid"))

    def moment(name: str) -> datetime | None:
        text = call.first(name)
        if text is None:
            return None
        if "T" in text and not text.endswith(("Z", "+00:00")):
            raise unprocessable(name, "not_utc")
        return times.read(text, zone, name).at

    only_managed = _flag(call, "only_managed")
    start, end = moment("from"), moment("to")
    if start is not None and end is not None and end <= start:
        raise unprocessable("to", "must_be_after_from")
    return Query(
        zone=zone,
        start=start,
        end=end,
        last_modified=moment("last_modified"),
        managed=_flag(call, "include_managed") or only_managed,
        only_managed=only_managed,
        deleted=_flag(call, "include_deleted"),
        moved=_flag(call, "include_moved"),
        localized=_flag(call, "localized_times"),
    )


def _flag(call: Call, name: str) -> bool:
    """False unless it is asked for."""
    text = call.first(name)
    if text is None or text in _FALSE:
        return False
    if text not in _TRUE:
        raise unprocessable(name, "invalid")
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    account: Account
    number: int
    total: int
    events: tuple[dict[str, object], ...]
    follows: str | None
    until: datetime


@dataclass(slots=True)
class Events:
    """Answers readings, and keeps the further pages for a while."""

    clock: Callable[[], datetime]
    span: Span
    page_size: int = 100
    page_life: timedelta = timedelta(minutes=10)
    _pages: dict[str, _Page] = field(default_factory=dict)

    def read(self, call: Call, account: Account) -> Answer:
        """The first page of an account's events."""
        query = parse(call)
        wanted = call.every("calendar_ids[]") or call.every("calendar_ids")
        calendar = account.calendar
        if calendar.deleted and not calendar.vanished:
            raise RefusedError(404)
        if wanted and calendar.id not in wanted:
            raise RefusedError(404)
        readable = account.synced and not calendar.deleted
        records = calendar.mirror.records() if readable else []
        now = self.clock()
        found = [one for one in records if query.holds(one, self.span, now)]
        found.sort(key=lambda one: (one.shown.start, one.uid))
        shown = [described(one, account, localized=query.localized) for one in found]
        return self._answer(call, self._paged(account, shown))

    def turn(self, call: Call, account: Account, name: str) -> Answer:
        """A further page; only for the account that began to read, and not for ever."""
        page = self._pages.get(name)
        if page is None or page.account is not account or page.until <= self.clock():
            raise RefusedError(404)
        return self._answer(call, page)

    def forget_pages(self) -> None:
        """Let every further page be too old."""
        self._pages.clear()

    def _paged(self, account: Account, events: list[dict[str, object]]) -> _Page:
        """Keep all pages but the first, from the last one on, since each names the next."""
        size = self.page_size
        parts = [events[at : at + size] for at in range(0, len(events), size)] or [[]]
        follows: str | None = None
        until = self.clock() + self.page_life
        for number in range(len(parts), 0, -1):
            page = _Page(
                account=account,
                number=number,
                total=len(parts),
                events=tuple(parts[number - 1]),
                follows=follows,
                until=until,
            )
            if number > 1:
                follows = secrets.token_hex(8)
                self._pages[follows] = page
        while len(self._pages) > max(_MOST_PAGES_KEPT, len(parts)):
            del self._pages[next(iter(self._pages))]
        return page

    def _answer(self, call: Call, page: _Page) -> Answer:
        pages: dict[str, object] = {"current": page.number, "total": page.total}
        if page.follows is not None:
            pages["next_page"] = f"{call.origin}/v1/events/pages/{page.follows}"
        return Answer(json={"pages": pages, "events": list(page.events)})


def described(record: Record, account: Account, *, localized: bool) -> dict[str, object]:
    """An event as the API shows it."""
    shown = record.shown
    managed = shown.event_id is not None
    changeable = managed or account.calendar.permission == UNRESTRICTED
    event: dict[str, object] = {
        "calendar_id": account.calendar.id,
        "event_uid": record.uid,
        "summary": shown.summary,
        "description": shown.description,
        **_times(shown, localized=localized),
        "deleted": record.deleted,
        "created": times.written(shown.created),
        "updated": times.written(record.updated),
        "participation_status": shown.participation,
        "attendees": [
            {"email": address, "display_name": name or None, "status": response}
            for name, address, response in shown.attendees
        ],
        "organizer": {
            "email": shown.organizer.address,
            "display_name": shown.organizer.name or None,
        },
        "transparency": shown.transparency,
        "status": "cancelled" if record.deleted else shown.status,
        "categories": [],
        "recurring": shown.original_start is not None,
        "event_private": shown.private,
        "options": {
            "delete": changeable,
            "update": changeable,
            "change_participation_status": not managed,
        },
    }
    if managed:
        event["event_id"] = shown.event_id
    if shown.location:
        event["location"] = {"description": shown.location}
    if shown.original_start is not None:
        event["series_identifier"] = f"ser_{digest(account.email, shown.item_id)}"
    if shown.link is not None:
        provider, url = shown.link
        event["meeting_url"] = url
        event["conferencing"] = {"provider_name": provider, "join_url": url}
    return event


def _times(shown: Shown, *, localized: bool) -> dict[str, object]:
    if shown.all_day:
        first, last = (day.isoformat() for day in shown.days)
        if localized:
            return {
                "start": {"time": first, "tzid": shown.zone},
                "end": {"time": last, "tzid": shown.zone},
            }
        return {"start": first, "end": last}
    if localized:
        return {
            "start": times.localized(shown.start, shown.zone),
            "end": times.localized(shown.end, shown.zone),
        }
    return {"start": times.written(shown.start), "end": times.written(shown.end)}
