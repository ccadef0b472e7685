"""A bench for the conference window: pages that tell how they fare, and what a call leaves."""

import asyncio
import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from roomdisplay.device.browser_policy import host_pattern
from roomdisplay.device.call import (
    BrowserSettings,
    Call,
    CallStatus,
    Phase,
    Rectangle,
    call_area,
)
from roomdisplay.device.join import ConferenceWindow

SECRET = "pwd-4f1d9c"
SCREEN = Rectangle(0, 0, 1280, 800)
AREA = call_area(SCREEN)

# A page takes no clicks before it has been painted.
PAINTED = (
    "<script>onload = () => requestAnimationFrame(() => requestAnimationFrame(() => "
    "setTimeout(() => fetch('/told?up'))))</script><h1>Meeting</h1>"
)
PAGES = {
    "/meeting": "<title>Meeting</title><script>fetch('/told?up')</script>",
    "/closes": "<script>fetch('/told?up').then(() => fetch('/go')).then(() => window.close())"
    "</script>",
    "/leaves": "<script>fetch('/told?up').then(() => fetch('/go'))"
    ".then(() => location = '/after')</script>",
    "/pushes": "<script>fetch('/told?up').then(() => fetch('/go'))"
    ".then(() => history.pushState(null, '', '/after'))</script>",
    "/after": "<title>Thank you</title>",
    "/media": "<script>navigator.mediaDevices.getUserMedia({audio: true, video: true})"
    ".then(() => 'granted', error => error.name).then(word => fetch('/told?' + word))</script>",
    "/fullscreen": '<style>body{height:100vh;margin:0}</style><body onclick="'
    "document.documentElement.requestFullscreen().then(() => 'full', () => 'refused')"
    ".then(word => fetch('/told?' + word))\">" + PAINTED,
    "/popup": '<style>body{height:100vh;margin:0}</style><body onclick="opens()"><script>'
    "function opens() { const second = window.open('/meeting?second'); fetch('/told?opened');"
    "setInterval(() => second.closed && fetch('/told?shut'), 20) }</script>" + PAINTED,
    "/grows": "<script>onresize = () => fetch('/told?height-' + innerHeight)</script>" + PAINTED,
    "/hops": "<script>location = `http://localhost:${location.port}/strays`</script>",
    "/strays": "<script>location = `http://127.0.0.2:${location.port}/elsewhere`</script>",
    "/download": "<script>location = '/file';"
    "setTimeout(() => fetch('/told?fetched'), 300)</script>",
}


@dataclass
class Site:
    """A web server whose pages tell it how they fare."""

    port: int = 0
    told: list[str] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)
    go: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}?{SECRET}"

    async def hears(self, word: str) -> None:
        def wait() -> bool:
            with self.changed:
                return self.changed.wait_for(lambda: word in self.told, timeout=30)

        assert await asyncio.to_thread(wait), f"the page never said {word!r}: {self.told}"


class Statuses:
    """The statuses of a window as they come."""

    def __init__(self) -> None:
        self.seen: list[CallStatus] = []
        self._news = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()

    def __call__(self, status: CallStatus) -> None:
        self.seen.append(status)
        task = asyncio.ensure_future(self._tell())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    async def reaches(self, phase: Phase, within: float = 40) -> CallStatus:
        async with asyncio.timeout(within), self._news:
            await self._news.wait_for(lambda: any(s.phase is phase for s in self.seen))
        return next(status for status in self.seen if status.phase is phase)


def proc(pid: int, name: str) -> bytes:
    """A file of a process; empty if it is gone."""
    try:
        return Path("/proc", str(pid), name).read_bytes()
    except OSError:
        return b""


async def xdotool(*arguments: str) -> str:
    process = await asyncio.create_subprocess_exec(
        "xdotool", *arguments, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    assert process.returncode == 0
    return output.decode()


async def click(x: int, y: int) -> None:
    await xdotool("mousemove", str(x), str(y), "click", "1")


@dataclass
class Bench:
    window: ConferenceWindow
    statuses: Statuses
    site: Site
    base: Path

    def call(self, path: str) -> Call:
        here = f"127.0.0.1:{self.site.port}"
        return Call(
            url=self.site.url(path),
            may_open=lambda url: urlsplit(url).netloc == here,
            may_visit=lambda url: urlsplit(url).netloc == here,
            is_over=lambda url: urlsplit(url).path == "/after",
            media=(host_pattern("127.0.0.1", scheme="http", port=self.site.port),),
        )

    async def open(self, path: str, says: str = "up") -> None:
        self.window.open(self.call(path), AREA)
        await self.statuses.reaches(Phase.OPEN)
        await self.site.hears(says)

    async def make_full_screen(self) -> None:
        """What F11 does, or a window manager with ideas of its own."""
        session = self.window._session
        assert session is not None
        pipe = session._pipe
        window = await pipe.send("Browser.getWindowForTarget", {"targetId": session._target})
        state = {"windowId": window["windowId"], "bounds": {"windowState": "fullscreen"}}
        await pipe.send("Browser.setWindowBounds", state)

    def processes(self) -> list[int]:
        """Everything alive that belongs to the call, by its profile's path."""
        mark = os.fsencode(self.base)
        found = []
        for entry in Path("/proc").iterdir():
            pid = int(entry.name) if entry.name.isdigit() else os.getpid()
            if pid != os.getpid() and mark in proc(pid, "cmdline"):
                found.append(pid)
        return found

    def browser(self) -> int:
        """The process that all others of the call descend from."""
        return min(pid for pid in self.processes() if os.getsid(pid) == pid == os.getpgid(pid))

    def files(self, pattern: str) -> list[Path]:
        return list(self.base.rglob(pattern))

    def nothing_is_left(self) -> bool:
        return not self.processes() and not list(self.base.iterdir())


def settings(base: Path, **changes: object) -> BrowserSettings:
    return BrowserSettings(
        platform="x11",
        profile_base=base,
        sandbox=os.geteuid() != 0,
        extra_switches=("--use-fake-device-for-media-stream", "--disable-gpu"),
        **changes,  # type: ignore[arg-type] -- names and types are checked by the dataclass's users
    )
