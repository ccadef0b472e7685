"""The strip of the demo on every page: jump in time, pull the network, next state.

The demo gives its controls to `ServerSettings.demo`. Without them no page shows the strip and its
addresses answer that there is no such page.
"""

from __future__ import annotations

from roomdisplay.admin.demo_controls import DemoControls, DemoState

__all__ = ["DemoControls", "DemoState", "strip"]


async def strip(controls: DemoControls | None) -> DemoState | None:
    """What the strip shows; None: there is none."""
    return await controls.state() if controls else None
