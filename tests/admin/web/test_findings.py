"""What the doctor found, in words; and calendars by their room list."""

from __future__ import annotations

from roomdisplay.admin.guide.repairs import values_of
from roomdisplay.admin.use_cases.calendars import CalendarView
from roomdisplay.admin.web.findings import check_view, check_views, tell
from roomdisplay.admin.web.grouping import by_list
from roomdisplay.admin.web.i18n import catalogue
from roomdisplay.connectors.base import Diagnosis
from roomdisplay.connectors.diagnosis import Finding, Verdict

EN, FR = catalogue("en"), catalogue("fr")
VALUES = values_of("exchange", {"email": "svc@example.com"})
DENIED = Diagnosis(
    "exchange_impersonation_denied", {"account": "svc@example.com", "room": "atlas@example.com"}
)


def test_a_diagnosis_is_words_a_repair_and_its_commands() -> None:
    told = tell(FR, DENIED, VALUES)
    assert told.words == "svc@example.com ne peut pas agir pour atlas@example.com."
    assert told.repair.startswith("Donnez au compte")
    assert "-Role 'ApplicationImpersonation' -User 'svc@example.com'" in told.commands


def test_what_a_connector_does_not_tell_is_left_open() -> None:
    told = tell(EN, Diagnosis(DENIED.reason), VALUES)
    assert told.words == "… may not act for …."
    unknown = tell(EN, Diagnosis("nobody_wrote_this", {"room": "{0.__class__}"}), None)
    assert (unknown.words, unknown.repair, unknown.commands) == (
        EN.reason("nobody_wrote_this"), "", "",
    )  # fmt: skip


def test_what_a_service_says_is_never_a_format() -> None:
    hostile = Diagnosis(DENIED.reason, {"account": "{room.__class__}", "room": "{0}"})
    assert tell(EN, hostile, None).words == "{room.__class__} may not act for {0}."


def test_what_is_wrong_is_told_once() -> None:
    bad = Finding(check="exchange_acts_for_room", verdict=Verdict.BAD, diagnosis=DENIED)
    skipped = Finding(check="exchange_reads_week", verdict=Verdict.SKIPPED, diagnosis=DENIED)
    first, second = check_views(EN, (bad, skipped), VALUES)
    assert first.told is not None
    assert first.told.commands
    assert second.told is not None
    assert (second.told.commands, second.verdict) == ("", "skipped")
    (alone,) = check_views(EN, (skipped,), VALUES)
    assert alone.told is not None
    assert alone.told.words == first.told.words


def test_counts_are_counts_of_something() -> None:
    facts = {"room": "atlas@example.com", "meetings": "1"}
    good = Finding(check="exchange_reads_week", verdict=Verdict.GOOD, facts=facts)
    assert check_view(EN, good, None).facts == "atlas@example.com · 1 meeting"
    assert check_view(FR, good, None).facts == "atlas@example.com · 1 réunion"
    strange = Finding(check="nobody_wrote_this", verdict=Verdict.GOOD, detail="words")
    assert check_view(EN, strange, None).title == EN("doctor.another_check")
    assert check_view(EN, strange, None).detail == ""


def calendar(connection: str, group: str | None, name: str) -> CalendarView:
    return CalendarView(
        id=f"{connection}{name}",
        connection_id=connection,
        connection_name=f"Connection {connection}",
        service="exchange",
        address=f"{name}@example.com",
        name=name,
        group=group,
        capacity=None,
        rooms=(),
        read_at=None,
        reason=None,
        detail=None,
        warnings=(),
    )


def test_lists_of_one_name_in_two_connections_stay_two() -> None:
    found = by_list(
        [
            calendar("b", "Floor 1", "Iris"),
            calendar("a", "Floor 1", "Atlas"),
            calendar("a", "Floor 1", "Juno"),
            calendar("a", None, "Zephyr"),
        ]
    )
    assert [(one.name, one.connection, len(one.calendars)) for one in found] == [
        ("Connection a", "", 1),
        ("Floor 1", "Connection a", 2),
        ("Floor 1", "Connection b", 1),
    ]
    assert len({one.key for one in found}) == 3
    (alone,) = by_list([calendar("a", "Floor 1", "Atlas")])
    assert (alone.name, alone.connection) == ("Floor 1", "")
