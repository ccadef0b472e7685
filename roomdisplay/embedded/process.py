"""The display as a process of its own, started and ended by whoever embeds it."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from roomdisplay.model.room import Place

CODE, INVITE = "code", "invite"
"""What the display says on its output: "code WDJB-MJHT" when that stands on the glass, "invite"
when somebody asks on the glass for the way in."""
LINK = "link"
"""What it is told on its input: "link ADDRESS"."""
LINK_LIFETIME = timedelta(minutes=15)
"""How long that address can be used."""
_PATIENCE = 5.0
"""Seconds a display gets to close its files before it is ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedDisplay:
    """How the display is started."""

    server: str
    state_dir: Path
    place: Place
    language: str = "en"
    server_pin: str | None = None
    insecure_key_file: Path | None = None
    size: tuple[int, int] | None = None
    """Of its window or picture; None: the whole screen."""
    screenshot: Path | None = None
    """Save one picture there and end."""
    trust_server_clock: bool = False
    """Whether the Admin Center's time is better than the machine's, as in the demo."""
    sample_calls: str | None = None
    """The origin of the page that stands in for the sample building's calls."""
    way_in: bool = False
    """Whether the glass offers to set the screen up; see `INVITE`."""
    offscreen: bool = False

    def arguments(self) -> list[str]:
        """As the display process reads them; no secret is among them."""
        given: dict[str, object] = {
            "--server": self.server,
            "--state-dir": self.state_dir,
            "--place": self.place.value,
            "--language": self.language,
            "--server-pin": self.server_pin,
            "--insecure-key-file": self.insecure_key_file,
            "--size": f"{self.size[0]}x{self.size[1]}" if self.size else None,
            "--sample-calls": self.sample_calls,
            "--screenshot": self.screenshot.absolute() if self.screenshot else None,
        }
        words = [str(word) for name, value in given.items() if value for word in (name, value)]
        flags = {"--trust-server-clock": self.trust_server_clock, "--way-in": self.way_in}
        return [*words, *(name for name, given in flags.items() if given)]


class DisplayProcess:
    """Runs the display while the context is open, and hears what it says."""

    def __init__(self, display: EmbeddedDisplay) -> None:
        self._display = display
        self._process: asyncio.subprocess.Process | None = None
        self._said: asyncio.Queue[tuple[str, str]] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        environment = dict(os.environ)
        if self._display.offscreen:
            environment |= {"QT_QPA_PLATFORM": "offscreen", "QT_QUICK_BACKEND": "software"}
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "roomdisplay.embedded.glass",
            *self._display.arguments(),
            env=environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
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

    async def heard(self) -> tuple[str, str]:
        """The next thing the display says: `CODE` with the code, or `INVITE`."""
        return await self._said.get()

    async def tell(self, link: str) -> None:
        """Give the display the address that it is to show."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(f"{LINK} {link}\n".encode())
        await self._process.stdin.drain()

    async def ended(self) -> int:
        """Wait until the display ends by itself, as when its window is closed; its exit code."""
        assert self._process is not None
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            word, _, rest = line.decode("utf-8", "replace").strip().partition(" ")
            self._said.put_nowait((word, rest))
        return await self._process.wait()


def can_open_a_window() -> bool:
    """Whether there is a screen that Qt could open a window on."""
    return any(os.environ.get(name) for name in ("WAYLAND_DISPLAY", "DISPLAY", "QT_QPA_PLATFORM"))
