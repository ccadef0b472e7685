"""How a call ends, and that nothing of it is left: a real Chromium on a screen of its own."""

import asyncio
import os
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest
from callbench import AREA, Bench, Site, Statuses, proc, settings

from roomdisplay.device.call import CallStatus, EndReason, Failure, Phase
from roomdisplay.device.join import ConferenceWindow

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(90),
    pytest.mark.skipif(
        not (shutil.which("chromium") and shutil.which("Xvfb")), reason="needs Chromium and Xvfb"
    ),
]


@pytest.mark.parametrize("path", ["/closes", "/leaves", "/pushes"])
async def test_the_screen_is_home_within_a_second_when_the_call_is_left(
    bench: Bench, path: str
) -> None:
    await bench.open(path)
    bench.site.go.set()
    began = time.monotonic()
    status = await bench.statuses.reaches(Phase.ENDED)
    assert status == CallStatus(Phase.ENDED, EndReason.LEFT)
    assert time.monotonic() - began < 1
    assert bench.nothing_is_left()


async def test_the_screen_is_home_within_a_second_when_the_browser_is_killed(bench: Bench) -> None:
    await bench.open("/meeting")
    os.kill(bench.browser(), signal.SIGKILL)
    began = time.monotonic()
    status = await bench.statuses.reaches(Phase.ENDED)
    assert status == CallStatus(Phase.ENDED, EndReason.CRASHED)
    assert time.monotonic() - began < 1
    assert bench.nothing_is_left()


async def test_the_screen_is_home_within_a_second_when_the_page_crashes(bench: Bench) -> None:
    await bench.open("/meeting")
    for pid in bench.processes():
        if b"--type=renderer" in proc(pid, "cmdline"):
            os.kill(pid, signal.SIGKILL)
    began = time.monotonic()
    status = await bench.statuses.reaches(Phase.ENDED)
    assert status == CallStatus(Phase.ENDED, EndReason.CRASHED)
    assert time.monotonic() - began < 1


async def test_the_way_back_ends_every_process_and_wipes_the_profile_within_a_second(
    bench: Bench,
) -> None:
    await bench.open("/meeting")
    began = time.monotonic()
    await bench.window.close()
    assert time.monotonic() - began < 1
    assert bench.statuses.seen[-1] == CallStatus(Phase.ENDED, EndReason.CLOSED)
    assert bench.nothing_is_left()
    assert not bench.window.is_open


async def test_a_browser_that_hangs_is_ended_all_the_same(bench: Bench) -> None:
    await bench.open("/meeting")
    os.kill(bench.browser(), signal.SIGSTOP)
    began = time.monotonic()
    await bench.window.close()
    assert time.monotonic() - began < 1
    assert bench.nothing_is_left()


async def test_closing_while_connecting_leaves_nothing(bench: Bench) -> None:
    bench.window.open(bench.call("/meeting"), AREA)
    await bench.statuses.reaches(Phase.CONNECTING)
    await bench.window.close()
    assert bench.statuses.seen[-1] == CallStatus(Phase.ENDED, EndReason.CLOSED)
    assert bench.nothing_is_left()


@pytest.mark.parametrize(
    ("command", "failure"),
    [
        ("no-such-browser", Failure.NO_BROWSER),
        ("/bin/true", Failure.NO_ANSWER),
        ("/bin/cat", Failure.NO_ANSWER),
    ],
)
async def test_a_missing_or_broken_browser_is_a_clear_failure(
    site: Site, tmp_path: Path, command: str, failure: Failure
) -> None:
    statuses = Statuses()
    base = tmp_path / "calls"
    base.mkdir()
    window = ConferenceWindow(settings(base, command=command), statuses)
    bench = Bench(window, statuses, site, base)
    window.open(bench.call("/meeting"), AREA)
    status = await statuses.reaches(Phase.ENDED)
    assert status == CallStatus(Phase.ENDED, EndReason.FAILED, failure)
    assert bench.nothing_is_left()


async def test_no_place_for_the_profile_is_a_clear_failure(site: Site, tmp_path: Path) -> None:
    statuses = Statuses()
    window = ConferenceWindow(settings(tmp_path / "missing"), statuses)
    window.open(Bench(window, statuses, site, tmp_path).call("/meeting"), AREA)
    status = await statuses.reaches(Phase.ENDED)
    assert status.failure is Failure.NO_ROOM


async def test_profiles_of_a_display_that_died_are_removed(bench: Bench) -> None:
    gone = await asyncio.create_subprocess_exec(sys.executable, "-c", "")
    await gone.wait()
    left = bench.base / f"roomdisplay-call-{gone.pid}-abc"
    (left / "Default").mkdir(parents=True)
    await bench.open("/meeting")
    assert left.name not in [path.name for path in bench.files("roomdisplay-call-*")]


DYING = """
import asyncio, os, sys
from pathlib import Path
from roomdisplay.device.call import BrowserSettings, Call, Phase, Rectangle
from roomdisplay.device.join import ConferenceWindow

async def main():
    def told(status):
        if status.phase is Phase.OPEN:
            os.kill(os.getpid(), 9)
    yes = lambda url: True
    window = ConferenceWindow(BrowserSettings(platform="x11", profile_base=Path(sys.argv[1]),
        sandbox=os.geteuid() != 0), told)
    window.open(Call(url=sys.stdin.readline().strip(), may_open=yes, may_visit=yes,
        is_over=lambda url: False), Rectangle(0, 72, 1280, 728))
    await window.wait_ended()

asyncio.run(main())
"""


async def gone(pid: int) -> None:
    """Wait until a process that is not ours has ended."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(handle, ended.set)
    async with asyncio.timeout(10):
        await ended.wait()
    asyncio.get_running_loop().remove_reader(handle)
    os.close(handle)


async def test_a_display_that_dies_takes_its_call_with_it(bench: Bench) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", DYING, str(bench.base), stdin=asyncio.subprocess.PIPE
    )
    await process.communicate(bench.site.url("/meeting").encode())
    assert process.returncode == -signal.SIGKILL
    await asyncio.gather(*map(gone, bench.processes()))
    assert bench.processes() == []
