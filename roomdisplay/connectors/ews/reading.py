"""Reading one room's calendar: a view of all, and details of what is new or changed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256

import msgspec

from roomdisplay.connectors.base import Picture, Unchanged, Window
from roomdisplay.connectors.ews.item import Item, read_item
from roomdisplay.connectors.ews.mailbox import RoomMailbox
from roomdisplay.connectors.ews.occurrence import picture_of, why_not_shown
from roomdisplay.connectors.ews.xml import Element, written

MARGIN = timedelta(days=1)
"""All-day meetings are instants of another zone's midnights: days of the room may lie beyond."""
_MOST_KEPT = 500
"""Details kept of one calendar."""
_MOST_CALENDARS = 2_000


class Cursor(msgspec.Struct, frozen=True):
    """What the last picture showed, for one window and zone."""

    window: tuple[datetime, datetime]
    zone: str
    digest: str


class Kept:
    """Details of one calendar, by item id; two readings may be under way at once."""

    def __init__(self) -> None:
        self._details: OrderedDict[str, Item] = OrderedDict()
        """Those used last are at the end."""
        self._lock = threading.Lock()

    def of(self, listed: Item) -> Item | None:
        """The details of an item that has not changed since."""
        with self._lock:
            found = self._details.get(listed.id)
            if found is None or found.change_key != listed.change_key or not listed.change_key:
                return None
            self._details.move_to_end(listed.id)
            return found

    def keep(self, items: Sequence[Item]) -> None:
        """Remember, and forget what was not used for longest."""
        with self._lock:
            for item in items:
                self._details[item.id] = item
                self._details.move_to_end(item.id)
            while len(self._details) > _MOST_KEPT:
                self._details.popitem(last=False)


class Shelf:
    """The details of all calendars of a connection."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Kept] = OrderedDict()

    def of(self, address: str) -> Kept:
        """Those of one calendar."""
        kept = self._kept.setdefault(address.lower(), Kept())
        self._kept.move_to_end(address.lower())
        while len(self._kept) > _MOST_CALENDARS:
            self._kept.popitem(last=False)
        return kept

    def forget(self) -> None:
        """Keep nothing any more."""
        self._kept.clear()


def read_calendar(
    mailbox: RoomMailbox, window: Window, cursor: str | None, zone: str, kept: Kept
) -> Picture | Unchanged:
    """Read a window; in the calling thread.

    A view is one request, however many meetings it holds; whether anything changed is told by a
    hash over it. Details are asked for only of items whose change key is new.

    Raises:
        ConnectorError: it cannot be read whole.
    """
    elements = mailbox.elements(Window(window.start - MARGIN, window.end + MARGIN))
    digest = _digest(elements)
    known = msgspec.json.encode(
        Cursor(window=(window.start, window.end), zone=zone, digest=digest)
    ).decode()
    if cursor == known:
        return Unchanged(known)
    listed = [read_item(one) for one in elements]
    wanted = [
        item for item in listed if item.id and why_not_shown(item) is None and kept.of(item) is None
    ]
    fresh = mailbox.details([(item.id, item.change_key) for item in wanted]) if wanted else {}
    kept.keep(tuple(fresh.values()))
    whole = [_completed(item, fresh.get(item.id) or kept.of(item)) for item in listed]
    picture = picture_of(whole, window, zone, mailbox.address)
    # What the details of one meeting did not come for is asked again: no cursor vouches for it.
    missing = any(item.id not in fresh for item in wanted)
    return replace(picture, cursor=None if missing else known)


def _completed(listed: Item, details: Item | None) -> Item:
    if details is None:
        return listed
    if details.start is None or details.end is None or not details.kind:
        return replace(
            details,
            start=listed.start,
            end=listed.end,
            original_start=details.original_start or listed.original_start,
            kind=details.kind or listed.kind,
            all_day=listed.all_day,
        )
    if details.original_start is None and listed.original_start is not None:
        return replace(details, original_start=listed.original_start)
    return details


def _digest(elements: Sequence[Element]) -> str:
    """Over what was told: not reading it spares half of what an unchanged calendar costs."""
    return sha256(b"\n".join(sorted(map(written, elements)))).hexdigest()
