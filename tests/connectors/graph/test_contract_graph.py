"""The connectors' contract over Microsoft Graph as it is simulated."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from graphbench import GraphStage, Office

from roomdisplay.connectors.contract import ConnectorContract
from roomdisplay.connectors.contract_faults import FaultContract
from roomdisplay.connectors.contract_push import HookContract
from roomdisplay.connectors.contract_writing import WritingContract


class TestGraph(ConnectorContract, FaultContract, WritingContract, HookContract):
    @pytest.fixture
    async def stage(self, office: Office, closed_port: int) -> AsyncIterator[GraphStage]:
        async with AsyncExitStack() as stack:
            yield GraphStage(office, closed_port, stack)
