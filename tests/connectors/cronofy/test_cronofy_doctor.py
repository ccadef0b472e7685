"""The calendar doctor: each known failure is provoked, and found where it lies."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cronofystage import ACCOUNT, LOGIN_PAGE, ROOM, CronofyStage
from simulators.cronofy import scopes
from simulators.organisation import Processing

from roomdisplay.connectors import cronofy, registry
from roomdisplay.connectors.base import (
    ConnectionSettings,
    ConnectorError,
    MemoryTokens,
    Surroundings,
)
from roomdisplay.connectors.contract import WINDOW, ZONE, berlin, event, utc
from roomdisplay.connectors.cronofy.reasons import CHECKS, PARAMS, REASONS
from roomdisplay.connectors.cronofy.tokens import SERVICE, Tokens
from roomdisplay.connectors.diagnosis import DiagnosingConnector, Finding, Probe, Verdict

PROBE = Probe(window=WINDOW, zone=ZONE)
NOTHING = Processing(
    delete_subject=False,
    add_organizer_to_subject=False,
    delete_comments=False,
    remove_private=False,
)


async def examined(stage: CronofyStage, probe: Probe = PROBE, **changed: str) -> dict[str, Finding]:
    connector = stage.made(**changed)
    assert isinstance(connector, DiagnosingConnector)
    found = [one async for one in connector.diagnose(probe)]
    assert [one.check for one in found] == list(CHECKS[: len(found)])
    for one in found:
        if one.diagnosis is not None:
            assert set(PARAMS[one.diagnosis.reason]) <= set(one.diagnosis.params), one
    return {one.check: one for one in found}


def reason(finding: Finding) -> str:
    return finding.diagnosis.reason if finding.diagnosis else ""


async def well(stage: CronofyStage) -> None:
    """A company in which nothing is wrong."""
    stage.organisation.mailbox(ROOM).processing = NOTHING
    await stage.put({})
    await stage.invite(utc(23, 10), utc(23, 11))
    private = event(
        "p",
        berlin("20261124T100000"),
        berlin("20261124T110000"),
        "CLASS:PRIVATE",
        "DESCRIPTION:Agenda",
        "ORGANIZER;CN=Ada Lovelace:mailto:ada@example.com",
    )
    before = dict(stage.organisation.mailbox(ROOM).items)
    await stage.put({"p": private} | {one.uid: _lines(one.uid) for one in before.values()})
    await stage.made().watch(ROOM, await stage.hook())


def _lines(uid: str) -> str:
    return event(
        uid,
        berlin("20261123T110000"),
        berlin("20261123T120000"),
        "DESCRIPTION:Agenda",
        "ORGANIZER;CN=Ada Lovelace:mailto:ada@example.com",
        title="Budget",
    )


async def test_nothing_is_wrong(stage: CronofyStage) -> None:
    await well(stage)
    found = await examined(stage)
    assert {one.check: reason(one) for one in found.values() if one.diagnosis} == {}
    assert {one.verdict for one in found.values()} == {Verdict.GOOD}
    assert found["cronofy_week"].facts["meetings"] == "2"
    assert found["cronofy_rooms"].facts == {"rooms": "1"}


Provocation = Callable[[CronofyStage], Awaitable[dict[str, Any] | None] | dict[str, Any] | None]


def _info(**data: object) -> dict[str, object]:
    return {"sub": "ser_1", "cronofy.type": "service_account", "cronofy.data": data}


def service_says(**data: object) -> Provocation:
    def provoke(stage: CronofyStage) -> None:
        stage.simulator.faults.order("GET /v1/userinfo", status=200, body=_info(**data))

    return provoke


def fault(match: str, **how: Any) -> Provocation:
    def provoke(stage: CronofyStage) -> None:
        stage.simulator.faults.order(match, **{"times": 9} | how)

    return provoke


def keep(**changed: Any) -> Provocation:
    """Let the room's tokens be none, or others."""

    def provoke(stage: CronofyStage) -> None:
        del stage.tokens.kept[ROOM]
        if changed:
            tokens = Tokens(**{"asked_at": stage.clock.now} | changed)
            stage.tokens.kept[ROOM] = msgspec.json.encode(tokens)

    return provoke


