from __future__ import annotations

from roomdisplay.model.room import Place
from roomdisplay.model.roomstate import Standing


async def test_a_paired_display_shows_its_room(running) -> None:
    _, display = await running()
    snapshot = display.snapshot
    assert snapshot.standing is Standing.PAIRED
    assert snapshot.schedule.room.name == "Atlas"
    assert snapshot.trouble is None
    assert snapshot.clock.trusted
    assert snapshot.notices == ("insecure_key_file",)


async def test_a_commit_in_the_store_reaches_the_display(running, house, meeting, titles) -> None:
    room_id, display = await running()
    await house.put_meetings(room_id, meeting("Planning"), meeting("Review", starts_in=60))
    snapshot = await display.until(lambda s: len(titles(s)) > 1)
    assert titles(snapshot) == ["Planning", "Review"]


async def test_two_displays_of_one_room_show_one_truth(running, house, titles) -> None:
    room_id, inside = await running()
    await house.ask_for_check_in(room_id)
    door = await house.display(room_id, Place.DOOR)
    door.start()
    shown = await inside.until(lambda s: s.schedule.meetings[0].check_in)
    await door.until(
        lambda s: s.schedule and s.schedule.meetings and s.schedule.meetings[0].check_in
    )
    door.engine.check_in(shown.schedule.meetings[0].id)
    for display in (door, inside):
        await display.until(lambda s: s.schedule.meetings[0].check_in.done_at and not s.pending)
    assert (
        inside.snapshot.schedule.meetings[0].check_in == door.snapshot.schedule.meetings[0].check_in
    )
    assert titles(door.snapshot) == [None]
    assert inside.snapshot.schedule.device.conference_display
    assert door.snapshot.schedule.device.joins_elsewhere
