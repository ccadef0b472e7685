"""EWS's operations on rooms, views and items."""
# mypy: disable-error-code="import-untyped,misc"
# ruff: noqa: ANN401
# exchangelib has no types; whatever is taken from it is Any.

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from exchangelib.services import (
    CreateItem,
    DeleteItem,
    FindItem,
    GetItem,
    GetRoomLists,
    GetRooms,
    UpdateItem,
)

from roomdisplay.connectors.base import MalformedAnswerError
from roomdisplay.connectors.ews.soap import Sent, item_id, item_ids, raise_first, shape, wire
from roomdisplay.connectors.ews.xml import MESSAGES, TYPES, Element, m, t


def _require_container(service: Any, message: Element, name: str) -> Element:
    found = service._get_element_container(message=message, name=name)  # noqa: SLF001
    if isinstance(found, Exception):
        raise found
    if not isinstance(found, Element):
        raise MalformedAnswerError("the answer lacks what was asked for")
    return found


def _one(messages: Sequence[Element]) -> Element:
    if len(messages) != 1:
        raise MalformedAnswerError(f"{len(messages)} answers to one question")
    return messages[0]


class RoomLists(Sent, GetRoomLists):
    """The organisation's room lists."""

    def names(self) -> list[tuple[str, str]]:
        """Address and name of each."""
        return [_addressed(one) for one in self.call()]


class Rooms(Sent, GetRooms):
    """The rooms of a list."""

    def names(self, room_list: str) -> list[tuple[str, str]]:
        """Address and name of each."""
        payload = m("GetRooms", m("RoomList", t("EmailAddress", text=room_list)))
        found = []
        for room in self._elems_to_objs(self._get_elements(payload=payload)):
            if isinstance(room, Exception):
                raise room
            id_ = room.find(f"{TYPES}Id")
            found.append(_addressed(room if id_ is None else id_))
        return found


def _addressed(one: Any) -> tuple[str, str]:
    if isinstance(one, Exception):
        raise one
    address = (one.findtext(f"{TYPES}EmailAddress") or "").strip()
    return address, (one.findtext(f"{TYPES}Name") or "").strip() or address


class View(Sent, FindItem):
    """A calendar's items between two times, recurrences expanded."""

    def items(
        self, start: datetime, end: datetime, fields: Sequence[Element], most: int
    ) -> tuple[list[Element], bool]:
        """The items, and whether they are all; without bodies.

        Raises:
            Exception: one of exchangelib's, or a ConnectorError.
        """
        payload = m(
            "FindItem",
            shape(fields),
            m(
                "CalendarView",
                MaxEntriesReturned=str(most),
                StartDate=wire(start),
                EndDate=wire(end),
            ),
            m("ParentFolderIds", self.account.calendar_element()),
            Traversal="Shallow",
        )
        message = _one(self._get_response_xml(payload=payload))
        root = _require_container(self, message, f"{MESSAGES}RootFolder")
        items = root.find(f"{TYPES}Items")
        last = root.get("IncludesLastItemInRange")
        if items is None or last is None:
            raise MalformedAnswerError("the view does not say whether it is whole")
        return list(items), last.lower() in {"true", "1"}


class Details(Sent, GetItem):
    """Items with their bodies."""

    def items(
        self, ids: Sequence[tuple[str, str]], fields: Sequence[Element]
    ) -> list[Element | Exception]:
        """For each id its item, or why there is none."""
        payload = m("GetItem", shape(fields, body=True), item_ids(ids))
        found = list(self._elems_to_objs(self._get_elements(payload=payload)))
        if len(found) != len(ids):
            raise MalformedAnswerError(f"{len(found)} answers to {len(ids)} questions")
        return found


class Create(Sent, CreateItem):
    """Makes an item, or answers one."""

    def one(self, item: Element, *, in_calendar: bool, **attributes: str) -> tuple[str, str]:
        """Make it; its id and change key, empty where the server tells none."""
        payload = m("CreateItem", **attributes)
        if in_calendar:
            payload.append(m("SavedItemFolderId", self.account.calendar_element()))
        payload.append(m("Items", item))
        for made in self._get_elements(payload=payload):
            if isinstance(made, Exception):
                raise made
            if isinstance(made, Element) and (id_ := made.find(f"{TYPES}ItemId")) is not None:
                return id_.get("Id", ""), id_.get("ChangeKey", "")
        return "", ""


class Update(Sent, UpdateItem):
    """Changes an item."""

    def end(self, id_: tuple[str, str], end: datetime) -> None:
        """Move its end; fails if somebody changed it meanwhile."""
        change = t(
            "SetItemField",
            t("FieldURI", FieldURI="calendar:End"),
            t("CalendarItem", t("End", text=wire(end))),
        )
        payload = m(
            "UpdateItem",
            m("ItemChanges", t("ItemChange", item_id("ItemId", id_), t("Updates", change))),
            ConflictResolution="NeverOverwrite",
            MessageDisposition="SaveOnly",
            SendMeetingInvitationsOrCancellations="SendToNone",
        )
        raise_first(self._get_elements(payload=payload))


class Delete(Sent, DeleteItem):
    """Removes an item."""

    def one(self, id_: tuple[str, str], *, kind: str, cancellations: str = "SendToNone") -> None:
        """Remove it; kind is HardDelete, SoftDelete or MoveToDeletedItems."""
        payload = m(
            "DeleteItem",
            item_ids([id_]),
            DeleteType=kind,
            SendMeetingCancellations=cancellations,
        )
        raise_first(self._get_elements(payload=payload))
