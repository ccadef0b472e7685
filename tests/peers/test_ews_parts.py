"""Parts of the simulated Exchange server that hold for any value."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar
from lxml import etree
from simulators.ews import availability, ids, mime, recurrence, soap, zones
from simulators.organisation import Item, Organisation, Recurrence
from simulators.organisation.item import expand

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Sydney", "UTC")
START = datetime(2026, 11, 23, 9, tzinfo=UTC)
PARTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
DAYS = st.lists(
    st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"]), min_size=1, unique=True
)


@given(PARTS, PARTS)
def test_an_id_tells_what_it_is_of(mailbox, item):
    key = ids.ItemKey(mailbox, item)
    said = ids.item_id(key)
    assert ids.read_item_id(said) == key
    assert len(said) >= 152
    folder = ids.FolderKey(mailbox, item)
    assert ids.read_folder_id(ids.folder_id(folder)) == folder
    with pytest.raises(soap.EwsError, match="ErrorInvalidIdMalformed"):
        ids.read_folder_id(said)


@given(st.text())
def test_a_foreign_id_is_malformed(said):
    with pytest.raises(soap.EwsError, match="ErrorInvalidIdMalformed"):
        ids.read_item_id(said)


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\ufffe\uffff")))
def test_any_text_arrives(text):
    raw = soap.written(soap.t("Subject", text))
    forbidden = [letter for letter in text if letter < " " and letter not in "\t\n"]
    references = re.findall(rb"&#x([0-9A-F]+);", raw)
    assert [chr(int(one, 16)) for one in references] == forbidden
    read = etree.fromstring(re.sub(rb"&#x[0-9A-F]+;", b"", raw))
    assert (read.text or "") == "".join(one for one in text if one not in forbidden)


@st.composite
def rules(draw: st.DrawFn) -> str:
    kind = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "RELATIVE", "YEARLY"]))
    interval = draw(st.integers(1, 4))
    end = draw(st.sampled_from(["", ";COUNT=7", ";UNTIL=20270301T120000Z"]))
    match kind:
        case "WEEKLY":
            rule = f"FREQ=WEEKLY;INTERVAL={interval};BYDAY={','.join(draw(DAYS))}"
        case "MONTHLY":
            rule = f"FREQ=MONTHLY;INTERVAL={interval};BYMONTHDAY={draw(st.integers(1, 28))}"
        case "RELATIVE":
            place = draw(st.sampled_from([1, 2, 3, 4, -1]))
            rule = f"FREQ=MONTHLY;INTERVAL={interval};BYDAY={place}{draw(DAYS)[0]}"
        case "YEARLY":
            month, day = draw(st.integers(1, 12)), draw(st.integers(1, 28))
            rule = f"FREQ=YEARLY;BYMONTH={month};BYMONTHDAY={day}"
        case _:
            rule = f"FREQ=DAILY;INTERVAL={interval}"
    return rule + end


def _meetings(rule: str, zone: str) -> list[datetime]:
    series = Item(
        start=START, end=START + timedelta(hours=1), zone=zone, recurrence=Recurrence(rule)
    )
    return [one.start for one in expand(series, START, START + timedelta(days=500))]


@given(rules(), st.sampled_from(ZONES))
def test_a_series_is_the_same_as_a_pattern(rule, zone):
    pattern = recurrence.to_ews(rule, START, zone)
    assert _meetings(recurrence.from_ews(pattern, START, zone), zone) == _meetings(rule, zone)


@pytest.mark.parametrize(
    "rule", ["FREQ=HOURLY", "FREQ=YEARLY;INTERVAL=2", "FREQ=MONTHLY;BYMONTHDAY=-2"]
)
def test_what_exchange_has_no_pattern_for(rule):
    with pytest.raises(ValueError, match="Exchange"):
        recurrence.to_ews(rule, START, "UTC")


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("month", range(1, 13))
def test_a_zone_changes_its_clocks_when_it_does(zone, month):
    told = zones.rule(zone)
    moment = datetime(2026, month, 15, 12, tzinfo=ZoneInfo(zone))
    assert moment.utcoffset() in (told.standard, told.daylight)
    assert zones.iana_name(zones.windows_name(zone)) is not None
    text = "\r\n".join(zones.vtimezone(zone))
    assert text.count("BEGIN:DAYLIGHT") == (told.standard != told.daylight)


@given(PARTS, st.sampled_from(ZONES), st.booleans())
def test_mime_content_is_sound_icalendar(subject, zone, all_day):
    organisation = Organisation(zone, lambda: START)
    mailbox = organisation.add_person("a@example.com", "A")
    midnight = datetime(2026, 11, 23, tzinfo=ZoneInfo(zone))
    start = midnight if all_day else START
    item = mailbox.add(
        Item(
            subject=subject, start=start, end=start + timedelta(days=1), zone=zone, all_day=all_day
        )
    )
    one = mailbox.find(item.id)
    assert one is not None
    text = mime.calendar(one)
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    (event,) = Calendar.from_ical(text).walk("VEVENT")
    assert event["UID"] == item.uid
    begins = event["DTSTART"].dt
    assert begins == (midnight.date() if all_day else START.astimezone(begins.tzinfo))


def _time_zone(zone: str) -> soap.Element:
    told = zones.rule(zone)
    extra = int((told.daylight - told.standard).total_seconds() // 60)
    days = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

    def part(name: str, bias: int, change: zones.Change | None) -> soap.Element:
        assert change is not None
        return soap.t(
            name,
            soap.t("Bias", str(bias)),
            soap.t("Time", change.at.isoformat()),
            soap.t("DayOrder", str(5 if change.week == -1 else change.week)),
            soap.t("Month", str(change.month)),
            soap.t("DayOfWeek", days[change.weekday]),
        )

    return soap.t(
        "TimeZone",
        soap.t("Bias", str(-int(told.standard.total_seconds() // 60))),
        part("StandardTime", 0, told.to_standard),
        part("DaylightTime", -extra, told.to_daylight),
    )


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Sydney"])
def test_free_and_busy_are_told_by_the_callers_rule(zone):
    told = _time_zone(zone)
    for day in range(365):
        wall = datetime(2026, 1, 1, 12) + timedelta(days=day)  # noqa: DTZ001 -- a wall's clock
        moment = wall.replace(tzinfo=ZoneInfo(zone))
        assert availability._read(wall.isoformat(), told) == moment
        assert availability._told(moment, told) == wall.isoformat()
