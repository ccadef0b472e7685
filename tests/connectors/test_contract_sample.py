"""The reading contract over the sample building."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from roomdisplay.connectors import registry
from roomdisplay.connectors.base import ConnectionSettings, Connector, Surroundings
from roomdisplay.connectors.contract import ReadingContract, ReadingStage
from roomdisplay.connectors.sample.building import BUILDING


class SampleStage(ReadingStage):
    def __init__(self, room: str) -> None:
        self._room = room

    async def connector(self) -> Connector:
        now = datetime(2026, 11, 23, tzinfo=UTC)
        return registry.connect("sample", ConnectionSettings(), Surroundings(clock=lambda: now))

    async def address(self) -> str:
        return self._room

    async def fill(self) -> None:
        assert any(room.address == self._room for room in BUILDING), "its days are always full"


class TestSample(ReadingContract):
    @pytest.fixture(params=[room.address for room in BUILDING if room.entries or room.all_day])
    def stage(self, request: pytest.FixtureRequest) -> ReadingStage:
        return SampleStage(request.param)
