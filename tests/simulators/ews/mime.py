"""A calendar item's MimeContent: iCalendar as Exchange writes it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from simulators.organisation import Attendee, Instance, Item
from simulators.organisation.item import occurrence

from .zones import vtimezone, windows_name

_CLASSES: Final = {"normal": "PUBLIC", "personal": "PRIVATE", "private": "PRIVATE",
                   "confidential": "CONFIDENTIAL"}  # fmt: skip
_SHOWN: Final = {"free": "FREE", "tentative": "TENTATIVE", "busy": "BUSY", "oof": "OOF",
                 "workingElsewhere": "WORKINGELSEWHERE"}  # fmt: skip
_ANSWERS: Final = {"none": "NEEDS-ACTION", "accepted": "ACCEPTED", "tentative": "TENTATIVE",
                   "declined": "DECLINED"}  # fmt: skip
_ROLES: Final = {"required": "REQ-PARTICIPANT", "optional": "OPT-PARTICIPANT",
                 "resource": "NON-PARTICIPANT"}  # fmt: skip


def calendar(one: Instance) -> str:
    """A VCALENDAR: of a series with all that differs from it, of one of a series this one."""
    master = one.master
    events = [_event(one.item, master, one.original_start)]
    if one.kind == "master":
        changed = sorted(at for at, fields in master.exceptions.items() if fields is not None)
        events += [_event(occurrence(master, at).item, master, at) for at in changed]
    lines = [
        "BEGIN:VCALENDAR",
        "METHOD:PUBLISH",
        "PRODID:Microsoft Exchange Server 2010",
        "VERSION:2.0",
        *vtimezone(master.zone),
        *(line for event in events for line in event),
        "END:VCALENDAR",
    ]
    return "".join(_folded(line) for line in lines)


def _event(item: Item, master: Item, original: datetime | None) -> list[str]:
    lines = ["BEGIN:VEVENT"]
    if item.organizer is not None and item.attendees:
        lines.append(f"ORGANIZER;CN={_quoted(item.organizer.name)}:mailto:{item.organizer.address}")
        lines += [_attendee(one) for one in item.attendees]
    if original is None and item.recurrence is not None:
        lines.append(f"RRULE:{item.recurrence.rrule}")
        gone = sorted(at for at, fields in master.exceptions.items() if fields is None)
        lines += [_time("EXDATE", moment, master) for moment in gone]
    lines += [f"DESCRIPTION;LANGUAGE=en-US:{_escaped(item.body)}"] if item.body else []
    lines += [f"UID:{master.uid}", f"SUMMARY;LANGUAGE=en-US:{_escaped(item.subject)}"]
    lines += [] if original is None else [_time("RECURRENCE-ID", original, master)]
    lines += [_time("DTSTART", item.start, item), _time("DTEND", item.end, item)]
    status = "CANCELLED" if item.cancelled else "CONFIRMED"
    free = "TRANSPARENT" if item.show_as == "free" else "OPAQUE"
    shown = _SHOWN[item.show_as]
    return [
        *lines,
        f"CLASS:{_CLASSES[item.sensitivity]}",
        "PRIORITY:5",
        f"DTSTAMP:{master.modified.astimezone(UTC):%Y%m%dT%H%M%SZ}",
        f"TRANSP:{free}",
        f"STATUS:{status}",
        "SEQUENCE:0",
        f"LOCATION;LANGUAGE=en-US:{_escaped(item.location)}",
        f"X-MICROSOFT-CDO-BUSYSTATUS:{shown}",
        f"X-MICROSOFT-CDO-ALLDAYEVENT:{'TRUE' if item.all_day else 'FALSE'}",
        "END:VEVENT",
    ]


def _attendee(one: Attendee) -> str:
    answer, role = _ANSWERS[one.response], _ROLES[one.kind]
    kind = ";CUTYPE=RESOURCE" if one.kind == "resource" else ""
    who = f"CN={_quoted(one.name)}:mailto:{one.address}"
    return f"ATTENDEE{kind};ROLE={role};PARTSTAT={answer};RSVP=TRUE;{who}"


def _time(name: str, moment: datetime, item: Item) -> str:
    local = moment.astimezone(ZoneInfo(item.zone))
    if item.all_day:
        return f"{name};VALUE=DATE:{local:%Y%m%d}"
    return f"{name};TZID={windows_name(item.zone)}:{local:%Y%m%dT%H%M%S}"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', "'") + '"'


def _escaped(text: str) -> str:
    plain = "".join(letter for letter in text if letter in "\n\t" or letter >= " ")
    for letter, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        plain = plain.replace(letter, written)
    return plain


def _folded(line: str) -> str:
    """A content line in pieces of at most 75 octets, RFC 5545 section 3.1."""
    pieces, piece = [], ""
    for letter in line:
        if len((piece + letter).encode()) > 74:
            pieces.append(piece)
            piece = ""
        piece += letter
    return "\r\n ".join([*pieces, piece]) + "\r\n"
