"""What a request says of a calendar item, as fields of the organisation's items."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from simulators.organisation import Attendee, Recurrence

from . import extended
from .fields import FREE_BUSY
from .reading import read_time
from .recurrence import from_ews
from .soap import Element, EwsError, SoapFault, children, local, text
from .zones import iana_name

_SHOW_AS: Final = {name: ours for ours, name in FREE_BUSY.items()}
_KINDS: Final = {"RequiredAttendees": "required", "OptionalAttendees": "optional",
                 "Resources": "resource"}  # fmt: skip
_TAKEN_NOT_KEPT: Final = frozenset(
    [
        "ItemClass",
        "Categories",
        "Importance",
        "ReminderIsSet",
        "ReminderDueBy",
        "ReminderMinutesBeforeStart",
        "Culture",
        "IsResponseRequested",
        "EndTimeZone",
        "ConferenceType",
        "AllowNewTimeProposal",
        "MeetingWorkspaceUrl",
        "NetShowUrl",
        "IntendedFreeBusyStatus",
        "Flag",
        "IsDraft",
        "InReplyTo",
        "DateTimeStamp",
        "StartTimeZoneId",
        "EndTimeZoneId",
        "CalendarActivityData",
    ]
)
_FIVE_YEARS: Final = timedelta(days=5 * 366)


@dataclass
class Said:
    """What was said of an item: fields, and what needs the item to be understood."""

    fields: dict[str, Any] = field(default_factory=dict)
    properties: dict[str, str | None] = field(default_factory=dict)
    attendees: dict[str, tuple[Attendee, ...]] = field(default_factory=dict)
    recurrence: Element | None = None

    def take(self, part: Element, zone: str | None) -> None:
        """Read one element of a t:CalendarItem.

        Raises:
            EwsError: a caller cannot set it.
        """
        name = local(part)
        if name in _READERS:
            key, read = _READERS[name]
            self.fields[key] = read(part.text or "")
        elif name in ("Start", "End"):
            self.fields[name.lower()] = read_time(part.text or "", zone)
        elif name == "Body":
            kind = "html" if part.get("BodyType") == "HTML" else "text"
            self.fields |= {"body": part.text or "", "body_type": kind}
        elif name in ("StartTimeZone", "MeetingTimeZone"):
            self.fields["zone"] = _zone(part)
        elif name == "EnhancedLocation":
            self.fields["location"] = text(part, "t:DisplayName")
        elif name in _KINDS:
            self.attendees[_KINDS[name]] = tuple(_invited(part, _KINDS[name]))
        elif name == "ExtendedProperty":
            key, value = extended.read(part)
            self.properties[key] = value
        elif name == "Recurrence":
            self.recurrence = part
        elif name not in _TAKEN_NOT_KEPT:
            raise EwsError("ErrorInvalidPropertySet", "Set action is invalid for property.")

    def drop(self, path: Element, name: str) -> None:
        """Take a property away, as DeleteItemField does.

        Raises:
            EwsError: it has to be there.
        """
        if local(path) == "ExtendedFieldURI":
            self.properties[extended.name_of(path)] = None
        elif name in _KINDS:
            self.attendees[_KINDS[name]] = ()
        elif name == "Recurrence":
            self.fields |= {"recurrence": None, "exceptions": {}}
        elif name in ("Subject", "Location", "Body"):
            self.fields[name.lower()] = ""
        elif name not in _TAKEN_NOT_KEPT:
            raise EwsError("ErrorInvalidPropertyDelete", "Delete action is invalid for property.")

    def finish(
        self, *, start: datetime, end: datetime, zone: str, invited: tuple[Attendee, ...]
    ) -> dict[str, Any]:
        """The fields to write, given what the item has so far.

        Raises:
            EwsError: the times cannot be.
        """
        fields = dict(self.fields)
        zone = fields.get("zone", zone)
        start, end = fields.get("start", start), fields.get("end", end)
        if end < start:
            raise EwsError("ErrorCalendarEndDateIsEarlierThanStartDate")
        if end - start > _FIVE_YEARS:
            raise EwsError("ErrorCalendarDurationIsTooLong")
        if fields.get("all_day"):
            start, end = _midnight(start, zone), _midnight(end, zone, later=True)
            fields |= {"start": start, "end": end}
        if self.recurrence is not None:
            rule = from_ews(self.recurrence, start, zone)
            fields |= {"recurrence": Recurrence(rule), "exceptions": {}}
        if self.attendees:
            kept = [one for one in invited if one.kind not in self.attendees]
            new = [one for kind in self.attendees for one in self.attendees[kind]]
            fields["attendees"] = (*kept, *new)
        return fields


_READERS: Final[dict[str, tuple[str, Callable[[str], Any]]]] = {
    "Subject": ("subject", str),
    "Sensitivity": ("sensitivity", lambda said: said.lower()),
    "UID": ("uid", str),
    "IsAllDayEvent": ("all_day", lambda said: said in ("true", "1")),
    "LegacyFreeBusyStatus": ("show_as", lambda said: _SHOW_AS.get(said) or _bad_status(said)),
    "Location": ("location", str),
}


def _bad_status(said: str) -> str:
    violation = f"The 'LegacyFreeBusyStatus' element is invalid - The value '{said}' is invalid."
    text_ = f"The request failed schema validation: {violation}"
    raise SoapFault("ErrorSchemaValidation", text_, violation=violation)


def _zone(part: Element) -> str:
    name = part.get("Id") or part.get("TimeZoneName") or ""
    found = iana_name(name)
    if found is None:
        raise EwsError("ErrorTimeZone", f"The time zone {name} is not known.")
    return found


def _midnight(moment: datetime, zone: str, *, later: bool = False) -> datetime:
    """Exchange moves the start of an all-day item back to midnight, and its end on."""
    local_ = moment.astimezone(ZoneInfo(zone))
    day = local_.date()
    if later and local_.time() != time():
        day += timedelta(days=1)
    return datetime.combine(day, time(), ZoneInfo(zone))


def _invited(part: Element, kind: str) -> list[Attendee]:
    found = []
    for one in children(part):
        address = text(one, "t:Mailbox/t:EmailAddress")
        if not address:
            raise EwsError("ErrorInvalidRecipients", "An attendee has no address.")
        found.append(Attendee(text(one, "t:Mailbox/t:Name") or address, address, kind))
    return found
