"""What a room's mailbox does to the meetings that it accepts, seen in a week of them; pure."""

from __future__ import annotations

from collections.abc import Iterator

from roomdisplay.connectors.base import Diagnosis
from roomdisplay.connectors.diagnosis import Finding, Verdict
from roomdisplay.connectors.graph.mapping import Reading
from roomdisplay.connectors.graph.messages import Event

_ENOUGH = 3
"""Meetings without a text before it is taken for more than chance."""


def judge_habits(reading: Reading, room: str) -> Iterator[Finding]:
    """Judge by the meetings to which somebody else invited the room.

    Args:
        reading: a week of the room.
        room: its address.
    """
    invited = [event for _, event in reading.shown if not event.is_organizer]
    yield _titles(invited, room)
    yield _bodies(invited, room)
    yield _private(reading, room)
    kept = any(one.reason == "cancelled" for one in reading.left_out)
    yield _judged("cancelled", "office365_cancelled_kept" if kept else None, room)


def _titles(invited: list[Event], room: str) -> Finding:
    if not invited:
        return _unproven("titles", "office365_no_meetings", room)
    replaced = all(is_title_replaced(event) for event in invited)
    return _judged("titles", "office365_titles_replaced" if replaced else None, room)


def _bodies(invited: list[Event], room: str) -> Finding:
    with_text = any(has_text(event) for event in invited)
    if not with_text and len(invited) < _ENOUGH:
        return _unproven("bodies", "office365_no_meetings", room)
    return _judged("bodies", None if with_text else "office365_bodies_removed", room)


def _private(reading: Reading, room: str) -> Finding:
    """That the mark is kept can be seen; that it is removed cannot, without a test invitation."""
    if any(meeting.private and not event.is_organizer for meeting, event in reading.shown):
        return _judged("private", None, room)
    return _unproven("private", "office365_private_unproven", room)


def is_title_replaced(event: Event) -> bool:
    """Whether the organiser's name, or nothing, stands where the title was."""
    title = " ".join((event.subject or "").split()).casefold()
    one = event.organizer.email_address if event.organizer else None
    names = (one.name, one.address) if one else ()
    return not title or title in {_plain(name) for name in names if name}


def has_text(event: Event) -> bool:
    """Whether the invitation's text is still there."""
    return bool(event.body and (event.body.content or "").strip())


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()


def _judged(check: str, reason: str | None, room: str) -> Finding:
    if reason is None:
        return Finding(check=f"office365_{check}", verdict=Verdict.GOOD)
    return Finding(
        check=f"office365_{check}",
        verdict=Verdict.WARNING,
        diagnosis=Diagnosis(reason, {"room": room}),
    )


def _unproven(check: str, reason: str, room: str) -> Finding:
    return Finding(
        check=f"office365_{check}",
        verdict=Verdict.SKIPPED,
        diagnosis=Diagnosis(reason, {"room": room}),
    )
