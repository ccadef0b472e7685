"""Tokens that rotate: nothing is lost with an answer, and nobody exchanges one twice."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta

import msgspec
import pytest
from cronofystage import ROOM, CronofyStage, pack
from simulators.cronofy.grants import Rotation

from roomdisplay.connectors.base import (
    AuthorizationNeededError,
    ConnectorError,
    CredentialsRejectedError,
    MemoryTokens,
    Picture,
    UnavailableError,
)
from roomdisplay.connectors.contract import PLAIN, WINDOW, ZONE
from roomdisplay.connectors.cronofy.tokens import SERVICE, Tokens

TOKEN = "POST /oauth/token$"


class Watched(MemoryTokens):
    """A store that tells what is written, and may fail or lag."""

    def __init__(self, kept: dict[str, bytes]) -> None:
        super().__init__(kept)
        self.written: list[tuple[str, bytes | None]] = []
        self.broken = False

    async def write(self, subject: str, value: bytes | None) -> None:
        await asyncio.sleep(0)
        if self.broken:
            raise OSError("the disk is full")
        self.written.append((subject, value))
        await super().write(subject, value)


def reason(error: ConnectorError) -> str:
    assert error.diagnosis is not None
    return error.diagnosis.reason


async def test_many_at_once_exchange_once(stage: CronofyStage) -> None:
    await stage.put({"plain": PLAIN})
    stage.simulator.grants.expire_access_tokens()
    stage.simulator.faults.order(TOKEN, delay=0.05, times=99)
    connectors = [stage.made() for _ in range(3)]
    answers = await asyncio.gather(
        *(connectors[n % 3].read(ROOM, WINDOW, zone=ZONE) for n in range(9))
    )
    assert all(isinstance(one, Picture) and len(one.occurrences) == 1 for one in answers)
    assert stage.simulator.faults.taken == ["POST /oauth/token"]


async def test_the_new_token_is_stored_before_it_is_used(stage: CronofyStage) -> None:
    store = Watched(stage.tokens.kept)
    stage.clock.now += timedelta(hours=1)
    store.broken = True
    connector = stage.made(store)
    with pytest.raises(OSError, match="full"):
        await connector.read(ROOM, WINDOW, zone=ZONE)
    store.broken = False  # the exchange is repeated with what is stored: it was never used
    assert isinstance(await connector.read(ROOM, WINDOW, zone=ZONE), Picture)
    assert [subject for subject, _ in store.written] == [ROOM]


async def test_a_token_is_renewed_before_it_is_too_old(stage: CronofyStage) -> None:
    before = await stage.kept(ROOM)
    connector = stage.made()
    await connector.read(ROOM, WINDOW, zone=ZONE)
    assert await stage.kept(ROOM) == before
    stage.clock.now += timedelta(minutes=51)
    await connector.read(ROOM, WINDOW, zone=ZONE)
    after = await stage.kept(ROOM)
    assert after.former == before.refresh
    assert after.access != before.access
    assert after.renew_at is not None
    assert after.renew_at - stage.clock.now == timedelta(minutes=59)


@pytest.mark.parametrize("how", ["lost", "drop"])
async def test_a_lost_answer_loses_nothing(stage: CronofyStage, how: str) -> None:
    stage.simulator.grants.expire_access_tokens()
    stage.simulator.faults.order(TOKEN, **{how: True})
    with pytest.raises(UnavailableError):
        await stage.made().read(ROOM, WINDOW, zone=ZONE)
    assert isinstance(await stage.made().read(ROOM, WINDOW, zone=ZONE), Picture)


@pytest.mark.parametrize("seed", range(4))
async def test_no_order_of_losses_loses_a_room(stage: CronofyStage, seed: int) -> None:
    rng = random.Random(seed)
    stage.simulator.rate_limit = None
    for _ in range(12):
        match rng.randrange(4):
            case 0:
                stage.simulator.grants.expire_access_tokens()
            case 1:
                stage.simulator.faults.order(TOKEN, lost=True, times=rng.randrange(1, 3))
            case 2:
                stage.simulator.faults.order(TOKEN, status=503)
            case 3:
                stage.clock.now += timedelta(minutes=55)
        try:
            await stage.made().read(ROOM, WINDOW, zone=ZONE)
        except UnavailableError:
            continue
    stage.simulator.faults.clear()
    assert isinstance(await stage.made().read(ROOM, WINDOW, zone=ZONE), Picture)


async def test_the_former_token_stands_by(stage: CronofyStage) -> None:
    good = await stage.kept(ROOM)
    spoilt = msgspec.structs.replace(good, access="old", refresh="lost", former=good.refresh)
    stage.tokens.kept[ROOM] = msgspec.json.encode(spoilt)
    assert isinstance(await stage.made().read(ROOM, WINDOW, zone=ZONE), Picture)
    assert (await stage.kept(ROOM)).former == good.refresh


async def test_a_room_whose_answer_is_lost_for_good_is_asked_for_anew(stage: CronofyStage) -> None:
    stage.simulator.grants.rotation = Rotation.AT_ONCE
    stage.simulator.grants.expire_access_tokens()
    await stage.made().check()
    stage.simulator.faults.order(TOKEN, lost=True)
    connector = stage.made()
    with pytest.raises(UnavailableError):
        await connector.read(ROOM, WINDOW, zone=ZONE)
    with pytest.raises(AuthorizationNeededError) as caught:
        await connector.read(ROOM, WINDOW, zone=ZONE)
    assert reason(caught.value) == "cronofy_room_revoked"


async def test_a_service_account_whose_answer_is_lost_for_good(stage: CronofyStage) -> None:
    stage.simulator.grants.rotation = Rotation.AT_ONCE
    stage.simulator.grants.expire_access_tokens()
    stage.simulator.faults.order(TOKEN, lost=True)
    connector = stage.made()
    with pytest.raises(UnavailableError):
        await connector.list_calendars()
    with pytest.raises(CredentialsRejectedError) as caught:
        await connector.list_calendars()
    assert reason(caught.value) == "cronofy_reconnect"


async def test_a_room_that_was_revoked_alone(stage: CronofyStage) -> None:
    stage.simulator.revoke(ROOM)
    with pytest.raises(AuthorizationNeededError) as caught:
        await stage.made().read(ROOM, WINDOW, zone=ZONE)
    assert reason(caught.value) == "cronofy_room_revoked"


async def test_a_wrong_client_secret_keeps_the_tokens(stage: CronofyStage) -> None:
    before = dict(stage.tokens.kept)
    stage.simulator.grants.expire_access_tokens()
    connector = stage.made(client_secret="another")
    for work in (connector.check(), connector.read(ROOM, WINDOW, zone=ZONE)):
        with pytest.raises(CredentialsRejectedError) as caught:
            await work
        assert reason(caught.value) == "cronofy_client_rejected"
        assert "another" not in caught.value.detail
    assert stage.tokens.kept == before


async def test_a_check_uses_up_nothing(stage: CronofyStage) -> None:
    before = dict(stage.tokens.kept)
    await stage.made().check()
    assert stage.tokens.kept == before
    with pytest.raises(CredentialsRejectedError):
        await stage.made(client_secret="another").check()


async def test_another_process_was_faster(stage: CronofyStage) -> None:
    """Its exchange is used, although ours was refused."""
    newer = pack(stage.simulator.open(ROOM), stage.clock.now)
    stale = msgspec.json.encode(Tokens(refresh="exchanged elsewhere"))

    class Late(MemoryTokens):
        reads = 0

        async def read(self, subject: str) -> bytes | None:
            self.reads += subject == ROOM
            return newer if self.reads > 2 else stale

    assert isinstance(await stage.made(Late()).read(ROOM, WINDOW, zone=ZONE), Picture)


async def test_nobody_reads_with_the_service_accounts_token(stage: CronofyStage) -> None:
    for address in (SERVICE, f" {SERVICE.upper()} ", "", "room"):
        with pytest.raises(AuthorizationNeededError):
            await stage.made().read(address, WINDOW, zone=ZONE)
    assert not stage.simulator.faults.taken


async def test_what_was_stored_badly_is_none(stage: CronofyStage) -> None:
    stage.tokens.kept[ROOM] = b"\xff nonsense"
    with pytest.raises(AuthorizationNeededError):
        await stage.made().read(ROOM, WINDOW, zone=ZONE)
    stage.tokens.kept.clear()
    with pytest.raises(CredentialsRejectedError) as caught:
        await stage.made().list_calendars()
    assert reason(caught.value) == "cronofy_not_connected"


async def test_tokens_are_in_no_repr(stage: CronofyStage) -> None:
    kept = await stage.kept(ROOM)
    connector = stage.made()
    await connector.read(ROOM, WINDOW, zone=ZONE)
    shown = f"{connector!r} {connector._client.application!r} {kept!r}"
    assert kept.access not in shown
    assert kept.refresh not in shown
    assert stage.simulator.application.client_secrets[0] not in shown
