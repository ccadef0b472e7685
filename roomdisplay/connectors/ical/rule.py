"""A parsed recurrence rule (RFC 5545, section 3.3.10)."""

from __future__ import annotations

import re
from dataclasses import dataclass

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY")
_LIMITS = {
    "BYMONTH": (1, 12),
    "BYWEEKNO": (1, 53),
    "BYYEARDAY": (1, 366),
    "BYMONTHDAY": (1, 31),
    "BYHOUR": (0, 23),
    "BYMINUTE": (0, 59),
    "BYSECOND": (0, 60),
    "BYSETPOS": (1, 366),
}
_SIGNED = frozenset({"BYWEEKNO", "BYYEARDAY", "BYMONTHDAY", "BYSETPOS"})
_LONGEST_LIST = 400
_BY_DAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A parsed RRULE; UNTIL stays as written because its meaning depends on DTSTART's zone."""

    freq: str
    interval: int = 1
    count: int | None = None
    until: str | None = None
    by_month: tuple[int, ...] = ()
    by_week_no: tuple[int, ...] = ()
    by_year_day: tuple[int, ...] = ()
    by_month_day: tuple[int, ...] = ()
    by_day: tuple[tuple[int, int], ...] = ()
    """(n, weekday): n = 0 for every one, weekday 0 = Monday."""
    by_hour: tuple[int, ...] = ()
    by_minute: tuple[int, ...] = ()
    by_second: tuple[int, ...] = ()
    by_set_pos: tuple[int, ...] = ()
    week_start: int = 0

    @property
    def is_plain(self) -> bool:
        """Whether every period holds exactly one occurrence, so that the n-th can be computed."""
        return self.freq not in {"YEARLY", "MONTHLY"} and not any(
            (
                self.by_month,
                self.by_week_no,
                self.by_year_day,
                self.by_month_day,
                self.by_day,
                self.by_hour,
                self.by_minute,
                self.by_second,
                self.by_set_pos,
            )
        )


def parse_rule(text: str) -> Rule:
    """Read the value of an RRULE.

    Raises:
        ValueError: it is not a rule of RFC 5545 in the Gregorian calendar.
    """
    parts: dict[str, str] = {}
    for part in filter(None, text.upper().replace(" ", "").split(";")):
        key, equals, value = part.partition("=")
        if not equals or not value:
            raise ValueError(f"a part without a value: {part[:40]!r}")
        parts[key] = value
    freq = parts.get("FREQ", "")
    if freq not in FREQUENCIES:
        raise ValueError(f"an unknown frequency: {freq[:40]!r}")
    if parts.get("RSCALE", "GREGORIAN") != "GREGORIAN":
        raise ValueError("a rule in another calendar than the Gregorian")
    count = int(parts["COUNT"]) if "COUNT" in parts else None
    interval = int(parts.get("INTERVAL", "1"))
    if interval < 1 or (count is not None and count < 1):
        raise ValueError("INTERVAL or COUNT below one")
    return Rule(
        freq=freq,
        interval=interval,
        count=count,
        until=parts.get("UNTIL"),
        by_month=_numbers(parts, "BYMONTH"),
        by_week_no=_numbers(parts, "BYWEEKNO"),
        by_year_day=_numbers(parts, "BYYEARDAY"),
        by_month_day=_numbers(parts, "BYMONTHDAY"),
        by_day=_weekdays(parts.get("BYDAY", "")),
        by_hour=_numbers(parts, "BYHOUR"),
        by_minute=_numbers(parts, "BYMINUTE"),
        by_second=tuple(sorted({min(second, 59) for second in _numbers(parts, "BYSECOND")})),
        by_set_pos=_numbers(parts, "BYSETPOS"),
        week_start=WEEKDAYS.index(parts.get("WKST", "MO")),
    )


def _numbers(parts: dict[str, str], key: str) -> tuple[int, ...]:
    if key not in parts:
        return ()
    texts = parts[key].rstrip(",").split(",")
    if len(texts) > _LONGEST_LIST:
        raise ValueError(f"a list too long in {key}")
    low, high = _LIMITS[key]
    numbers = {int(text) for text in texts}
    for number in numbers:
        if not low <= (abs(number) if key in _SIGNED else number) <= high:
            raise ValueError(f"{key} out of range: {number}")
    return tuple(sorted(numbers))


def _weekdays(text: str) -> tuple[tuple[int, int], ...]:
    days: set[tuple[int, int]] = set()
    for part in filter(None, text.split(",")[:_LONGEST_LIST]):
        found = _BY_DAY.fullmatch(part)
        if found is None:
            raise ValueError(f"an unknown weekday: {part[:40]!r}")
        days.add((int(found[1] or 0), WEEKDAYS.index(found[2])))
    return tuple(sorted(days))
