"""Subscriptions over the simulated service: what is asked for, and what becomes of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest
from graphbench import ROOM, GraphStage, Office

from roomdisplay.connectors.base import (
    CalendarGoneError,
    ConnectorError,
    PermissionMissingError,
    UnavailableError,
)
from roomdisplay.connectors.contract import utc
from roomdisplay.connectors.push import Hook, SignalKind, Watch


@pytest.fixture
async def stage(office: Office, closed_port: int) -> AsyncIterator[GraphStage]:
    async with AsyncExitStack() as stack:
        yield GraphStage(office, closed_port, stack)


async def test_three_days_are_asked_for_and_renewed(office: Office, stage: GraphStage) -> None:
    connector, hook = office.connector(), await stage.hook()
    watch = await connector.watch(ROOM, hook)
    (held,) = office.simulator.subscriptions.held.values()
    assert watch.id == held.id
    assert watch.expires_at is not None
    left = watch.expires_at - office.clock()
    assert timedelta(days=2, hours=23) < left <= timedelta(days=3)
    assert (held.client_state, held.url, held.lifecycle_url) == (hook.secret, hook.url, hook.url)
    assert held.immutable
    office.clock.now += timedelta(days=1)
    renewed = await connector.renew(ROOM, watch, hook)
    assert renewed.id == watch.id
    assert renewed.expires_at is not None
    assert renewed.expires_at - watch.expires_at > timedelta(hours=23)


async def test_one_of_before_makes_way(office: Office, stage: GraphStage) -> None:
    hook = await stage.hook()
    first = await office.connector().watch(ROOM, hook)
    second = await office.connector().watch(ROOM, hook)
    assert list(office.simulator.subscriptions.held) == [second.id]
    assert first.id != second.id


async def test_the_life_cycle_is_heard(office: Office, stage: GraphStage) -> None:
    connector, hook = office.connector(), await stage.hook()
    watch = await connector.watch(ROOM, hook)
    held = office.simulator.subscriptions.held[watch.id]
    for event, kind in (
        ("reauthorizationRequired", SignalKind.RENEW),
        ("missed", SignalKind.CHANGED),
        ("subscriptionRemoved", SignalKind.LOST),
    ):
        await office.simulator.subscriptions.lifecycle(held, event)
        (request,) = await stage.told()
        assert [one.kind for one in stage.answer(request, hook).signals] == [kind]
    with pytest.raises(CalendarGoneError):
        await connector.renew(ROOM, watch, hook)


async def test_changes_doubled_and_out_of_order_say_no_more(
    office: Office, stage: GraphStage
) -> None:
    connector, hook = office.connector(), await stage.hook()
    await connector.watch(ROOM, hook)
    office.simulator.notices.held = []
    uid = office.invite(utc(23, 10), utc(23, 11))
    office.organisation.cancel(uid)
    office.simulator.notices.copies = 2
    office.simulator.notices.release(reverse=True)
    for request in await stage.told():
        assert [one.kind for one in stage.answer(request, hook).signals] == [SignalKind.CHANGED]


async def test_where_roles_of_exchange_do_not_suffice(office: Office, stage: GraphStage) -> None:
    office.simulator.subscriptions.need_consent = True
    with pytest.raises(PermissionMissingError) as caught:
        await office.connector().watch(ROOM, await stage.hook())
    assert caught.value.diagnosis is not None
    assert caught.value.diagnosis.reason == "office365_push_refused"
    assert caught.value.diagnosis.params == {"room": ROOM}


async def test_an_address_that_nobody_reaches(office: Office, closed_port: int) -> None:
    hook = Hook(url=f"http://127.0.0.1:{closed_port}/hooks/x", secret="s")
    with pytest.raises(UnavailableError) as caught:
        await office.connector().watch(ROOM, hook)
    assert caught.value.diagnosis is not None
    assert caught.value.diagnosis.reason == "office365_hook_unreachable"
    assert office.simulator.subscriptions.held == {}


async def test_a_service_that_fails_is_no_refusal(office: Office, stage: GraphStage) -> None:
    connector, hook = office.connector(), await stage.hook()
    watch = await connector.watch(ROOM, hook)
    office.simulator.faults.order("subscriptions", status=503, times=3)
    with pytest.raises(UnavailableError):
        await connector.watch(ROOM, hook)
    with pytest.raises(UnavailableError):
        await connector.renew(ROOM, watch, hook)
    with pytest.raises(UnavailableError):
        await connector.unwatch(ROOM, watch)


async def test_an_id_cannot_lead_elsewhere(office: Office, stage: GraphStage) -> None:
    with pytest.raises(ConnectorError):
        await office.connector().renew(ROOM, Watch(id="../users/x?y"), await stage.hook())
    assert not any(one.startswith("PATCH /v1.0/users") for one in office.simulator.requests)
