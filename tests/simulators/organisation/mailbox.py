"""One mailbox with one calendar, which remembers what changed."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from simulators.organisation.attendant import Processing
from simulators.organisation.item import Instance, Item, expand, occurrence, originals


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a calendar."""

    version: int
    item_id: str
    kind: str
    """created, updated or deleted."""


class Mailbox:
    """A person's or a room's; the directory's facts beside its calendar."""

    def __init__(
        self,
        address: str,
        name: str,
        *,
        zone: str,
        clock: Callable[[], datetime],
        password: str | None = None,
    ) -> None:
        self.address = address
        self.name = name
        self.zone = zone
        """IANA: its owner's."""
        self.object_id = str(uuid.uuid5(uuid.NAMESPACE_DNS, address.lower()))
        self.password = password
        self.is_room = False
        self.on_premises = False
        """It lives on a server of the company's own, beside the ones in the cloud."""
        self.capacity: int | None = None
        self.building: str | None = None
        self.floor: str | None = None
        self.processing = Processing()
        self.items: dict[str, Item] = {}
        self.version = 0
        """Grows with every change."""
        self.on_change: list[Callable[[Mailbox, Change], None]] = []
        self._clock = clock
        self._changes: list[Change] = []
        self._created = 0

    def add(self, item: Item) -> Item:
        """Put an item in; what it has no id, UID or times of making for is given to it."""
        self._created += 1
        now = self._clock().astimezone(UTC)
        item = replace(
            item,
            id=item.id or self._id(self._created),
            uid=item.uid or f"040000008200E00074C5B7101A82E008{uuid.uuid4().hex.upper()}",
            change_key=self._change_key(),
            created=now,
            modified=now,
        )
        self.items[item.id] = item
        self._changed(item.id, "created")
        return item

    def update(self, item_id: str, **fields: Any) -> Item:
        """Change fields of an item.

        Raises:
            KeyError: there is none.
        """
        now = self._clock().astimezone(UTC)
        item = replace(self.items[item_id], **fields, change_key=self._change_key(), modified=now)
        self.items[item_id] = item
        self._changed(item_id, "updated")
        return item

    def remove(self, item_id: str) -> None:
        """Take an item out.

        Raises:
            KeyError: there is none.
        """
        del self.items[item_id]
        self._changed(item_id, "deleted")

    def by_uid(self, uid: str) -> Item | None:
        """The item with this UID."""
        return next((item for item in self.items.values() if item.uid == uid), None)

    def view(self, start: datetime, end: datetime) -> list[Instance]:
        """The meetings that overlap [start, end), by start; cancelled ones that stayed, too."""
        found = [one for item in self.items.values() for one in expand(item, start, end)]
        return sorted(found, key=lambda one: (one.start, one.id))

    def find(self, some_id: str) -> Instance | None:
        """A single item or one of a series by its id; of a series' own id, the series."""
        if some_id in self.items:
            item = self.items[some_id]
            kind = "single" if item.recurrence is None else "master"
            return Instance(kind=kind, item=item, master=item)
        item_id, _, original_text = some_id.rpartition("_")
        master = self.items.get(item_id)
        if master is None or master.recurrence is None:
            return None
        try:
            original = datetime.strptime(original_text, "%Y%m%dT%H%M").replace(tzinfo=UTC)
        except ValueError:
            return None
        if original in master.exceptions:
            gone = master.exceptions[original] is None
            return None if gone else occurrence(master, original)
        known = original in originals(master, original, original)
        return occurrence(master, original) if known else None

    def changes_since(self, version: int) -> list[Change]:
        """What happened after `version`, in order."""
        return [change for change in self._changes if change.version > version]

    def _changed(self, item_id: str, kind: str) -> None:
        self.version += 1
        change = Change(self.version, item_id, kind)
        self._changes.append(change)
        for tell in tuple(self.on_change):
            tell(self, change)

    def _id(self, number: int) -> str:
        # Without "_", which parts the id of an occurrence; the number apart, so that none is lost.
        owner = base64.urlsafe_b64encode(uuid.UUID(self.object_id).bytes[:15]).decode()
        return f"AAMkAD{owner.replace('_', '-')}{number:012X}AAA="

    def _change_key(self) -> str:
        raw = b"\x0f\x00\x00\x00" + uuid.UUID(self.object_id).bytes[:8]
        return base64.b64encode(raw + (self.version + 1).to_bytes(6, "big")).decode()
