"""The conference window: one call in Chromium, beside our bar, that leaves nothing behind.

How the screen is shared. The UI's window stays full screen under the call and draws its bar, with
the way back in it, in the top `BAR_HEIGHT` device-independent pixels (or more, where a finger needs
more); the call gets the rest, `call_area(screen, bar_height)`. The two never overlap, so nothing
has to be kept on top. Chromium is told its rectangle by `--window-position` and `--window-size`,
by `Browser.setWindowBounds` once it is up, and again whenever something made it full screen;
`scale` is the UI's device pixel ratio, so that both mean the same pixel. On X11 without a window
manager that is all that places it. Wayland lets no program place itself: there the compositor
keeps a margin free at the top and maximises the call below it, and the bar must be as high as the
margin (`docs/decisions/0030-conference-window.md`).

The join address goes through a pipe after the start, so that no process list shows it.
"""

from __future__ import annotations

import asyncio
import logging

from roomdisplay.device.call import (
    BrowserSettings,
    Call,
    CallStatus,
    EndReason,
    Phase,
    Rectangle,
)
from roomdisplay.device.call_session import CallSession, StatusCallback

_LOG = logging.getLogger(__name__)


class CallRunningError(Exception):
    """A call is open already; there is one at a time."""


class CallRefusedError(Exception):
    """The address is not one that may be opened."""


class ConferenceWindow:
    """Opens one call at a time; belongs to one asyncio loop.

    Args:
        settings: how this box runs the browser.
        on_status: called in the loop with each new status, for one call always in the order
            connecting, open (if it opens), ended. When "ended" is reported, every process of the
            call is gone and its profile wiped.
    """

    def __init__(self, settings: BrowserSettings, on_status: StatusCallback) -> None:
        self._settings = settings
        self._on_status = on_status
        self._running: asyncio.Task[None] | None = None
        self._session: CallSession | None = None

    @property
    def is_open(self) -> bool:
        """Whether a call is connecting or open, or its remains are being cleared."""
        return self._running is not None

    def open(self, call: Call, area: Rectangle, *, scale: float = 1.0) -> None:
        """Start a call; how it goes is told by the callback, from "connecting" on.

        Args:
            call: what to open.
            area: where its window goes, from `call_area`.
            scale: physical pixels per device-independent pixel of the UI.

        Raises:
            CallRunningError: a call is open.
            CallRefusedError: the address does not pass `call.may_open`.
            RuntimeError: called outside of an asyncio loop.
        """
        if self._running is not None:
            raise CallRunningError
        if not call.may_open(call.url):
            raise CallRefusedError
        self._session = CallSession(self._settings, call, area, scale, self._on_status)
        self._running = asyncio.get_running_loop().create_task(self._run(self._session))
        self._running.add_done_callback(self._finished)

    async def close(self) -> None:
        """End the call, if there is one, and wait until nothing of it is left; within a second."""
        if self._session is not None and self._running is not None:
            self._session.end(EndReason.CLOSED)
            await asyncio.wait([self._running])

    async def wait_ended(self) -> None:
        """Wait until no call is open."""
        if self._running is not None:
            await asyncio.wait([self._running])

    async def _run(self, session: CallSession) -> None:
        self._on_status(CallStatus(Phase.CONNECTING))
        status = await session.run()
        self._running = self._session = None
        _LOG.info("the call ended: %s", status.failure or status.reason)
        self._on_status(status)

    def _finished(self, task: asyncio.Task[None]) -> None:
        # "Ended" may have been answered with the next call already.
        if self._running is task:
            self._running = self._session = None
        if not task.cancelled() and (error := task.exception()) is not None:
            _LOG.error("the conference window failed: %s", type(error).__name__)
