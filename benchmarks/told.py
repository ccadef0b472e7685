"""Processes that are told what to do: a line for each order, and a JSON object for each answer."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Self

from benchmarks.programs import BenchmarkError


class Told:
    """A module of the benchmarks that runs as a process of its own; ended with the context."""

    def __init__(self, log: Path, module: str, *arguments: str) -> None:
        self._log = log.open("wb")
        self._module = module
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """The process's."""
        return self._process.pid

    def answer(self) -> dict[str, Any]:
        """What it says next.

        Raises:
            BenchmarkError: it ended, or says that it cannot do what it was told.
        """
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            said = Path(self._log.name).read_text(errors="replace")[-2000:]
            raise BenchmarkError(f"{self._module} ended:\n{said}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise BenchmarkError(str(answer["error"]))
        return answer

    def order(self, order: str) -> None:
        """Give an order, and wait for nothing."""
        assert self._process.stdin is not None
        self._process.stdin.write(order + "\n")
        self._process.stdin.flush()

    def tell(self, order: str) -> dict[str, Any]:
        """Give an order and wait until it is carried out.

        Raises:
            BenchmarkError: it cannot be.
        """
        self.order(order)
        return self.answer()

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()


def say(**answer: object) -> None:
    """Answer in one line, in the process that was told."""
    print(json.dumps(answer), flush=True)


async def orders() -> AsyncIterator[str]:
    """The lines of standard input, in the process that is told, until it is closed."""
    lines = asyncio.StreamReader(limit=1 << 20)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(lines), sys.stdin
    )
    while line := (await lines.readline()).decode().strip():
        yield line
