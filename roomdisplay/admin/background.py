"""Work beside the readings: one task for each thing, a few at a time, none twice."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

_log = logging.getLogger(__name__)


class Tasks:
    """Runs what is begun, and forgets it when it ends."""

    def __init__(self, at_once: int) -> None:
        self._running: dict[str, asyncio.Task[None]] = {}
        self._turns = asyncio.Semaphore(at_once)

    def __contains__(self, name: str) -> bool:
        """Whether it is under way."""
        return name in self._running

    def begin(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Do `work` when it is its turn; `name` must not be under way."""
        task = asyncio.create_task(self._do(work), name=name)
        self._running[name] = task
        task.add_done_callback(lambda _: self._running.pop(name, None))

    async def settle(self) -> None:
        """Wait for all that is under way."""
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def aclose(self) -> None:
        """Give up what is under way; what is due stands in the store."""
        for task in self._running.values():
            task.cancel()
        await self.settle()

    async def _do(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            async with self._turns:
                await work
        except Exception as error:  # noqa: BLE001 - one calendar's surprise must not reach the others
            # Neither message nor traceback: they could quote the service's answer.
            _log.error("work in the background failed: %s", type(error).__qualname__)
        finally:
            work.close()
