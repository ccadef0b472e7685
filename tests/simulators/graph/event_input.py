"""An event that a client sends, checked and turned into the fields of an item."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from simulators.graph.calendar import calendar_json, property_id
from simulators.graph.preferences import instant
from simulators.graph.recurrence import rule_of
from simulators.graph.wire import GraphError
from simulators.organisation import Attendee, Mailbox, OnlineMeeting

SHOWN_AS = {"free", "tentative", "busy", "oof", "workingElsewhere", "unknown"}
SENSITIVITIES = {"normal", "personal", "private", "confidential"}
TAKEN_AS_GIVEN = {
    "categories", "importance", "isReminderOn", "reminderMinutesBeforeStart", "responseRequested",
    "allowNewTimeProposals", "hideAttendees", "onlineMeetingProvider", "isOnlineMeeting",
    "locations", "originalStartTimeZone", "originalEndTimeZone", "@odata.type", "@odata.etag",
    "isDraft", "hasAttachments",
}  # fmt: skip
READ_ONLY = {
    "id", "organizer", "isOrganizer", "iCalUId", "changeKey", "createdDateTime", "type", "webLink",
    "lastModifiedDateTime", "bodyPreview", "isCancelled", "responseStatus", "seriesMasterId",
    "onlineMeeting", "onlineMeetingUrl", "originalStart",
}  # fmt: skip
"""Silently kept as they are."""
LONGEST_TRANSACTION_ID = 100
MOST_ATTENDEES = 500


def fields_of(sent: Mapping[str, Any], mailbox: Mailbox) -> dict[str, Any]:
    """The fields of an item that were sent.

    Raises:
        GraphError: 400.
    """
    fields: dict[str, Any] = {}
    for name, value in sent.items():
        if name in READERS:
            fields |= READERS[name](value)
        elif name not in TAKEN_AS_GIVEN | READ_ONLY:
            raise _unreadable(
                f"The property '{name}' does not exist on type 'microsoft.graph.event'. Make sure"
                " to only use property names that are defined by the type."
            )
    allowed = calendar_json(mailbox)["allowedOnlineMeetingProviders"]
    if sent.get("isOnlineMeeting") and allowed:
        code = secrets.token_hex(16)
        url = f"https://teams.microsoft.com/l/meetup-join/19%3ameeting_{code}%40thread.v2/0"
        fields["online"] = OnlineMeeting("teamsForBusiness", url)
    return fields


def check_times(start: datetime, end: datetime, zone: str, *, all_day: bool) -> None:
    """Whether a meeting can be at these times.

    Raises:
        GraphError: 400.
    """
    if end < start:
        raise _invalid("The meeting ends before it starts.")
    if all_day:
        local = [one.astimezone(ZoneInfo(zone)) for one in (start, end)]
        if any(one.time() != time() for one in local) or end - start < timedelta(hours=23):
            raise _invalid("The Event.Start property for an all-day event needs to be midnight.")


def _invalid(words: str) -> GraphError:
    return GraphError(400, "ErrorPropertyValidationFailure", words)


def _unreadable(words: str) -> GraphError:
    return GraphError(400, "RequestBodyRead", words)


def _text(name: str) -> Callable[[Any], dict[str, Any]]:
    def read(value: Any) -> dict[str, Any]:
        if value is not None and not isinstance(value, str):
            raise _unreadable(f"A string was expected for '{name}'.")
        return {name: value or ""}

    return read


def _one_of(field: str, allowed: set[str]) -> Callable[[Any], dict[str, Any]]:
    def read(value: Any) -> dict[str, Any]:
        if value not in allowed:
            raise _unreadable(f"Requested value '{value}' was not found.")
        return {field: value}

    return read


def _start(value: Any) -> dict[str, Any]:
    when, zone = instant(value)
    return {"start": when, "zone": zone}


def _end(value: Any) -> dict[str, Any]:
    return {"end": instant(value)[0]}


def _all_day(value: Any) -> dict[str, Any]:
    if not isinstance(value, bool):
        raise _unreadable("A boolean was expected for 'isAllDay'.")
    return {"all_day": value}


def _body(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping) or str(value.get("contentType", "")).lower() not in (
        "text",
        "html",
    ):
        raise _unreadable("A body has a contentType, text or html, and a content.")
    return {"body": str(value.get("content", "")), "body_type": value["contentType"].lower()}


def _location(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise _unreadable("A location was expected.")
    return {"location": str(value.get("displayName") or "")}


def _attendees(value: Any) -> dict[str, Any]:
    if not isinstance(value, list) or len(value) > MOST_ATTENDEES:
        raise _unreadable("A list of at most 500 attendees was expected.")
    try:
        found = tuple(
            Attendee(
                one["emailAddress"].get("name") or one["emailAddress"]["address"],
                one["emailAddress"]["address"],
                one.get("type", "required"),
            )
            for one in value
        )
    except (KeyError, TypeError, AttributeError):
        raise _unreadable("An attendee has an emailAddress with an address.") from None
    return {"attendees": found}


def _transaction(value: Any) -> dict[str, Any]:
    if value is not None and (not isinstance(value, str) or len(value) > LONGEST_TRANSACTION_ID):
        raise _unreadable("A transactionId is a string of at most 100 characters.")
    return {"transaction_id": value}


def _extended(value: Any) -> dict[str, Any]:
    try:
        found = {property_id(one["id"]): str(one["value"]) for one in value}
    except (KeyError, TypeError, AttributeError):
        raise _unreadable("An extended property has an id and a value.") from None
    return {"properties": found}


READERS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "subject": _text("subject"),
    "start": _start,
    "end": _end,
    "isAllDay": _all_day,
    "showAs": _one_of("show_as", SHOWN_AS),
    "sensitivity": _one_of("sensitivity", SENSITIVITIES),
    "body": _body,
    "location": _location,
    "attendees": _attendees,
    "recurrence": lambda value: {"recurrence": rule_of(value)},
    "transactionId": _transaction,
    "singleValueExtendedProperties": _extended,
}
