"""From the sync thread to the glass: one queued signal."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from roomdisplay.sync.snapshot import Snapshot


class Bridge(QObject):
    """Hands each snapshot over to the thread this object lives in; older ones are dropped."""

    _arrived = Signal(object)

    def __init__(self, show: Callable[[Snapshot], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._show = show
        self._newest = -1
        # Queued by Qt itself whenever the sender is on another thread.
        self._arrived.connect(self._receive)

    def listener(self, snapshot: Snapshot) -> None:
        """Take a snapshot; may be called on any thread, returns at once."""
        self._arrived.emit(snapshot)

    def _receive(self, snapshot: Snapshot) -> None:
        if snapshot.generation > self._newest:
            self._newest = snapshot.generation
            self._show(snapshot)
