"""Writing to a calendar: round the booking attendant where the mailbox is a room's own."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from typing import Any, Literal

from simulators.graph.calendar import require, with_context
from simulators.graph.event import etag, event_json
from simulators.graph.event_input import check_times, fields_of
from simulators.graph.preferences import preferences
from simulators.graph.wire import GraphError, Request, Response
from simulators.organisation import Attendee, Instance, Item, Mailbox, Organisation, Party
from simulators.organisation.item import originals

RESPONSES = {"accept": "accepted", "tentativelyaccept": "tentative", "decline": "declined"}


class Writing:
    """Answers what changes one mailbox."""

    def __init__(self, organisation: Organisation) -> None:
        self.organisation = organisation
        self.repeated: Literal["existing", "conflict"] = "existing"
        """What a second POST with the same transactionId gets: the service does not document it."""

    def create(self, request: Request, mailbox: Mailbox) -> Response:
        """Make an event, which the mailbox organises."""
        fields = fields_of(request.json(), mailbox)
        for name in ("start", "end"):
            if name not in fields:
                words = f"At least one property failed validation. {name} is required."
                raise GraphError(400, "ErrorPropertyValidationFailure", words)
        item = Item(**fields, organizer=Party(mailbox.name, mailbox.address))
        item = replace(item, attendees=tuple(self._named(one) for one in item.attendees))
        check_times(item.start, item.end, item.zone, all_day=item.all_day)
        known = self._repeated(mailbox, item.transaction_id)
        if known is None:
            known = mailbox.add(item)
            self.organisation.send(mailbox, known.id)
        return self._answer(request, mailbox, known.id, status=201)

    def _named(self, attendee: Attendee) -> Attendee:
        guest = self.organisation.mailboxes.get(attendee.address.lower())
        return attendee if guest is None else replace(attendee, name=guest.name)

    def _repeated(self, mailbox: Mailbox, transaction_id: str | None) -> Item | None:
        if transaction_id is None:
            return None
        for item in mailbox.items.values():
            if item.transaction_id == transaction_id:
                if self.repeated == "conflict":
                    words = "An event with this transactionId was made before."
                    raise GraphError(409, "ErrorDuplicateTransactionId", words)
                return item
        return None

    def change(self, request: Request, mailbox: Mailbox, event_id: str) -> Response:
        """Change an event; an attendee's copy alone, where the mailbox does not organise it."""
        one = require(mailbox, event_id)
        _check_match(request, one)
        fields = fields_of(request.json(), mailbox)
        if fields.pop("transaction_id", one.item.transaction_id) != one.item.transaction_id:
            words = "The property 'transactionId' is read-only and cannot be set."
            raise GraphError(400, "ErrorInvalidRequest", words)
        if "properties" in fields:
            fields["properties"] = {**one.item.properties, **fields["properties"]}
        if "attendees" in fields:
            fields["attendees"] = tuple(self._named(guest) for guest in fields["attendees"])
        changed = replace(one.item, **fields)
        check_times(changed.start, changed.end, changed.zone, all_day=changed.all_day)
        if one.original_start is None:
            mailbox.update(one.master.id, **fields)
        else:
            _check_crossing(one, changed)
            known = one.master.exceptions.get(one.original_start) or {}
            exceptions = {**one.master.exceptions, one.original_start: {**known, **fields}}
            mailbox.update(one.master.id, exceptions=exceptions)
        if one.item.is_organizer:
            self.organisation.send(mailbox, one.master.id, changed=one.original_start)
        return self._answer(request, mailbox, one.id)

    def delete(self, request: Request, mailbox: Mailbox, event_id: str) -> Response:
        """Remove an event: an organiser cancels it, anybody else loses just the copy."""
        one = require(mailbox, event_id)
        _check_match(request, one)
        if one.item.is_organizer:
            self.organisation.withdraw(mailbox, one.master.id, occurrence=one.original_start)
        else:
            _drop(mailbox, one)
        return Response(status=204)

    def cancel(self, request: Request, mailbox: Mailbox, event_id: str) -> Response:
        """Cancel an event, as its organiser."""
        one = require(mailbox, event_id)
        if not one.item.is_organizer:
            raise GraphError(
                400,
                "ErrorInvalidRequest",
                "Your request can't be completed. You need to be an organizer to cancel a meeting.",
            )
        if request.body:
            request.json()
        self.organisation.withdraw(mailbox, one.master.id, occurrence=one.original_start)
        return Response(status=202)

    def respond(self, request: Request, mailbox: Mailbox, event_id: str, how: str) -> Response:
        """Accept or decline an invitation; what is declined leaves the calendar."""
        one = require(mailbox, event_id)
        if one.item.is_organizer:
            raise GraphError(
                400,
                "ErrorInvalidRequest",
                "Your request can't be completed. You can't respond to this meeting because"
                " you're the meeting organizer.",
            )
        sent = request.parameters() if request.body else {}
        response = RESPONSES[how]
        if response == "declined":
            _drop(mailbox, one)
        else:
            mailbox.update(one.master.id, response=response)
        if sent.get("sendResponse", True):
            self._tell(one, mailbox, response)
        return Response(status=202)

    def _tell(self, one: Instance, mailbox: Mailbox, response: str) -> None:
        try:
            self.organisation.respond(
                one.master.uid, mailbox.address, response, occurrence=one.original_start
            )
        except KeyError:  # the organiser is somebody outside of the company
            return

    def _answer(
        self, request: Request, mailbox: Mailbox, event_id: str, *, status: int = 200
    ) -> Response:
        one = require(mailbox, event_id)
        row = event_json(one, mailbox, preferences(request))
        headers = {"ETag": etag(one.master)}
        if status == 201:
            headers["Location"] = (
                f"{request.origin}/v1.0/users/{mailbox.address}/events/{row['id']}"
            )
        return Response(status=status, headers=headers, payload=with_context(request, row))


def _check_match(request: Request, one: Instance) -> None:
    wanted = request.headers.get("if-match", "*")
    if wanted not in ("*", etag(one.master)):
        raise GraphError(
            412,
            "ErrorIrresolvableConflict",
            "The send or update operation could not be performed because the change key passed in"
            " the request does not match the current change key for the item.",
        )


def _check_crossing(one: Instance, changed: Item) -> None:
    """One of a series may not be moved over its neighbours."""
    original = one.original_start
    assert original is not None
    start, end = changed.start.astimezone(UTC), changed.end.astimezone(UTC)
    low, high = min(start, original), max(end, original)
    between = [other for other in originals(one.master, low, high) if other != original]
    if any(low <= other < high for other in between):
        raise GraphError(
            400,
            "ErrorOccurrenceCrossingBoundary",
            "Modified occurrence is crossing or overlapping adjacent occurrence.",
        )


def _drop(mailbox: Mailbox, one: Instance) -> None:
    if one.original_start is None:
        mailbox.remove(one.master.id)
    else:
        exceptions: dict[Any, Any] = {**one.master.exceptions, one.original_start: None}
        mailbox.update(one.master.id, exceptions=exceptions)
