"""The conference window: one call in Chromium, beside our bar, that leaves nothing behind.

How the screen is shared. While a call is open, the top `BAR_HEIGHT` device-independent pixels (or
as many as the UI asks for) belong to a window of the UI, with the way back in it; the call gets
the rest, `call_area(screen, bar_height)`. Chromium is told its rectangle three times over: by
`--window-position` and `--window-size`, by `Browser.setWindowBounds` once it is up, and again
whenever a page or a key made it something else (full screen). `scale` is the UI's device pixel
ratio, so that both mean the same pixel. On X11 without a window manager this is all that places
it; under labwc a window rule places it too, and keeps our bar on top (see the decision note on
the conference window).

The join address goes through a pipe after the start, so that no process list shows it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from roomdisplay.device.browser_policy import profile_preferences
from roomdisplay.device.browser_process import (
    BrowserProcess,
    make_profile,
    start_browser,
    wipe_profile,
)
from roomdisplay.device.call import (
    BrowserSettings,
    Call,
    CallStatus,
    EndReason,
    Failure,
    Phase,
    Rectangle,
)
from roomdisplay.device.devtools_pipe import (
    BrowserGoneError,
    BrowserRefusedError,
    DevToolsPipe,
)

_LOG = logging.getLogger(__name__)

WINDOW_CLASS = "roomdisplay-call"
"""The window's class under X11; under Wayland its app id begins with `chrome-data__`."""

_START_PAGE = "data:text/html,<title>Call</title><body style=background:%23101418>"
_POLITE_S = 0.4
"""Of the second within which a call must be gone, what Chromium gets to end by itself."""
_EXIT_S = 0.5
"""How long after its pipe closed a browser may take to exit before it counts as hung."""
_NO_FULL_SCREEN = """(() => {
  const refuse = () => Promise.reject(new TypeError("Full screen is not available"));
  for (const name of ["requestFullscreen", "webkitRequestFullscreen", "webkitRequestFullScreen"])
    Object.defineProperty(Element.prototype, name, {value: refuse});
  for (const name of ["fullscreenEnabled", "webkitFullscreenEnabled"])
    Object.defineProperty(Document.prototype, name, {get: () => false});
})()"""

StatusCallback = Callable[[CallStatus], None]


class CallRunningError(Exception):
    """A call is open already; there is one at a time."""


class CallRefusedError(Exception):
    """The address is not one that may be opened."""


class _EndedError(Exception):
    """The call came to its end while it was being opened."""


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
        self._session: _Session | None = None

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
        self._session = _Session(self._settings, call, area, scale, self._on_status)
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

    async def _run(self, session: _Session) -> None:
        self._on_status(CallStatus(Phase.CONNECTING))
        status = await session.run()
        self._running = self._session = None
        _LOG.info("the call ended: %s", status.failure or status.reason)
        self._on_status(status)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._running = self._session = None
        if not task.cancelled() and (error := task.exception()) is not None:
            _LOG.error("the conference window failed: %s", type(error).__name__)


