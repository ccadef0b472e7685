"""Which days a period of a recurrence rule holds (the table in RFC 5545, section 3.3.10)."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, timedelta

from roomdisplay.connectors.ical.rule import Rule

_DAY = timedelta(days=1)
_DAYS_IN_FIRST_WEEK = 4
"""A year's first week has at least four of its days in that year."""


def days_of_year(rule: Rule, start: datetime, year: int) -> list[datetime]:
    """The days of `year` that a YEARLY rule names, as midnights in order."""
    if rule.by_week_no:
        return _days_of_weeks(rule, start, year)
    says_day = rule.by_year_day or rule.by_month_day or rule.by_day
    month_days = rule.by_month_day if says_day else (start.day,)
    months = rule.by_month or (range(1, 13) if says_day else (start.month,))
    nth_of_month = bool(rule.by_month)
    days: list[datetime] = []
    for month in months:
        days += [
            day
            for day in _month(year, month)
            if _month_day_fits(month_days, day)
            and _year_day_fits(rule.by_year_day, day)
            and _weekday_fits(rule.by_day, day, in_month=nth_of_month)
        ]
    return days


def days_of_month(rule: Rule, start: datetime, year: int, month: int) -> list[datetime]:
    """The days of one month that a MONTHLY rule names, as midnights in order."""
    if rule.by_month and month not in rule.by_month:
        return []
    month_days = rule.by_month_day
    if not (month_days or rule.by_day or rule.by_year_day):
        month_days = (start.day,)
    return [
        day
        for day in _month(year, month)
        if _month_day_fits(month_days, day)
        and _year_day_fits(rule.by_year_day, day)
        and _weekday_fits(rule.by_day, day, in_month=True)
    ]


def days_of_week(rule: Rule, start: datetime, begin: datetime, span: int) -> list[datetime]:
    """The days from `begin` on, `span` of them, that a WEEKLY or shorter rule names."""
    weekdays = {weekday for _, weekday in rule.by_day}
    if rule.freq == "WEEKLY" and not (weekdays or rule.by_month_day or rule.by_year_day):
        weekdays = {start.weekday()}
    return [
        day
        for day in (begin + _DAY * offset for offset in range(span))
        if (not rule.by_month or day.month in rule.by_month)
        and (not weekdays or day.weekday() in weekdays)
        and _month_day_fits(rule.by_month_day, day)
        and _year_day_fits(rule.by_year_day, day)
    ]


def _days_of_weeks(rule: Rule, start: datetime, year: int) -> list[datetime]:
    """The days of the weeks in BYWEEKNO; a year's first and last week may reach over its ends."""
    first = _first_week(year, rule.week_start)
    weeks = (_first_week(year + 1, rule.week_start) - first).days // 7
    weekdays = {weekday for _, weekday in rule.by_day}
    if not (weekdays or rule.by_month_day or rule.by_year_day):
        weekdays = {start.weekday()}
    numbers = {number if number > 0 else weeks + 1 + number for number in rule.by_week_no}
    days: list[datetime] = []
    for number in sorted(number for number in numbers if 1 <= number <= weeks):
        days += (first + _DAY * (7 * (number - 1) + offset) for offset in range(7))
    return [
        day
        for day in days
        if (not weekdays or day.weekday() in weekdays)
        and (not rule.by_month or day.month in rule.by_month)
        and _month_day_fits(rule.by_month_day, day)
        and _year_day_fits(rule.by_year_day, day)
    ]


def _first_week(year: int, week_start: int) -> datetime:
    """The first day of the first week of `year`; may lie in the year before."""
    new_year = datetime(year, 1, 1)  # noqa: DTZ001 - naive local days throughout
    before = (new_year.weekday() - week_start) % 7
    monday = new_year - _DAY * before
    return monday if 7 - before >= _DAYS_IN_FIRST_WEEK else monday + _DAY * 7


def _month(year: int, month: int) -> list[datetime]:
    length = monthrange(year, month)[1]
    return [datetime(year, month, day) for day in range(1, length + 1)]  # noqa: DTZ001 - naive


def _month_day_fits(wanted: tuple[int, ...], day: datetime) -> bool:
    if not wanted:
        return True
    length = monthrange(day.year, day.month)[1]
    return day.day in wanted or day.day - length - 1 in wanted


def _year_day_fits(wanted: tuple[int, ...], day: datetime) -> bool:
    if not wanted:
        return True
    number = day.timetuple().tm_yday
    return number in wanted or number - _year_length(day.year) - 1 in wanted


def _weekday_fits(wanted: tuple[tuple[int, int], ...], day: datetime, *, in_month: bool) -> bool:
    if not wanted:
        return True
    weekday = day.weekday()
    if in_month:
        position, length = day.day, monthrange(day.year, day.month)[1]
    else:
        position, length = day.timetuple().tm_yday, _year_length(day.year)
    from_start = (position - 1) // 7 + 1
    from_end = -((length - position) // 7 + 1)
    return any(weekday == named and n in {0, from_start, from_end} for n, named in wanted)


def _year_length(year: int) -> int:
    return (date(year + 1, 1, 1) - date(year, 1, 1)).days
