"""What is written to a room's calendar, and who stands in whose way: pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from roomdisplay.connectors.base import ConflictError, Window
from roomdisplay.connectors.booking import Booking
from roomdisplay.connectors.cronofy.events import Placed, occurrence, takes_room

_LONGEST_SUMMARY = 1024
_LONGEST_DESCRIPTION = 4096
_INSTANT = timedelta(seconds=1)


def booked(booking: Booking) -> dict[str, object]:
    """The event that a booking becomes; its key is our own name for it."""
    return {
        "event_id": booking.key,
        "summary": booking.title[:_LONGEST_SUMMARY],
        "description": booking.note[:_LONGEST_DESCRIPTION],
        "start": _written(booking.start),
        "end": _written(booking.end),
        "tzid": "Etc/UTC",
        "transparency": "opaque",
        "event_private": False,
    }


def with_end(one: Placed, end: datetime) -> dict[str, object]:
    """The same event with another end; everything that an upsert could lose is sent along."""
    event = one.event
    wanted: dict[str, object] = {
        **name_of(one),
        "summary": (event.summary or "")[:_LONGEST_SUMMARY] or "-",
        "start": _written(one.span.start),
        "end": _written(end),
        "tzid": "Etc/UTC",
    }
    if event.description and len(event.description) <= _LONGEST_DESCRIPTION:
        wanted["description"] = event.description
    if event.location and event.location.description:
        wanted["location"] = {"description": event.location.description}
    if event.event_private is not None:
        wanted["event_private"] = event.event_private
    return wanted


def name_of(one: Placed) -> dict[str, object]:
    """How an event is named in a writing: by our own name if we made it."""
    if one.event.event_id:
        return {"event_id": one.event.event_id}
    return {"event_uid": one.event.event_uid}


def _written(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def span_of(one: Placed) -> Window:
    """When it takes place; never empty."""
    return Window(one.span.start, max(one.span.end, one.span.start + _INSTANT))


def made_with(key: str, around: Sequence[Placed]) -> Placed | None:
    """The event that was booked with this key, unless it takes no room any more."""
    return next(
        (one for one in around if one.event.event_id == key and takes_room(one.event)), None
    )


def named(source_id: str, around: Sequence[Placed]) -> Placed | None:
    """The event with this id, whatever became of it."""
    return next((one for one in around if one.source_id == source_id), None)


def in_the_way(around: Sequence[Placed], window: Window, mine: Placed | None) -> list[Placed]:
    """The others that take the room within a window."""
    return [
        one
        for one in around
        if (mine is None or one.source_id != mine.source_id)
        and takes_room(one.event)
        and one.span.start < min(window.end, one.span.end)
        and one.span.end > window.start
    ]


def is_first(other: Placed, mine: Placed) -> bool:
    """Whether the other was created first; where that cannot be told, has the smaller name."""
    made = (other.event.created or "", mine.event.created or "")
    if made[0] != made[1] and all(made):
        return made[0] < made[1]
    return (other.event.event_id or "") < (mine.event.event_id or "")


def conflict(other: Placed) -> ConflictError:
    """The error that names who was there."""
    return ConflictError("the room is taken at this time", by=occurrence(other))
