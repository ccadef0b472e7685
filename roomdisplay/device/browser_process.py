"""Starting a browser so that all of it can be ended, and nothing of it stays.

Neither `asyncio`'s nor `subprocess`'s way fits: Chromium wants its pipes as descriptors 3 and 4,
which takes a function run between fork and exec, unsafe in a program with threads. `posix_spawn`
places descriptors and starts a session without one.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import select
import shutil
import signal
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from roomdisplay.device.call import BrowserSettings, Rectangle

WINDOW_CLASS = "roomdisplay-call"
"""The window's class under X11."""

_START_PAGE = "data:text/html,<roomdisplay-call><body style=background:%23101418>"
_PREFIX = "roomdisplay-call-"
_DEATH_S = 0.5
"""Seconds that killed processes get to be gone; they need a few milliseconds."""
_SAFE_FD = 10
"""Descriptors from here on cannot collide with the ones that are placed in the child."""
_DEATH_S = 0.5
"""How long killed processes may take to die; longer than any that is not stuck in the kernel."""
_KEPT_ENVIRONMENT = frozenset(
    [
        *("DISPLAY", "XAUTHORITY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR", "XDG_SESSION_TYPE"),
        *("DBUS_SESSION_BUS_ADDRESS", "PULSE_SERVER", "PIPEWIRE_REMOTE", "PIPEWIRE_RUNTIME_DIR"),
        *("PATH", "LANG", "LANGUAGE", "TZ", "LIBVA_DRIVER_NAME", "XKB_DEFAULT_LAYOUT"),
        *("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"),
    ]
)


class BrowserProcess:
    """A browser in a session of its own. Made by `start_browser`; ended by `stop` or `kill`."""

    def __init__(self, pid: int, profile: Path, read_fd: int, write_fd: int) -> None:
        self.pid = pid
        self.profile = profile
        self.read_fd = read_fd
        self.write_fd = write_fd
        self._pidfd = os.pidfd_open(pid)
        self._loop = asyncio.get_running_loop()
        self.exited: asyncio.Future[int] = self._loop.create_future()
        """The exit code; negative: the signal that ended it."""
        self._loop.add_reader(self._pidfd, self._reap)

    def _reap(self) -> None:
        self._loop.remove_reader(self._pidfd)
        os.close(self._pidfd)
        # While its leader is not reaped, the group's number cannot belong to anybody else.
        self._signal(signal.SIGKILL)
        _, status = os.waitpid(self.pid, 0)
        if not self.exited.done():
            self.exited.set_result(os.waitstatus_to_exitcode(status))

    async def stop(self, grace_s: float) -> None:
        """End all of the browser: politely, then after `grace_s` seconds by force."""
        if not self.exited.done():
            self._signal(signal.SIGTERM)
            await asyncio.wait([self.exited], timeout=grace_s)
        await self.kill()

    async def kill(self) -> None:
        """End every process of the browser at once."""
        if not self.exited.done():
            self._signal(signal.SIGKILL)
            await self.exited
        await asyncio.to_thread(self._kill_strays)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

    def _kill_strays(self) -> None:
        """End what left the group, and wait until all of the browser is dead.

        The crash handler starts a session of its own. A killed process writes until it is dead,
        which would bring back files of a profile that was just wiped. All are known by the
        profile's path, which is in their command line and is random.
        """
        mark = os.fsencode(self.profile)
        dying = select.poll()
        with contextlib.ExitStack() as opened:
            waited_for = set()
            for entry in Path("/proc").iterdir():
                if not entry.name.isdigit():
                    continue
                with contextlib.suppress(OSError):
                    if mark not in (entry / "cmdline").read_bytes():
                        continue
                    pidfd = os.pidfd_open(int(entry.name))
                    opened.callback(os.close, pidfd)
                    # Only now is the number sure to be this process's, and to stay so.
                    if mark in (entry / "cmdline").read_bytes():
                        signal.pidfd_send_signal(pidfd, signal.SIGKILL)
                        dying.register(pidfd, select.POLLIN)
                        waited_for.add(pidfd)
            give_up = time.monotonic() + _DEATH_S
            while waited_for and (left := give_up - time.monotonic()) > 0:
                for pidfd, _ in dying.poll(left * 1000):
                    dying.unregister(pidfd)
                    waited_for.discard(pidfd)


