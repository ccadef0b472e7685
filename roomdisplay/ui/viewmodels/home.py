"""The home screen's view model."""

from __future__ import annotations

from PySide6.QtCore import Property, QObject, Signal
from PySide6.QtQml import QmlElement

from roomdisplay.ui.dayplan import DayBlock, HourMark, MeetingRow
from roomdisplay.ui.homefacts import HomeFacts
from roomdisplay.ui.viewmodels.facts import FactsHolder, fact
from roomdisplay.ui.viewmodels.rows import RowsModel

QML_IMPORT_NAME = "RoomDisplay.Models"
QML_IMPORT_MAJOR_VERSION = 1


@QmlElement
class HomeModel(FactsHolder):
    """What the home screen shows; `HomeFacts` says what each fact means."""

    changed = Signal()

    room = fact(str, "room", changed)
    clock = fact(str, "clock", changed)
    date = fact(str, "date", changed)
    role = fact(str, "role", changed)
    shape = fact(str, "shape", changed)
    word = fact(str, "word", changed)
    line = fact(str, "line", changed)
    title = fact(str, "title", changed)
    organizer = fact(str, "organizer", changed)
    note = fact(str, "note", changed)
    trouble = fact(bool, "trouble", changed)
    meetingId = fact(str, "meeting_id", changed)  # noqa: N815 - QML's spelling
    joinLabel = fact(str, "join", changed)  # noqa: N815
    checkInLabel = fact(str, "check_in", changed)  # noqa: N815
    checkInReady = fact(bool, "check_in_ready", changed)  # noqa: N815
    rowsLabel = fact(str, "rows_label", changed)  # noqa: N815
    moreLabel = fact(str, "more", changed)  # noqa: N815
    lessLabel = fact(str, "less", changed)  # noqa: N815
    touch = fact(bool, "touch", changed)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(HomeFacts(), parent)
        self._rows = RowsModel(MeetingRow, self)
        self._blocks = RowsModel(DayBlock, self)
        self._hours = RowsModel(HourMark, self)

    @Property(int, notify=changed)
    def rowCount(self) -> int:  # noqa: N802
        """How many meetings there are to come."""
        return len(self.facts.rows)

    @Property(bool, notify=changed)
    def joinNext(self) -> bool:  # noqa: N802
        """Whether the next meeting has a button of its own."""
        return any(row.join for row in self.facts.rows)

    @Property(bool, notify=changed)
    def rowsDetailed(self) -> bool:  # noqa: N802
        """Whether any of the meetings to come says who called it, besides its title."""
        return any(row.detail for row in self.facts.rows)

    @Property(float, notify=changed)
    def now(self) -> float:
        """Where the present is on the day strip; below zero: there is no strip."""
        return float(self.facts.strip.now)

    @Property(QObject, constant=True)
    def rows(self) -> QObject:
        """The meetings to come, a `RowsModel` of `MeetingRow`."""
        return self._rows

    @Property(QObject, constant=True)
    def blocks(self) -> QObject:
        """The strip's busy stretches, a `RowsModel` of `DayBlock`."""
        return self._blocks

    @Property(QObject, constant=True)
    def hours(self) -> QObject:
        """The strip's scale, a `RowsModel` of `HourMark`."""
        return self._hours

    def show(self, facts: object) -> None:
        """Take the facts of a later moment."""
        if isinstance(facts, HomeFacts):
            self._rows.show(facts.rows)
            self._blocks.show(facts.strip.blocks)
            self._hours.show(facts.strip.hours)
        super().show(facts)
