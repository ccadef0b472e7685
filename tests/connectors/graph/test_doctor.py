"""The calendar doctor over the simulated service: each known failure is found and named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from graphbench import ADA, OTHER_ROOM, ROOM, Office
from simulators.organisation import Item, Party, Processing

from roomdisplay.connectors.base import Diagnosis
from roomdisplay.connectors.contract import WINDOW, ZONE, utc
from roomdisplay.connectors.diagnosis import Finding, Probe, Verdict
from roomdisplay.connectors.graph.client import clock_skew
from roomdisplay.connectors.graph.invitation import TestInvitation
from roomdisplay.connectors.graph.reasons import CHECKS, PARAMS


async def examined(
    office: Office, *, room: str | None = ROOM, invitation: bool = False, **entered: Any
) -> dict[str, Finding]:
    probe = Probe(window=WINDOW, zone=ZONE, room=room, invitation=invitation)
    found = [one async for one in office.connector(**entered).diagnose(probe)]
    checks = [one.check for one in found]
    assert checks == [one for one in CHECKS if one in checks], "each once, in order"
    for one in found:
        if one.diagnosis is not None:
            assert set(PARAMS[one.diagnosis.reason]) <= one.diagnosis.params.keys()
        assert (one.diagnosis is None) == (one.verdict is Verdict.GOOD)
    return {one.check: one for one in found}


def told(findings: dict[str, Finding], check: str) -> tuple[Verdict, str | None]:
    one = findings[f"office365_{check}"]
    reason = one.diagnosis.reason.removeprefix("office365_") if one.diagnosis else None
    return one.verdict, reason


def meetings(office: Office, **fields: Any) -> None:
    for hour in (9, 10, 11):
        office.invite(utc(23, hour), utc(23, hour, 30), f"Meeting {hour}", **fields)


async def test_all_is_well(office: Office) -> None:
    meetings(office, body="Agenda", sensitivity="private")
    found = await examined(office)
    assert {one.verdict for one in found.values()} == {Verdict.GOOD, Verdict.SKIPPED}
    skipped = {check for check, one in found.items() if one.verdict is Verdict.SKIPPED}
    assert skipped == {"office365_push"}
    assert found["office365_room"].facts == {"room": ROOM, "meetings": "3"}
    assert found["office365_places"].facts == {"rooms": "2"}


@pytest.mark.parametrize(
    ("entered", "reason"),
    [
        ({"secret": "not it"}, "secret_wrong"),
        ({"tenant": "nobody.example"}, "tenant_unknown"),
        ({"client_id": "00000000-1111-2222-3333-444444444444"}, "app_unknown"),
        ({"login_host": "https://127.0.0.1:1"}, "unreachable"),
    ],
)
async def test_without_signing_in_the_rest_makes_no_sense(
    office: Office, entered: dict[str, str], reason: str
) -> None:
    found = await examined(office, **entered)
    assert told(found, "signs_in") == (Verdict.BAD, reason)
    rest = [one for check, one in found.items() if check != "office365_signs_in"]
    assert {one.verdict for one in rest} == {Verdict.SKIPPED}
    for one in rest:
        assert one.diagnosis is not None
        assert one.diagnosis.params == {"check": "office365_signs_in"}


def _no_place_role(office: Office) -> None:
    office.application.roles.clear()


def _no_places(office: Office) -> None:
    office.simulator.faults.order("/places/", status=200, body={"value": []}, times=9)


def _proxy(office: Office) -> None:
    office.simulator.faults.order("/places/", status=200, body="<html>", times=9)


def _throttled(office: Office) -> None:
    office.simulator.throttle("/places/", seconds=99)


@pytest.mark.parametrize(
    ("spoil", "verdict", "reason"),
    [
        (_no_place_role, Verdict.WARNING, "places_permission_missing"),
        (_no_places, Verdict.WARNING, "places_empty"),
        (_proxy, Verdict.BAD, "foreign_answer"),
        (_throttled, Verdict.BAD, "throttled"),
    ],
)
async def test_places(
    office: Office, spoil: Callable[[Office], None], verdict: Verdict, reason: str
) -> None:
    spoil(office)
    found = await examined(office)
    assert told(found, "places") == (verdict, reason)
    assert told(found, "room") == (Verdict.GOOD, None), "a typed address works"


async def test_no_room_at_all(office: Office) -> None:
    _no_places(office)
    found = await examined(office, room=None)
    assert told(found, "room") == (Verdict.SKIPPED, "no_room")
    assert told(found, "titles") == (Verdict.SKIPPED, "earlier_failed")


async def test_the_first_listed_room_stands_for_all(office: Office) -> None:
    found = await examined(office, room=None)
    assert found["office365_room"].facts["room"] == ROOM


def _on_premises(office: Office) -> None:
    office.organisation.mailbox(ROOM).on_premises = True


def _unknown(office: Office) -> None:
    office.organisation.remove_mailbox(ROOM)


def _out_of_scope(office: Office) -> None:
    office.application.exchange_roles["Calendars.ReadWrite"] = {OTHER_ROOM}


def _nothing_granted(office: Office) -> None:
    office.application.exchange_roles.clear()


def _policy(office: Office) -> None:
    office.application.exchange_roles.clear()
    office.application.roles.add("Calendars.ReadWrite")
    office.application.policy_allows = {OTHER_ROOM}


def _policy_in_other_words(office: Office) -> None:
    _policy(office)
    body = {"error": {"code": "ErrorAccessDenied", "message": "Access is denied."}}
    office.simulator.faults.order(ROOM, status=403, body=body, times=9)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (_on_premises, "mailbox_on_premises"),
        (_unknown, "room_unknown"),
        (_out_of_scope, "room_out_of_scope"),
        (_nothing_granted, "permission_missing"),
        (_policy, "access_policy"),
        (_policy_in_other_words, "access_policy"),
    ],
)
async def test_a_room_that_cannot_be_read(
    office: Office, spoil: Callable[[Office], None], reason: str
) -> None:
    spoil(office)
    found = await examined(office)
    assert told(found, "room") == (Verdict.BAD, reason)
    assert told(found, "write") == (Verdict.SKIPPED, "earlier_failed")


async def test_an_application_that_may_read_everybody(office: Office) -> None:
    office.application.roles.add("Calendars.Read")
    assert told(await examined(office), "scope") == (Verdict.WARNING, "scope_too_wide")


async def test_a_scope_that_holds_more_than_rooms(office: Office) -> None:
    meetings(office)
    office.application.exchange_roles["Calendars.ReadWrite"] = {ROOM, OTHER_ROOM, ADA}
    assert told(await examined(office), "scope") == (Verdict.WARNING, "scope_too_wide")
    assert not any(ADA in one and "view" in one.lower() for one in office.simulator.requests)


async def test_an_application_that_may_only_read(office: Office) -> None:
    roles = office.application.exchange_roles
    roles["Calendars.Read"] = roles.pop("Calendars.ReadWrite")
    assert told(await examined(office), "write") == (Verdict.WARNING, "write_missing")


async def test_a_token_that_tells_nothing(office: Office) -> None:
    body = {"token_type": "Bearer", "expires_in": 3599, "access_token": "opaque"}
    office.simulator.faults.order("/token", status=200, body=body)
    body = {"value": []}
    office.simulator.faults.order("v1.0", status=200, body=body, times=99)
    assert told(await examined(office), "scope") == (Verdict.SKIPPED, "scope_untold")


@pytest.mark.parametrize(
    ("date", "skew"),
    [
        ("Mon, 23 Nov 2026 09:10:00 GMT", timedelta(minutes=10)),
        ("Mon, 23 Nov 2026 09:00:00 GMT", timedelta(0)),
        ("Mon, 23 Nov 2026 09:00:00", None),
        ("today", None),
        ("", None),
    ],
)
def test_the_services_clock(date: str, skew: timedelta | None) -> None:
    assert clock_skew(date, utc(23, 9)) == skew


async def test_a_clock_that_is_wrong(office: Office) -> None:
    connector = office.connector()
    connector._client.skew = timedelta(minutes=-10)
    office.simulator.faults.order("/places/", drop=True, times=9)
    found = {}
    async for one in connector.diagnose(Probe(window=WINDOW, zone=ZONE)):
        found[one.check] = one
    assert told(found, "clock") == (Verdict.WARNING, "clock_wrong")


async def test_titles_that_are_replaced_and_texts_that_are_removed(office: Office) -> None:
    office.organisation.mailbox(ROOM).processing = Processing()
    meetings(office, body="Agenda", sensitivity="private")
    found = await examined(office)
    assert told(found, "titles") == (Verdict.WARNING, "titles_replaced")
    assert told(found, "bodies") == (Verdict.WARNING, "bodies_removed")
    assert told(found, "private") == (Verdict.SKIPPED, "private_unproven")


async def test_a_week_without_meetings_proves_nothing(office: Office) -> None:
    found = await examined(office)
    assert told(found, "titles") == (Verdict.SKIPPED, "no_meetings")
    assert told(found, "bodies") == (Verdict.SKIPPED, "no_meetings")


async def test_what_the_room_booked_itself_proves_nothing(office: Office) -> None:
    office.organisation.mailbox(ROOM).add(
        Item(
            subject="Room 1",
            start=utc(23, 9),
            end=utc(23, 10),
            zone=ZONE,
            organizer=Party("Room 1", ROOM),
        )
    )
    assert told(await examined(office), "titles") == (Verdict.SKIPPED, "no_meetings")


async def test_cancelled_meetings_that_stay(office: Office) -> None:
    uid = office.invite(utc(23, 10), utc(23, 11))
    office.organisation.cancel(uid)
    assert told(await examined(office), "cancelled") == (Verdict.WARNING, "cancelled_kept")


async def test_push(office: Office) -> None:
    assert told(await examined(office), "push") == (Verdict.SKIPPED, "push_unused")
    body: dict[str, Any] = {"value": [{"id": "1"}]}
    office.simulator.faults.order("subscriptions", status=200, body=body)
    found = await examined(office)
    assert found["office365_push"].facts == {"subscriptions": "1"}
    body = {"error": {"code": "Forbidden", "message": ""}}
    office.simulator.faults.order("subscriptions", status=403, body=body)
    assert told(await examined(office), "push") == (Verdict.WARNING, "push_refused")


async def test_a_test_invitation_arrives_and_is_taken_back(office: Office) -> None:
    found = await examined(office, invitation=True)
    assert told(found, "invitation") == (Verdict.GOOD, None)
    for room in (ROOM, OTHER_ROOM):
        left = office.organisation.mailbox(room).items.values()
        assert all(one.cancelled for one in left)


@pytest.mark.parametrize(
    ("processing", "verdict", "reason"),
    [
        (Processing(), Verdict.WARNING, "private_removed"),
        (Processing(remove_private=False), Verdict.WARNING, "titles_replaced"),
        (
            Processing(remove_private=False, delete_subject=False, add_organizer_to_subject=False),
            Verdict.WARNING,
            "bodies_removed",
        ),
    ],
)
async def test_what_a_test_invitation_shows(
    office: Office, processing: Processing, verdict: Verdict, reason: str
) -> None:
    office.organisation.mailbox(ROOM).processing = processing
    assert told(await examined(office, invitation=True), "invitation") == (verdict, reason)


async def test_a_room_that_declines(office: Office) -> None:
    start = office.clock() - timedelta(hours=1)
    office.organisation.mailbox(ROOM).add(
        Item(
            subject="For ever",
            start=start,
            end=start + timedelta(days=40),
            zone=ZONE,
            organizer=Party("Room 1", ROOM),
        )
    )
    found = await examined(office, invitation=True)
    assert told(found, "invitation") == (Verdict.BAD, "invitation_declined")


async def test_nobody_can_invite(office: Office) -> None:
    office.application.exchange_roles["Calendars.ReadWrite"] = {ROOM}
    found = await examined(office, invitation=True)
    assert told(found, "invitation") == (Verdict.SKIPPED, "no_sender")


async def test_a_room_that_does_not_answer(office: Office) -> None:
    office.organisation.mailbox(ROOM).processing = Processing(auto_accept=False)
    connector = office.connector()
    invitation = TestInvitation(connector._client, connector._reader, office.clock, patience=1.5)
    found = await invitation.finding(ROOM, [OTHER_ROOM], ZONE)
    assert (found.verdict, found.diagnosis) == (
        Verdict.BAD,
        Diagnosis("office365_invitation_unanswered", {"room": ROOM}),
    )


async def test_no_text_of_a_meeting_is_in_a_finding(office: Office) -> None:
    office.invite(utc(23, 10), utc(23, 11), "Zeppelin", body="Zeppelin")
    found = await examined(office)
    assert "Zeppelin" not in repr(found)
