"""What of a meeting survives the room's mailbox: title, text, conference link, private flag, zone.

Room mailboxes take most of it away unless Set-CalendarProcessing tells them not to. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from roomdisplay.connectors.base import Diagnosis
from roomdisplay.connectors.diagnosis import Finding, Verdict
from roomdisplay.connectors.ews.item import Item
from roomdisplay.connectors.ews.occurrence import has_replaced_title, why_not_shown
from roomdisplay.connectors.ical.zones import named_zone

_REASONS = {
    "exchange_keeps_titles": "exchange_titles_replaced",
    "exchange_keeps_bodies": "exchange_bodies_removed",
    "exchange_keeps_links": "exchange_links_removed",
    "exchange_keeps_private": "exchange_private_removed",
    "exchange_keeps_zones": "exchange_zone_lost",
}


def survivals(items: Sequence[Item], room: str) -> Iterator[Finding]:
    """What the meetings of some days tell; whether something was private, nobody can see there.

    Args:
        items: with details.
        room: the room's address.
    """
    invited = [one for one in items if _was_invited(one, room)]
    if not invited:
        for check in ("exchange_keeps_titles", "exchange_keeps_bodies", "exchange_keeps_zones"):
            yield Finding(check=check, verdict=Verdict.SKIPPED, facts={"room": room})
        return
    titled = sum(not has_replaced_title(one) and bool(one.subject) for one in invited)
    yield kept("exchange_keeps_titles", room, good=titled > 0)
    yield kept("exchange_keeps_bodies", room, good=any(one.body for one in invited))
    yield kept("exchange_keeps_zones", room, good=all(has_zone(one) for one in invited))


def kept(check: str, room: str, *, good: bool) -> Finding:
    """One finding: it survives, or a warning that it does not."""
    if good:
        return Finding(check=check, verdict=Verdict.GOOD, facts={"room": room})
    return Finding(
        check=check,
        verdict=Verdict.WARNING,
        diagnosis=Diagnosis(_REASONS[check], {"room": room}),
    )


def has_zone(item: Item) -> bool:
    """Whether the item says in which time zone it was made."""
    return bool(item.zone) and named_zone(item.zone) is not None


def _was_invited(item: Item, room: str) -> bool:
    return (
        item.is_meeting
        and why_not_shown(item) is None
        and item.organizer_address.lower() != room.lower()
    )