def start_browser(command: str, switches: Sequence[str], profile: Path) -> BrowserProcess:
    """Start a browser with its DevTools pipe on descriptors 3 and 4 and its output thrown away.

    Its messages quote addresses, which are credentials. Its environment is a short list, so that
    none of the display's own secrets reach it, and its home is the profile, so that nothing of it
    is written elsewhere.

    Args:
        command: path of the program.
        switches: its arguments.
        profile: its private directory.

    Raises:
        OSError: the program cannot be started.
    """
    environment = {name: value for name, value in os.environ.items() if name in _KEPT_ENVIRONMENT}
    environment |= {name: value for name, value in os.environ.items() if name.startswith("LC_")}
    environment["HOME"] = str(profile)
    child_in, our_out = _pipe()
    our_in, child_out = _pipe()
    try:
        pid = os.posix_spawn(
            command,
            [command, *switches],
            environment,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                (os.POSIX_SPAWN_DUP2, 1, 2),
                (os.POSIX_SPAWN_DUP2, child_in, 3),
                (os.POSIX_SPAWN_DUP2, child_out, 4),
            ],
            setsid=True,
        )
    except OSError:
        os.close(our_in)
        os.close(our_out)
        raise
    finally:
        os.close(child_in)
        os.close(child_out)
    return BrowserProcess(pid, profile, our_in, our_out)


def ozone_platform(settings: BrowserSettings) -> str:
    """The window system the browser talks to: "x11" or "wayland"."""
    return settings.platform or ("wayland" if "WAYLAND_DISPLAY" in os.environ else "x11")


def chromium_switches(
    settings: BrowserSettings, profile: Path, area: Rectangle, scale: float
) -> list[str]:
    """Chromium's arguments for a call: everything but the address, which would be seen here."""
    return [
        "--remote-debugging-pipe",
        f"--user-data-dir={profile}",
        f"--disk-cache-dir={profile}/cache",
        f"--app={_START_PAGE}",
        f"--class={WINDOW_CLASS}",
        f"--ozone-platform={ozone_platform(settings)}",
        f"--window-position={area.x},{area.y}",
        f"--window-size={area.width},{area.height}",
        f"--force-device-scale-factor={scale:g}",
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
        *(() if settings.sandbox else ("--no-sandbox", "--test-type")),
        *settings.extra_switches,
    ]


def _pipe() -> tuple[int, int]:
    """A pipe whose ends lie above the descriptors placed in the child."""
    low = os.pipe()
    ends = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, _SAFE_FD) for end in low)
    for end in low:
        os.close(end)
    return ends[0], ends[1]


def make_profile(base: Path | None, preferences: str) -> Path:
    """A fresh private profile with these preferences.

    Args:
        base: where to make it; None: the session's runtime directory, which is in memory, else the
            system's place for temporary files.
        preferences: the content of its `Preferences` file.

    Raises:
        OSError: there is no room or no right to write there.
    """
    base = base or Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
    _sweep(base)
    profile = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=base))
    (profile / "Default").mkdir(mode=0o700)
    (profile / "Default" / "Preferences").write_text(preferences)
    return profile


def wipe_profile(profile: Path) -> None:
    """Remove a profile with all that is in it."""
    for _ in range(3):
        # A process that is just dying may still add a file.
        shutil.rmtree(profile, ignore_errors=True)
        if not profile.exists():
            return


def _sweep(base: Path) -> None:
    """Remove profiles of displays that died before they could."""
    for left in base.glob(f"{_PREFIX}*-*"):
        owner = left.name.removeprefix(_PREFIX).partition("-")[0]
        if owner.isdecimal() and not Path("/proc", owner).exists():
            shutil.rmtree(left, ignore_errors=True)
