"""A sheet of rooms beside the rooms there are: what is new, changed, unchanged or wrong. Pure.

A room is known by its name and its building, without regard to case; a line may give a building to
the only room of its name that has none, and may leave it out where there is only one. A column that
the sheet does not have is left alone in every room; an empty cell empties it, but for building,
time zone and calendar, which stay: nobody loses a calendar by leaving a cell out.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from hashlib import sha256

from roomdisplay.admin.matching import name_words
from roomdisplay.admin.spreadsheet import SheetError, meant, read_table
from roomdisplay.admin.use_cases.rooms import RoomInput, tidy_input, wrong_fields

COLUMNS = (
    "name",
    "building",
    "floor",
    "capacity",
    "equipment",
    "timezone",
    "calendar_address",
    "connection",
)
_ALIASES = {
    "nom": "name", "room": "name", "salle": "name",
    "batiment": "building", "etage": "floor",
    "seats": "capacity", "places": "capacity", "capacite": "capacity",
    "equipement": "equipment", "fuseauhoraire": "timezone", "fuseau": "timezone",
    "calendar": "calendar_address", "calendrier": "calendar_address",
    "adresseducalendrier": "calendar_address", "connexion": "connection",
}  # fmt: skip
_HEADINGS = {"".join(name_words(one)): one for one in COLUMNS} | _ALIASES


class LineKind(StrEnum):
    """What Apply does with a line."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRoom:
    """A room there is."""

    id: str
    room: RoomInput
    calendar_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCalendar:
    """A calendar that a connected service lists, or that was typed."""

    id: str
    name: str
    address: str
    connection: str
    """The connection's name."""
    rooms: tuple[str, ...] = ()
    """The names of the rooms that show it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One field of a room, before and after."""

    field: str
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetLine:
    """What a line of the sheet would do."""

    line: int
    """In the file, from 1; the first that it begins on."""
    kind: LineKind
    name: str
    building: str | None = None
    room_id: str | None = None
    entered: RoomInput | None = None
    calendar_id: str | None = None
    """The calendar it gives; None: it gives none."""
    changes: tuple[Change, ...] = ()
    also_in: tuple[str, ...] = ()
    """Rooms that show the given calendar already: a warning."""
    reasons: tuple[str, ...] = ()
    """Keys of what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetPlan:
    """What the whole sheet would do."""

    lines: tuple[SheetLine, ...]
    ignored: tuple[str, ...] = ()
    """Headings that no column has."""

    def of(self, kind: LineKind) -> list[SheetLine]:
        """The lines of one kind, in the file's order."""
        return [line for line in self.lines if line.kind == kind]

    @property
    def digest(self) -> str:
        """Of what would be done: another one means that another thing would be."""
        done = [
            (line.kind.value, line.room_id, line.entered, line.calendar_id, line.changes)
            for line in self.lines
            if line.kind in {LineKind.NEW, LineKind.CHANGED}
        ]
        return sha256(repr(done).encode()).hexdigest()


@dataclass(slots=True)
class _House:
    """The rooms and calendars there are, and which rooms the sheet has named already."""

    rooms: Sequence[KnownRoom]
    calendars: Sequence[KnownCalendar]
    zone: str
    lines: frozenset[tuple[str, str]]
    """Name and building of each line."""
    named: set[tuple[str, str]] = field(default_factory=set)

    def find(self, name: str, building: str) -> list[KnownRoom]:
        """The rooms that a line may mean; none: it is a new one."""
        same = [one for one in self.rooms if _plain(one.room.name) == _plain(name)]
        there = [one for one in same if _plain(one.room.building or "") == _plain(building)]
        if there or not building:
            return there or same
        lone = len(same) == 1 and not same[0].room.building
        return same if lone and (_plain(name), "") not in self.lines else []


def plan_sheet(
    text: str, rooms: Sequence[KnownRoom], calendars: Sequence[KnownCalendar], *, zone: str
) -> SheetPlan:
    """What the sheet would do.

    Args:
        text: of the file.
        rooms: those there are.
        calendars: those that can be given.
        zone: of new rooms whose line names none.

    Raises:
        SheetError: the file as a whole cannot be read.
    """
    table = read_table(text, lambda cell: _heading(cell) in _HEADINGS)
    if not table:
        raise SheetError("sheet_empty")
    headings = [_HEADINGS.get(_heading(cell)) for cell in table[0][1]]
    named = [one for one in headings if one]
    if "name" not in named:
        raise SheetError("sheet_no_name", table[0][0])
    if len(named) != len(set(named)):
        raise SheetError("sheet_column_twice", table[0][0])
    rows = [(number, row, _cells(headings, row)) for number, row in table[1:]]
    lines = {(_plain(one["name"]), _plain(one.get("building", ""))) for _, _, one in rows}
    house = _House(rooms, calendars, zone, frozenset(lines))
    return SheetPlan(
        lines=tuple(
            _line(number, cells, row[len(headings) :], house) for number, row, cells in rows
        ),
        ignored=tuple(
            cell.strip()
            for cell, known in zip(table[0][1], headings, strict=True)
            if cell.strip() and not known
        ),
    )


