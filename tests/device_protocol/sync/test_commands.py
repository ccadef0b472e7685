from __future__ import annotations

import asyncio
import statistics
import time
from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import select

from roomdisplay.admin.device_api.stream import Telling
from roomdisplay.admin.news import device_topic
from roomdisplay.admin.security.roles import SYSTEM
from roomdisplay.admin.store import new_id, news_after_commit
from roomdisplay.admin.store.tables import Command, Device, Room
from roomdisplay.admin.use_cases.devices import identify_device, revoke_device
from roomdisplay.admin.use_cases.schedule import room_schedule
from roomdisplay.device.http import DeviceHttp, TokenRejected
from roomdisplay.device.identity import IdentityStore
from roomdisplay.device.server_address import parse_server
from roomdisplay.device.vault.opening import open_vault
from roomdisplay.model.room import Place
from roomdisplay.model.wire import FRESHNESS_HEADER, ActionRequest, FreshnessMessage
from roomdisplay.sync.snapshot import CallPhase

GOTO = "https://meet.goto.com/123456789"


async def _command(center, device_id: str, kind: str) -> str:
    async with center.admin.store.transaction() as session:
        command = Command(id=new_id(), device_id=device_id, kind=kind, created_at=center.clock())
        session.add(command)
        news_after_commit(session, device_topic(device_id))
        return command.id


async def _results(center) -> dict[str, bool | None]:
    async with center.admin.store.reading() as session:
        return {c.kind: c.ok for c in await session.scalars(select(Command))}


async def test_identify_shows_which_display_it_is_and_is_acknowledged(running, center) -> None:
    _, display = await running()
    await identify_device(center.admin, SYSTEM, display.device_id)
    await display.until(lambda s: s.identify)
    assert await _results(center) == {"identify": True}


async def test_restart_is_acknowledged_before_it_is_done_and_done_once(running, center) -> None:
    _, display = await running()
    await _command(center, display.device_id, "restart")
    await display.until(lambda _: display.restarts)
    assert await _results(center) == {"restart": True}
    await display.restart()
    await display.until(lambda s: s.account and s.trouble is None)
    assert display.restarts == 1


async def test_a_command_given_while_offline_waits(running, center) -> None:
    _, display = await running()
    await display.stop()
    await identify_device(center.admin, SYSTEM, display.device_id)
    display.start()
    await display.until(lambda s: s.identify)


async def test_a_panels_tap_opens_the_call_on_the_big_screen(
    house, meeting, titles, center
) -> None:
    room_id = await house.room()
    await house.put_meetings(room_id, meeting(link=GOTO))
    big, panel = await house.display(room_id), await house.display(room_id)
    for display in (big, panel):
        display.start()
        await display.until(lambda s: titles(s) == ["Planning"] and s.account)
    assert big.snapshot.schedule.device.conference_display
    await _seen(center, big)
    panel.engine.join(panel.snapshot.schedule.meetings[0].id)
    await panel.until(lambda s: s.call and s.call.phase is CallPhase.ELSEWHERE)
    failed = await big.until(lambda s: s.call and s.call.phase is CallPhase.FAILED)
    assert failed.call.reason == "browser_missing"
    assert failed.call.service == "goto"
    big.engine.leave_call()
    await big.until(lambda s: s.call is None)


async def test_without_the_big_screen_the_panel_says_so(house, meeting, titles) -> None:
    room_id = await house.room()
    await house.put_meetings(room_id, meeting(link=GOTO))
    await house.display(room_id)
    panel = await house.display(room_id)
    panel.start()
    await panel.until(lambda s: titles(s) == ["Planning"] and s.account)
    panel.engine.join(panel.snapshot.schedule.meetings[0].id)
    failed = await panel.until(lambda s: s.call and s.call.phase is CallPhase.FAILED)
    assert failed.call.reason == "no_display"


async def test_addresses_of_conferences_never_reach_a_disk_or_a_log(
    house, meeting, titles, caplog
) -> None:
    room_id = await house.room()
    await house.put_meetings(room_id, meeting(link=GOTO))
    display = await house.display(room_id)
    display.start()
    await display.until(lambda s: titles(s) == ["Planning"] and s.account)
    display.engine.join(display.snapshot.schedule.meetings[0].id)
    await display.until(lambda s: s.call and s.call.phase is CallPhase.FAILED)
    await display.stop()
    written = b"".join(p.read_bytes() for p in display.folder.rglob("*") if p.is_file())
    assert b"123456789" not in written
    assert "123456789" not in caplog.text
    assert not any("123456789" in repr(snapshot) for snapshot in display.snapshots)


@pytest.fixture
async def raw(house, meeting, center):
    """A paired display's own requests, without an engine."""
    room_id = await house.room()
    await house.put_meetings(room_id, meeting())
    await house.ask_for_check_in(room_id)
    display = await house.display(room_id, Place.DOOR)
    identity = IdentityStore(
        open_vault(display.state_dir, insecure_key_file=display.folder / "key")
    ).load()
    async with DeviceHttp(parse_server(center.origin), identity.key) as http:

        async def ask(method: str, path: str, **wish):
            return await http.request(method, path, token=identity.paired.token, **wish)

        ask.device_id, ask.room_id = display.device_id, room_id
        ask.http, ask.token = http, identity.paired.token
        yield ask


