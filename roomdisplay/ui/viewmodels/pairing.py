"""The pairing screen's view model."""

from __future__ import annotations

from PySide6.QtCore import Property, QObject, Signal
from PySide6.QtQml import QmlElement

from roomdisplay.ui.pairfacts import PairingFacts
from roomdisplay.ui.qr import QrPicture, qr_picture
from roomdisplay.ui.viewmodels.facts import FactsHolder, fact

QML_IMPORT_NAME = "RoomDisplay.Models"
QML_IMPORT_MAJOR_VERSION = 1


@QmlElement
class PairingModel(FactsHolder):
    """What the pairing screen shows; `PairingFacts` says what each fact means."""

    changed = Signal()

    headline = fact(str, "headline", changed)
    lead = fact(str, "lead", changed)
    address = fact(str, "address", changed)
    code = fact(str, "code", changed)
    wordsHint = fact(str, "words_hint", changed)  # noqa: N815 - QML's spelling
    words = fact(str, "words", changed)
    expiry = fact(str, "expiry", changed)
    left = fact(float, "left", changed)
    note = fact(str, "note", changed)
    ask = fact(str, "ask", changed)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(PairingFacts(), parent)
        self._qr = QrPicture()

    @Property(str, notify=changed)
    def qrPath(self) -> str:  # noqa: N802 - QML's spelling
        """The QR's dark modules as an SVG path, one unit to the module; empty: no QR."""
        return self._qr.path

    @Property(int, notify=changed)
    def qrSize(self) -> int:  # noqa: N802
        """The modules on each side, without the quiet zone."""
        return self._qr.size

    def show(self, facts: object) -> None:
        """Take the facts of a later moment."""
        if isinstance(facts, PairingFacts) and facts.scan != self.facts.scan:
            self._qr = qr_picture(facts.scan)
        super().show(facts)
