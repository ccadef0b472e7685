"""What was tapped and is not answered yet: nothing is lost, nothing is fired twice."""

from __future__ import annotations

from msgspec import Struct, field
from msgspec.structs import replace

from roomdisplay.model.meeting import Meeting
from roomdisplay.model.room import DeviceProfile
from roomdisplay.sync.snapshot import Call, CallPhase, Snapshot

PATIENCE = 10.0
"""Seconds after which a tap that nothing answered is called a failure, and may be tried again."""


class Taps(Struct, frozen=True):
    """The taps under way; every method returns the taps as they are afterwards."""

    joining: Call | None = None
    joined_at: float = 0.0
    left: Call | None = None
    """The call that somebody asked to leave, until the engine says that it is gone."""
    checked_in: dict[str, float] = field(default_factory=dict)
    """When (boot-time seconds) each meeting's check-in was tapped."""

    def join(self, meeting: Meeting, device: DeviceProfile, boottime: float) -> Taps:
        """Join was tapped: the screen says so before the engine does."""
        phase = CallPhase.CONNECTING if device.conference_display else CallPhase.ELSEWHERE
        service = meeting.join.service if meeting.join else ""
        call = Call(meeting_id=meeting.id, service=service, phase=phase)
        return replace(self, joining=call, joined_at=boottime, left=None)

    def may_join(self, snapshot: Snapshot) -> bool:
        """Whether a tap on Join means anything now; a failed call may be tried again."""
        shown = self.call(snapshot)
        return shown is None or shown.phase is CallPhase.FAILED

    def leave(self, call: Call) -> Taps:
        """Leave or Close was tapped."""
        return replace(self, joining=None, left=call)

    def check_in(self, meeting_id: str, boottime: float) -> Taps:
        """Check-in was tapped."""
        return replace(self, checked_in={**self.checked_in, meeting_id: boottime})

    def call(self, snapshot: Snapshot) -> Call | None:
        """The call to show: the one just tapped, else the engine's, unless somebody left it."""
        if self.joining is not None:
            return self.joining
        return None if snapshot.call == self.left else snapshot.call

    def answered(self, snapshot: Snapshot, before: Snapshot) -> Taps:
        """The taps after news from the engine."""
        joining = self.joining
        if snapshot.call is not None and snapshot.call != before.call:
            joining = None
        left = self.left if snapshot.call == self.left else None
        waiting = {i: at for i, at in self.checked_in.items() if i not in snapshot.pending}
        return replace(self, joining=joining, left=left, checked_in=waiting)

    def after(self, boottime: float) -> Taps:
        """The taps at `boottime`: patience has an end."""
        joining = self.joining
        waited = boottime - self.joined_at >= PATIENCE
        if joining and waited and joining.phase is CallPhase.CONNECTING:
            joining = replace(joining, phase=CallPhase.FAILED, reason="no_answer")
        elif joining and waited and joining.phase is CallPhase.ELSEWHERE:
            joining = None
        waiting = {i: at for i, at in self.checked_in.items() if boottime - at < PATIENCE}
        return replace(self, joining=joining, checked_in=waiting)

    def next_end(self, boottime: float) -> float | None:
        """When (boot-time seconds) the next patience ends; None: nothing is waited for."""
        ends = [at + PATIENCE for at in self.checked_in.values()]
        if self.joining and self.joining.phase is not CallPhase.FAILED:
            ends.append(self.joined_at + PATIENCE)
        return min((end for end in ends if end > boottime), default=None)
