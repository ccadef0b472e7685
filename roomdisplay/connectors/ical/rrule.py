"""Recurrence rules (RFC 5545, section 3.3.10) on naive local times.

Steps over whole periods and never before the asked span, so that an endless series costs what its
span holds, and a rule that never matches costs nothing; a budget bounds the rest. Where the RFC
leaves room it reads rules as libical does: what a rule does not say comes from DTSTART.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count as count_from
from itertools import product

from roomdisplay.connectors.ical.rule import FREQUENCIES, Rule
from roomdisplay.connectors.ical.rule_days import days_of_month, days_of_week, days_of_year

_UNITS = {
    "WEEKLY": timedelta(weeks=1),
    "DAILY": timedelta(days=1),
    "HOURLY": timedelta(hours=1),
    "MINUTELY": timedelta(minutes=1),
    "SECONDLY": timedelta(seconds=1),
}
_MOST_TIMES_IN_PERIOD = 20_000


class BudgetExhaustedError(Exception):
    """A calendar asks for more steps than it is worth."""


class Budget:
    """How many periods all rules of one calendar may look at together.

    Args:
        steps: of all rules.
        per_rule: of one of them.
        own: that each rule has for itself, whatever the others took: enough for an endless series
            of days, weeks, months or years, so that nobody's invitation hides another meeting.
    """

    def __init__(self, steps: int = 150_000, per_rule: int = 30_000, own: int = 40) -> None:
        self.steps = steps
        self.per_rule = per_rule
        self.own = own

    def spend(self, steps: int) -> None:
        """Take `steps` away.

        Raises:
            BudgetExhaustedError: there are not so many left.
        """
        self.steps -= steps
        if self.steps < 0:
            raise BudgetExhaustedError

    def purse(self) -> Purse:
        """The share of one rule."""
        return Purse(self, self.per_rule, self.own)


@dataclass(slots=True)
class Purse:
    """What one rule may spend of a budget."""

    budget: Budget
    steps: int
    own: int

    def spend(self, steps: int) -> None:
        """Take `steps` away from the rule and from the budget.

        Raises:
            BudgetExhaustedError: one of them has not so many left.
        """
        self.steps -= steps
        if self.steps < 0:
            raise BudgetExhaustedError
        shared = max(0, steps - self.own)
        self.own = max(0, self.own - steps)
        if shared:
            self.budget.spend(shared)


def occurrences(
    rule: Rule,
    start: datetime,
    *,
    low: datetime,
    high: datetime,
    until: datetime | None,
    budget: Budget,
) -> Iterator[datetime]:
    """Yield the rule's times t with low ≤ t < high and t ≤ until, in order.

    All times are naive and local. DTSTART is the first of COUNT even where the rule does not
    match it (section 3.8.5.3); such a DTSTART itself is not yielded.

    Raises:
        BudgetExhaustedError: it would take too many steps.
    """
    last = high if until is None else min(high, until + timedelta(microseconds=1))
    left = rule.count
    first = 0
    if left is None or rule.is_plain:
        first = _period_before(rule, start, low)
        left = None if left is None else left - first
        if left is not None and left <= 0:
            return
    elif not _matches_start(rule, start):
        left -= 1
    purse = budget.purse()
    for index in count_from(first):
        begin, times = _period(rule, start, index)
        purse.spend(1 + len(times) // 8)
        if begin is None or begin >= last:
            return
        for time in times:
            if time < start:
                continue
            if time >= last or left == 0:
                return
            left = None if left is None else left - 1
            if time >= low:
                yield time


def _matches_start(rule: Rule, start: datetime) -> bool:
    return start in _period(rule, start, 0)[1]


def _period_before(rule: Rule, start: datetime, low: datetime) -> int:
    """The index of a period that surely begins before `low`, and close to it."""
    if low <= start:
        return 0
    if rule.freq == "YEARLY":
        index = (low.year - start.year) // rule.interval - 1
    elif rule.freq == "MONTHLY":
        months = (low.year - start.year) * 12 + low.month - start.month
        index = months // rule.interval - 1
    else:
        try:
            index = (low - start) // (_UNITS[rule.freq] * rule.interval) - 1
        except OverflowError:  # an interval longer than time itself
            index = 0
    return max(0, index)


def _period(rule: Rule, start: datetime, index: int) -> tuple[datetime | None, Sequence[datetime]]:
    """The earliest time that period `index` can hold, and its times in order."""
    try:
        if rule.freq in {"HOURLY", "MINUTELY", "SECONDLY"}:
            begin = start + _UNITS[rule.freq] * (rule.interval * index)
            times = _times_within_day(rule, start, begin)
            begin = begin.replace(minute=0, second=0)
        elif rule.freq == "YEARLY":
            begin = datetime(start.year + rule.interval * index, 1, 1)  # noqa: DTZ001 - naive
            times = _times(rule, start, days_of_year(rule, start, begin.year))
            if rule.by_week_no:
                begin -= timedelta(days=6)
        elif rule.freq == "MONTHLY":
            year, month = divmod(start.year * 12 + start.month - 1 + rule.interval * index, 12)
            begin = datetime(year, month + 1, 1)  # noqa: DTZ001 - naive
            times = _times(rule, start, days_of_month(rule, start, year, month + 1))
        else:
            begin = start.replace(hour=0, minute=0, second=0)
            begin += _UNITS[rule.freq] * (rule.interval * index)
            if rule.freq == "WEEKLY":
                begin -= timedelta(days=(start.weekday() - rule.week_start) % 7)
            span = 7 if rule.freq == "WEEKLY" else 1
            times = _times(rule, start, days_of_week(rule, start, begin, span))
    except (OverflowError, ValueError):  # beyond the years that datetime knows
        return None, []
    if rule.by_set_pos:
        times = [times[i] for i in sorted(_positions(rule.by_set_pos, len(times)))]
    return begin, times


def _positions(wanted: tuple[int, ...], length: int) -> set[int]:
    indexes = {position - 1 if position > 0 else length + position for position in wanted}
    return {index for index in indexes if 0 <= index < length}


def _times(rule: Rule, start: datetime, days: list[datetime]) -> list[datetime]:
    if not (rule.by_hour or rule.by_minute or rule.by_second):
        clock = timedelta(hours=start.hour, minutes=start.minute, seconds=start.second)
        return [day + clock for day in days]
    hours = rule.by_hour or (start.hour,)
    minutes = rule.by_minute or (start.minute,)
    seconds = rule.by_second or (start.second,)
    if len(days) * len(hours) * len(minutes) * len(seconds) > _MOST_TIMES_IN_PERIOD:
        raise BudgetExhaustedError
    return [
        day.replace(hour=hour, minute=minute, second=second)
        for day, hour, minute, second in product(days, hours, minutes, seconds)
    ]


def _times_within_day(rule: Rule, start: datetime, begin: datetime) -> list[datetime]:
    """The times of one hour, minute or second of a rule with such a frequency."""
    fixed = FREQUENCIES.index(rule.freq) - FREQUENCIES.index("DAILY")
    midnight = begin.replace(hour=0, minute=0, second=0)
    if not days_of_week(rule, start, midnight, 1):
        return []
    choices: list[tuple[int, ...]] = []
    clock = ((rule.by_hour, begin.hour), (rule.by_minute, begin.minute))
    for position, (by, value) in enumerate((*clock, (rule.by_second, begin.second))):
        if position >= fixed:
            choices.append(by or (value,))
        elif by and value not in by:
            return []
        else:
            choices.append((value,))
    return [
        midnight.replace(hour=hour, minute=minute, second=second)
        for hour, minute, second in product(*choices)
    ]