def unheard(stage: CronofyStage) -> None:
    tokens = Tokens(asked_at=stage.clock.now - timedelta(minutes=40))
    stage.tokens.kept[ROOM] = msgspec.json.encode(tokens)


def unrestricted_missing(stage: CronofyStage) -> None:
    stage.connect_service(scope=frozenset({scopes.MANAGE_RESOURCES}))
    stage.connect_room()


def no_rooms(stage: CronofyStage) -> None:
    stage.organisation.mailbox(ROOM).is_room = False


def redirect_removed(stage: CronofyStage) -> None:
    stage.simulator.application.redirect_uris.clear()


def cheap_plan(stage: CronofyStage) -> None:
    stage.simulator.application.plan = "starter"


def mailbox_linked(stage: CronofyStage) -> None:
    stage.tokens.kept[SERVICE] = stage.tokens.kept[ROOM]


def forget_service(stage: CronofyStage) -> None:
    del stage.tokens.kept[SERVICE]


def another(**settings: str) -> Provocation:
    return lambda _: settings


def many_events(stage: CronofyStage) -> None:
    odd = {"event_uid": "x", "start": "soon"}
    body = {"pages": {"current": 1, "total": 1}, "events": [odd]}
    stage.simulator.faults.order("GET /v1/events$", status=200, body=body)


def busy(stage: CronofyStage) -> None:
    pace = stage.made()._client.pace
    now = pace._clock()
    pace._turns.extend([now - 30.0] * 400)


def disconnected(**settings: str) -> Provocation:
    def provoke(stage: CronofyStage) -> dict[str, str]:
        stage.simulator.disconnect(ROOM)
        return settings

    return provoke


async def replaced(stage: CronofyStage) -> None:
    stage.organisation.mailbox(ROOM).processing = Processing()
    await stage.put({})
    await stage.invite(utc(23, 10), utc(23, 11))


async def nobody_invited(stage: CronofyStage) -> None:
    await stage.put({})


