"""Rules beside dateutil, an independent engine, and the cases in which dateutil is not right."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from roomdisplay.connectors.ical.rrule import Budget, BudgetExhaustedError, occurrences
from roomdisplay.connectors.ical.rule import parse_rule

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
naive = datetime.fromisoformat
FAR = naive("2400-01-01")


def expanded(
    rule: str, start: datetime, low: datetime | None = None, high: datetime = FAR
) -> list[datetime]:
    """Ours, with DTSTART as the series has it."""
    ruled = parse_rule(rule)
    return list(occurrences(ruled, start, low=low or start, high=high, until=None, budget=Budget()))


def numbers(low: int, high: int, size: int = 3) -> st.SearchStrategy[str]:
    values = st.integers(low, high).filter(bool)
    return st.lists(values, min_size=1, max_size=size, unique=True).map(
        lambda chosen: ",".join(map(str, chosen))
    )


def weekdays(*, nth: bool) -> st.SearchStrategy[str]:
    def named(prefixes: list[str]) -> st.SearchStrategy[str]:
        one = st.tuples(st.sampled_from(prefixes), st.sampled_from(DAYS)).map("".join)
        return st.lists(one, min_size=1, max_size=3, unique=True).map(",".join)

    return named([""]) | named(["1", "2", "-1", "5"]) if nth else named([""])


@st.composite
def rules(draw: st.DrawFn) -> str:
    """Rules of calendars, without those that dateutil reads otherwise or looks for in vain.

    It looks for rules that never match up to the year 9999. It reads otherwise: BYWEEKNO without
    a weekday, BYSETPOS in a partial first week, COUNT with a DTSTART that the rule does not match,
    BYDAY with both `2TH` and `TU` (tested below one by one).
    """
    freq = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY", "HOURLY"]))
    parts = [f"FREQ={freq}", f"INTERVAL={draw(st.integers(1, 4))}"]
    if draw(st.booleans()):
        parts.append(f"BYMONTH={draw(numbers(1, 12))}")
    months = len(parts) > 2
    chosen = draw(st.sampled_from(["", "BYDAY", "BYMONTHDAY", "both", "BYYEARDAY"]))
    if chosen in {"BYDAY", "both"} and freq != "HOURLY":
        nth = freq in {"MONTHLY", "YEARLY"} and chosen == "BYDAY"
        parts.append(f"BYDAY={draw(weekdays(nth=nth))}")
    if chosen in {"BYMONTHDAY", "both"} and freq in {"DAILY", "MONTHLY", "YEARLY"}:
        parts.append(f"BYMONTHDAY={draw(numbers(-28, 28))}")
    if chosen == "BYYEARDAY" and freq == "YEARLY" and not months:
        parts.append(f"BYYEARDAY={draw(numbers(-365, 365))}")
    if freq != "HOURLY" and draw(st.integers(0, 4)) == 0:
        parts.append(f"BYHOUR={draw(numbers(0, 23))}")
    if freq in {"MONTHLY", "YEARLY"} and draw(st.integers(0, 3)) == 0 and len(parts) > 2:
        parts.append(f"BYSETPOS={draw(st.sampled_from(['1', '-1']))}")
    if freq == "WEEKLY":
        parts.append(f"WKST={draw(st.sampled_from(DAYS))}")
    return ";".join(parts)


starts = st.datetimes(naive("2018-01-01"), naive("2026-12-31")).map(
    lambda moment: moment.replace(second=0, microsecond=0, fold=0)
)


@settings(max_examples=150, deadline=None)
@given(rules(), starts, st.integers(0, 3000), st.integers(1, 60))
def test_agrees_with_dateutil_in_any_window(
    rule: str, start: datetime, days: int, length: int
) -> None:
    low = start + timedelta(days=days)
    high = low + timedelta(days=length)
    # An end lets dateutil stop at the first match after it.
    reference = rrulestr(f"{rule};UNTIL={high:%Y%m%dT%H%M%S}", dtstart=start)
    ours = expanded(rule, start, low, high)
    theirs = [moment for moment in reference.between(low, high, inc=True) if moment < high]
    assert ours == theirs


@settings(max_examples=60, deadline=None)
@given(rules(), starts, st.integers(1, 12))
def test_agrees_with_dateutil_in_counting(rule: str, start: datetime, count: int) -> None:
    high = start + timedelta(days=400)
    matching = expanded(rule, start, start, high)
    assume(matching and "BYSETPOS" not in rule)
    first = matching[0]
    counted = f"{rule};COUNT={count}"
    assume(len(matching) > count)
    theirs = list(rrulestr(counted, dtstart=first))
    assert expanded(counted, first, first, high) == theirs


@settings(max_examples=60, deadline=None)
@given(rules(), starts, st.integers(0, 1000))
def test_a_window_shows_what_the_whole_shows(rule: str, start: datetime, days: int) -> None:
    low = start + timedelta(days=days)
    high = low + timedelta(days=40)
    whole = expanded(rule, start, start, high)
    assert expanded(rule, start, low, high) == [moment for moment in whole if moment >= low]


@pytest.mark.parametrize(
    ("rule", "start", "days"),
    [
        # A weekday that is not given comes from DTSTART (a Monday).
        ("FREQ=YEARLY;BYWEEKNO=48,49", "2026-11-23", ["2026-11-23", "2026-11-30", "2027-11-29"]),
        # Week 53 exists in long years only, and week 1 may begin in the year before.
        ("FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO", "2020-12-28", ["2020-12-28", "2026-12-28"]),
        ("FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO", "2018-12-31", ["2018-12-31", "2019-12-30"]),
        # The set of a week is the whole week's, also of the first (DTSTART is a Wednesday).
        (
            "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=1",
            "2026-11-25",
            ["2026-11-30", "2026-12-07", "2026-12-14"],
        ),
        (
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            "2026-11-30",
            ["2026-11-30", "2026-12-31"],
        ),
        ("FREQ=MONTHLY;BYMONTHDAY=31", "2026-10-31", ["2026-10-31", "2026-12-31", "2027-01-31"]),
        ("FREQ=MONTHLY", "2026-01-31", ["2026-01-31", "2026-03-31", "2026-05-31"]),
        ("FREQ=YEARLY", "2024-02-29", ["2024-02-29", "2028-02-29"]),
        ("FREQ=MONTHLY;BYDAY=2TH,TU", "2026-12-01", ["2026-12-01", "2026-12-08", "2026-12-10"]),
        ("FREQ=YEARLY;BYDAY=20MO", "2026-05-18", ["2026-05-18", "2027-05-17"]),
        ("freq=weekly;interval=2;", "2026-11-23", ["2026-11-23", "2026-12-07"]),
    ],
)
def test_cases_of_the_standard(rule: str, start: str, days: list[str]) -> None:
    found = expanded(rule, datetime.fromisoformat(start), high=naive("2029-01-01"))
    assert [f"{moment:%Y-%m-%d}" for moment in found[: len(days)]] == days


def test_count_counts_a_dtstart_that_the_rule_does_not_match() -> None:
    tuesday = naive("2026-11-24")
    assert expanded("FREQ=WEEKLY;BYDAY=MO;COUNT=3", tuesday) == [
        naive("2026-11-30"),
        naive("2026-12-07"),
    ]


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;BYSETPOS=9;BYMONTHDAY=1",
        "FREQ=YEARLY;INTERVAL=9999999999999999",
        "FREQ=SECONDLY;INTERVAL=99999999999999999999",
    ],
)
def test_a_rule_that_never_matches_costs_nothing(rule: str) -> None:
    budget = Budget(steps=3000)
    start, low = naive("1990-01-01"), naive("2026-11-23")
    found = occurrences(
        parse_rule(rule), start, low=low, high=low + timedelta(days=14), until=None, budget=budget
    )
    assert [moment for moment in found if moment != start] == []


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY;COUNT=1000000;BYMINUTE=7",
        "FREQ=SECONDLY;BYSETPOS=5",
        "FREQ=YEARLY;BYHOUR=" + ",".join(map(str, range(24))) + ";BYMINUTE="
        + ",".join(map(str, range(60))) + ";BYDAY=MO,TU",
        "FREQ=DAILY;COUNT=100000000;BYDAY=MO",
    ],
)  # fmt: skip
def test_a_rule_that_costs_too_much_is_given_up(rule: str) -> None:
    start, low = naive("1700-01-01"), naive("2026-11-23")
    with pytest.raises(BudgetExhaustedError):
        for _ in occurrences(
            parse_rule(rule),
            start,
            low=low,
            high=low + timedelta(days=14),
            until=None,
            budget=Budget(),
        ):
            pass


def test_a_plain_count_is_computed_not_counted() -> None:
    start = naive("2026-01-01")
    budget = Budget(steps=4000)
    rule = parse_rule("FREQ=MINUTELY;COUNT=1000000")
    low = start + timedelta(minutes=999_990)
    found = list(occurrences(rule, start, low=low, high=FAR, until=None, budget=budget))
    assert found == [start + timedelta(minutes=number) for number in range(999_990, 1_000_000)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "COUNT=3",
        "FREQ=FORTNIGHTLY",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;COUNT=many",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=MONTHLY;BYMONTHDAY=32",
        "FREQ=MONTHLY;BYMONTHDAY=0",
        "FREQ=DAILY;BYHOUR=24",
        "FREQ=DAILY;UNTIL",
        "RSCALE=HEBREW;FREQ=YEARLY",
        "FREQ=DAILY;WKST=XX",
    ],
)
def test_what_is_no_rule(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_rule(text)


@given(st.text(max_size=80))
def test_any_text_is_a_rule_or_a_value_error(text: str) -> None:
    with suppress(ValueError):
        assert parse_rule(text).interval >= 1
