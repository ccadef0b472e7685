"""Recurrence rules of iCalendar as Exchange's patterns and ranges, and back.

Exchange knows six patterns and no more: what a rule says beyond them cannot be stored there.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from .soap import Element, EwsError, children, local, t, text

_DAYS: Final = {
    "MO": "Monday", "TU": "Tuesday", "WE": "Wednesday", "TH": "Thursday", "FR": "Friday",
    "SA": "Saturday", "SU": "Sunday",
}  # fmt: skip
_DAY_CODES: Final = {name: code for code, name in _DAYS.items()}
_GROUPS: Final = {
    "Day": "MO,TU,WE,TH,FR,SA,SU",
    "Weekday": "MO,TU,WE,TH,FR",
    "WeekendDay": "SA,SU",
}
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_WEEKS: Final = {1: "First", 2: "Second", 3: "Third", 4: "Fourth", -1: "Last"}
_WEEK_NUMBERS: Final = {name: number for number, name in _WEEKS.items()}


def to_ews(rrule: str, start: datetime, zone: str) -> Element:
    """The t:Recurrence of a series.

    Args:
        rrule: the rule's value, such as `FREQ=WEEKLY;BYDAY=MO`.
        start: the first occurrence's start.
        zone: the series' IANA zone.

    Raises:
        ValueError: Exchange has no pattern for it.
    """
    parts = dict(part.split("=", 1) for part in rrule.upper().split(";") if "=" in part)
    first = start.astimezone(ZoneInfo(zone))
    return t("Recurrence", _pattern(parts, first), _range(parts, first))


def _pattern(parts: dict[str, str], first: datetime) -> Element:
    interval = parts.get("INTERVAL", "1")
    every = t("Interval", interval)
    days = parts.get("BYDAY", "")
    match parts.get("FREQ"):
        case "DAILY" if not days:
            return t("DailyRecurrence", every)
        case "DAILY" if interval == "1":
            return t("WeeklyRecurrence", every, t("DaysOfWeek", _names(days)))
        case "WEEKLY":
            names = _names(days) if days else _DAYS[list(_DAYS)[first.weekday()]]
            week = t("FirstDayOfWeek", _DAYS[parts.get("WKST", "MO")])
            return t("WeeklyRecurrence", every, t("DaysOfWeek", names), week)
        case "MONTHLY" if days:
            return t("RelativeMonthlyRecurrence", every, *_relative(parts))
        case "MONTHLY":
            day = parts.get("BYMONTHDAY", str(first.day))
            return t("AbsoluteMonthlyRecurrence", every, t("DayOfMonth", _one_day(day)))
        case "YEARLY" if interval == "1":
            month = t("Month", _MONTHS[int(parts.get("BYMONTH", first.month)) - 1])
            if days:
                return t("RelativeYearlyRecurrence", *_relative(parts), month)
            on = t("DayOfMonth", _one_day(parts.get("BYMONTHDAY", str(first.day))))
            return t("AbsoluteYearlyRecurrence", on, month)
    raise ValueError(f"Exchange has no pattern for {parts}")


def _one_day(day: str) -> str:
    """Day 31 is the last day of any month; more than one day is no pattern."""
    number = int(day)
    if number == -1:
        return "31"
    if number < 1:
        raise ValueError(f"Exchange counts no days from the end: {day}")
    return str(number)


def _names(days: str) -> str:
    return " ".join(_DAYS[day] for day in days.split(","))


def _relative(parts: dict[str, str]) -> tuple[Element, Element]:
    days = parts["BYDAY"]
    number = int(parts.get("BYSETPOS", "0"))
    if not number:
        number, days = int(days[:-2]), days[-2:]
    groups = {codes: name for name, codes in _GROUPS.items()}
    name = groups.get(days) or _DAYS[days]
    return t("DaysOfWeek", name), t("DayOfWeekIndex", _WEEKS[number])


def _range(parts: dict[str, str], first: datetime) -> Element:
    begin = t("StartDate", _date(first))
    if "COUNT" in parts:
        number = t("NumberOfOccurrences", parts["COUNT"])
        return t("NumberedRecurrence", begin, number)
    if "UNTIL" in parts:
        return t("EndDateRecurrence", begin, t("EndDate", _date(_until(parts["UNTIL"], first))))
    return t("NoEndRecurrence", begin)


def _until(value: str, first: datetime) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is not None:
        return moment.astimezone(first.tzinfo)
    return moment.replace(tzinfo=first.tzinfo)


def _date(moment: datetime) -> str:
    """A date with the offset of its zone, as Exchange writes them here."""
    offset = f"{moment:%z}"
    return f"{moment:%Y-%m-%d}" + (f"{offset[:3]}:{offset[3:]}" if offset != "+0000" else "Z")


def from_ews(recurrence: Element, start: datetime, zone: str) -> str:
    """The RRULE of a t:Recurrence.

    Raises:
        EwsError: it is none.
    """
    found = children(recurrence)
    if len(found) != 2:
        raise EwsError("ErrorCalendarInvalidRecurrence", "A pattern and a range are expected.")
    pattern, span = found
    parts = _rule(pattern)
    last = text(span, "t:EndDate")
    match local(span):
        case "NumberedRecurrence":
            parts["COUNT"] = text(span, "t:NumberOfOccurrences")
        case "EndDateRecurrence":
            begin = start.astimezone(ZoneInfo(zone))
            day = date.fromisoformat(last[:10])
            if day < begin.date():
                raise EwsError("ErrorCalendarInvalidRecurrence", "The end lies before the start.")
            until = datetime.combine(day, begin.timetz())
            parts["UNTIL"] = until.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    return ";".join(f"{name}={value}" for name, value in parts.items())


def _rule(pattern: Element) -> dict[str, str]:
    interval = text(pattern, "t:Interval", "1")
    days = text(pattern, "t:DaysOfWeek").split()
    parts: dict[str, str] = {}
    match local(pattern):
        case "DailyRecurrence":
            parts = {"FREQ": "DAILY"}
        case "WeeklyRecurrence":
            codes = ",".join(_GROUPS.get(day) or _DAY_CODES[day] for day in days)
            parts = {"FREQ": "WEEKLY", "BYDAY": codes}
            if week := text(pattern, "t:FirstDayOfWeek"):
                parts["WKST"] = _DAY_CODES[week]
        case "AbsoluteMonthlyRecurrence":
            parts = {"FREQ": "MONTHLY", "BYMONTHDAY": _month_day(pattern)}
        case "RelativeMonthlyRecurrence":
            parts = {"FREQ": "MONTHLY", **_positioned(pattern, days)}
        case "AbsoluteYearlyRecurrence":
            month = str(_MONTHS.index(text(pattern, "t:Month")) + 1)
            parts = {"FREQ": "YEARLY", "BYMONTH": month, "BYMONTHDAY": _month_day(pattern)}
        case "RelativeYearlyRecurrence":
            month = str(_MONTHS.index(text(pattern, "t:Month")) + 1)
            parts = {"FREQ": "YEARLY", "BYMONTH": month, **_positioned(pattern, days)}
        case other:
            raise EwsError("ErrorCalendarInvalidRecurrence", f"{other} is no pattern.")
    if interval != "1":
        parts["INTERVAL"] = interval
    return parts


def _month_day(pattern: Element) -> str:
    day = text(pattern, "t:DayOfMonth")
    return "-1" if day == "31" else day


def _positioned(pattern: Element, days: list[str]) -> dict[str, str]:
    codes = ",".join(_GROUPS.get(day) or _DAY_CODES[day] for day in days)
    number = _WEEK_NUMBERS[text(pattern, "t:DayOfWeekIndex")]
    return {"BYDAY": codes, "BYSETPOS": str(number)}
