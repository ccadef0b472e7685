"""From the window to a room that can be read: codes, callbacks, and who forges or loses them."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from cronofystage import ACCOUNT, BACK_AT, ROOM, CronofyStage
from simulators.cronofy import scopes
from simulators.cronofy.grants import Grant
from simulators.cronofy.outbox import Spoiling

from roomdisplay.connectors import cronofy
from roomdisplay.connectors.base import (
    AuthorizationNeededError,
    ConnectionSettings,
    ConnectorError,
    CredentialsRejectedError,
    MalformedAnswerError,
    PermissionMissingError,
    Picture,
    Surroundings,
    UnavailableError,
)
from roomdisplay.connectors.contract import PLAIN, WINDOW, ZONE
from roomdisplay.connectors.cronofy.tokens import SERVICE
from roomdisplay.connectors.push import Hook, Signal, SignalKind


def reason(error: ConnectorError) -> str:
    assert error.diagnosis is not None
    return error.diagnosis.reason


async def signals(stage: CronofyStage, hook: Hook) -> list[Signal]:
    """All that the posted requests say, forgeries included."""
    return [one for told in await stage.told() for one in stage.answer(told, hook).signals]


async def asked(stage: CronofyStage) -> tuple[Hook, list[Signal]]:
    stage.tokens.kept.pop(ROOM, None)
    hook = await stage.hook()
    await stage.made().authorize([(ROOM, hook)])
    return hook, await signals(stage, hook)


async def test_a_room_is_opened(stage: CronofyStage) -> None:
    await stage.put({"plain": PLAIN})
    hook, (signal,) = await asked(stage)
    assert signal.kind is SignalKind.AUTHORIZED
    connector = stage.made()
    await connector.redeem(ROOM, signal.code, hook)
    picture = await connector.read(ROOM, WINDOW, zone=ZONE)
    assert isinstance(picture, Picture)
    assert len(picture.occurrences) == 1
    assert (await stage.kept(ROOM)).redirect_uri == hook.url


async def test_a_doubled_callback_changes_nothing(stage: CronofyStage) -> None:
    stage.simulator.outbox.order("authorization", Spoiling(copies=3))
    hook, found = await asked(stage)
    assert len(found) == 3
    for signal in found:
        await stage.made().redeem(ROOM, signal.code, hook)
    assert isinstance(await stage.made().read(ROOM, WINDOW, zone=ZONE), Picture)


async def test_a_forged_callback_says_nothing(stage: CronofyStage) -> None:
    stage.simulator.outbox.order("authorization", Spoiling(forged=True))
    hook, (signal,) = await asked(stage)
    assert signal.code != "0" * 32
    await stage.made().redeem(ROOM, signal.code, hook)


async def test_callbacks_out_of_order(stage: CronofyStage) -> None:
    hook, (first,) = await asked(stage)
    _, (second,) = await asked(stage)
    connector = stage.made()
    await connector.redeem(ROOM, second.code, hook)
    await connector.redeem(ROOM, first.code, hook)
    await connector.redeem(ROOM, first.code, hook)
    assert isinstance(await connector.read(ROOM, WINDOW, zone=ZONE), Picture)


async def test_a_code_of_somebody_elses_is_not_taken(stage: CronofyStage) -> None:
    hook, _ = await asked(stage)
    with pytest.raises(AuthorizationNeededError) as caught:
        await stage.made().redeem(ROOM, "0" * 32, hook)
    assert reason(caught.value) == "cronofy_code_refused"
    with pytest.raises(AuthorizationNeededError):
        await stage.made().read(ROOM, WINDOW, zone=ZONE)


async def test_a_code_that_went_to_another_hook(stage: CronofyStage) -> None:
    _, (signal,) = await asked(stage)
    with pytest.raises(AuthorizationNeededError):
        await stage.made().redeem(ROOM, signal.code, Hook(url="https://x.example/", secret="x"))


async def test_an_exchange_whose_answer_is_lost(stage: CronofyStage) -> None:
    """The code is used up: the room is asked for anew, and nothing else is lost."""
    hook, (signal,) = await asked(stage)
    stage.simulator.faults.order("POST /oauth/token", lost=True)
    with pytest.raises(UnavailableError):
        await stage.made().redeem(ROOM, signal.code, hook)
    with pytest.raises(AuthorizationNeededError):
        await stage.made().redeem(ROOM, signal.code, hook)
    hook, (signal,) = await asked(stage)
    await stage.made().redeem(ROOM, signal.code, hook)
    assert isinstance(await stage.made().read(ROOM, WINDOW, zone=ZONE), Picture)


async def test_while_an_answer_is_awaited(stage: CronofyStage) -> None:
    stage.tokens.kept.pop(ROOM)
    with pytest.raises(AuthorizationNeededError) as caught:
        await stage.made().read(ROOM, WINDOW, zone=ZONE)
    assert reason(caught.value) == "cronofy_room_not_authorized"
    stage.simulator.outbox.muted = True
    await stage.made().authorize([(ROOM, await stage.hook())])
    for minutes, expected in ((1, "cronofy_room_pending"), (1500, "cronofy_callback_unheard")):
        stage.clock.now += timedelta(minutes=minutes)
        stage.connect_service()
        with pytest.raises(AuthorizationNeededError) as caught:
            await stage.made().read(ROOM, WINDOW, zone=ZONE)
        assert reason(caught.value) == expected
    assert caught.value.diagnosis is not None
    assert caught.value.diagnosis.params == {"minutes": "1501"}


async def test_a_room_that_is_refused(stage: CronofyStage) -> None:
    stage.simulator.authorisations.refuse("board@", "access_denied", "No rights")
    _, (signal,) = await asked(stage)
    assert (signal.kind, signal.words) == (SignalKind.REFUSED, "No rights")
    assert signal.diagnosis is not None
    assert signal.diagnosis.reason == "cronofy_room_refused"


async def test_a_scope_that_was_not_delegated(stage: CronofyStage) -> None:
    stage.connect_service(delegated=frozenset({"read_events"}))
    _, (signal,) = await asked(stage)
    assert signal.diagnosis is not None
    assert signal.diagnosis.reason == "cronofy_scope_refused"


async def test_many_rooms_fifty_at_a_time(stage: CronofyStage) -> None:
    stage.simulator.faults.order("service_account_authorizations", times=99, delay=0.0)
    hooks = {}
    for number in range(120):
        address = f"room{number}@example.com"
        stage.organisation.add_room(address, f"Room {number}")
        url = f"{stage.callback}/hooks/{number}"
        hooks[address] = Hook(url=url, secret=f"nonce-{number}")
    await stage.made().authorize(list(hooks.items()))
    assert len(stage.simulator.faults.taken) == 3
    await stage.simulator.settled()
    codes: dict[str, str] = {}
    for request in await stage.told():
        for address, hook in hooks.items():
            for one in stage.answer(request, hook).signals:
                codes[address] = one.code
    assert len(set(codes.values())) == 120
    await stage.made().redeem(
        "room7@example.com", codes["room7@example.com"], hooks["room7@example.com"]
    )
    assert (
        stage.simulator.account("room7@example.com").id
        == (await stage.kept("room7@example.com")).sub
    )


async def test_an_address_that_is_not_taken_keeps_no_other(stage: CronofyStage) -> None:
    stage.tokens.kept.pop(ROOM)
    hook = await stage.hook()
    stage.simulator.faults.order("service_account_auth", status=422, body={"errors": {"email": []}})
    stage.simulator.faults.order("service_account_auth", status=422, body={"errors": {"email": []}})
    await stage.made().authorize([("odd@@example.com", hook), (ROOM, hook)])
    (signal,) = await signals(stage, hook)
    assert signal.kind is SignalKind.AUTHORIZED
    with pytest.raises(AuthorizationNeededError) as caught:
        await stage.made().read("odd@@example.com", WINDOW, zone=ZONE)
    assert reason(caught.value) == "cronofy_room_refused"
    stage.simulator.faults.order("service_account_auth", status=422, body={"errors": {"email": []}})
    with pytest.raises(MalformedAnswerError, match="odd@@"):
        await stage.made().authorize([("odd@@example.com", hook)])


@pytest.mark.parametrize(
    "url",
    [
        "http://admin.example.com/hooks/x",
        "https://localhost/hooks/x",
        "https://admin/hooks/x",
        "https://admin.corp.local/hooks/x",
        "https://192.168.1.5/hooks/x",
        "https://[fd00::1]/hooks/x",
    ],
)
async def test_a_callback_that_the_internet_cannot_reach(stage: CronofyStage, url: str) -> None:
    connector = stage.made(data_centre="de")
    with pytest.raises(PermissionMissingError) as caught:
        await connector.authorize([(ROOM, Hook(url=url, secret="x"))])
    assert reason(caught.value) == "cronofy_callback_unreachable"


@pytest.mark.parametrize(("spoilt", "expected"), [("plan", "plan"), ("scope", "scope_missing")])
async def test_what_the_company_did_not_pay_for(
    stage: CronofyStage, spoilt: str, expected: str
) -> None:
    if spoilt == "plan":
        stage.simulator.application.plan = "starter"
    else:
        stage.connect_service(scope=frozenset({scopes.ELEVATE_RESOURCES}))
    with pytest.raises(PermissionMissingError) as caught:
        await stage.made().authorize([(ROOM, await stage.hook())])
    assert reason(caught.value) == f"cronofy_{expected}"


def code_for(stage: CronofyStage, redirect_uri: str = BACK_AT) -> str:
    """What the window sends the browser back with."""
    grant = Grant(
        subject=stage.simulator.directory.service_accounts[ACCOUNT],
        scope=scopes.OF_SERVICE_ACCOUNTS,
        delegated=scopes.OF_ACCOUNTS,
    )
    return stage.simulator.grants.code(grant, redirect_uri)


async def redeem(stage: CronofyStage, code: str, redirect_uri: str = BACK_AT) -> None:
    await cronofy.redeem_authorization(
        stage.settings(),
        Surroundings(clock=stage.clock, tokens=stage.tokens),
        code=code,
        redirect_uri=redirect_uri,
    )


async def test_the_way_back_from_the_window(stage: CronofyStage) -> None:
    stage.tokens.kept.clear()
    await redeem(stage, code_for(stage))
    listed = await stage.made().list_calendars()
    assert [(one.address, one.name, one.group, one.capacity) for one in listed] == [
        (ROOM, "Board room", "North", 12)
    ]
    assert (await stage.kept(SERVICE)).redirect_uri == BACK_AT


@pytest.mark.parametrize("wrong", ["code", "uri"])
async def test_a_code_of_the_window_that_is_not_taken(stage: CronofyStage, wrong: str) -> None:
    before = dict(stage.tokens.kept)
    code = "0" * 32 if wrong == "code" else code_for(stage, "https://other.example.com/")
    with pytest.raises(CredentialsRejectedError) as caught:
        await redeem(stage, code)
    assert reason(caught.value) == "cronofy_code_refused"
    assert code not in caught.value.detail
    assert stage.tokens.kept == before


async def test_a_single_mailbox_was_linked(stage: CronofyStage) -> None:
    before = dict(stage.tokens.kept)
    account = stage.simulator.account(ROOM)
    grant = Grant(subject=account, scope=scopes.OF_ACCOUNTS)
    with pytest.raises(CredentialsRejectedError) as caught:
        await redeem(stage, stage.simulator.grants.code(grant, BACK_AT))
    assert reason(caught.value) == "cronofy_not_a_service_account"
    assert stage.tokens.kept == before


async def test_reconnecting_keeps_the_rooms(stage: CronofyStage) -> None:
    stage.simulator.revoke(ACCOUNT)
    with pytest.raises(CredentialsRejectedError):
        await stage.made().check()
    await redeem(stage, code_for(stage))
    await stage.made().check()
    assert isinstance(await stage.made().read(ROOM, WINDOW, zone=ZONE), Picture)


def test_where_the_browser_is_sent() -> None:
    settings = ConnectionSettings(
        values={"client_id": "a b&c", "data_centre": "de"}, secrets={"client_secret": "s3cret"}
    )
    url = cronofy.authorization_url(settings, redirect_uri=BACK_AT, state="st&te")
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc) == ("https", "app-de.cronofy.com")
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert query["client_id"] == "a b&c"
    assert query["state"] == "st&te"
    assert query["redirect_uri"] == BACK_AT
    assert query["response_type"] == "code"
    assert set(query["scope"].split()) == scopes.OF_SERVICE_ACCOUNTS
    assert set(query["delegated_scope"].split()) <= scopes.OF_ACCOUNTS
    assert "s3cret" not in url
    less = ConnectionSettings(
        values={**settings.values, "room_access": "booked"}, secrets=settings.secrets
    )
    url = cronofy.authorization_url(less, redirect_uri=BACK_AT, state="st&te")
    assert "unrestricted_access" not in url
    assert "resources%2Fmanage" in url
