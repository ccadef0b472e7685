"""The view model of a call that is being opened, is open, or failed."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtQml import QmlElement

from roomdisplay.ui.pairfacts import CallFacts
from roomdisplay.ui.viewmodels.facts import FactsHolder, fact

QML_IMPORT_NAME = "RoomDisplay.Models"
QML_IMPORT_MAJOR_VERSION = 1


@QmlElement
class CallModel(FactsHolder):
    """What is said of the call; `CallFacts` says what each fact means."""

    changed = Signal()

    phase = fact(str, "phase", changed)
    headline = fact(str, "headline", changed)
    text = fact(str, "text", changed)
    retryLabel = fact(str, "retry", changed)  # noqa: N815 - QML's spelling
    closeLabel = fact(str, "close", changed)  # noqa: N815
    meetingId = fact(str, "meeting_id", changed)  # noqa: N815

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(CallFacts(), parent)
