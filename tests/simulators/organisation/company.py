"""The company: its people and rooms, and what organisers do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from dataclasses import fields as fields_of
from datetime import UTC, datetime
from typing import Any

from simulators.organisation.attendant import Processing, answer, answered, asked, room_copy
from simulators.organisation.item import Attendee, Item, OnlineMeeting, Party, Recurrence
from simulators.organisation.mailbox import Mailbox

CANCELLED_PREFIX = "Canceled: "


@dataclass(frozen=True, slots=True)
class RoomList:
    """A distribution group of rooms, such as a building."""

    name: str
    address: str
    rooms: list[str] = field(default_factory=list)
    """Addresses, lower-case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What an organiser fills in."""

    subject: str
    start: datetime
    end: datetime
    zone: str = ""
    """IANA; empty: the company's."""
    rooms: Sequence[str] = ()
    """Addresses, from the room list."""
    attendees: Sequence[str] = ()
    """Addresses of people."""
    body: str = ""
    body_type: str = "text"
    location: str = ""
    """Empty: the rooms' names, as the calendar program fills it in."""
    sensitivity: str = "normal"
    show_as: str = "busy"
    all_day: bool = False
    online: OnlineMeeting | None = None
    recurrence: Recurrence | None = None


class Organisation:
    """One company with its mailboxes; `clock` tells the time in UTC."""

    def __init__(self, zone: str, clock: Callable[[], datetime]) -> None:
        self.zone = zone
        self.clock = clock
        self.mailboxes: dict[str, Mailbox] = {}
        """By lower-case address."""
        self.room_lists: dict[str, RoomList] = {}
        """By lower-case address."""

    def add_person(self, address: str, name: str, *, password: str = "") -> Mailbox:
        """Somebody new."""
        return self._add(address, name, password or None)

    def add_room(
        self,
        address: str,
        name: str,
        *,
        room_list: str | None = None,
        capacity: int | None = None,
        building: str | None = None,
        floor: str | None = None,
        password: str | None = None,
        processing: Processing | None = None,
    ) -> Mailbox:
        """A room; `room_list` is the name of its list, which is made when it is new."""
        room = self._add(address, name, password)
        room.is_room = True
        room.capacity, room.building, room.floor = capacity, building, floor
        room.processing = processing or Processing()
        if room_list is not None:
            self.room_list(room_list).rooms.append(address.lower())
        return room

    def room_list(self, name: str) -> RoomList:
        """The list of this name (or address), made when it is new."""
        for known in self.room_lists.values():
            if name in (known.name, known.address):
                return known
        domain = next(iter(self.mailboxes.values())).address.rpartition("@")[2]
        local = "".join(letter if letter.isalnum() else "-" for letter in name.lower())
        made = RoomList(name, name if "@" in name else f"{local}@{domain}")
        self.room_lists[made.address.lower()] = made
        return made

    def remove_mailbox(self, address: str) -> None:
        """Take a mailbox away, with its calendar and its place in the lists."""
        del self.mailboxes[address.lower()]
        for known in self.room_lists.values():
            if address.lower() in known.rooms:
                known.rooms.remove(address.lower())

    def mailbox(self, address: str) -> Mailbox:
        """The mailbox of an address.

        Raises:
            KeyError: there is none.
        """
        return self.mailboxes[address.lower()]

    def _add(self, address: str, name: str, password: str | None) -> Mailbox:
        made = Mailbox(address, name, zone=self.zone, clock=self.clock, password=password)
        self.mailboxes[address.lower()] = made
        return made

    def invite(self, organizer: str, draft: Draft) -> str:
        """Make a meeting and send the invitations, which the rooms answer; gives the UID."""
        owner = self.mailbox(organizer)
        rooms = [self.mailbox(address) for address in draft.rooms]
        people = [self._attendee(address) for address in draft.attendees]
        resources = [Attendee(room.name, room.address, "resource") for room in rooms]
        known = {one.name for one in fields_of(Item)}
        same = {one.name: getattr(draft, one.name) for one in fields_of(Draft) if one.name in known}
        item = Item(
            **same
            | {
                "attendees": (*people, *resources),
                "location": draft.location or "; ".join(room.name for room in rooms),
                "zone": draft.zone or self.zone,
                "organizer": Party(owner.name, owner.address),
            }
        )
        item = owner.add(item)
        self.send(owner, item.id)
        return item.uid

    def _attendee(self, address: str) -> Attendee:
        mailbox = self.mailboxes.get(address.lower())
        return Attendee(mailbox.name if mailbox else address, address)

    def move(
        self, uid: str, start: datetime, end: datetime, *, occurrence: datetime | None = None
    ) -> None:
        """Move a meeting, or one of a series by its original start, and tell everybody."""
        self.change(uid, occurrence=occurrence, start=start, end=end)

    def change(self, uid: str, *, occurrence: datetime | None = None, **fields: Any) -> None:
        """Change fields of a meeting, or of one of a series, and tell everybody.

        Raises:
            KeyError: nobody organises a meeting with this UID.
        """
        owner, item = self.organised(uid)
        if occurrence is None:
            owner.update(item.id, **fields)
        else:
            original = occurrence.astimezone(UTC)
            known = item.exceptions.get(original) or {}
            changed = {**item.exceptions, original: {**known, **fields}}
            owner.update(item.id, exceptions=changed)
        self.send(owner, item.id, changed=occurrence)

    def cancel(self, uid: str, *, occurrence: datetime | None = None) -> None:
        """Cancel a meeting, or one of a series, and tell everybody."""
        owner, item = self.organised(uid)
        self.withdraw(owner, item.id, occurrence=occurrence)

    def answer_of(self, uid: str, room: str, *, occurrence: datetime | None = None) -> str:
        """What a room answered, as its organiser sees it: accepted, declined or none."""
        _, item = self.organised(uid)
        attendees = item.attendees
        if occurrence is not None:
            changed = item.exceptions.get(occurrence.astimezone(UTC)) or {}
            attendees = changed.get("attendees", attendees)
        return next(one.response for one in attendees if one.address.lower() == room.lower())

    def organised(self, uid: str) -> tuple[Mailbox, Item]:
        """The organiser of a meeting, and the meeting in his or her calendar.

        Raises:
            KeyError: nobody organises it.
        """
        for mailbox in self.mailboxes.values():
            item = mailbox.by_uid(uid)
            if item is not None and item.is_organizer:
                return mailbox, item
        raise KeyError(uid)

    def send(self, owner: Mailbox, item_id: str, *, changed: datetime | None = None) -> None:
        """Send a meeting of the owner's, new or changed, to whom it invites.

        Args:
            owner: the organiser.
            item_id: the meeting's.
            changed: the one of a series that alone was changed, by its original start.
        """
        for guest in self._guests(owner.items[item_id].attendees):
            if guest is not owner:
                self._deliver(owner, item_id, guest, changed)

    def _deliver(
        self, owner: Mailbox, item_id: str, guest: Mailbox, changed: datetime | None
    ) -> None:
        original = None if changed is None else changed.astimezone(UTC)
        item = owner.items[item_id]
        mine = guest.by_uid(item.uid)
        item = replace(item, exceptions=asked(item, guest.address, mine, original))
        if not guest.is_room:
            response = "none" if mine is None else mine.response
            self._write(guest, mine, replace(item, is_organizer=False, response=response))
            return
        response = answer(guest, item, self.clock())
        if response == "declined" and mine is not None and original is not None:
            guest.update(mine.id, exceptions={**mine.exceptions, original: None})
            self.respond(item.uid, guest.address, response, occurrence=original)
            return
        if response == "declined":
            if mine is not None:
                guest.remove(mine.id)
        else:
            self._write(guest, mine, room_copy(guest, item, response))
        self.respond(item.uid, guest.address, response, occurrence=original)

    def _write(self, guest: Mailbox, mine: Item | None, copy: Item) -> None:
        if mine is None:
            guest.add(replace(copy, id=""))
            return
        kept = ("id", "change_key", "created", "modified")
        taken = {one.name: getattr(copy, one.name) for one in fields_of(Item)}
        guest.update(mine.id, **{name: taken[name] for name in taken if name not in kept})

    def _guests(self, attendees: Iterable[Attendee]) -> list[Mailbox]:
        found = (self.mailboxes.get(one.address.lower()) for one in attendees)
        return [mailbox for mailbox in found if mailbox is not None]

    def respond(
        self, uid: str, guest: str, response: str, *, occurrence: datetime | None = None
    ) -> None:
        """Have a guest's answer, to all or to one of a series, reach the organiser."""
        owner, item = self.organised(uid)
        if occurrence is None:
            owner.update(item.id, attendees=answered(item.attendees, guest, response))
            return
        original = occurrence.astimezone(UTC)
        known = item.exceptions.get(original) or {}
        attendees = answered(known.get("attendees", item.attendees), guest, response)
        exceptions = {**item.exceptions, original: {**known, "attendees": attendees}}
        owner.update(item.id, exceptions=exceptions)

    def withdraw(self, owner: Mailbox, item_id: str, *, occurrence: datetime | None = None) -> None:
        """Cancel a meeting of the owner's, or one of a series, and tell whom it invites."""
        item = owner.items[item_id]
        original = None if occurrence is None else occurrence.astimezone(UTC)
        guests = self._guests(item.attendees)
        if original is None:
            owner.remove(item_id)
        else:
            owner.update(item_id, exceptions={**item.exceptions, original: None})
        for guest in guests:
            mine = guest.by_uid(item.uid)
            if guest is not owner and mine is not None:
                self._take_back(guest, mine, original)

    def _take_back(self, guest: Mailbox, mine: Item, original: datetime | None) -> None:
        gone = guest.is_room and guest.processing.remove_cancelled
        marks = {
            "cancelled": True,
            "show_as": "free",
            "subject": CANCELLED_PREFIX + mine.subject,
        }
        if original is None and gone:
            guest.remove(mine.id)
        elif original is None:
            guest.update(mine.id, **marks)
        else:
            known = mine.exceptions.get(original) or {}
            fields = None if gone else {**known, **marks}
            guest.update(mine.id, exceptions={**mine.exceptions, original: fields})
