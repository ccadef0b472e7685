"""One simulated Cronofy for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from cronofystage import CronofyStage, serving


@pytest.fixture
async def stage(closed_port: int) -> AsyncIterator[CronofyStage]:
    async with serving(closed_port) as stage:
        yield stage