def _cells(headings: Sequence[str | None], row: Sequence[str]) -> dict[str, str]:
    """The cells by their columns; those that the row lacks at its end are empty."""
    cells = {key: meant(cell) for key, cell in zip(headings, row, strict=False) if key}
    return {key: cells.get(key, "") for key in headings if key}


def _line(
    number: int, cells: Mapping[str, str], surplus: Sequence[str], house: _House
) -> SheetLine:
    line = SheetLine(
        line=number,
        kind=LineKind.WRONG,
        name=cells["name"],
        building=cells.get("building") or None,
    )
    if any(cell.strip() for cell in surplus):
        return replace(line, reasons=("sheet_too_many_cells",))
    if any(unicodedata.category(letter) == "Cc" for cell in cells.values() for letter in cell):
        return replace(line, reasons=("sheet_control",))
    found = house.find(line.name, line.building or "")
    if len(found) > 1:
        return replace(line, reasons=("sheet_room_ambiguous",))
    return _compared(line, cells, found[0] if found else None, house)


def _compared(
    line: SheetLine, cells: Mapping[str, str], known: KnownRoom | None, house: _House
) -> SheetLine:
    before = known.room if known else RoomInput(name="", timezone=house.zone)
    entered = tidy_input(_entered(cells, before))
    mark = (known.id, "") if known else (_plain(entered.name), _plain(entered.building or ""))
    calendar, wrong = _calendar(cells, known, house.calendars)
    reasons = [*wrong_fields(entered).values(), *wrong]
    if mark in house.named:
        reasons.append("sheet_room_twice")
    if reasons:
        return replace(line, reasons=tuple(dict.fromkeys(reasons)))
    house.named.add(mark)
    new = calendar if calendar and (not known or calendar.id != known.calendar_id) else None
    changes = _changes(before, entered) if known else ()
    if new:
        names = {one.id: one.name for one in house.calendars}
        old = names.get(known.calendar_id or "", "") if known else ""
        changes += (Change(field="calendar", old=old, new=new.name),)
    same = known and not changes
    kind = LineKind.UNCHANGED if same else LineKind.CHANGED if known else LineKind.NEW
    return replace(
        line,
        kind=kind,
        building=entered.building,
        room_id=known.id if known else None,
        entered=entered,
        calendar_id=new.id if new else None,
        changes=changes,
        also_in=new.rooms if new else (),
    )


def _entered(cells: Mapping[str, str], before: RoomInput) -> RoomInput:
    """The room as the line has it; what the sheet does not name stays as it was."""
    capacity = cells.get("capacity", "")
    number = int(capacity) if capacity.isascii() and capacity.isdecimal() else -1
    return replace(
        before,
        name=cells["name"],
        building=cells.get("building") or before.building,
        floor=cells.get("floor", before.floor),
        capacity=(number if capacity else None) if "capacity" in cells else before.capacity,
        equipment=tuple(cells["equipment"].split(","))
        if "equipment" in cells
        else before.equipment,
        timezone=cells.get("timezone") or before.timezone,
    )


def _calendar(
    cells: Mapping[str, str], known: KnownRoom | None, calendars: Sequence[KnownCalendar]
) -> tuple[KnownCalendar | None, tuple[str, ...]]:
    """The calendar that a line names, or what is wrong with it."""
    address, connection = cells.get("calendar_address", ""), cells.get("connection", "")
    if not address:
        return None, ()
    found = [
        one
        for one in calendars
        if meant(one.address) == address
        and (not connection or _plain(one.connection) == _plain(connection))
    ]
    present = [one for one in found if known and one.id == known.calendar_id]
    if len(found) > 1 and not present:
        return None, ("sheet_calendar_ambiguous",)
    if not found:
        return None, ("sheet_calendar_unknown",)
    return (present or found)[0], ()


def _changes(before: RoomInput, after: RoomInput) -> tuple[Change, ...]:
    return tuple(
        Change(field=key, old=old, new=new)
        for key in COLUMNS[:6]
        if (old := " ".join(cell_of(before, key).split())) != (new := cell_of(after, key))
    )


def cell_of(room: RoomInput, column: str) -> str:
    """A field of a room as a sheet has it."""
    value = getattr(room, column)
    return ", ".join(value) if isinstance(value, tuple) else str(value or "")


def _heading(cell: str) -> str:
    return "".join(name_words(cell))


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
