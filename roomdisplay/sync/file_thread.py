"""One thread for each database file: what is done to it is done in order, even if nobody waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class FileThread:
    """Runs the work on one file, one piece after another, off the loop.

    Whoever waits may be cancelled; the work is done all the same, and the next piece waits for it.
    One sync to a memory card may take seconds.
    """

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    async def do(self, work: Callable[[], T]) -> T:
        """Do `work`, after all that was asked for before."""
        return await asyncio.shield(asyncio.wrap_future(self._pool.submit(work)))

    async def end(self, last: Callable[[], None]) -> None:
        """Do one last thing; nothing can be done afterwards."""
        await self.do(last)
        self._pool.shutdown(wait=False)
