"""How a frozen structure of facts becomes properties of a Qt object."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Property, QObject, Signal, SignalInstance


class FactsHolder(QObject):
    """Holds facts; says once that something changed, and only if something did.

    A subclass declares its own `changed` signal and its properties by `fact`.
    """

    changed: SignalInstance

    def __init__(self, facts: object, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.facts: Any = facts

    def show(self, facts: object) -> None:
        """Take the facts of a later moment."""
        if facts != self.facts:
            self.facts = facts
            self.changed.emit()


def fact(kind: type, name: str, changed: Signal) -> Any:  # noqa: ANN401 - Qt's Property is untyped
    """A read-only property that reads the field `name` of the held facts."""
    return Property(kind, lambda self: getattr(self.facts, name), notify=changed)
