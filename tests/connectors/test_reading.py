"""iCalendar as calendars write it: the checklist, one case each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from calendarbench import DAILY, END, START, WEEK, read, reasons, times, vevent, wrapped

from roomdisplay.connectors.base import Window


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["DTSTART:20261123T100000Z", "DTEND:20261123T110000Z"], "1123T1000-1123T1100"),
        (["DTSTART:20261123T100000", "DTEND:20261123T110000"], "1123T0900-1123T1000"),
        ([START, END], "1123T0900-1123T1000"),
        ([START, "DURATION:PT90M"], "1123T0900-1123T1030"),
        ([START, "DURATION:P1DT1H"], "1123T0900-1124T1000"),
        ([START, "DURATION:P1W"], "1123T0900-1130T0900"),
        ([START], "1123T0900-1123T0900"),
        ([START, "DTEND;VALUE=DATE:20261125"], "1123T0900-1124T2300"),
        (["DTSTART;VALUE=DATE:20261123"], "1122T2300-1123T2300"),
        (["DTSTART:20261123"], "1122T2300-1123T2300"),
        (["DTSTART;VALUE=DATE:20261123", "DTEND;VALUE=DATE:20261123"], "1122T2300-1123T2300"),
        (["DTSTART;VALUE=DATE:20261123", "DTEND;VALUE=DATE:20261126"], "1122T2300-1125T2300"),
        (["DTSTART;VALUE=DATE:20261123", "DURATION:P2D"], "1122T2300-1124T2300"),
        (["DTSTART;TZID=America/New_York:20261123T100000", "DURATION:PT1H"], "1123T1500-1123T1600"),
        (["DTSTART:20261123T100000+0500", "DURATION:PT1H"], "1123T0500-1123T0600"),
        (["DTSTART:20261120T100000Z", "DTEND:20261201T110000Z"], "1120T1000-1201T1100"),
    ],
)
def test_times(lines: list[str], expected: str) -> None:
    assert times(read(wrapped(vevent(*lines)))) == [expected]


@pytest.mark.parametrize(
    "lines",
    [
        ["DTSTART:20261131T100000Z"],
        ["DTSTART:00010101T000000Z", "RRULE:FREQ=DAILY"],
        ["DTSTART:"],
        ["SUMMARY:No start"],
        [START, "RECURRENCE-ID:x", "STATUS:CANCELLED"],
    ],
)
def test_what_has_no_time_is_left_out_alone_and_counted(lines: list[str]) -> None:
    picture = read(wrapped(vevent(*lines), vevent(START, END, uid="b")))
    assert [one.source_id for one in picture.occurrences] == ["b"]
    assert reasons(picture) == ["malformed"]
    assert len(picture.warnings) == 1
    assert picture.unreadable == 1


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([START, "DTEND;TZID=Europe/Berlin:20261123T090000"], "HOUR"),
        ([START, "DTEND;VALUE=DATE:20261123"], "HOUR"),
        ([START, "DURATION:-PT1H"], "HOUR"),
        ([START, "DTEND:soon"], "HOUR"),
        ([START, "DTEND:"], "HOUR"),
        ([START, "DURATION:P"], "HOUR"),
        ([START, "DURATION:P999999W"], "HOUR"),
        ([START, "DTEND:soon", "DURATION:PT2H"], "TWO"),
        ([START, "DTEND:20261123T050000Z", "DURATION:soon"], "HOUR"),
        ([START, "DURATION:PT2H", "RECURRENCE-ID:x"], "TWO"),
        (["DTSTART;VALUE=DATE:20261123", "DTEND;VALUE=DATE:20261120"], "1122T2300-1123T2300"),
        (["DTSTART;VALUE=DATE:20261123", "DTEND:soon"], "1122T2300-1123T2300"),
    ],
)
def test_in_doubt_the_room_is_taken_from_the_start_that_can_be_read(
    lines: list[str], expected: str
) -> None:
    picture = read(wrapped(vevent("SUMMARY:Board", *lines)))
    known = {"HOUR": "1123T0900-1123T1000", "TWO": "1123T0900-1123T1100"}
    assert times(picture) == [known.get(expected, expected)]
    assert picture.occurrences[0].title == "Board"
    assert picture.left_out == ()
    assert picture.unreadable == 0
    assert any("a@example" in sentence or "'a'" in sentence for sentence in picture.warnings)


def test_a_broken_exception_stands_beside_its_series_and_does_not_replace_it() -> None:
    series = vevent(START, END, "RRULE:FREQ=DAILY;COUNT=3", "SEQUENCE:0")
    moved = vevent("DTSTART:20261124T140000Z", "DTEND:x", "RECURRENCE-ID:x", "SEQUENCE:5")
    called_off = vevent(START, END, "RECURRENCE-ID:x", "STATUS:CANCELLED", "SEQUENCE:6")
    picture = read(wrapped(series, moved, called_off))
    assert len(times(picture)) == 4
    assert "1124T1400-1124T1500" in times(picture)


@pytest.mark.parametrize("line", ["RRULE:FREQ=SOMETIMES", "RDATE:soon"])
def test_a_series_whose_times_are_not_all_known_is_counted(line: str) -> None:
    picture = read(wrapped(vevent(START, END, line)))
    assert len(picture.occurrences) == 1
    assert picture.unreadable == 1


@pytest.mark.parametrize(
    "line",
    [
        "EXDATE;TZID=Europe/Berlin:20261124T100000",
        "EXDATE:20261124T090000Z",
        "EXDATE:20261124T100000",
        "EXDATE;VALUE=DATE:20261124",
        "EXDATE;TZID=America/New_York:20261124T040000",
        "EXRULE:FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=24",
    ],
)
def test_exceptions_in_any_form(line: str) -> None:
    picture = read(wrapped(vevent(*DAILY, line)))
    assert [one.start.day for one in picture.occurrences] == [23, 25, 26]


@pytest.mark.parametrize(
    "line", ["EXDATE;VALUE=DATE:20261124", "EXDATE:20261124T000000", "EXDATE:20261123T230000Z"]
)
def test_exceptions_of_days(line: str) -> None:
    event = vevent("DTSTART;VALUE=DATE:20261123", "RRULE:FREQ=DAILY;COUNT=3", line)
    assert [one.start.day for one in read(wrapped(event)).occurrences] == [22, 24]


@pytest.mark.parametrize(
    "recurrence_id",
    [
        "RECURRENCE-ID;TZID=Europe/Berlin:20261124T100000",
        "RECURRENCE-ID:20261124T090000Z",
        "RECURRENCE-ID:20261124T100000",
        "RECURRENCE-ID;VALUE=DATE:20261124",
        "RECURRENCE-ID;TZID=Asia/Tokyo:20261124T180000",
    ],
)
def test_overrides_in_any_form(recurrence_id: str) -> None:
    moved = vevent("DTSTART;TZID=Europe/Berlin:20261124T150000", "DURATION:PT1H", recurrence_id)
    for text in (wrapped(vevent(*DAILY), moved), wrapped(moved, vevent(*DAILY))):
        picture = read(text)
        assert [one.start.hour for one in picture.occurrences] == [9, 14, 9, 9]


def test_an_override_keeps_the_id_of_its_occurrence() -> None:
    plain = read(wrapped(vevent(*DAILY))).occurrences[1].source_id
    moved = vevent(START, END, "RECURRENCE-ID:20261124T090000Z", "SUMMARY:Now on Monday")
    found = read(wrapped(vevent(*DAILY), moved))
    assert [one.title for one in found.occurrences if one.source_id == plain] == ["Now on Monday"]
    assert plain == "a/20261124T090000Z"


def test_an_override_that_moves_into_and_out_of_the_window() -> None:
    series = vevent(*DAILY)
    out = vevent("DTSTART:20270301T100000Z", "DURATION:PT1H", "RECURRENCE-ID:20261124T090000Z")
    assert [one.start.day for one in read(wrapped(series, out)).occurrences] == [23, 25, 26]
    march = Window(datetime(2027, 3, 1, tzinfo=UTC), datetime(2027, 3, 2, tzinfo=UTC))
    assert times(read(wrapped(series, out), march)) == ["0301T1000-0301T1100"]


def test_an_override_without_its_master() -> None:
    alone = vevent(START, END, "RECURRENCE-ID:20261123T080000Z", "SUMMARY:Guest")
    picture = read(wrapped(alone))
    assert [(one.source_id, one.title) for one in picture.occurrences] == [
        ("a/20261123T080000Z", "Guest")
    ]


def test_this_and_future() -> None:
    onward = vevent(
        "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20261125T100000",
        "DTSTART;TZID=Europe/Berlin:20261125T143000",
        "DTEND;TZID=Europe/Berlin:20261125T150000",
        "SUMMARY:Later",
    )
    single = vevent(
        "RECURRENCE-ID;TZID=Europe/Berlin:20261127T100000",
        "DTSTART;TZID=Europe/Berlin:20261127T080000",
        "SUMMARY:Once",
    )
    series = vevent(START, END, "RRULE:FREQ=DAILY", "SUMMARY:First")
    picture = read(wrapped(series, onward, single))
    assert [(one.start.day, one.start.hour, one.title) for one in picture.occurrences] == [
        (23, 9, "First"), (24, 9, "First"), (25, 13, "Later"), (26, 13, "Later"),
        (27, 7, "Once"), (28, 13, "Later"), (29, 13, "Later"),
    ]  # fmt: skip
    later = Window(WEEK.start + timedelta(days=200), WEEK.start + timedelta(days=201))
    assert [one.title for one in read(wrapped(series, onward), later).occurrences] == ["Later"]


def test_a_series_cancelled_from_some_day_on() -> None:
    onward = vevent(
        START.replace("23T", "25T"), "RECURRENCE-ID;RANGE=THISANDFUTURE:20261125T090000Z",
        "STATUS:CANCELLED",
    )  # fmt: skip
    picture = read(wrapped(vevent(*DAILY), onward))
    assert [one.start.day for one in picture.occurrences] == [23, 24]
    assert reasons(picture) == ["cancelled", "cancelled"]


@pytest.mark.parametrize(
    ("rdate", "expected"),
    [
        ("RDATE;TZID=Europe/Berlin:20261126T080000,20261127T080000", ["23T09", "26T07", "27T07"]),
        ("RDATE:20261126T080000Z", ["23T09", "26T08"]),
        ("RDATE;VALUE=DATE:20261126", ["23T09", "25T23"]),
        ("RDATE;VALUE=PERIOD:20261126T080000Z/PT3H", ["23T09", "26T08"]),
        ("RDATE;VALUE=PERIOD:20261126T080000Z/20261126T110000Z", ["23T09", "26T08"]),
        ("RDATE:nonsense", ["23T09"]),
    ],
)
def test_extra_dates(rdate: str, expected: list[str]) -> None:
    picture = read(wrapped(vevent(START, END, rdate)))
    assert [f"{one.start:%dT%H}" for one in picture.occurrences] == expected
    if "PERIOD" in rdate:
        assert picture.occurrences[1].end.hour == 11


@pytest.mark.parametrize(
    ("until", "days"),
    [
        ("20261125", [23, 24, 25]),
        ("20261125T090000Z", [23, 24, 25]),
        ("20261125T085959Z", [23, 24]),
        ("20261125T100000", [23, 24, 25]),
        ("20261125T095959", [23, 24]),
        ("20261101T000000Z", [23]),
        ("20261399", [23]),
        ("never", [23]),
    ],
)
def test_ends_of_timed_series(until: str, days: list[int]) -> None:
    picture = read(wrapped(vevent(START, END, f"RRULE:FREQ=DAILY;UNTIL={until}")))
    assert [one.start.day for one in picture.occurrences] == days


@pytest.mark.parametrize("until", ["20261124", "20261124T000000Z", "20261124T235959"])
def test_ends_of_series_of_days(until: str) -> None:
    event = vevent("DTSTART;VALUE=DATE:20261123", f"RRULE:FREQ=DAILY;UNTIL={until}")
    assert len(read(wrapped(event)).occurrences) == 2


@pytest.mark.parametrize("rule", ["FREQ=SOMETIMES", "nonsense", "FREQ=DAILY;BYDAY=XX", ""])
def test_a_bad_rule_still_shows_the_start(rule: str) -> None:
    picture = read(wrapped(vevent(START, END, f"RRULE:{rule}")))
    assert times(picture) == ["1123T0900-1123T1000"]
    assert len(picture.warnings) == 1


def test_the_newest_version_counts() -> None:
    versions = [
        vevent(f"DTSTART:20261123T{hour}0000Z", f"SEQUENCE:{sequence}", f"DTSTAMP:{stamp}Z")
        for hour, sequence, stamp in (
            ("08", 1, "20261101T000000"),
            ("09", 2, "20261101T000000"),
            ("10", 2, "20261102T000000"),
        )
    ]
    for order in (versions, versions[::-1]):
        picture = read(wrapped(*order))
        assert times(picture) == ["1123T1000-1123T1000"]
        assert reasons(picture) == ["replaced", "replaced"]


def test_a_newer_version_outside_the_window_takes_the_older_away() -> None:
    older = vevent(START, END, "SEQUENCE:0")
    newer = vevent("DTSTART:20270301T100000Z", "SEQUENCE:1")
    assert read(wrapped(older, newer)).occurrences == ()


def test_meetings_that_share_a_uid_by_mistake_are_all_shown() -> None:
    picture = read(wrapped(vevent(START, END), vevent("DTSTART:20261124T100000Z")))
    assert len({one.source_id for one in picture.occurrences}) == 2
    nameless = "BEGIN:VEVENT\nDTSTART:2026112{}T100000Z\nEND:VEVENT"
    picture = read(wrapped(nameless.format(3), nameless.format(4)))
    assert len({one.source_id for one in picture.occurrences}) == 2


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("STATUS:CANCELLED", "cancelled"),
        ("STATUS:cancelled", "cancelled"),
        ("TRANSP:TRANSPARENT", "free_time"),
        ("X-MICROSOFT-CDO-BUSYSTATUS:FREE", "free_time"),
        ("ATTENDEE;CUTYPE=ROOM;PARTSTAT=DECLINED:mailto:r@x.example", "declined"),
        ("ATTENDEE;PARTSTAT=DECLINED;CUTYPE=RESOURCE:mailto:r@x.example", "declined"),
        ("STATUS:TENTATIVE", None),
        ("TRANSP:OPAQUE", None),
        ("X-MICROSOFT-CDO-BUSYSTATUS:OOF", None),
        ("TRANSP:TRANSPARENT\nX-MICROSOFT-CDO-BUSYSTATUS:BUSY", None),
        ("ATTENDEE;PARTSTAT=DECLINED:mailto:ada@x.example", None),
        (
            "\n".join(
                f"ATTENDEE;CUTYPE=ROOM;PARTSTAT={answer}:mailto:room@x.example"
                for answer in ("DECLINED", "ACCEPTED")
            ),
            None,
        ),
    ],
)
def test_what_takes_the_room(line: str, reason: str | None) -> None:
    picture = read(wrapped(vevent(START, END, line)))
    assert reasons(picture) == ([] if reason is None else [reason])
    assert len(picture.occurrences) == (reason is None)


def test_a_cancelled_master_cancels_all() -> None:
    moved = vevent(START, END, "RECURRENCE-ID:20261124T090000Z")
    picture = read(wrapped(vevent(*DAILY, "STATUS:CANCELLED"), moved))
    assert picture.occurrences == ()
    assert reasons(picture) == ["cancelled"] * 4


def test_a_message_of_cancellation() -> None:
    picture = read(wrapped(vevent(START, END), head="METHOD:CANCEL\n"))
    assert reasons(picture) == ["cancelled"]


def test_texts_links_and_privacy() -> None:
    (one,) = read(
        wrapped(
            vevent(
                START,
                END,
                r"SUMMARY:Plan\, build\; run\nand more",
                'ORGANIZER;CN="Example, Ada":mailto:ada@rooms.example',
                "LOCATION:Room 1",
                r"DESCRIPTION:First\nSecond",
                'X-ALT-DESC;FMTTYPE=text/html:<a href="https://x.example/">x\\, y</a>',
                "CLASS:CONFIDENTIAL",
                "URL:https://wiki.example/page",
                "X-GOOGLE-CONFERENCE:https://meet.google.com/abc-defg-hij",
                "CONFERENCE;VALUE=URI;FEATURE=PHONE:tel:+1-555-0100",
                "CONFERENCE;VALUE=URI;FEATURE=CHAT:https://chat.example/1",
                'CONFERENCE;VALUE=URI;FEATURE="AUDIO,VIDEO";LABEL="x: y":https://zoom.us/j/1',
                "X-MICROSOFT-SKYPETEAMSMEETINGURL:https://teams.microsoft.com/l/meetup-join/1",
                "X-ZOOM-JOINURL:javascript:alert(1)",
                "BEGIN:VALARM\nACTION:DISPLAY\nDESCRIPTION:Alarm\nUID:other\nTRIGGER:-PT5M\nEND:VALARM",
            )
        )
    ).occurrences
    assert one.title == "Plan, build; run\nand more"
    assert one.organizer == "Example, Ada"
    assert one.body_text == "First\nSecond"
    assert one.body_html == '<a href="https://x.example/">x, y</a>'
    assert one.private
    assert one.structured_links == (
        "https://zoom.us/j/1",
        "https://chat.example/1",
        "https://meet.google.com/abc-defg-hij",
        "https://teams.microsoft.com/l/meetup-join/1",
        "https://wiki.example/page",
    )


def test_hostile_titles_are_kept_as_text_and_bounded() -> None:
    title = "<script>alert(1)</script>\N{RIGHT-TO-LEFT OVERRIDE}" + "x" * 10_000
    (one,) = read(wrapped(vevent(START, END, f"SUMMARY:{title}"))).occurrences
    assert one.title is not None
    assert one.title.startswith("<script>")
    assert len(one.title) <= 2000


def test_a_million_fold_rule_is_cut_with_a_word() -> None:
    rules = ("FREQ=SECONDLY", "FREQ=SECONDLY;COUNT=1000000", "FREQ=MINUTELY;BYDAY=MO,TU,WE")
    for rule in rules:
        picture = read(
            wrapped(vevent(START, "DURATION:PT1S", f"RRULE:{rule}"), vevent(*DAILY, uid="b"))
        )
        assert "too_many" in reasons(picture)
        assert len(picture.occurrences) <= 504
        assert sum(one.source_id.startswith("b") for one in picture.occurrences) == 4
        assert picture.warnings


def test_a_thousand_costly_rules_share_one_budget() -> None:
    events = [
        vevent(
            "DTSTART:19000101T000000Z", "RRULE:FREQ=DAILY;COUNT=999999;BYDAY=MO", uid=str(number)
        )
        for number in range(120)
    ]
    picture = read(wrapped(*events, vevent(START, END, uid="plain")))
    assert "plain" in {one.source_id for one in picture.occurrences}
    assert reasons(picture).count("too_many") > 100


def test_an_endless_series_that_began_long_ago_is_cheap() -> None:
    event = vevent("DTSTART:19700105T090000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY")
    assert times(read(wrapped(event))) == ["1123T0900-1123T1000"]


def test_stray_lines_and_broken_parameters_cost_only_themselves() -> None:
    picture = read(
        wrapped(
            vevent(
                START, END, "this line was never folded", 'ATTENDEE;CN="x:mailto:y', "SUMMARY:Ok"
            )
        )
    )
    assert [one.title for one in picture.occurrences] == ["Ok"]


def test_days_marked_by_outlook() -> None:
    event = vevent(
        "DTSTART;TZID=W. Europe Standard Time:20261123T000000",
        "DTEND;TZID=W. Europe Standard Time:20261124T000000",
        "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE",
    )
    (one,) = read(wrapped(event)).occurrences
    assert one.all_day
