"""The calendar doctor: findings are kept as they come, and it looks again until all is well."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import ForbiddenError, NotFoundError
from roomdisplay.admin.news import PAGES
from roomdisplay.admin.security.roles import Actor, Role
from roomdisplay.admin.use_cases import audit, services
from roomdisplay.admin.use_cases.doctor import ask_doctor, doctor_report, run_doctor
from roomdisplay.admin.use_cases.doctor_rounds import PAUSES
from roomdisplay.connectors.base import (
    CredentialsRejectedError,
    Diagnosis,
    PermissionMissingError,
    Push,
    UnavailableError,
)
from roomdisplay.connectors.diagnosis import Finding, Verdict

GOOD = Finding(check="signs_in", verdict=Verdict.GOOD, facts={"account": "rooms@example.com"})
BAD = Finding(
    check="reads_week",
    verdict=Verdict.BAD,
    diagnosis=Diagnosis("permission_missing", {"room": "atlas"}),
    detail="403 ErrorAccessDenied",
)


async def look(house: Any, **what: Any) -> list[Finding]:
    return [one async for one in run_doctor(house.admin, house.owner, house.connection, **what)]


async def test_the_doctor_looks_by_itself_at_what_was_just_connected(push_house: Any) -> None:
    push_house.service.findings = [GOOD]
    before = await doctor_report(push_house.admin, push_house.owner, push_house.connection)
    assert (before.waiting, before.verdict, before.findings) == (True, None, ())
    await push_house.work()
    after = await doctor_report(push_house.admin, push_house.owner, push_house.connection)
    assert (after.waiting, after.verdict, after.next_at) == (False, Verdict.SKIPPED, None)
    assert after.findings[0] == GOOD
    assert after.findings[1].check == "told_of_changes"
    assert after.findings[1].diagnosis == Diagnosis("push_not_used")  # no room shows a calendar yet
    (probe,) = push_house.service.probes
    assert (probe.zone, probe.room, probe.invitation) == ("UTC", None, False)
    assert probe.window.end - probe.window.start == timedelta(days=7)


async def test_findings_are_told_and_kept_as_they_come(push_house: Any) -> None:
    push_house.service.findings = [GOOD, BAD]
    seen = []
    async with push_house.admin.news.subscribe([PAGES]) as news:
        async for finding in run_doctor(push_house.admin, push_house.owner, push_house.connection):
            assert await news.wait()
            report = await doctor_report(push_house.admin, push_house.owner, push_house.connection)
            seen.append((finding.check, len(report.findings), report.verdict))
    assert seen == [("signs_in", 1, None), ("reads_week", 2, None), ("told_of_changes", 3, None)]
    report = await doctor_report(push_house.admin, push_house.owner, push_house.connection)
    assert (report.verdict, report.findings[1]) == (Verdict.BAD, BAD)


async def test_what_is_not_well_is_looked_at_again_until_it_is(push_house: Any) -> None:
    push_house.service.findings = [BAD]
    await push_house.work()
    report = await doctor_report(push_house.admin, push_house.owner, push_house.connection)
    assert report.next_at == push_house.clock() + PAUSES[0]
    for pause in PAUSES[:6]:
        await push_house.work(seconds=pause.total_seconds())
    assert len(push_house.service.probes) == 7
    push_house.service.faults["read"] = [PermissionMissingError("Not yet.")]
    await push_house.use("atlas")
    await push_house.work()
    assert (await push_house.calendar()).reason == "permission_missing"  # for an hour
    push_house.service.findings = [GOOD]
    await push_house.work(seconds=PAUSES[6].total_seconds())
    await push_house.work(seconds=1)
    report = await doctor_report(push_house.admin, push_house.owner, push_house.connection)
    assert (report.verdict, report.next_at) == (Verdict.WARNING, None)  # nobody was heard yet
    assert (await push_house.calendar()).reason is None
    log = await audit.list_audit(push_house.admin, push_house.owner)
    assert "service.well" in {entry.action for entry in log}


async def test_the_doctor_does_not_look_for_ever(push_house: Any) -> None:
    push_house.service.findings = [BAD]
    await push_house.work()
    for pause in PAUSES:
        await push_house.work(seconds=pause.total_seconds())
    await push_house.work(hours=24)
    assert len(push_house.service.probes) == len(PAUSES) + 1
    await ask_doctor(push_house.admin, push_house.owner, push_house.connection)
    await push_house.work()
    report = await doctor_report(push_house.admin, push_house.owner, push_house.connection)
    assert report.next_at == push_house.clock() + PAUSES[0]


async def test_a_wrong_password_is_not_tried_again_and_again(push_house: Any) -> None:
    push_house.service.findings = None
    push_house.service.faults["check"] = [CredentialsRejectedError("No.")] * 9
    await push_house.work()
    report = await doctor_report(push_house.admin, push_house.owner, push_house.connection)
    assert (report.verdict, report.next_at) == (Verdict.BAD, None)
    await push_house.work(hours=24)
    assert len(push_house.service.faults["check"]) == 8


async def test_a_test_meeting_is_sent_once_and_noted(push_house: Any) -> None:
    push_house.service.findings = [BAD]
    await ask_doctor(
        push_house.admin, push_house.owner, push_house.connection, room="atlas", invitation=True
    )
    await push_house.work()
    await push_house.work(minutes=1)
    assert [(p.room, p.invitation) for p in push_house.service.probes] == [
        ("atlas", True),
        ("atlas", False),
    ]
    log = await audit.list_audit(push_house.admin, push_house.owner)
    (noted,) = [entry for entry in log if entry.action == "service.test_meeting"]
    assert noted.details["room"] == "atlas"


async def test_roles(push_house: Any) -> None:
    admin, id_ = push_house.admin, push_house.connection
    viewer = Actor(id=None, name="Vera", role=Role.VIEWER)
    with pytest.raises(ForbiddenError):
        await ask_doctor(admin, viewer, id_)
    with pytest.raises(ForbiddenError):
        await doctor_report(admin, viewer, id_)
    with pytest.raises(NotFoundError):
        await ask_doctor(admin, push_house.owner, "nosuch")


async def test_a_connector_that_fails_unexpectedly_is_a_finding(
    push_house: Any, caplog: pytest.LogCaptureFixture
) -> None:
    push_house.service.findings = []
    push_house.service.faults["diagnose"] = [ZeroDivisionError("a secret of theirs")]
    (finding,) = await look(push_house)
    assert (finding.verdict, finding.diagnosis) == (Verdict.BAD, Diagnosis("unexpected"))
    assert "a secret of theirs" not in caplog.text


async def test_connectors_without_checks_of_their_own_are_looked_at_generally(
    push_house: Any,
) -> None:
    push_house.service.findings, push_house.service.push = None, Push.NONE
    found = await look(push_house)
    assert [(one.check, one.verdict) for one in found] == [
        ("signs_in", Verdict.GOOD),
        ("lists_calendars", Verdict.GOOD),
        ("reads_week", Verdict.GOOD),
    ]
    assert found[1].facts == {"calendars": "2"}
    assert found[2].facts == {"calendar": "atlas", "meetings": "1"}
    push_house.service.faults = {"check": [CredentialsRejectedError("No.")]}
    found = await look(push_house)
    assert [one.verdict for one in found] == [Verdict.BAD, Verdict.SKIPPED, Verdict.SKIPPED]
    assert found[0].diagnosis == Diagnosis("credentials_rejected")
    push_house.service.faults = {"read": [UnavailableError("It is down.")]}
    found = await look(push_house, room="zephyr")
    assert (found[2].verdict, found[2].detail) == (Verdict.BAD, "It is down.")
    push_house.service.calendars = {}
    found = await look(push_house)
    assert [one.verdict for one in found] == [Verdict.GOOD, Verdict.WARNING, Verdict.SKIPPED]


async def test_signals_that_reach_nobody_are_a_warning(push_house: Any, tell: Any) -> None:
    await push_house.use("atlas", "zephyr")
    await push_house.work()
    *_, finding = await look(push_house)
    assert (finding.verdict, finding.facts) == (
        Verdict.WARNING,
        {"calendars": "2", "told": "0"},
    )
    for address in ("atlas", "zephyr"):
        await tell(push_house.post_to(address).hook, "verification")
    *_, finding = await look(push_house)
    assert (finding.verdict, finding.diagnosis) == (Verdict.GOOD, None)


async def test_a_connection_that_goes_meanwhile_is_no_fault(push_house: Any, admin: Admin) -> None:
    looking = run_doctor(admin, push_house.owner, push_house.connection)
    await anext(looking)
    await services.disconnect_service(admin, push_house.owner, push_house.connection)
    rest = [one async for one in looking]
    assert [one.check for one in rest] == ["told_of_changes"]
