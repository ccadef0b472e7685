"""Expanding one UID - its master, its exceptions, its versions - within a window; pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from roomdisplay.connectors.base import Window
from roomdisplay.connectors.ical.event import Details, Event, Extra
from roomdisplay.connectors.ical.rrule import Budget, BudgetExhaustedError, occurrences
from roomdisplay.connectors.ical.rule import Rule
from roomdisplay.connectors.ical.when import When, parse_until

Slot = datetime | date
"""Which occurrence of a series is meant: its original start in UTC, or its day."""

MOST_IN_SERIES = 500
"""Occurrences of one series within a window."""
_MARGIN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Instance:
    """One occurrence, in UTC."""

    source_id: str
    start: datetime
    end: datetime
    all_day: bool
    details: Details
    hidden_because: str | None


@dataclass(slots=True)
class Expansion:
    """What one UID comes to."""

    instances: list[Instance] = field(default_factory=list)
    replaced: list[Event] = field(default_factory=list)
    """Versions that a newer one made void."""
    faults: list[str] = field(default_factory=list)
    too_many: bool = False
    """The series holds more than is shown; one long instance stands for the rest."""


def expand(events: Sequence[Event], window: Window, budget: Budget) -> Expansion:
    """Expand the events of one UID to the instances that touch the window."""
    result = Expansion()
    masters = _newest([event for event in events if event.recurrence_id is None], result)
    overrides = [event for event in events if event.recurrence_id is not None]
    for number, master in enumerate(masters):
        series = _Series(master, overrides if number == 0 else [], window, budget, result)
        series.expand(distinct=len(masters) > 1)
    if not masters:
        _orphans(overrides, window, result)
    for event in events:
        result.faults += event.faults
    return result


def _newest(versions: list[Event], result: Expansion) -> list[Event]:
    """The valid version; several only if nothing tells which and they differ in their start.

    Publishers that give one UID to unrelated meetings exist; to lose one would show a taken room
    as free.
    """
    if len(versions) <= 1:
        return versions
    best = max(event.version for event in versions)
    kept: dict[datetime, Event] = {}
    for event in versions:
        if event.version == best:
            kept.setdefault(event.start.utc, event)
    chosen = list(kept.values())
    result.replaced += [event for event in versions if all(event is not one for one in chosen)]
    return chosen


def _orphans(overrides: list[Event], window: Window, result: Expansion) -> None:
    """Exceptions without their master: the room was invited to single occurrences only."""
    slots: dict[datetime, list[Event]] = {}
    for event in overrides:
        if event.recurrence_id is not None:
            slots.setdefault(event.recurrence_id.utc, []).append(event)
    for versions in slots.values():
        event = _newest(versions, result)[0]
        if event.recurrence_id is not None:
            source_id = f"{event.uid}/{_name(_slot(event.recurrence_id))}"
            _add(result, window, source_id, event, event.start)


def _add(
    result: Expansion,
    window: Window,
    source_id: str,
    event: Event,
    start: When,
    *,
    end: datetime | None = None,
    hidden_because: str | None = None,
) -> None:
    """Add an instance if it touches the window."""
    try:
        begin = start.utc
        until = event.length.after(start) if end is None else end
    except OverflowError:
        result.faults.append("its end is out of reach")
        return
    if window.touches(begin, until):
        details = event.details
        result.instances.append(
            Instance(
                source_id,
                begin,
                until,
                start.is_date or details.marked_all_day,
                details,
                hidden_because or details.hidden_because,
            )
        )


class _Series:
    """One master and the exceptions to it."""

    def __init__(
        self,
        master: Event,
        overrides: Sequence[Event],
        window: Window,
        budget: Budget,
        result: Expansion,
    ) -> None:
        self._master = master
        self._window = window
        self._budget = budget
        self._result = result
        self._unknown_from: When | None = None
        """From where on a rule was too costly to follow."""
        self._overrides = self._by_slot(overrides)
        self._onward = sorted(
            (
                (self._frame(event.recurrence_id).utc, event)
                for event in self._overrides.values()
                if event.this_and_future and event.recurrence_id is not None
            ),
            key=lambda pair: pair[0],
        )

    def expand(self, *, distinct: bool) -> None:
        """Add the instances to the result.

        Args:
            distinct: other meetings have the same UID, so that the start must tell them apart.
        """
        master = self._master
        whole = "cancelled" if master.details.hidden_because == "cancelled" else None
        for slot, event in self._overrides.items():
            source_id = f"{master.uid}/{_name(slot)}"
            _add(self._result, self._window, source_id, event, event.start, hidden_because=whole)
        if not (master.rules or master.extras or self._overrides):
            suffix = f"/{_name(_slot(master.start))}" if distinct else ""
            if not self._is_excluded(_slot(master.start), master.start):
                _add(self._result, self._window, master.uid + suffix, master, master.start)
            return
        added, times = 0, deque(self._times())
        while times and (added < MOST_IN_SERIES - 1 or len(times) == 1):
            before = len(self._result.instances)
            self._add_ruled(times.popleft())
            added += len(self._result.instances) - before
        if times or self._unknown_from is not None:
            self._stand_for(times)

    def _stand_for(self, rest: Sequence[Extra]) -> None:
        """Add one long instance for what is not shown singly: in doubt the room is taken."""
        master, window = self._master, self._window
        self._result.too_many = True
        start, end = self._unknown_from, window.end
        if rest:
            start = rest[0].start
            if self._unknown_from is None:
                end = self._end_of(rest[-1])
        if start is not None and start.utc < end:
            _add(self._result, window, f"{master.uid}/and-more", master, start, end=end)

    def _end_of(self, extra: Extra) -> datetime:
        try:
            return extra.end or self._master.length.after(extra.start)
        except OverflowError:
            return self._window.end

    def _by_slot(self, overrides: Sequence[Event]) -> dict[Slot, Event]:
        versions: dict[Slot, list[Event]] = {}
        for event in overrides:
            if event.recurrence_id is not None:
                slot = _slot(self._frame(event.recurrence_id))
                versions.setdefault(slot, []).append(event)
        return {slot: _newest(same, self._result)[0] for slot, same in versions.items()}

    def _frame(self, when: When) -> When:
        """The time that an exception names, as the master would have written it.

        Exceptions name occurrences in another zone, in UTC, without a zone, or by the day alone.
        """
        start = self._master.start
        if start.is_date:
            wall = when.wall if when.is_date or when.floating else when.seen_in(start.zone)
            return start.at(wall.replace(hour=0, minute=0, second=0))
        if when.floating:
            return start.at(when.wall)
        return When(when.wall, start.zone, is_date=True) if when.is_date else when

    def _is_excluded(self, slot: Slot, when: When) -> bool:
        excluded = {_slot(self._frame(exception)) for exception in self._master.exceptions}
        return slot in excluded or when.wall.date() in excluded

    def _times(self) -> Iterator[Extra]:
        """The series' own times near the window, in order, exceptions taken out."""
        master = self._master
        low, high = self._bounds()
        times: dict[Slot, Extra] = {_slot(master.start): Extra(master.start)}
        for extra in master.extras:
            times[_slot(self._frame(extra.start))] = extra
        for rule in master.rules:
            for when in self._ruled(rule, low, high):
                times.setdefault(_slot(when), Extra(when))
        gone: set[Slot] = {_slot(self._frame(exception)) for exception in master.exceptions}
        for rule in master.unruled:
            gone.update(_slot(when) for when in self._ruled(rule, low, high))
        gone.update(self._overrides)
        for slot, extra in sorted(times.items(), key=lambda item: item[1].start.utc):
            # A timed occurrence may also be named by its day alone.
            if slot not in gone and extra.start.wall.date() not in gone:
                yield extra

    def _bounds(self) -> tuple[datetime, datetime]:
        """Between which local times an occurrence must begin so that it may touch the window."""
        master, window = self._master, self._window
        zone = master.start.zone
        reach = max(
            (
                event.length.days + event.length.exact
                for event in (master, *self._overrides.values())
            ),
        )
        shift = max(
            (abs(event.start.utc - original) for original, event in self._onward),
            default=timedelta(0),
        )
        high = window.end.astimezone(zone).replace(tzinfo=None) + shift + _MARGIN
        try:
            low = window.start.astimezone(zone).replace(tzinfo=None) - reach - shift - _MARGIN
        except OverflowError:
            low = master.start.wall
        return low, high

    def _ruled(self, rule: Rule, low: datetime, high: datetime) -> Iterator[When]:
        start = self._master.start
        reached = max(low, start.wall)
        try:
            until = parse_until(rule.until, start) if rule.until else None
            walls = occurrences(
                rule, start.wall, low=low, high=high, until=until, budget=self._budget
            )
            for reached in walls:
                yield start.at(reached)
        except ValueError as error:
            self._result.faults.append(f"RRULE: {error}")
        except BudgetExhaustedError:
            self._result.too_many = True
            known = start.at(reached)
            if self._unknown_from is None or known.utc < self._unknown_from.utc:
                self._unknown_from = known

    def _add_ruled(self, extra: Extra) -> None:
        """Add one time of the series, as changed from some occurrence onward."""
        slot = _slot(self._frame(extra.start))
        source_id = f"{self._master.uid}/{_name(slot)}"
        changed = None
        for original, event in self._onward:
            if original <= extra.start.utc:
                changed = event
        if changed is None or changed.recurrence_id is None:
            _add(self._result, self._window, source_id, self._master, extra.start, end=extra.end)
            return
        onto = changed.start
        origin = self._frame(changed.recurrence_id)
        if origin.zone is onto.zone or onto.is_date:
            moved = extra.start.wall + (onto.wall - origin.wall)
        else:
            moved = extra.start.seen_in(onto.zone) + (onto.wall - origin.seen_in(onto.zone))
        if onto.is_date:
            moved = moved.replace(hour=0, minute=0, second=0)
        _add(self._result, self._window, source_id, changed, onto.at(moved))


def _slot(when: When) -> Slot:
    return when.wall.date() if when.is_date else when.utc


def _name(slot: Slot) -> str:
    if isinstance(slot, datetime):
        return slot.strftime("%Y%m%dT%H%M%SZ")
    return slot.strftime("%Y%m%d")
