"""Rooms as a sheet: what it would do, and doing it at once."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import ForbiddenError, RefusedError
from roomdisplay.admin.news import room_topic
from roomdisplay.admin.security.roles import Actor
from roomdisplay.admin.spreadsheet import SheetError, write_table
from roomdisplay.admin.use_cases import assignment, rooms
from roomdisplay.admin.use_cases.audit import list_audit
from roomdisplay.admin.use_cases.room_csv import import_rooms, preview_rooms, rooms_csv
from roomdisplay.admin.use_cases.room_sheet import (
    COLUMNS,
    KnownCalendar,
    KnownRoom,
    LineKind,
    SheetPlan,
    cell_of,
    plan_sheet,
)
from roomdisplay.admin.use_cases.rooms import RoomInput, tidy_input, wrong_fields
from roomdisplay.admin.web.i18n import catalogue

ATLAS = RoomInput(
    name="Atlas",
    timezone="Europe/Paris",
    building="Tower A",
    floor="-1",
    capacity=8,
    equipment=("Screen", "Whiteboard"),
    out_of_service="Flood",
)
HOUSE = (
    KnownRoom(id="atlas", room=ATLAS, calendar_id="c1"),
    KnownRoom(id="helios", room=RoomInput(name="Helios", timezone="UTC")),
    KnownRoom(id="twin a", room=RoomInput(name="Twin", timezone="UTC", building="A")),
    KnownRoom(id="twin b", room=RoomInput(name="Twin", timezone="UTC", building="B")),
)
CALENDARS = (
    KnownCalendar(id="c1", name="Atlas", address="/atlas/", connection="Town", rooms=("Atlas",)),
    KnownCalendar(id="c2", name="Eole", address="/eole/", connection="Town"),
    KnownCalendar(id="c3", name="Eole 2", address="/eole/", connection="=Country"),
)


def plan(text: str) -> SheetPlan:
    return plan_sheet(text, HOUSE, CALENDARS, zone="Europe/Zurich")


@pytest.mark.parametrize(
    ("text", "kind", "room_id", "changes"),
    [
        ("name\natlas", "changed", "atlas", {"name": ("Atlas", "atlas")}),
        ("name\nAtlas", "unchanged", "atlas", {}),
        ("nom;bâtiment;étage\nAtlas;tower a;'-1", "changed", "atlas", {"building": None}),
        ("name,building,floor\nAtlas,Tower A,", "changed", "atlas", {"floor": ("-1", "")}),
        ("name,seats\nAtlas,12", "changed", "atlas", {"capacity": ("8", "12")}),
        ("name,capacity\nAtlas,", "changed", "atlas", {"capacity": ("8", "")}),
        ("name,building,timezone\nAtlas,,", "unchanged", "atlas", {}),
        ("name,calendar address\nAtlas,", "unchanged", "atlas", {}),
        ("name,calendar\nAtlas,/atlas/", "unchanged", "atlas", {}),
        ("name,building\nHelios,North", "changed", "helios", {"building": ("", "North")}),
        ("name,building\nAtlas,Tower B", "new", None, {}),
        ("name,building\nTwin,b", "changed", "twin b", {"building": ("B", "b")}),
        (
            "name,calendar_address,connection\nAtlas,/eole/,'=country",
            "changed",
            "atlas",
            {"calendar": ("Atlas", "Eole 2")},
        ),
    ],
)
def test_what_a_line_does(
    text: str, kind: str, room_id: str | None, changes: dict[str, tuple[str, str] | None]
) -> None:
    (line,) = plan(text).lines
    assert (line.kind, line.room_id) == (kind, room_id)
    assert {one.field for one in line.changes} == changes.keys()
    for one in line.changes:
        assert changes[one.field] in {None, (one.old, one.new)}
    if line.room_id == "atlas":
        assert line.entered is not None
        assert line.entered.out_of_service == "Flood"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("name,floor\n,2", "name_needed"),
        ("name\n" + "x" * 201, "name_needed"),
        ("name,capacity\nEole,many", "capacity_wrong"),
        ("name,capacity\nEole,-4", "capacity_wrong"),
        ("name,timezone\nEole,Europe/Nowhere", "timezone_unknown"),
        ("name,timezone\nEole,../../etc/passwd", "timezone_unknown"),
        ("name,equipment\nEole,Screen,Whiteboard", "sheet_too_many_cells"),
        ("name\nEo\x01le", "sheet_control"),
        ("name\nTwin", "sheet_room_ambiguous"),
        ("name,calendar\nEole,/nowhere/", "sheet_calendar_unknown"),
        ("name,calendar\nEole,/eole/", "sheet_calendar_ambiguous"),
        ("name,calendar,connection\nEole,/atlas/,Village", "sheet_calendar_unknown"),
    ],
)
def test_what_is_wrong_with_a_line(text: str, reason: str) -> None:
    (line,) = plan(text).lines
    assert (line.kind, line.line, line.reasons) == (LineKind.WRONG, 2, (reason,))
    assert catalogue("en").has(f"error.{reason}")


def test_a_room_is_named_once_and_the_first_line_counts() -> None:
    lines = plan("name,building\nAtlas,\nATLAS,tower a\nEole,\neole,\n").lines
    assert [line.kind for line in lines] == ["unchanged", "wrong", "new", "wrong"]
    assert lines[3].reasons == ("sheet_room_twice",)


def test_a_second_room_of_a_name_takes_no_building_from_the_first() -> None:
    lines = plan("name,building\nHelios,\nHelios,North\n").lines
    assert [(line.kind, line.room_id) for line in lines] == [
        ("unchanged", "helios"),
        ("new", None),
    ]


def test_new_rooms_get_the_house_s_zone_and_a_calendar_in_use_warns() -> None:
    (line,) = plan("name,calendar\nEole,/atlas/").lines
    assert line.entered is not None
    assert line.entered.timezone == "Europe/Zurich"
    assert line.also_in == ("Atlas",)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "sheet_empty"),
        ("floor,building\n1,A", "sheet_no_name"),
        ("name,salle\nA,B", "sheet_column_twice"),
    ],
)
def test_a_sheet_that_cannot_be_understood(text: str, key: str) -> None:
    with pytest.raises(SheetError) as refused:
        plan(text)
    assert refused.value.key == key


def test_unknown_columns_are_named_and_left_alone() -> None:
    found = plan("name,owner,\nAtlas,Ada,\n")
    assert found.ignored == ("owner",)
    assert found.lines[0].kind is LineKind.UNCHANGED


LINE_TEXT = st.text(alphabet="aB=+-@'\",; é1", max_size=10)
ROOM = st.builds(
    RoomInput,
    name=LINE_TEXT,
    timezone=st.sampled_from(["UTC", "Europe/Paris"]),
    building=st.none() | LINE_TEXT,
    floor=st.none() | LINE_TEXT,
    capacity=st.none() | st.integers(1, 99),
    equipment=st.lists(LINE_TEXT.map(lambda text: text.replace(",", "")), max_size=3).map(tuple),
).map(tidy_input)


@given(st.lists(ROOM.filter(lambda room: not wrong_fields(room)), max_size=6))
def test_what_comes_out_changes_nothing_when_it_goes_in(house: list[RoomInput]) -> None:
    known = [KnownRoom(id=str(n), room=room) for n, room in enumerate(house)]
    rows = [[cell_of(room, key) for key in COLUMNS[:6]] + ["", ""] for room in house]
    found = plan_sheet(write_table([COLUMNS, *rows], ";"), known, (), zone="Asia/Tokyo")
    assert not found.of(LineKind.NEW)
    assert not found.of(LineKind.CHANGED)
    for line in found.of(LineKind.WRONG):  # only where nobody could tell which room is meant
        assert set(line.reasons) <= {"sheet_room_ambiguous", "sheet_room_twice"}


@pytest.fixture
async def furnished(
    admin: Admin, owner: Actor, house: Any, connect: Any, calendar_ids: Any
) -> dict[str, str]:
    """Atlas with its calendar, Helios without one; their ids."""
    await connect(admin, owner, house)
    atlas = await rooms.create_room(admin, owner, ATLAS)
    helios = await rooms.create_room(admin, owner, RoomInput(name="Helios", timezone="UTC"))
    ids = await calendar_ids(admin, owner)
    await assignment.assign_calendar(admin, owner, atlas, ids["Atlas"])
    return {"Atlas": atlas, "Helios": helios}


async def test_out_and_in_again(admin: Admin, owner: Actor, furnished: dict[str, str]) -> None:
    assert furnished
    text = await rooms_csv(admin, owner)
    first, second = csv.DictReader(io.StringIO(text))
    assert tuple(first) == COLUMNS
    assert (first["name"], first["calendar_address"]) == ("Helios", "")
    assert tuple(second.values()) == (
        "Atlas",
        "Tower A",
        "'-1",
        "8",
        "Screen, Whiteboard",
        "Europe/Paris",
        "atlas",
        "Calendars",
    )
    found = await preview_rooms(admin, owner, text, zone="UTC")
    assert [line.kind for line in found.lines] == [LineKind.UNCHANGED] * 2


async def test_a_preview_saves_nothing_and_apply_does_all_of_it_at_once(
    admin: Admin, owner: Actor, furnished: dict[str, str], clock: Any, heard: Any
) -> None:
    text = (
        "name;capacity;timezone;calendar_address\r\nAtlas;9;;zephyr\r\nNeu;;;atlas\r\nWrong;x;;\r\n"
    )
    before = await rooms.list_rooms(admin, owner)
    found = await preview_rooms(admin, owner, text, zone="Europe/Oslo")
    assert await rooms.list_rooms(admin, owner) == before
    assert [line.kind for line in found.lines] == ["changed", "new", "wrong"]
    clock.pass_(minutes=5)
    told = await heard(
        admin,
        [room_topic(furnished["Atlas"])],
        lambda: import_rooms(admin, owner, text, zone="Europe/Oslo", digest=found.digest),
    )
    assert told
    after = {room.name: room for room in await rooms.list_rooms(admin, owner)}
    assert after.keys() == {"Atlas", "Helios", "Neu"}
    atlas, new = after["Atlas"], after["Neu"]
    assert (atlas.capacity, atlas.floor, atlas.out_of_service) == (9, "-1", "Flood")
    assert (atlas.calendar and atlas.calendar.name, new.calendar and new.calendar.name) == (
        "Zephyr",
        "Atlas",
    )
    assert (new.timezone, new.capacity) == ("Europe/Oslo", None)
    assert atlas.undo_until == clock() + timedelta(seconds=60)
    assert after["Helios"] in before
    actions = [one.action for one in await list_audit(admin, owner, room_id=atlas.id)]
    assert actions.count("room.edited") == 1
    await assignment.undo_assignment(admin, owner, atlas.id)
    view = await rooms.get_room(admin, owner, atlas.id)
    assert view.calendar is not None
    assert view.calendar.name == "Atlas"


async def test_what_would_be_another_thing_by_now_is_not_done(
    admin: Admin, owner: Actor, furnished: dict[str, str]
) -> None:
    text = "name,capacity\nAtlas,9\nHelios,5\n"
    digest = (await preview_rooms(admin, owner, text, zone="UTC")).digest
    await rooms.delete_room(admin, owner, furnished["Helios"], confirm=True)
    with pytest.raises(RefusedError) as refused:
        await import_rooms(admin, owner, text, zone="UTC", digest=digest)
    assert refused.value.key == "sheet_changed"
    assert [room.capacity for room in await rooms.list_rooms(admin, owner)] == [8]
    digest = (await preview_rooms(admin, owner, text, zone="UTC")).digest
    await import_rooms(admin, owner, text, zone="UTC", digest=digest)
    with pytest.raises(RefusedError):  # sent twice
        await import_rooms(admin, owner, text, zone="UTC", digest=digest)
    assert len(await rooms.list_rooms(admin, owner)) == 2


async def test_a_viewer_neither_takes_out_nor_brings_in(admin: Admin, viewer: Actor) -> None:
    with pytest.raises(ForbiddenError):
        await rooms_csv(admin, viewer)
    with pytest.raises(ForbiddenError):
        await preview_rooms(admin, viewer, "name\nA", zone="UTC")
    with pytest.raises(ForbiddenError):
        await import_rooms(admin, viewer, "name\nA", zone="UTC", digest="")
