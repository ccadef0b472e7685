"""What the demo lets a visitor of the pages do with its time and its network."""

from __future__ import annotations

from typing import Protocol, TypedDict


class DemoState(TypedDict):
    """What the strip shows."""

    time: str
    """The demo's time of day in the building, as HH:MM."""
    network: bool
    """Whether the display's network is plugged in."""


class DemoControls(Protocol):
    """What the demo lets a visitor do; each returns when it has been done."""

    async def jump(self, minutes: int) -> None:
        """Move the demo's clock on by `minutes` (negative: back)."""

    async def toggle_network(self) -> None:
        """Pull the display's network, or plug it in again."""

    async def restart_display(self) -> None:
        """End the display's program and start it again."""

    async def next_state(self) -> None:
        """Move on to the next instant at which the screen changes."""

    async def state(self) -> DemoState:
        """What the strip shows now."""