CASES: list[tuple[str, str, Verdict, Provocation]] = [
    ("cronofy_client", "client_rejected", Verdict.BAD, another(client_secret="s3cret")),
    ("cronofy_client", "client_rejected", Verdict.BAD, another(client_id="s3cret")),
    ("cronofy_client", "unreachable", Verdict.BAD, fault("POST /oauth", drop=True)),
    ("cronofy_client", "throttled", Verdict.BAD, fault("POST /oauth", status=429)),
    ("cronofy_service", "malformed", Verdict.BAD, fault("userinfo", status=200, body=LOGIN_PAGE)),
    ("cronofy_service", "not_connected", Verdict.BAD, forget_service),
    ("cronofy_service", "not_a_service_account", Verdict.BAD, mailbox_linked),
    ("cronofy_service", "reconnect", Verdict.BAD, lambda stage: stage.simulator.revoke(ACCOUNT)),
    (
        "cronofy_service",
        "service_inactive",
        Verdict.BAD,
        service_says(authorization={"status": "disconnected"}),
    ),
    (
        "cronofy_service",
        "impersonation_gone",
        Verdict.BAD,
        service_says(
            authorization={"status": "disconnected"},
            service_account={"provider_name": "exchange"},
        ),
    ),
    ("cronofy_window", "redirect_refused", Verdict.WARNING, redirect_removed),
    ("cronofy_window", "plan", Verdict.BAD, cheap_plan),
    (
        "cronofy_back_end",
        "impersonation_gone",
        Verdict.WARNING,
        service_says(service_account={"provider_name": "exchange"}),
    ),
    ("cronofy_back_end", "back_end_differs", Verdict.WARNING, another(back_end="exchange")),
    (
        "cronofy_scope",
        "scope_missing",
        Verdict.BAD,
        service_says(authorization={"scope": "service_account/accounts/manage"}),
    ),
    (
        "cronofy_scope",
        "scope_missing",
        Verdict.BAD,
        service_says(authorization={"delegated_scope": "read_account read_events"}),
    ),
    ("cronofy_scope", "unrestricted_missing", Verdict.WARNING, unrestricted_missing),
    ("cronofy_rooms", "no_rooms", Verdict.BAD, no_rooms),
    ("cronofy_rooms", "scope_missing", Verdict.BAD, fault("GET /v1/resources", status=403)),
    ("cronofy_room", "room_not_authorized", Verdict.SKIPPED, keep()),
    ("cronofy_room", "room_pending", Verdict.SKIPPED, keep(scope="")),
    ("cronofy_room", "room_refused", Verdict.BAD, keep(refused=True)),
    ("cronofy_room", "callback_unheard", Verdict.BAD, unheard),
    ("cronofy_mailbox", "room_revoked", Verdict.BAD, lambda stage: stage.simulator.revoke(ROOM)),
    ("cronofy_mailbox", "room_locked", Verdict.BAD, lambda stage: stage.simulator.lock(ROOM)),
    ("cronofy_mailbox", "profile_disconnected", Verdict.BAD, disconnected()),
    (
        "cronofy_mailbox",
        "calendar_gone",
        Verdict.BAD,
        lambda stage: stage.simulator.lose_calendar(ROOM),
    ),
    (
        "cronofy_push",
        "not_watched",
        Verdict.WARNING,
        lambda stage: stage.simulator.channels.forget(),
    ),
    ("cronofy_permission", "sandbox", Verdict.WARNING, unrestricted_missing),
    ("cronofy_week", "malformed", Verdict.WARNING, many_events),
    ("cronofy_titles", "titles_replaced", Verdict.WARNING, replaced),
    ("cronofy_titles", "no_meetings", Verdict.SKIPPED, nobody_invited),
    ("cronofy_bodies", "bodies_removed", Verdict.WARNING, replaced),
    ("cronofy_private", "private_unseen", Verdict.SKIPPED, replaced),
    ("cronofy_pace", "throttled", Verdict.WARNING, busy),
]


@pytest.mark.parametrize(
    ("check", "expected", "verdict", "provoke"),
    CASES,
    ids=[f"{check[8:]}-{expected}-{n}" for n, (check, expected, _, _) in enumerate(CASES)],
)
async def test_each_failure_is_found(
    stage: CronofyStage, check: str, expected: str, verdict: Verdict, provoke: Provocation
) -> None:
    await well(stage)
    outcome: Any = provoke(stage)
    changed = await outcome if hasattr(outcome, "__await__") else outcome
    found = await examined(stage, **changed or {})
    assert (reason(found[check]), found[check].verdict) == (f"cronofy_{expected}", verdict)
    for one in found.values():
        assert "Budget" not in one.detail
        assert "s3cret" not in one.detail
    earlier = CHECKS[: CHECKS.index(check)]
    assert not [one for one in earlier if found[one].verdict is Verdict.BAD]


async def test_what_needs_a_failed_check_is_skipped(stage: CronofyStage) -> None:
    found = await examined(stage, client_secret="another")
    later = [found[one] for one in CHECKS[1:] if one in found]
    assert {one.verdict for one in later} == {Verdict.SKIPPED}
    assert {reason(one) for one in later} == {"cronofy_earlier_failed"}


async def test_rooms_that_were_asked_for(stage: CronofyStage) -> None:
    await well(stage)
    other = replace(PROBE, room="person@example.com")
    found = await examined(stage, other)
    assert reason(found["cronofy_rooms"]) == "cronofy_room_unlisted"
    assert reason(found["cronofy_room"]) == "cronofy_room_not_authorized"
    assert found["cronofy_room"].verdict is Verdict.BAD
    stage.organisation.add_room("a@example.com", "Aardvark")  # listed first, not authorised
    found = await examined(stage)
    assert found["cronofy_room"].facts == {"room": ROOM}


