"""Time zones as calendars name and define them, and what the changes of the clock do."""

from __future__ import annotations

import pytest
from calendarbench import day, read, times, vevent, wrapped


@pytest.mark.parametrize(
    ("tzid", "expected"),
    [
        ("Europe/Berlin", "0900"),
        ("W. Europe Standard Time", "0900"),
        ('"W. Europe Standard Time"', "0900"),
        ("/Europe/Stockholm", "0900"),
        ("/freeassociation.sourceforge.net/Europe/Berlin", "0900"),
        ("/mozilla.org/20050126_1/Europe/Berlin", "0900"),
        ("/mozilla.org/20050126_1/America/Argentina/Ushuaia", "1300"),
        ("GMT+0200", "0800"),
        ("UTC-05:00", "1500"),
        ("tzone://Microsoft/Utc", "1000"),
        ("Etc/GMT+5", "1500"),
        ("India Standard Time", "0430"),
    ],
)
def test_zone_names(tzid: str, expected: str) -> None:
    picture = read(wrapped(vevent(f"DTSTART;TZID={tzid}:20261123T100000")))
    assert times(picture)[0].startswith(f"1123T{expected}")
    assert picture.warnings == ()


@pytest.mark.parametrize(
    "tzid",
    [
        "Nowhere/Land",
        "tzone://Microsoft/Custom",
        "Europe",
        "../../etc/passwd",
        "Customized Time Zone",
        '"(UTC+01:00) Amsterdam, Berlin, Bern"',
        "x" * 5000,
    ],
)
def test_unknown_zones_are_the_rooms_with_a_warning(tzid: str) -> None:
    picture = read(wrapped(vevent(f"DTSTART;TZID={tzid}:20261123T100000")))
    assert times(picture) == ["1123T0900-1123T0900"]
    assert len(picture.warnings) == 1


def vtimezone(name: str, standard: str, daylight: str | None = None) -> str:
    summer = (
        f"BEGIN:DAYLIGHT\nDTSTART:16010101T020000\nTZOFFSETFROM:{standard}\nTZOFFSETTO:{daylight}\n"
        "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3\nEND:DAYLIGHT\n"
    )
    return (
        f"BEGIN:VTIMEZONE\nTZID:{name}\nBEGIN:STANDARD\nDTSTART:16010101T030000\n"
        f"TZOFFSETFROM:{daylight or standard}\nTZOFFSETTO:{standard}\n"
        "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10\nEND:STANDARD\n"
        f"{summer if daylight else ''}END:VTIMEZONE\n"
    )


@pytest.mark.parametrize(
    ("name", "quoted"),
    [
        ("Customized Time Zone", "Customized Time Zone"),
        ("tzone://Microsoft/Custom", "tzone://Microsoft/Custom"),
        ("(UTC-05:00) Eastern Time", '"(UTC-05:00) Eastern Time"'),
    ],
)
def test_a_zone_of_the_file(name: str, quoted: str) -> None:
    event = vevent(f"DTSTART;TZID={quoted}:20261123T100000", "DURATION:PT1H")
    zone = vtimezone(name, "-0500", "-0400")
    for text in (wrapped(event, head=zone), wrapped(event + "\n" + zone.rstrip())):
        picture = read(text)
        assert times(picture) == ["1123T1500-1123T1600"]
        assert picture.warnings == ()


def test_the_same_name_means_something_else_in_the_next_feed() -> None:
    event = vevent("DTSTART;TZID=Customized Time Zone:20261123T100000")
    for offset, hour in (("+0100", "09"), ("-0500", "15")):
        zone = vtimezone("Customized Time Zone", offset)
        assert times(read(wrapped(event, head=zone)))[0].startswith(f"1123T{hour}")
    alone = read(wrapped(event))
    assert len(alone.warnings) == 1
    two = wrapped(event, head=vtimezone("Customized Time Zone", "+0300")) + wrapped(
        vevent("DTSTART;TZID=Customized Time Zone:20261123T100000", uid="b"),
        head=vtimezone("Customized Time Zone", "-0300"),
    )
    assert [one[:9] for one in times(read(two))] == ["1123T0700", "1123T1300"]


@pytest.mark.parametrize(
    "form", ["DTSTART;VALUE=DATE:19701025", "DTSTART:19701025T030000\nRDATE:19711031T030000"]
)
def test_a_zone_of_the_file_in_odd_forms(form: str) -> None:
    zone = (
        f"BEGIN:VTIMEZONE\nTZID:Odd\nBEGIN:STANDARD\n{form}\nTZOFFSETFROM:+0400\n"
        "TZOFFSETTO:+0300\nEND:STANDARD\nEND:VTIMEZONE\n"
    )
    picture = read(wrapped(vevent("DTSTART;TZID=Odd:20261123T100000"), head=zone))
    assert times(picture) == ["1123T0700-1123T0700"]


def test_a_file_zone_reads_gaps_and_overlaps_as_an_iana_zone_does() -> None:
    zone = vtimezone("Mine", "+0100", "+0200")
    for date, clock in (("20260329", "023000"), ("20261025", "023000"), ("20260701", "120000")):
        window = day(f"{date[:4]}-{date[4:6]}-{date[6:]}")
        found = [
            times(read(wrapped(vevent(f"DTSTART;TZID={name}:{date}T{clock}"), head=zone), window))
            for name in ("Mine", "Europe/Berlin")
        ]
        assert found[0] == found[1] != []


def test_floating_times_follow_x_wr_timezone() -> None:
    event = vevent("DTSTART:20261123T100000")
    assert (
        times(read(wrapped(event, head="X-WR-TIMEZONE:America/New_York\n")))[0][:9] == "1123T1500"
    )


@pytest.mark.parametrize(
    ("start", "duration", "expected"),
    [
        ("20260329T023000", "PT1H", "0329T0130-0329T0230"),
        ("20260329T013000", "PT2H", "0329T0030-0329T0230"),
        ("20261025T023000", "PT1H", "1025T0030-1025T0130"),
        ("20261024T120000", "P1D", "1024T1000-1025T1100"),
        ("20261024T120000", "PT24H", "1024T1000-1025T1000"),
    ],
)
def test_durations_over_the_clock_change(start: str, duration: str, expected: str) -> None:
    window = day(f"{start[:4]}-{start[4:6]}-{start[6:8]}", 2)
    event = vevent(f"DTSTART;TZID=Europe/Berlin:{start}", f"DURATION:{duration}")
    assert times(read(wrapped(event), window)) == [expected]


def test_a_series_over_the_clock_change_keeps_its_clock_and_its_length() -> None:
    event = vevent(
        "DTSTART;TZID=Europe/Berlin:20261020T090000",
        "DTEND;TZID=Europe/Berlin:20261020T100000",
        "RRULE:FREQ=DAILY",
    )
    found = times(read(wrapped(event), day("2026-10-24", 2, 2)))
    assert found == ["1024T0700-1024T0800", "1025T0800-1025T0900"]
