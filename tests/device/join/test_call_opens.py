"""How a call opens, and what it may not do: a real Chromium on a screen of its own."""

import logging
import shutil
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from callbench import AREA, SCREEN, SECRET, Bench, Site, click, proc, settings, xdotool

from roomdisplay.device.browser_policy import host_pattern
from roomdisplay.device.call import CallStatus, EndReason, Failure, Phase
from roomdisplay.device.join import CallRefusedError, CallRunningError, ConferenceWindow

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(90),
    pytest.mark.skipif(
        not (shutil.which("chromium") and shutil.which("Xvfb")), reason="needs Chromium and Xvfb"
    ),
]


async def test_a_call_opens_beside_the_bar_and_shows_its_address_to_nobody(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await bench.open("/meeting")
    assert bench.statuses.seen == [CallStatus(Phase.CONNECTING), CallStatus(Phase.OPEN)]
    shown = await xdotool(
        *("search", "--sync", "--onlyvisible", "--class", "roomdisplay-call", "getwindowgeometry")
    )
    assert f"Position: {AREA.x},{AREA.y} " in shown
    assert f"Geometry: {AREA.width}x{AREA.height}" in shown
    for pid in bench.processes():
        assert SECRET.encode() not in proc(pid, "cmdline")
        assert SECRET.encode() not in proc(pid, "environ")
    assert SECRET not in caplog.text
    assert SECRET not in repr(bench.call("/meeting"))
    [profile] = bench.base.iterdir()
    assert profile.stat().st_mode & 0o777 == 0o700


async def test_one_call_at_a_time_and_another_one_after_it(bench: Bench) -> None:
    await bench.open("/meeting")
    with pytest.raises(CallRunningError):
        bench.window.open(bench.call("/meeting"), AREA)
    await bench.window.close()
    bench.site.told.clear()
    bench.statuses.seen.clear()
    await bench.open("/meeting")
    assert bench.statuses.seen[-1] == CallStatus(Phase.OPEN)


async def test_the_next_call_may_be_opened_as_soon_as_one_has_ended(
    site: Site, bench: Bench
) -> None:
    seen: list[CallStatus] = []

    def told(status: CallStatus) -> None:
        seen.append(status)
        bench.statuses(status)
        if status.phase is Phase.ENDED and len(seen) == 3:
            window.open(bench.call("/meeting"), AREA)

    window = ConferenceWindow(settings(bench.base), told)
    bench.window = window
    await bench.open("/closes")
    site.go.set()
    await bench.statuses.reaches(Phase.ENDED)
    bench.statuses.seen.clear()
    await bench.statuses.reaches(Phase.OPEN)
    assert window.is_open
    await window.close()
    assert [status.phase for status in seen] == [*Phase, *Phase]
    assert bench.nothing_is_left()


async def test_camera_and_microphone_are_granted_to_the_conference_without_asking(
    bench: Bench,
) -> None:
    await bench.open("/media", says="granted")


async def test_camera_and_microphone_are_refused_to_any_other_page(bench: Bench) -> None:
    other = (host_pattern("conference.example"),)
    bench.window.open(replace(bench.call("/media"), media=other), AREA)
    await bench.site.hears("NotAllowedError")


async def test_no_page_covers_the_way_back(bench: Bench) -> None:
    await bench.open("/fullscreen")
    await click(640, 500)
    await bench.site.hears("refused")
    assert "full" not in bench.site.told


async def test_a_window_made_full_screen_goes_back_beside_the_bar(bench: Bench) -> None:
    await bench.open("/grows")
    await bench.make_full_screen()
    await bench.site.hears(f"height-{SCREEN.height}")
    await bench.site.hears(f"height-{AREA.height}")


async def test_a_second_window_does_not_stay(bench: Bench) -> None:
    await bench.open("/popup")
    await click(640, 500)
    await bench.site.hears("opened")
    await bench.site.hears("shut")
    assert bench.statuses.seen[-1] == CallStatus(Phase.OPEN)


async def test_a_call_may_move_between_its_services_hosts_but_not_beyond(bench: Bench) -> None:
    call = bench.call("/hops")
    own = {f"{host}:{bench.site.port}" for host in ("127.0.0.1", "localhost")}
    bench.window.open(replace(call, may_visit=lambda url: urlsplit(url).netloc in own), AREA)
    status = await bench.statuses.reaches(Phase.ENDED)
    assert status == CallStatus(Phase.ENDED, EndReason.LEFT)


async def test_a_link_that_leads_astray_is_not_followed(bench: Bench) -> None:
    call = replace(bench.call("/redirects"), may_visit=lambda url: "elsewhere" not in url)
    bench.window.open(call, AREA)
    status = await bench.statuses.reaches(Phase.ENDED)
    assert status == CallStatus(Phase.ENDED, EndReason.FAILED, Failure.REFUSED)
    assert "elsewhere" not in bench.site.told
    assert bench.nothing_is_left()


async def test_downloads_are_refused(bench: Bench) -> None:
    await bench.open("/download", says="fetched")
    assert bench.files("file*") == []
    assert bench.statuses.seen[-1] == CallStatus(Phase.OPEN)


async def test_an_address_that_was_not_judged_is_not_opened(bench: Bench) -> None:
    call = replace(bench.call("/meeting"), url="https://evil.example/")
    with pytest.raises(CallRefusedError):
        bench.window.open(call, AREA)
    assert bench.statuses.seen == []


async def test_a_service_that_does_not_answer_is_told(bench: Bench) -> None:

    def there(url: str) -> bool:
        return urlsplit(url).netloc == "127.0.0.1:9"

    call = replace(bench.call("/meeting"), url="http://127.0.0.1:9/", may_open=there)
    bench.window.open(replace(call, may_visit=there), AREA)
    status = await bench.statuses.reaches(Phase.ENDED)
    assert status == CallStatus(Phase.ENDED, EndReason.FAILED, Failure.UNREACHABLE)
