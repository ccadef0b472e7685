"""A list of equal facts for a Repeater."""

from __future__ import annotations

import re
from typing import Any

from msgspec import Struct
from PySide6.QtCore import (
    QAbstractListModel,
    QByteArray,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
)

_INVALID = QModelIndex()
_FIRST_ROLE = 0x0101
"""Qt::UserRole + 1, as a number: to import Qt's enumerations costs a sixth of the first frame."""


class RowsModel(QAbstractListModel):
    """Rows of one structure; each of its fields is a role, in QML's spelling (`meetingId`)."""

    def __init__(self, kind: type[Struct], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[Any, ...] = ()
        self._fields = list(kind.__struct_fields__)
        self._roles = {_FIRST_ROLE + i: _qml_name(name) for i, name in enumerate(self._fields)}

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = _INVALID) -> int:  # noqa: N802 - Qt's name
        """The number of rows."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = 0) -> object:
        """One field of one row."""
        if not index.isValid() or role not in self._roles:
            return None
        return getattr(self._rows[index.row()], self._fields[role - _FIRST_ROLE])

    def roleNames(self) -> dict[int, QByteArray]:  # noqa: N802 - Qt's name
        """The fields as QML knows them."""
        return {role: QByteArray(name.encode()) for role, name in self._roles.items()}

    def show(self, rows: tuple[Any, ...]) -> None:
        """Replace the rows; equal rows change nothing, and only changed rows are drawn anew."""
        old = self._rows
        if rows == old:
            return
        if len(rows) != len(old):
            self.beginResetModel()
            self._rows = rows
            self.endResetModel()
            return
        self._rows = rows
        for number, (before, after) in enumerate(zip(old, rows, strict=True)):
            if before != after:
                self.dataChanged.emit(self.index(number), self.index(number))


def _qml_name(name: str) -> str:
    return re.sub(r"_(.)", lambda match: match[1].upper(), name)
