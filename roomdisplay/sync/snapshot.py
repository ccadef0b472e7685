"""What the sync side hands to the glass: one immutable value, and what the glass may ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from msgspec import Struct, field

from roomdisplay.model.clock import EPOCH_CLOCK, ClockReading
from roomdisplay.model.freshness import NOTHING_HEARD, FreshnessAccount, FreshnessReading
from roomdisplay.model.pairing import PairingOffer, WayIn
from roomdisplay.model.roomstate import Standing
from roomdisplay.model.schedule import Schedule
from roomdisplay.model.trouble import Trouble, TroubleKind

__all__ = [
    "EPOCH_CLOCK",
    "Call",
    "CallPhase",
    "ClockReading",
    "Engine",
    "PairingOffer",
    "Snapshot",
    "Trouble",
    "TroubleKind",
    "WayIn",
]


class CallPhase(StrEnum):
    """Where a conference stands."""

    CONNECTING = "connecting"
    OPEN = "open"
    FAILED = "failed"
    ELSEWHERE = "elsewhere"
    """Another display of the room opens it."""


class Call(Struct, frozen=True, kw_only=True):
    """The conference that was tapped."""

    meeting_id: str
    service: str
    phase: CallPhase
    reason: str | None = None
    """A key of a failure: no_connection, no_ticket, no_display, no_way_to_display, no_answer,
    starting, too_late, browser_missing, browser_silent, browser_failed, service_unreachable."""
    dial_in: str | None = None


class Snapshot(Struct, frozen=True, kw_only=True):
    """Everything the screen needs, of one moment; a later `generation` replaces it."""

    generation: int
    standing: Standing | None
    """None: not known yet (the keyring is still being read)."""
    clock: ClockReading
    schedule: Schedule | None = None
    account: FreshnessAccount | None = None
    pairing: PairingOffer | None = None
    way_in: WayIn | None = None
    """None: this display is set up from an Admin Center elsewhere."""
    trouble: Trouble | None = None
    call: Call | None = None
    pending: frozenset[str] = frozenset()
    """Ids of meetings whose check-in was tapped and is on its way or waits for the network."""
    notices: tuple[str, ...] = ()
    """Keys of lasting remarks that the screen must name, such as insecure_key_file."""
    identify: bool = False
    """The administrator asked this display to show which one it is."""
    texts: Mapping[str, str] = field(default_factory=dict)
    """Facts for remarks: server (host name), device_id, version."""

    def now(self, boottime: float) -> datetime:
        """The time at `boottime` (CLOCK_BOOTTIME, seconds)."""
        return self.clock.at(boottime)

    def freshness(self, boottime: float) -> FreshnessReading:
        """How old the schedule is at `boottime`."""
        return self.account.reading(boottime) if self.account else NOTHING_HEARD


class Engine(Protocol):
    """What the glass may ask of the sync side; every call returns at once, on any thread."""

    @property
    def snapshot(self) -> Snapshot:
        """The newest snapshot."""

    def start(self, listener: Callable[[Snapshot], None]) -> None:
        """Begin; `listener` is called on the sync thread with each new snapshot."""

    def frame_painted(self) -> None:
        """The first frame is on the glass: what is slow to load may load now.

        Without this call the engine goes on by itself after a second.
        """

    def check_in(self, meeting_id: str) -> None:
        """Somebody is here: written to the outbox before anything is sent."""

    def join(self, meeting_id: str) -> None:
        """Open the meeting's conference (and check in, if that is asked for)."""

    def place_calls(self, *, x: int, y: int, width: int, height: int, scale: float) -> None:
        """Where a conference's window goes: what the glass's own bar leaves of the screen.

        In device-independent pixels; `scale` is how many physical ones each of them is. To be told
        before the first join, and again when the screen changes.
        """

    def leave_call(self) -> None:
        """Close the conference, or put away its failure."""

    def new_code(self) -> None:
        """Ask for a new pairing code now."""

    def ask_way_in(self) -> None:
        """Somebody wants to set this screen up: make a link, if there is a way in."""

    def stop(self) -> None:
        """Close everything within a second or two; returns when the sync thread has ended."""
