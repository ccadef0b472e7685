"""All contracts of connectors over a simulated Cronofy."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from cronofystage import CronofyStage, serving

from roomdisplay.connectors.contract import ConnectorContract
from roomdisplay.connectors.contract_faults import FaultContract
from roomdisplay.connectors.contract_push import HookContract
from roomdisplay.connectors.contract_writing import WritingContract


class TestCronofy(ConnectorContract, FaultContract, WritingContract, HookContract):
    @pytest.fixture
    async def stage(self, closed_port: int) -> AsyncIterator[CronofyStage]:
        async with serving(closed_port) as stage:
            yield stage
