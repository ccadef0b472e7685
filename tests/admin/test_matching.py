"""Rooms and calendars that belong together by their names."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomdisplay.admin.matching import Named, Suggestion, match_names, name_words


def named(*names: str, place: str | None = None, capacity: int | None = None) -> list[Named]:
    return [Named(id=name, name=name, place=place, capacity=capacity) for name in names]


def pairs(found: list[Suggestion]) -> dict[str, str]:
    return {one.room_id: one.calendar_id for one in found}


@pytest.mark.parametrize(
    ("room", "calendar", "exact"),
    [
        ("Atlas", "Atlas", True),
        (" atlas ", "ATLAS", True),
        ("Étoile du Nord", "etoile du nord", True),
        ("Straße", "STRASSE", True),
        ("Room 07", "room 7", True),
        ("Atlas", "Room Atlas", False),
        ("Salle Éole", "Eole (conference room)", False),
        ("Atlas", "Atlas - 3e, côté rue", None),  # a number that the room does not have
        ("Atlas", "Atlas, côté rue", False),
        ("Room 1", "Room 10", None),
        ("Room 1", "Salle 1", False),
        ("Atlas 2", "Atlas 3", None),
        ("Room", "Meeting", None),
        ("!!!", "???", None),
        ("A", "A B", None),  # a letter stands for nothing
    ],
)
def test_likeness(room: str, calendar: str, exact: bool | None) -> None:  # noqa: FBT001 - a table
    found = match_names(named(room), named(calendar))
    assert [one.exact for one in found] == ([] if exact is None else [exact])


def test_building_breaks_a_tie_and_what_stays_equal_is_left_open() -> None:
    rooms = [
        Named(id="a", name="Atlas", place="Tower A"),
        Named(id="b", name="Atlas", place="Tower B"),
    ]
    calendars = [
        Named(id="of b", name="Atlas", place="B"),
        Named(id="of a", name="Atlas", place="A"),
    ]
    found = match_names(rooms, calendars)
    assert pairs(found) == {"a": "of a", "b": "of b"}
    assert not any(one.exact for one in found)  # somebody has to look
    assert match_names(rooms, named("Atlas")) == []


def test_capacity_breaks_what_the_building_leaves() -> None:
    rooms = [
        Named(id="small", name="Atlas", capacity=4),
        Named(id="large", name="Atlas", capacity=12),
    ]
    assert pairs(match_names(rooms, [Named(id="c", name="Room Atlas", capacity=12)])) == {
        "large": "c"
    }


def test_the_building_and_the_seats_may_stand_in_the_calendars_name() -> None:
    room = Named(id="room", name="Atlas", place="Tower A", capacity=8)
    other = Named(id="other", name="Atlas Roof Garden", capacity=8)
    calendar = Named(id="calendar", name="Tower A Atlas (8)", capacity=8)
    assert pairs(match_names([room], [other, calendar])) == {"room": "calendar"}


def test_a_better_name_goes_first_and_frees_the_other() -> None:
    found = match_names(named("Atlas", "Atlas Roof"), named("Atlas", "Room Atlas Roof"))
    assert pairs(found) == {"Atlas": "Atlas", "Atlas Roof": "Room Atlas Roof"}


WORD = st.sampled_from(
    ["Atlas", "ATLAS", "Éole", "eole", "room", "Salle", "1", "01", "2", "Tower", "A", "-", "ß", "ﬁ"]
)
NAME = st.lists(WORD, max_size=4).map(" ".join) | st.text(max_size=8)
SIDE = st.lists(
    st.builds(
        Named,
        id=st.uuids().map(str),
        name=NAME,
        place=st.none() | st.sampled_from(["Tower A", "tower b"]),
        capacity=st.none() | st.integers(1, 3),
    ),
    max_size=7,
)


@given(SIDE, SIDE, st.randoms(use_true_random=False))
def test_at_most_once_each_and_in_whatever_order(
    rooms: list[Named], calendars: list[Named], chance: random.Random
) -> None:
    found = match_names(rooms, calendars)
    assert len(found) == len({one.room_id for one in found}) == len({o.calendar_id for o in found})
    name = {one.id: one.name for one in rooms + calendars}
    for one in found:
        words = name_words(name[one.room_id])
        assert not one.exact or words == name_words(name[one.calendar_id])
    chance.shuffle(rooms)
    chance.shuffle(calendars)
    assert match_names(rooms, calendars) == found


@given(NAME, SIDE)
def test_the_one_calendar_of_a_rooms_name_is_always_found(name: str, others: list[Named]) -> None:
    words = name_words(name)
    calendars = [one for one in others if name_words(one.name) != words]
    found = match_names(named(name), [*calendars, Named(id="own", name=name.upper())])
    if words and name_words(name.upper()) == words:
        assert [(one.calendar_id, one.exact) for one in found] == [("own", True)]


def test_a_large_house_takes_no_time() -> None:
    rooms = [Named(id=f"r{n}", name=f"Tower room {n}", place="Tower") for n in range(800)]
    calendars = [Named(id=f"c{n}", name=f"TOWER ROOM {n}", place="Tower") for n in range(4000)]
    begun = time.process_time()
    found = match_names(rooms, calendars)
    assert time.process_time() - begun < 5
    assert pairs(found) == {f"r{n}": f"c{n}" for n in range(800)}