class _Session:
    """One call from start to end; the first cause of an end is the one that is told."""

    def __init__(
        self,
        settings: BrowserSettings,
        call: Call,
        area: Rectangle,
        scale: float,
        on_status: StatusCallback,
    ) -> None:
        self._settings = settings
        self._call = call
        self._area = area
        self._scale = scale
        self._on_status = on_status
        self._ending: asyncio.Future[CallStatus] = asyncio.get_running_loop().create_future()
        self._pipe = DevToolsPipe(self._on_event)
        self._target: str | None = None
        self._page: str | None = None
        """The DevTools session of the call's page."""
        self._is_up = False
        self._placing: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._placing.set_result(None)

    def end(self, reason: EndReason, failure: Failure | None = None) -> None:
        """Bring the call to its end; only the first cause counts."""
        if not self._ending.done():
            self._ending.set_result(CallStatus(Phase.ENDED, reason, failure))

    async def run(self) -> CallStatus:
        """Carry the call through; returns when nothing of it is left."""
        profile: Path | None = None
        browser: BrowserProcess | None = None
        tasks: list[asyncio.Task[None]] = []
        try:
            command = shutil.which(self._settings.command)
            if command is None:
                return CallStatus(Phase.ENDED, EndReason.FAILED, Failure.NO_BROWSER)
            try:
                profile = make_profile(
                    self._settings.profile_base, profile_preferences(self._call.media)
                )
            except OSError:
                return CallStatus(Phase.ENDED, EndReason.FAILED, Failure.NO_ROOM)
            try:
                browser = start_browser(command, self._switches(profile), profile)
            except OSError:
                return CallStatus(Phase.ENDED, EndReason.FAILED, Failure.NO_BROWSER)
            await self._pipe.connect(browser.read_fd, browser.write_fd)
            tasks = [
                asyncio.create_task(self._watch(browser)),
                asyncio.create_task(self._bring_up()),
            ]
            return await self._ending
        finally:
            await asyncio.shield(self._clear(browser, profile, tasks))

    async def _clear(
        self, browser: BrowserProcess | None, profile: Path | None, tasks: list[asyncio.Task[None]]
    ) -> None:
        for task in (*tasks, self._placing):
            task.cancel()
        if browser is not None:
            await browser.stop(_POLITE_S)
            self._pipe.close()
        if profile is not None:
            await asyncio.to_thread(wipe_profile, profile)
        await asyncio.gather(*tasks, self._placing, return_exceptions=True)

    def _switches(self, profile: Path) -> list[str]:
        """Chromium's arguments: all but the address."""
        area = self._area
        return [
            "--remote-debugging-pipe",
            f"--user-data-dir={profile}",
            f"--disk-cache-dir={profile}/cache",
            f"--app={_START_PAGE}",
            f"--class={WINDOW_CLASS}",
            f"--ozone-platform={self._platform()}",
            f"--window-position={area.x},{area.y}",
            f"--window-size={area.width},{area.height}",
            f"--force-device-scale-factor={self._scale:g}",
            "--password-store=basic",
            "--autoplay-policy=no-user-gesture-required",
            "--no-first-run",
            "--no-default-browser-check",
            "--noerrdialogs",
            "--hide-crash-restore-bubble",
            "--disable-session-crashed-bubble",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-domain-reliability",
            "--disable-sync",
            "--disable-extensions",
            "--disable-breakpad",
            "--disable-features=MediaRouter,Translate,GlobalMediaControls",
            *(() if self._settings.sandbox else ("--no-sandbox", "--test-type")),
            *self._settings.extra_switches,
        ]

    def _platform(self) -> str:
        return self._settings.platform or ("wayland" if "WAYLAND_DISPLAY" in os.environ else "x11")

    async def _watch(self, browser: BrowserProcess) -> None:
        """Tell how the browser ended, when its pipe closes."""
        await self._pipe.listen()
        await asyncio.wait([browser.exited], timeout=_EXIT_S)
        if not self._is_up:
            self.end(EndReason.FAILED, Failure.NO_ANSWER)
        elif browser.exited.done() and browser.exited.result() == 0:
            self.end(EndReason.LEFT)
        else:
            self.end(EndReason.CRASHED)

    async def _bring_up(self) -> None:
        try:
            async with asyncio.timeout(self._settings.start_limit_s):
                await self._attach()
        except (TimeoutError, BrowserRefusedError, BrowserGoneError, _EndedError):
            self.end(EndReason.FAILED, Failure.NO_ANSWER)
            return
        try:
            answer = await self._pipe.send(
                "Page.navigate", {"url": self._call.url}, session=self._page
            )
        except (BrowserRefusedError, BrowserGoneError):
            self.end(EndReason.FAILED, Failure.NO_ANSWER)
            return
        if answer.get("errorText") and not self._is_up:
            self.end(EndReason.FAILED, Failure.UNREACHABLE)

    async def _attach(self) -> None:
        """Get hold of the window and set its bounds, in both senses."""
        send = self._pipe.send
        await send("Target.setDiscoverTargets", {"discover": True})
        await send("Browser.setDownloadBehavior", {"behavior": "deny"})
        targets = (await send("Target.getTargets", {})).get("targetInfos", [])
        pages = [target["targetId"] for target in targets if target["type"] == "page"]
        if not pages:
            raise _EndedError
        self._target = pages[0]
        attached = await send("Target.attachToTarget", {"targetId": self._target, "flatten": True})
        page = self._page = attached["sessionId"]
        await self._place()
        await send("Page.enable", {}, session=page)
        await send("Inspector.enable", {}, session=page)
        await send(
            "Page.addScriptToEvaluateOnNewDocument", {"source": _NO_FULL_SCREEN}, session=page
        )
        await send(
            "Fetch.enable",
            {"patterns": [{"urlPattern": "*", "resourceType": "Document"}]},
            session=page,
        )

    async def _place(self) -> None:
        """Put the window where it belongs; a compositor that places windows itself may refuse."""
        with contextlib.suppress(BrowserRefusedError, BrowserGoneError):
            window = await self._pipe.send("Browser.getWindowForTarget", {"targetId": self._target})
            area = self._area
            wanted = {"left": area.x, "top": area.y, "width": area.width, "height": area.height}
            bounds = window.get("bounds", {})
            if bounds.get("windowState", "normal") != "normal":
                await self._pipe.send(
                    "Browser.setWindowBounds",
                    {"windowId": window["windowId"], "bounds": {"windowState": "normal"}},
                )
            elif all(bounds.get(side) == value for side, value in wanted.items()):
                return
            await self._pipe.send(
                "Browser.setWindowBounds", {"windowId": window["windowId"], "bounds": wanted}
            )

    def _on_event(self, method: str, params: Mapping[str, Any], session: str | None) -> None:
        """Take an event; what a page can put into it is judged here and goes no further."""
        if method.startswith("Target."):
            self._on_target_event(method, params)
        elif session is not None and session == self._page:
            self._on_page_event(method, params)

    def _on_target_event(self, method: str, params: Mapping[str, Any]) -> None:
        if method == "Target.targetCreated":
            self._on_target(params.get("targetInfo", {}))
        elif params.get("targetId") == self._target is not None:
            if method == "Target.targetDestroyed":
                self.end(EndReason.LEFT)
            elif method == "Target.targetCrashed":
                self.end(EndReason.CRASHED)

    def _on_page_event(self, method: str, params: Mapping[str, Any]) -> None:
        match method:
            case "Fetch.requestPaused":
                self._on_document(params)
            case "Page.frameNavigated":
                frame = params.get("frame", {})
                if not frame.get("parentId") and not frame.get("unreachableUrl"):
                    self._on_moved(str(frame.get("url", "")))
            case "Page.navigatedWithinDocument":
                if params.get("frameId") == self._target:
                    self._on_moved(str(params.get("url", "")))
            case "Page.domContentEventFired" if self._is_up:
                # The start page must not be a step back away, and a page may close its window only
                # if it is the first one in it.
                self._pipe.post("Page.resetNavigationHistory", {}, session=self._page)
            case "Page.frameResized" if self._is_up and self._placing.done():
                # Full screen by a key, or a window manager with ideas: our bar must stay visible.
                self._placing = asyncio.ensure_future(self._place())
            case "Inspector.targetCrashed":
                self.end(EndReason.CRASHED)

    def _on_target(self, info: Mapping[str, Any]) -> None:
        """A second window, a developer tool: closed. Frames and workers are part of the page."""
        kind = info.get("type")
        foreign = kind == "page" or str(info.get("url", "")).startswith("devtools:")
        if self._target is not None and foreign and info.get("targetId") != self._target:
            self._pipe.post("Target.closeTarget", {"targetId": info.get("targetId")})

    def _on_document(self, params: Mapping[str, Any]) -> None:
        """A document is asked for: the window's own must stay with the conference."""
        url = str(params.get("request", {}).get("url", ""))
        answer = {"requestId": params.get("requestId")}
        if params.get("frameId") == self._target and not self._call.may_visit(url):
            self._pipe.post(
                "Fetch.failRequest", answer | {"errorReason": "Aborted"}, session=self._page
            )
            if self._is_up:
                self.end(EndReason.LEFT)
            else:
                self.end(EndReason.FAILED, Failure.REFUSED)
            return
        self._pipe.post("Fetch.continueRequest", answer, session=self._page)

    def _on_moved(self, url: str) -> None:
        """The window shows another page."""
        if self._call.is_over(url):
            self.end(EndReason.LEFT)
        elif not self._is_up and self._call.may_visit(url) and not self._ending.done():
            self._is_up = True
            _LOG.info("the call is open")
            self._on_status(CallStatus(Phase.OPEN))
