"""One call's browser from start to end, led over its DevTools pipe."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from roomdisplay.device.browser_policy import profile_preferences
from roomdisplay.device.browser_process import (
    BrowserProcess,
    chromium_switches,
    make_profile,
    ozone_platform,
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


class _NoWindowError(Exception):
    """The browser is up without a window."""


class CallSession:
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
            switches = chromium_switches(self._settings, profile, self._area, self._scale)
            try:
                browser = start_browser(command, switches, profile)
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
        except (TimeoutError, BrowserRefusedError, BrowserGoneError, _NoWindowError):
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
            raise _NoWindowError
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
            state = window.get("bounds", {}).get("windowState", "normal")
            if state == "maximized":
                # A compositor placed it, within the margin it keeps free for our bar.
                return
            if state != "normal":
                await self._set_bounds(window, {"windowState": "normal"})
            if ozone_platform(self._settings) == "wayland":
                # There only the compositor places windows; it knows the margin.
                await self._set_bounds(window, {"windowState": "maximized"})
                return
            area = self._area
            wanted = {"left": area.x, "top": area.y, "width": area.width, "height": area.height}
            if any(window["bounds"].get(side) != value for side, value in wanted.items()):
                await self._set_bounds(window, wanted)

    async def _set_bounds(self, window: Mapping[str, Any], bounds: Mapping[str, object]) -> None:
        await self._pipe.send(
            "Browser.setWindowBounds", {"windowId": window["windowId"], "bounds": bounds}
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
        if url.startswith("data:"):
            return  # the start page, which may come late
        if self._call.is_over(url):
            self.end(EndReason.LEFT)
        elif not self._is_up and self._call.may_visit(url) and not self._ending.done():
            self._is_up = True
            _LOG.info("the call is open")
            self._on_status(CallStatus(Phase.OPEN))
