"""When the glass must look again: it sleeps until then, or until news arrives."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

from PySide6.QtCore import QObject, QTimer

from roomdisplay.model.roomstate import RoomState, StateKind
from roomdisplay.sync.snapshot import Snapshot
from roomdisplay.ui.pairfacts import next_pairing_change

_LONGEST_SLEEP = 3600.0
_MINUTE = timedelta(minutes=1)
_SECOND = timedelta(seconds=1)


def next_look(snapshot: Snapshot, state: RoomState, boottime: float) -> float:
    """When (boot-time seconds) anything shown could next read differently.

    That is the end of the state, the next minute of the visible clock, the next minute of a
    pairing code's life; and the next second in the one state that counts seconds.
    """
    now = snapshot.now(boottime)
    instants = [boottime + _LONGEST_SLEEP, snapshot.clock.boottime_of(state.valid_until)]
    if snapshot.clock.trusted:
        step = _SECOND if state.kind is StateKind.RELEASE_UNDO else _MINUTE
        into = timedelta(seconds=now.second, microseconds=now.microsecond) % step
        instants.append(boottime + (step - into).total_seconds())
    pairing = next_pairing_change(snapshot, boottime)
    if pairing is not None:
        instants.append(pairing)
    return min(instant for instant in instants if instant > boottime)


def boot_clock() -> float:
    """CLOCK_BOOTTIME, seconds: runs on through a suspend, never jumps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Wake(QObject):
    """One single-shot timer that calls `look` at a given boot-time instant."""

    def __init__(self, look: Callable[[], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        # Qt::PreciseTimer, as a number: Qt's usual timers may be late by a twentieth, and to import
        # the enumerations of the name `Qt` costs 21 ms and 1.1 MiB.
        self._timer.setProperty("timerType", 0)
        self._timer.timeout.connect(look)

    def at(self, instant: float, boottime: float) -> None:
        """Look at `instant`, seen from `boottime` (both CLOCK_BOOTTIME, seconds).

        A millisecond is added: waking a hair early would mean waking twice.
        """
        self._timer.start(max(1, int((instant - boottime) * 1000) + 1))

    def stop(self) -> None:
        """Sleep on."""
        self._timer.stop()
