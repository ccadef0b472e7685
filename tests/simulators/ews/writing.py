"""CreateItem, UpdateItem and DeleteItem, and what they send to others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from simulators.organisation import Instance, Item, Mailbox, Organisation, Party

from . import extended
from .access import Caller
from .folders import CALENDAR, Folders
from .ids import ItemKey, item_id
from .parsing import Said
from .reading import Terms, located
from .schema import require
from .shape import field_name
from .soap import (
    NAMES,
    Element,
    EwsError,
    children,
    local,
    m,
    message,
    refusal,
    response,
    t,
)
from .streaming import Streams

_HALF_HOUR: Final = timedelta(minutes=30)
_ANSWERS: Final = {"AcceptItem": ("accepted", "Accept"), "DeclineItem": ("declined", "Decline"),
                   "TentativelyAcceptItem": ("tentative", "Tentative")}  # fmt: skip
_CANCELLED_CODES: Final = {
    "Accept": "ErrorCalendarIsCancelledForAccept",
    "Decline": "ErrorCalendarIsCancelledForDecline",
    "Tentative": "ErrorCalendarIsCancelledForTentative",
}
_ORGANIZER_CODES: Final = {
    "Accept": "ErrorCalendarIsOrganizerForAccept",
    "Decline": "ErrorCalendarIsOrganizerForDecline",
    "Tentative": "ErrorCalendarIsOrganizerForTentative",
}


@dataclass(frozen=True)
class Writing:
    """The writing operations on one organisation."""

    organisation: Organisation
    folders: Folders
    streams: Streams

    def create(self, caller: Caller, request: Element, terms: Terms) -> Element:
        """The operation CreateItem: appointments, meetings, and answers to invitations."""
        return _each(
            "CreateItem",
            children(request.find("m:Items", NAMES)),
            lambda wanted: [m("Items", *self._create(caller, request, wanted, terms))],
        )

    def _create(
        self, caller: Caller, request: Element, wanted: Element, terms: Terms
    ) -> list[Element]:
        kind = local(wanted)
        if kind in _ANSWERS or kind == "CancelCalendarItem":
            return self._reply(caller, request, wanted)
        if kind != "CalendarItem":
            raise EwsError("ErrorInvalidRequest", f"A {kind} cannot be created here.")
        send = request.get("SendMeetingInvitations")
        if send is None:
            raise EwsError("ErrorSendMeetingInvitationsRequired")
        place = children(request.find("m:SavedItemFolderId", NAMES))
        mailbox = caller.acting
        if place:
            folder = self.folders.resolve(caller, place[0])
            mailbox = caller.writes(folder.mailbox)
            if folder.name != CALENDAR:
                return [self._in_made_folder(mailbox, folder.name, wanted, terms)]
        item = self._new(mailbox, wanted, terms)
        if item.attendees and send != "SendToNone":
            self.organisation.send(mailbox, item.id)
        return [_created(mailbox, mailbox.items[item.id])]

    def _new(self, mailbox: Mailbox, wanted: Element, terms: Terms) -> Item:
        return mailbox.add(_item(mailbox, wanted, terms, self.organisation))

    def _in_made_folder(
        self, mailbox: Mailbox, name: str, wanted: Element, terms: Terms
    ) -> Element:
        """Some clients put an item into a folder of their own to see what comes back."""
        made = self.folders.made.get((mailbox.address, name))
        if made is None or made.folder_class != "IPF.Appointment":
            said = "A calendar item cannot be created in a folder of another kind."
            raise EwsError("ErrorCannotCreateCalendarItemInNonCalendarFolder", said)
        item = _item(mailbox, wanted, terms, self.organisation)
        key = f"{name}:{len(made.items) + 1}"
        made.items[key] = replace(item, id=key, uid=key, change_key="AA==")
        return _reference(mailbox, key, "AA==")

    def _reply(self, caller: Caller, request: Element, wanted: Element) -> list[Element]:
        disposition = request.get("MessageDisposition")
        if disposition is None:
            raise EwsError("ErrorMessageDispositionRequired", "MessageDisposition is required.")
        reference = wanted.find("t:ReferenceItemId", NAMES)
        if reference is None:
            raise EwsError("ErrorInvalidIdMalformed", "ReferenceItemId is missing.")
        mailbox, one = located(caller, reference, to_write=True)
        if not reference.get("ChangeKey"):
            raise EwsError("ErrorChangeKeyRequired", "The change key is required here.")
        if local(wanted) == "CancelCalendarItem":
            if not one.item.is_organizer:
                raise EwsError("ErrorCalendarIsNotOrganizer", "Only the organizer can do this.")
            self._withdraw(mailbox, one, send=True)
            return []
        self._answer(mailbox, one, *_ANSWERS[local(wanted)], send=disposition != "SaveOnly")
        return []

    def _answer(
        self, mailbox: Mailbox, one: Instance, answer: str, kind: str, *, send: bool
    ) -> None:
        if one.item.is_organizer:
            raise EwsError(_ORGANIZER_CODES[kind], "The organizer does not answer.")
        if one.item.cancelled:
            raise EwsError(_CANCELLED_CODES[kind], "The meeting is cancelled.")
        if answer == "declined":
            _take_out(mailbox, one)
        else:
            _write(mailbox, one, {"response": answer})
        if send:
            self.organisation.respond(
                one.master.uid, mailbox.address, answer, occurrence=one.original_start
            )

    def update(self, caller: Caller, request: Element, terms: Terms) -> Element:
        """The operation UpdateItem."""
        require(request, "ConflictResolution")
        return _each(
            "UpdateItem",
            children(request.find("m:ItemChanges", NAMES)),
            lambda change: self._update(caller, request, change, terms),
        )

    def _update(
        self, caller: Caller, request: Element, change: Element, terms: Terms
    ) -> list[Element]:
        wanted = children(change)[0]
        mailbox, one = located(caller, wanted, to_write=True)
        send = request.get("SendMeetingInvitationsOrCancellations")
        if send is None:
            raise EwsError("ErrorSendMeetingInvitationsOrCancellationsRequired")
        _check_change_key(request.get("ConflictResolution", ""), wanted, one)
        said = Said()
        for step in children(change.find("t:Updates", NAMES)):
            _take_step(said, step, terms)
        item = one.item
        fields = said.finish(start=item.start, end=item.end, zone=item.zone, invited=item.attendees)
        if said.properties:
            fields["properties"] = extended.changed(item, said.properties)
        _write(mailbox, one, fields)
        if item.is_organizer and item.attendees and send != "SendToNone":
            self.organisation.send(mailbox, one.master.id, changed=one.original_start)
        key = mailbox.items[one.master.id].change_key
        shown = m("Items", _reference(mailbox, one.id, key))
        return [shown, m("ConflictResults", t("Count", "0"))]

    def delete(self, caller: Caller, request: Element, _terms: Terms) -> Element:
        """The operation DeleteItem."""
        require(request, "DeleteType")
        return _each(
            "DeleteItem",
            children(request.find("m:ItemIds", NAMES)),
            lambda wanted: self._delete(caller, request, wanted),
        )

    def _delete(self, caller: Caller, request: Element, wanted: Element) -> list[Element]:
        mailbox, one = located(caller, wanted, to_write=True)
        send = request.get("SendMeetingCancellations")
        if send is None:
            raise EwsError("ErrorSendMeetingCancellationsRequired")
        self.streams.moving = request.get("DeleteType") == "MoveToDeletedItems"
        try:
            told = send != "SendToNone"
            if one.item.is_organizer:
                self._withdraw(mailbox, one, send=told)
            else:
                _take_out(mailbox, one)
                if told and not one.item.cancelled:
                    self.organisation.respond(
                        one.master.uid, mailbox.address, "declined", occurrence=one.original_start
                    )
        finally:
            self.streams.moving = False
        return []

    def _withdraw(self, mailbox: Mailbox, one: Instance, *, send: bool) -> None:
        if send:
            self.organisation.withdraw(mailbox, one.master.id, occurrence=one.original_start)
        else:
            _take_out(mailbox, one)


def _each(operation: str, parts: list[Element], act: Callable[[Element], list[Element]]) -> Element:
    name = f"{operation}ResponseMessage"
    said = []
    for part in parts:
        try:
            said.append(message(name, *act(part)))
        except EwsError as problem:
            empty = [] if operation == "DeleteItem" else [m("Items")]
            said.append(refusal(name, problem, *empty))
    return response(operation, said)


def _item(mailbox: Mailbox, wanted: Element, terms: Terms, organisation: Organisation) -> Item:
    said = Said()
    for part in children(wanted):
        said.take(part, terms.zone)
    now = organisation.clock().astimezone(UTC)
    start = said.fields.get("start") or _next_half_hour(now)
    fields: dict[str, Any] = {"start": start, "end": start + _HALF_HOUR, "zone": "UTC"}
    if terms.zone is not None:
        fields["zone"] = terms.zone
    fields |= said.finish(start=start, end=fields["end"], zone=fields["zone"], invited=())
    properties = {name: value for name, value in said.properties.items() if value is not None}
    owner = Party(mailbox.name, mailbox.address)
    return Item(**fields, organizer=owner, properties=properties)


def _next_half_hour(now: datetime) -> datetime:
    whole = now.replace(minute=0, second=0, microsecond=0)
    return whole + _HALF_HOUR * ((now - whole) // _HALF_HOUR + 1)


def _created(mailbox: Mailbox, item: Item) -> Element:
    return _reference(mailbox, item.id, item.change_key)


def _reference(mailbox: Mailbox, some_id: str, change_key: str) -> Element:
    key = item_id(ItemKey(mailbox.address, some_id))
    return t("CalendarItem", t("ItemId", Id=key, ChangeKey=change_key))


def _check_change_key(resolution: str, wanted: Element, one: Instance) -> None:
    if resolution == "AlwaysOverwrite":
        return
    said = wanted.get("ChangeKey")
    if not said:
        raise EwsError("ErrorChangeKeyRequired", "The change key is required for this operation.")
    if resolution == "NeverOverwrite" and said != one.master.change_key:
        raise EwsError("ErrorIrresolvableConflict")


def _take_step(said: Said, step: Element, terms: Terms) -> None:
    path, *content = children(step)
    name = "ExtendedProperty"
    if local(path) == "FieldURI":
        name = field_name(path, terms.version)
    if local(step) == "DeleteItemField":
        said.drop(path, name)
        return
    if local(step) != "SetItemField":
        raise EwsError("ErrorInvalidPropertyAppend", "Append action is invalid for property.")
    parts = children(content[0]) if content else []
    if len(parts) != 1:
        text_ = "An object within a change description must contain one and only one property."
        raise EwsError("ErrorIncorrectUpdatePropertyCount", text_)
    if local(parts[0]) != name:
        text_ = "The property does not match the one in the field URI."
        raise EwsError("ErrorUpdatePropertyMismatch", text_)
    said.take(parts[0], terms.zone)


def _write(mailbox: Mailbox, one: Instance, fields: dict[str, Any]) -> None:
    """Change a single item or a series, or one of a series as an exception to it."""
    if one.original_start is None:
        mailbox.update(one.master.id, **fields)
        return
    known = one.master.exceptions.get(one.original_start) or {}
    changed = {**one.master.exceptions, one.original_start: {**known, **fields}}
    mailbox.update(one.master.id, exceptions=changed)


def _take_out(mailbox: Mailbox, one: Instance) -> None:
    if one.original_start is None:
        mailbox.remove(one.master.id)
    else:
        gone = {**one.master.exceptions, one.original_start: None}
        mailbox.update(one.master.id, exceptions=gone)
