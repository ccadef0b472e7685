"""The contract of connectors that are told of changes, as tests; see `connectors.contract`."""

from __future__ import annotations

from abc import ABC, abstractmethod

import pytest

from roomdisplay.connectors.base import CalendarGoneError, Connector, Picture, Push
from roomdisplay.connectors.contract import PLAIN, WINDOW, ZONE, Stage, berlin, event, read_all, utc
from roomdisplay.connectors.push import (
    Hook,
    HookAnswer,
    HookedConnector,
    HookRequest,
    SignalKind,
    Watch,
)

OTHER = event("other", berlin("20261124T100000"), berlin("20261124T110000"))


class HookStage(Stage, ABC):
    """What the tests of a service that posts signals give to the contract."""

    @abstractmethod
    async def hook(self) -> Hook:
        """An address that the service can reach, answered by the service's `answer_hook`."""

    @abstractmethod
    async def told(self) -> list[HookRequest]:
        """What was posted to it since the last call, at least one; waits for it."""

    @abstractmethod
    def answer(self, request: HookRequest, hook: Hook) -> HookAnswer:
        """The service's `answer_hook` with this connection's settings."""

    @abstractmethod
    def forged(self, request: HookRequest, hook: Hook) -> list[HookRequest]:
        """What an attacker, who knows the hook's address alone, would post in its place."""

    @abstractmethod
    async def lose_watch(self, watch: Watch) -> None:
        """Let the service forget what it agreed to."""

    @abstractmethod
    async def mute(self) -> None:
        """Let the service post nothing from now on."""


class HookContract:
    """Inherit from it beside `ConnectorContract`; the fixture `stage` is a `HookStage`."""

    async def test_a_change_is_told(self, stage: HookStage) -> None:
        """Watch, change, hear of it; doubled or late it says the same."""
        await stage.put({"plain": PLAIN})
        connector, hook = await _hooked(stage), await stage.hook()
        await connector.watch(await stage.address(), hook)
        await stage.put({"plain": PLAIN, "other": OTHER})
        requests = await stage.told()
        for request in [*requests, *reversed(requests)]:
            answer = stage.answer(request, hook)
            assert answer.status in {200, 202}
        kinds = {
            signal.kind for request in requests for signal in stage.answer(request, hook).signals
        }
        assert kinds == {SignalKind.CHANGED}

    async def test_forged_signals_say_nothing(self, stage: HookStage) -> None:
        """Whoever found the address out cannot make us do anything."""
        await stage.put({"plain": PLAIN})
        connector, hook = await _hooked(stage), await stage.hook()
        await connector.watch(await stage.address(), hook)
        await stage.put({"plain": PLAIN, "other": OTHER})
        request = (await stage.told())[-1]
        forged = stage.forged(request, hook)
        assert len(forged) > 1
        for one in forged:
            assert stage.answer(one, hook).signals == ()

    async def test_a_lost_signal_loses_nothing(self, stage: HookStage) -> None:
        """What was not told is still read."""
        await stage.put({"plain": PLAIN})
        connector, hook = await _hooked(stage), await stage.hook()
        await connector.watch(await stage.address(), hook)
        first = await read_all(stage, connector=connector)
        await stage.mute()
        await stage.put({"plain": PLAIN, "other": OTHER})
        answer = await connector.read(await stage.address(), WINDOW, first.cursor, zone=ZONE)
        assert isinstance(answer, Picture)
        assert [one.start for one in answer.occurrences] == [utc(23, 9), utc(24, 9)]

    async def test_a_watch_is_renewed_until_it_is_lost(self, stage: HookStage) -> None:
        """A watch that the service forgot is to be made anew, and then works."""
        await stage.put({"plain": PLAIN})
        address, connector, hook = await stage.address(), await _hooked(stage), await stage.hook()
        watch = await connector.watch(address, hook)
        watch = await connector.renew(address, watch, hook)
        await stage.lose_watch(watch)
        with pytest.raises(CalendarGoneError):
            await connector.renew(address, watch, hook)
        watch = await connector.watch(address, hook)
        for _ in range(2):
            await connector.unwatch(address, watch)


async def _hooked(stage: Stage) -> HookedConnector:
    connector: Connector = await stage.connector()
    assert connector.capabilities.push is Push.HOOKS
    assert isinstance(connector, HookedConnector)
    return connector
