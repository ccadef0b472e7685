"""A simulated company in Microsoft 365."""

from __future__ import annotations

from collections.abc import AsyncIterator

import graphbench
import pytest


@pytest.fixture
async def office() -> AsyncIterator[graphbench.Office]:
    async with graphbench.office() as one:
        yield one