async def test_a_window_beyond_what_cronofy_keeps(stage: CronofyStage) -> None:
    await well(stage)
    stage.clock.now -= timedelta(days=300)
    found = await examined(stage)
    assert reason(found["cronofy_week"]) == "cronofy_beyond_span"


async def test_a_room_that_cronofy_has_just_begun_to_read(stage: CronofyStage) -> None:
    await well(stage)
    profile = {"profile_connected": True, "profile_initial_sync_required": True}
    stage.simulator.faults.order("GET /v1/userinfo", delay=0.0)  # that of the service account
    body = {"sub": "acc", "cronofy.type": "account", "cronofy.data": {"profiles": [profile]}}
    stage.simulator.faults.order("GET /v1/userinfo", status=200, body=body)
    found = await examined(stage)
    assert reason(found["cronofy_mailbox"]) == "cronofy_syncing"


async def test_a_mailbox_of_office_365_that_was_reached_by_impersonation(
    stage: CronofyStage,
) -> None:
    await well(stage)
    profile = {"profile_connected": False, "provider_name": "exchange"}
    stage.simulator.faults.order("GET /v1/userinfo", delay=0.0)
    body = {"sub": "acc", "cronofy.type": "account", "cronofy.data": {"profiles": [profile]}}
    stage.simulator.faults.order("GET /v1/userinfo", status=200, body=body)
    found = await examined(stage)
    assert reason(found["cronofy_mailbox"]) == "cronofy_impersonation_gone"


async def test_no_invitation_is_sent(stage: CronofyStage) -> None:
    await well(stage)
    found = await examined(stage, replace(PROBE, invitation=True))
    assert reason(found["cronofy_invitation"]) == "cronofy_no_invitation"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"client_id": ""}, "client_id"),
        ({"client_secret": ""}, "client_secret"),
        ({"data_centre": "moon"}, "data_centre"),
        ({"api_host": "api.example.com"}, "api_host"),
        ({"api_host": "http://api.example.com"}, "api_host"),
        ({"app_host": "ftp://app.example.com"}, "app_host"),
        ({"app_host": ""}, "app_host"),
        ({"authority": "no certificate"}, "authority"),
    ],
)
def test_settings_that_make_no_sense(values: dict[str, str], field: str) -> None:
    settings = {
        "client_id": "a",
        "data_centre": "own",
        "api_host": "https://api.example.com",
        "app_host": "https://app.example.com",
    }
    made = entered(settings | values)
    with pytest.raises(ConnectorError) as caught:
        registry.connect("cronofy", made, Surroundings(clock=lambda: utc(1, 1)))
    assert caught.value.diagnosis is not None
    assert caught.value.diagnosis.reason == "cronofy_settings"
    assert caught.value.diagnosis.params == {"field": field}


def entered(values: dict[str, str]) -> Any:
    secret = values.pop("client_secret", "s3cret")
    return ConnectionSettings(values=values, secrets={"client_secret": secret})


@pytest.mark.parametrize(
    ("centre", "api"),
    [
        ("", "https://api.cronofy.com/"),
        ("us", "https://api.cronofy.com/"),
        *((one, f"https://api-{one}.cronofy.com/") for one in ("au", "ca", "de", "sg", "uk")),
    ],
)
async def test_each_data_centre_has_its_host(centre: str, api: str) -> None:
    settings = entered({"client_id": "a", "data_centre": centre})
    connector = cronofy.connect(
        settings, Surroundings(clock=lambda: utc(1, 1), tokens=MemoryTokens())
    )
    assert str(connector._client.application.api).rstrip("/") == api.rstrip("/")
    await connector.aclose()


def test_each_reason_is_provoked_by_a_test() -> None:
    sources = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    provoked = {f"cronofy_{expected}" for _, expected, _, _ in CASES}
    assert [one for one in REASONS if one not in provoked and f'"{one}"' not in sources] == []
