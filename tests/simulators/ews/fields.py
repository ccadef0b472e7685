"""The properties of a calendar item, as elements of a t:CalendarItem."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from simulators.organisation import Attendee, Instance, Mailbox, Party
from simulators.organisation.item import expand, occurrence, originals

from .bodies import convert
from .folders import CALENDAR, folder_reference
from .ids import ItemKey, item_id
from .mime import calendar
from .recurrence import to_ews
from .soap import Element, EwsError, instant, t
from .zones import windows_name

FREE_BUSY: Final = {"free": "Free", "tentative": "Tentative", "busy": "Busy", "oof": "OOF",
                    "workingElsewhere": "WorkingElsewhere"}  # fmt: skip
_RESPONSES: Final = {"organizer": "Organizer", "none": "NoResponseReceived", "accepted": "Accept",
                     "tentative": "Tentative", "declined": "Decline"}  # fmt: skip
_TYPES: Final = {"single": "Single", "occurrence": "Occurrence", "exception": "Exception",
                 "master": "RecurringMaster"}  # fmt: skip
_CLASSES: Final = {
    "occurrence": "IPM.Appointment.Occurrence",
    "exception": "IPM.OLE.CLASS.{00061055-0000-0000-C000-000000000046}",
}


@dataclass(frozen=True)
class Shown:
    """One calendar item as a caller sees it.

    Attributes:
        zone: of the request's TimeZoneContext, in which times are told; None is UTC.
        body_type: Best, HTML or Text.
        listed: it comes from a FindItem, which tells less.
    """

    mailbox: Mailbox
    one: Instance
    zone: str | None = None
    body_type: str = "Best"
    listed: bool = False

    def time(self, tag: str, moment: datetime) -> Element:
        """A time as this caller wants it."""
        if self.zone is None or self.zone == "UTC":
            return t(tag, instant(moment))
        local = moment.astimezone(ZoneInfo(self.zone))
        offset = f"{local:%z}"
        return t(tag, f"{local:%Y-%m-%dT%H:%M:%S}{offset[:3]}:{offset[3:]}")

    def identity(self, tag: str = "ItemId", instance_id: str | None = None) -> Element:
        """The ItemId; of another one of the series by its id."""
        key = item_id(ItemKey(self.mailbox.address, instance_id or self.one.id))
        return t(tag, Id=key, ChangeKey=self.one.master.change_key)

    @property
    def series(self) -> bool:
        """Whether it is the series itself."""
        return self.one.kind == "master"

    @property
    def meeting(self) -> bool:
        """Whether anybody is invited."""
        return bool(self.one.item.attendees) or not self.one.item.is_organizer


Field = Callable[[Shown], Element | None]


def _plain(tag: str, value: Callable[[Shown], str]) -> Field:
    return lambda shown: t(tag, value(shown)) if value(shown) else None


def _flag(tag: str, value: Callable[[Shown], bool]) -> Field:
    return lambda shown: t(tag, "true" if value(shown) else "false")


def _body(shown: Shown) -> Element | None:
    if shown.listed:
        return None
    item = shown.one.item
    wanted = {"Best": item.body_type, "HTML": "html", "Text": "text"}[shown.body_type]
    words = convert(item.body, item.body_type, wanted)
    return t("Body", words, BodyType="HTML" if wanted == "html" else "Text", IsTruncated="false")


def _text_body(shown: Shown) -> Element | None:
    item = shown.one.item
    words = convert(item.body, item.body_type, "text")
    return None if shown.listed else t("TextBody", words, BodyType="Text", IsTruncated="false")


def mailbox_element(party: Party, *, listed: bool = False, kind: str = "Mailbox") -> Element:
    """A t:Mailbox; lists know the name alone."""
    if listed:
        return t("Mailbox", t("Name", party.name))
    return t(
        "Mailbox",
        t("Name", party.name),
        t("EmailAddress", party.address),
        t("RoutingType", "SMTP"),
        t("MailboxType", kind),
    )


def _organizer(shown: Shown) -> Element | None:
    party = shown.one.item.organizer or Party(shown.mailbox.name, shown.mailbox.address)
    return t("Organizer", mailbox_element(party, listed=shown.listed))


def _attendees(tag: str, kind: str) -> Field:
    def field(shown: Shown) -> Element | None:
        invited = [one for one in shown.one.item.attendees if one.kind == kind]
        return None if shown.listed or not invited else t(tag, *map(_attendee, invited))

    return field


def _attendee(one: Attendee) -> Element:
    answer = {"none": "Unknown"}.get(one.response) or _RESPONSES[one.response]
    party = Party(one.name, one.address)
    return t("Attendee", mailbox_element(party), t("ResponseType", answer))


def _names(kinds: tuple[str, ...]) -> Callable[[Shown], str]:
    return lambda shown: "; ".join(
        one.name for one in shown.one.item.attendees if one.kind in kinds
    )


def _zone(tag: str) -> Field:
    def field(shown: Shown) -> Element:
        name = windows_name(shown.one.master.zone)
        return t(tag, Id=name, Name=name)

    return field


def _duration(shown: Shown) -> str:
    minutes = int((shown.one.end - shown.one.start).total_seconds() // 60)
    days, rest = divmod(minutes, 24 * 60)
    clock = f"T{rest // 60}H{rest % 60}M" if rest or not days else ""
    return f"P{f'{days}D' if days else ''}{clock}"


def _state(shown: Shown) -> str:
    item = shown.one.item
    received = shown.meeting and not item.is_organizer
    return str(int(shown.meeting) + 2 * received + 4 * item.cancelled)


def _recurrence(shown: Shown) -> Element | None:
    master = shown.one.master
    if not shown.series or master.recurrence is None:
        return None
    try:
        return to_ews(master.recurrence.rrule, master.start, master.zone)
    except ValueError as problem:
        raise EwsError("ErrorCorruptData", str(problem)) from problem


def _occurrence(shown: Shown, tag: str, one: Instance) -> Element:
    original = one.original_start or one.start
    return t(
        tag,
        shown.identity(instance_id=one.id),
        shown.time("Start", one.start),
        shown.time("End", one.end),
        shown.time("OriginalStart", original),
    )


def _first(shown: Shown) -> Element | None:
    if not shown.series:
        return None
    master = shown.one.master
    found = expand(master, master.start, master.start + timedelta(days=800))
    return _occurrence(shown, "FirstOccurrence", found[0]) if found else None


def _last(shown: Shown) -> Element | None:
    rule = shown.one.master.recurrence
    if not shown.series or rule is None or not re.search("COUNT|UNTIL", rule.rrule):
        return None
    master = shown.one.master
    found = originals(master, master.start, master.start + timedelta(days=40 * 366))
    kept = [moment for moment in found if master.exceptions.get(moment, {}) is not None]
    return _occurrence(shown, "LastOccurrence", occurrence(master, kept[-1])) if kept else None


def _modified(shown: Shown) -> Element | None:
    changed = [at for at, fields in shown.one.master.exceptions.items() if fields is not None]
    if not shown.series or not changed:
        return None
    parts = [occurrence(shown.one.master, moment) for moment in sorted(changed)]
    return t("ModifiedOccurrences", *(_occurrence(shown, "Occurrence", one) for one in parts))


def _deleted(shown: Shown) -> Element | None:
    gone = [at for at, fields in shown.one.master.exceptions.items() if fields is None]
    if not shown.series or not gone:
        return None
    parts = [t("DeletedOccurrence", shown.time("Start", moment)) for moment in sorted(gone)]
    return t("DeletedOccurrences", *parts)


def _mime(shown: Shown) -> Element:
    text = calendar(shown.one).encode()
    return t("MimeContent", base64.b64encode(text).decode(), CharacterSet="UTF-8")


def _wall_clock(tag: str, which: str) -> Field:
    def field(shown: Shown) -> Element:
        moment: datetime = getattr(shown.one, which)
        return t(tag, f"{moment.astimezone(ZoneInfo(shown.one.master.zone)):%Y-%m-%dT%H:%M:%S}")

    return field


def _join_url(shown: Shown) -> str:
    online = shown.one.item.online
    skype = online is not None and online.provider.startswith("skype")
    return online.join_url if online is not None and skype else ""


def _original(tag: str) -> Field:
    def field(shown: Shown) -> Element | None:
        moment = shown.one.original_start
        return None if moment is None else shown.time(tag, moment)

    return field


FIELDS: Final[dict[str, Field]] = {
    "MimeContent": lambda shown: None if shown.listed else _mime(shown),
    "ItemId": lambda shown: shown.identity(),
    "ParentFolderId": lambda shown: folder_reference(shown.mailbox, CALENDAR, "ParentFolderId"),
    "ItemClass": lambda shown: t("ItemClass", _CLASSES.get(shown.one.kind, "IPM.Appointment")),
    "Subject": _plain("Subject", lambda shown: shown.one.item.subject),
    "Sensitivity": lambda shown: t("Sensitivity", shown.one.item.sensitivity.title()),
    "Body": _body,
    "DateTimeReceived": lambda shown: shown.time("DateTimeReceived", shown.one.master.created),
    "Size": lambda shown: t("Size", str(4096 + len(shown.one.item.body))),
    "Importance": lambda _: t("Importance", "Normal"),
    "IsDraft": _flag("IsDraft", lambda _: False),
    "DateTimeSent": lambda shown: shown.time("DateTimeSent", shown.one.master.created),
    "DateTimeCreated": lambda shown: shown.time("DateTimeCreated", shown.one.master.created),
    "ReminderIsSet": _flag("ReminderIsSet", lambda _: False),
    "ReminderMinutesBeforeStart": lambda _: t("ReminderMinutesBeforeStart", "15"),
    "DisplayCc": _plain("DisplayCc", _names(("optional",))),
    "DisplayTo": _plain("DisplayTo", _names(("required", "resource"))),
    "HasAttachments": _flag("HasAttachments", lambda _: False),
    "Culture": lambda _: t("Culture", "en-US"),
    "LastModifiedName": lambda shown: t("LastModifiedName", shown.mailbox.name),
    "LastModifiedTime": lambda shown: shown.time("LastModifiedTime", shown.one.master.modified),
    "IsAssociated": _flag("IsAssociated", lambda _: False),
    "TextBody": _text_body,
    "UID": lambda shown: t("UID", shown.one.master.uid),
    "RecurrenceId": _original("RecurrenceId"),
    "DateTimeStamp": lambda shown: shown.time("DateTimeStamp", shown.one.master.modified),
    "Start": lambda shown: shown.time("Start", shown.one.start),
    "End": lambda shown: shown.time("End", shown.one.end),
    "OriginalStart": _original("OriginalStart"),
    "IsAllDayEvent": _flag("IsAllDayEvent", lambda shown: shown.one.item.all_day),
    "LegacyFreeBusyStatus": lambda shown: t(
        "LegacyFreeBusyStatus", FREE_BUSY[shown.one.item.show_as]
    ),
    "Location": _plain("Location", lambda shown: shown.one.item.location),
    "IsMeeting": _flag("IsMeeting", lambda shown: shown.meeting),
    "IsCancelled": _flag("IsCancelled", lambda shown: shown.one.item.cancelled),
    "IsRecurring": _flag("IsRecurring", lambda shown: shown.one.original_start is not None),
    "MeetingRequestWasSent": _flag(
        "MeetingRequestWasSent", lambda shown: shown.meeting and shown.one.item.is_organizer
    ),
    "IsResponseRequested": _flag("IsResponseRequested", lambda _: True),
    "CalendarItemType": lambda shown: t("CalendarItemType", _TYPES[shown.one.kind]),
    "MyResponseType": lambda shown: t("MyResponseType", _RESPONSES[shown.one.item.response]),
    "Organizer": _organizer,
    "RequiredAttendees": _attendees("RequiredAttendees", "required"),
    "OptionalAttendees": _attendees("OptionalAttendees", "optional"),
    "Resources": _attendees("Resources", "resource"),
    "Duration": _plain("Duration", _duration),
    "TimeZone": lambda shown: t("TimeZone", windows_name(shown.one.master.zone)),
    "AppointmentSequenceNumber": lambda _: t("AppointmentSequenceNumber", "0"),
    "AppointmentState": _plain("AppointmentState", _state),
    "Recurrence": _recurrence,
    "FirstOccurrence": _first,
    "LastOccurrence": _last,
    "ModifiedOccurrences": _modified,
    "DeletedOccurrences": _deleted,
    "StartTimeZone": _zone("StartTimeZone"),
    "EndTimeZone": _zone("EndTimeZone"),
    "ConferenceType": lambda _: t("ConferenceType", "0"),
    "AllowNewTimeProposal": _flag("AllowNewTimeProposal", lambda _: True),
    "IsOnlineMeeting": _flag("IsOnlineMeeting", lambda shown: bool(_join_url(shown))),
    "EnhancedLocation": lambda shown: (
        t("EnhancedLocation", t("DisplayName", shown.one.item.location), t("Annotation", ""))
        if shown.one.item.location
        else None
    ),
    "StartWallClock": _wall_clock("StartWallClock", "start"),
    "EndWallClock": _wall_clock("EndWallClock", "end"),
    "StartTimeZoneId": lambda shown: t("StartTimeZoneId", windows_name(shown.one.master.zone)),
    "EndTimeZoneId": lambda shown: t("EndTimeZoneId", windows_name(shown.one.master.zone)),
    "JoinOnlineMeetingUrl": _plain("JoinOnlineMeetingUrl", _join_url),
    "IsOrganizer": _flag("IsOrganizer", lambda shown: shown.one.item.is_organizer),
}
"""Those that items here have; the other properties of the schema just do not come back."""
