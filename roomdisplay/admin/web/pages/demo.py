"""What the buttons of the demo's strip do."""

from __future__ import annotations

from datetime import time

from litestar import Response, post
from litestar.exceptions import NotFoundException

from roomdisplay.admin.web.demo_strip import DemoControls
from roomdisplay.admin.web.visit import CurrentVisit, Visit, local_path


@post("/demo/jump", opt={"public": True})
async def jump(visit: CurrentVisit) -> Response[str]:
    """Jump to a time of the present day."""
    controls = _controls(visit)
    try:
        wanted = _minutes(visit.form.text("at", 5))
    except ValueError:
        return _back(visit)
    await controls.jump(wanted - _minutes((await controls.state())["time"]))
    return _back(visit)


@post("/demo/network", opt={"public": True})
async def network(visit: CurrentVisit) -> Response[str]:
    """Pull the network, or plug it in again."""
    await _controls(visit).toggle_network()
    return _back(visit)


@post("/demo/next-state", opt={"public": True})
async def next_state(visit: CurrentVisit) -> Response[str]:
    """Go on to the next state."""
    await _controls(visit).next_state()
    return _back(visit)


@post("/demo/restart", opt={"public": True})
async def restart(visit: CurrentVisit) -> Response[str]:
    """Restart the display."""
    await _controls(visit).restart_display()
    return _back(visit)


def _controls(visit: Visit) -> DemoControls:
    controls = visit.admin.settings.demo
    if controls is None:
        raise NotFoundException
    return controls


def _minutes(clock: str) -> int:
    moment = time.fromisoformat(clock)
    return moment.hour * 60 + moment.minute


def _back(visit: Visit) -> Response[str]:
    return visit.go(local_path(visit.form.text("next", 500)))
