"""The demo's display: a process of its own, as on the wall."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from roomdisplay.demo.options import DemoOptions

_PATIENCE = 5.0
"""Seconds a display gets to close its files before it is ended."""


class Screen:
    """Starts the display, hears the codes it shows, and ends it; an async context manager."""

    def __init__(self, options: DemoOptions, state_dir: Path, port: int) -> None:
        self._options = options
        self._state_dir = state_dir
        self._port = port
        self._process: asyncio.subprocess.Process | None = None
        self._codes: asyncio.Queue[str] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        environment = dict(os.environ)
        if self._options.screenshot is not None or not can_open_a_window():
            environment |= {"QT_QPA_PLATFORM": "offscreen", "QT_QUICK_BACKEND": "software"}
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "roomdisplay.demo.glass", *self._arguments(),
            env=environment, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process is not None
        if self._process.returncode is None:
            self._process.terminate()
            try:
                async with asyncio.timeout(_PATIENCE):
                    await self._process.wait()
            except TimeoutError:
                self._process.kill()
                await self._process.wait()

    async def code(self) -> str:
        """The next pairing code that stands on the glass."""
        return await self._codes.get()

    async def ended(self) -> int:
        """Wait until somebody closes the window; the display's exit code."""
        assert self._process is not None
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            with contextlib.suppress(UnicodeDecodeError):
                self._codes.put_nowait(line.decode("ascii").strip())
        return await self._process.wait()

    def _arguments(self) -> list[str]:
        options = self._options
        width, height = options.size
        arguments = [
            "--server", f"http://127.0.0.1:{self._port}", "--state-dir", str(self._state_dir),
            "--place", options.place.value, "--language", options.language,
            "--size", f"{width}x{height}",
        ]  # fmt: skip
        if options.screenshot is not None:
            arguments += ["--screenshot", str(options.screenshot.absolute())]
        return arguments


def can_open_a_window() -> bool:
    """Whether there is a screen that Qt could open a window on."""
    return bool(
        os.environ.get("WAYLAND_DISPLAY")
        or os.environ.get("DISPLAY")
        or os.environ.get("QT_QPA_PLATFORM")
    )
