"""The booking attendant of a room: answers invitations and writes the room's copy of a meeting.

Defaults and effects are those of Exchange's Set-CalendarProcessing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from simulators.organisation.item import Instance, Item, expand

if TYPE_CHECKING:
    from simulators.organisation.mailbox import Mailbox

BOOKING_WINDOW = timedelta(days=180)


@dataclass(frozen=True, slots=True, kw_only=True)
class Processing:
    """What the attendant of a room does, as Set-CalendarProcessing says it."""

    auto_accept: bool = True
    delete_subject: bool = True
    add_organizer_to_subject: bool = True
    delete_comments: bool = True
    remove_private: bool = True
    allow_conflicts: bool = False
    remove_cancelled: bool = False


def answer(room: Mailbox, item: Item, now: datetime) -> str:
    """accepted, declined or none: a series with one conflict is declined whole."""
    if not room.processing.auto_accept:
        return "none"
    if room.processing.allow_conflicts or not item.takes_time:
        return "accepted"
    first, last = min(now, item.start), max(now, item.start) + BOOKING_WINDOW
    wanted = expand(item, first, last)
    others = [one for one in room.view(first, last) if one.master.uid != item.uid]
    taken = [one for one in others if one.item.takes_time]
    return "declined" if _collide(wanted, taken) else "accepted"


def _collide(wanted: Iterable[Instance], taken: Iterable[Instance]) -> bool:
    """Whether one of these overlaps one of those."""
    spans = [(one.start, one.end, False) for one in wanted]
    spans += [(one.start, one.end, True) for one in taken]
    ends = {False: datetime.min.replace(tzinfo=UTC), True: datetime.min.replace(tzinfo=UTC)}
    for start, end, side in sorted(spans):
        if start < ends[not side]:
            return True
        ends[side] = max(ends[side], end)
    return False


def room_copy(room: Mailbox, item: Item, response: str) -> Item:
    """The organiser's item as the attendant writes it into the room's calendar."""
    exceptions = {
        original: None if fields is None else _kept_fields(room, item, fields)
        for original, fields in item.exceptions.items()
    }
    taken = "busy" if response == "accepted" else "tentative"
    return replace(
        item,
        id="",
        change_key="",
        subject=_subject(room, item, item.subject),
        body="" if room.processing.delete_comments else item.body,
        sensitivity=_sensitivity(room, item.sensitivity),
        show_as=taken if item.takes_time else item.show_as,
        exceptions=exceptions,
        is_organizer=False,
        response=response,
        transaction_id=None,
        properties={},
        attendees=answered(item.attendees, room.address, response),
    )


def _kept_fields(room: Mailbox, item: Item, fields: Mapping[str, Any]) -> dict[str, Any]:
    if fields.get("cancelled"):
        return dict(fields)
    kept = dict(fields)
    if "subject" in kept:
        kept["subject"] = _subject(room, item, kept["subject"])
    if "body" in kept and room.processing.delete_comments:
        kept["body"] = ""
    if "sensitivity" in kept:
        kept["sensitivity"] = _sensitivity(room, kept["sensitivity"])
    return kept


def _subject(room: Mailbox, item: Item, subject: str) -> str:
    parts = []
    if room.processing.add_organizer_to_subject and item.organizer is not None:
        parts.append(item.organizer.name)
    if not room.processing.delete_subject:
        parts.append(subject)
    return " ".join(parts)


def _sensitivity(room: Mailbox, sensitivity: str) -> str:
    return "normal" if room.processing.remove_private and sensitivity == "private" else sensitivity


def answered(attendees: Iterable[Any], address: str, response: str) -> tuple[Any, ...]:
    """The attendees, one of whom has answered."""
    return tuple(
        replace(one, response=response) if one.address.lower() == address.lower() else one
        for one in attendees
    )


def asked(
    item: Item, guest: str, mine: Item | None, changed: datetime | None
) -> dict[datetime, Mapping[str, Any] | None]:
    """What of a series a guest is asked for.

    Not for those that it has declined, other than the one that is `changed` now; those that were
    cancelled stay in its calendar as they are.
    """
    wanted = dict(item.exceptions)
    for original, fields in item.exceptions.items():
        told = (fields or {}).get("attendees", ())
        declined = any(
            one.address.lower() == guest.lower() and one.response == "declined" for one in told
        )
        kept = mine.exceptions.get(original) if mine is not None else None
        if fields is None and kept is not None and kept.get("cancelled"):
            wanted[original] = kept
        elif declined and original != changed:
            wanted[original] = None
    return wanted