async def test_an_unchanged_schedule_is_a_304_with_its_freshness(raw, center) -> None:
    first = await raw("GET", "/device/v1/schedule")
    center.clock.advance(timedelta(seconds=30))
    again = await raw(
        "GET", "/device/v1/schedule", headers={"If-None-Match": first.headers["ETag"]}
    )
    assert (first.status, again.status, again.body) == (200, 304, b"")
    ages = [
        msgspec.json.decode(a.headers[FRESHNESS_HEADER], type=FreshnessMessage).source_age_s
        for a in (first, again)
    ]
    assert ages[1] >= ages[0] + 30


async def test_a_key_used_for_something_else_is_refused(raw) -> None:
    body = msgspec.json.decode((await raw("GET", "/device/v1/schedule")).body)
    meeting_id, headers = body["meetings"][0]["id"], {"Idempotency-Key": "one-key-only"}
    for ago in (0.0, 5.0):
        done = await raw(
            "POST",
            f"/device/v1/meetings/{meeting_id}/check-in",
            json=ActionRequest(ago_s=ago),
            headers=headers,
        )
        assert done.status == 204
    other = await raw(
        "POST", "/device/v1/meetings/another/check-in", json=ActionRequest(), headers=headers
    )
    assert (other.status, other.problem) == (422, "key_reused")


@pytest.mark.parametrize("key", ["", "short", "with space in it", "x" * 129])
async def test_an_action_needs_a_usable_key(raw, key: str) -> None:
    answer = await raw(
        "POST",
        "/device/v1/meetings/m/check-in",
        json=ActionRequest(),
        headers={"Idempotency-Key": key},
    )
    assert (answer.status, answer.problem) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("path", "body", "problem"),
    [
        ("/device/v1/health", {"version": 7}, "invalid_request"),
        ("/device/v1/health", {"version": "x" * 60_000}, "invalid_request"),
        ("/device/v1/commands/none/result", {"ok": True}, "not_found"),
    ],
)
async def test_wrong_bodies_end_in_a_registered_problem(raw, path, body, problem) -> None:
    message = msgspec.defstruct("Body", [(k, type(v)) for k, v in body.items()])(**body)
    answer = await raw("POST", path, json=message)
    assert answer.problem == problem


async def test_a_stream_ends_within_a_second_of_the_removal(raw, center) -> None:
    async with raw.http.stream("GET", "/device/v1/stream", token=raw.token) as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        assert stream.headers["X-Accel-Buffering"] == "no"
        chunks = aiter(stream.chunks)
        assert b"event: schedule" in await anext(chunks)
        await revoke_device(center.admin, SYSTEM, raw.device_id)
        revoked = time.perf_counter()
        async for _ in chunks:
            pass
        assert time.perf_counter() - revoked < 1
    with pytest.raises(TokenRejected):
        await raw("GET", "/device/v1/schedule")


async def test_a_commit_is_news_on_the_stream_within_a_tenth_of_a_second(
    raw, house, meeting
) -> None:
    took: list[float] = []
    async with raw.http.stream("GET", "/device/v1/stream", token=raw.token) as stream:
        chunks = aiter(stream.chunks)
        assert b"event: schedule" in await anext(chunks)
        for number in range(9):
            await house.put_meetings(raw.room_id, meeting(f"Change {number}", starts_in=60))
            committed = time.perf_counter()
            while b"event: schedule" not in await anext(chunks):
                pass
            took.append(time.perf_counter() - committed)
    assert statistics.median(took) < 0.1, took


async def test_a_stream_beats_with_the_freshness_of_the_moment(raw, center) -> None:
    sent: asyncio.Queue[bytes] = asyncio.Queue()

    async def send(message) -> None:
        sent.put_nowait(message["body"])

    telling = asyncio.create_task(Telling(center.admin, raw.device_id, send, beat_every=0.01).run())
    assert (await sent.get()).startswith(b"event: schedule\n")
    beat = await sent.get()
    assert beat.startswith(b"event: beat\ndata: ")
    message = msgspec.json.decode(beat.split(b"data: ")[1], type=FreshnessMessage)
    assert message.source_state == "ok"
    center.admin.news.close()
    await telling


async def test_health_is_kept_with_the_display(running, center) -> None:
    _, display = await running()
    health = await _seen(center, display)
    assert health["state_shown"] == "in_use"
    assert health["clock_trusted"] is True
    assert health["keyring"] == "sealed file (insecure key file)"


async def _seen(center, display) -> dict[str, object]:
    """Wait until the Admin Center has the display's health."""
    async with center.admin.news.subscribe(["pages"]) as news:
        while True:
            async with center.admin.store.reading() as session:
                device = await session.get_one(Device, display.device_id)
                if device.health and device.health.get("schedule_etag"):
                    return device.health
            async with asyncio.timeout(10):
                await news.wait()


async def test_a_beat_names_the_picture_it_speaks_of_even_before_its_news(center, house) -> None:
    room_id = await house.room()
    device_id = (await house.display(room_id)).device_id
    events: asyncio.Queue[bytes] = asyncio.Queue()

    async def send(message) -> None:
        await events.put(message["body"])

    async def beat() -> FreshnessMessage:
        while not (body := await events.get()).startswith(b"event: beat"):
            pass
        return msgspec.json.decode(body.split(b"data: ")[1], type=FreshnessMessage)

    telling = asyncio.create_task(Telling(center.admin, device_id, send, beat_every=0.01).run())
    try:
        async with asyncio.timeout(15):
            _, fresh, before = await room_schedule(center.admin, device_id)
            assert (await beat()).etag == before == fresh.etag
            async with center.admin.store.transaction() as session:  # without a word of it
                (await session.get_one(Room, room_id)).name = "Boreas"
            _, _, after = await room_schedule(center.admin, device_id)
            assert after != before
            while (await beat()).etag != after:
                pass
    finally:
        telling.cancel()
