"""A meeting as Graph writes it."""

from __future__ import annotations

import re
from html import escape, unescape
from typing import Any
from urllib.parse import quote

from simulators.graph.preferences import NO_TIME, Preferences, days, stamp, windows_name
from simulators.graph.recurrence import pattern_of
from simulators.organisation import Instance, Item, Mailbox

TYPES = {
    "single": "singleInstance",
    "occurrence": "occurrence",
    "exception": "exception",
    "master": "seriesMaster",
}
RESPONSES = {
    "none": "none",
    "organizer": "organizer",
    "accepted": "accepted",
    "tentative": "tentativelyAccepted",
    "declined": "declined",
}
PREVIEW = 255
SELECTABLE = frozenset({
    "id", "createdDateTime", "lastModifiedDateTime", "changeKey", "categories", "transactionId",
    "originalStartTimeZone", "originalEndTimeZone", "iCalUId", "reminderMinutesBeforeStart",
    "isReminderOn", "hasAttachments", "subject", "bodyPreview", "importance", "sensitivity",
    "isAllDay", "isCancelled", "isOrganizer", "responseRequested", "seriesMasterId", "showAs",
    "type", "webLink", "onlineMeetingUrl", "isOnlineMeeting", "onlineMeetingProvider",
    "allowNewTimeProposals", "isDraft", "hideAttendees", "responseStatus", "body", "start", "end",
    "originalStart", "location", "locations", "recurrence", "attendees", "organizer",
    "onlineMeeting", "cancelledOccurrences",
})  # fmt: skip
"""The properties of an event in v1.0."""


def event_json(one: Instance, mailbox: Mailbox, prefer: Preferences) -> dict[str, Any]:
    """The whole event."""
    item = one.item
    first, last = days(item)
    return {
        "@odata.etag": etag(one.master),
        "id": prefer.id(one.id),
        "createdDateTime": stamp(item.created),
        "lastModifiedDateTime": stamp(item.modified),
        "changeKey": one.master.change_key,
        "categories": [],
        "transactionId": item.transaction_id,
        "originalStartTimeZone": windows_name(item.zone),
        "originalEndTimeZone": windows_name(item.zone),
        "iCalUId": ical_uid(one),
        "reminderMinutesBeforeStart": 15,
        "isReminderOn": False,
        "hasAttachments": False,
        "subject": item.subject,
        "bodyPreview": _plain(item)[:PREVIEW],
        "importance": "normal",
        "sensitivity": item.sensitivity,
        "isAllDay": item.all_day,
        "isCancelled": item.cancelled,
        "isOrganizer": item.is_organizer,
        "responseRequested": True,
        "seriesMasterId": None if one.original_start is None else prefer.id(one.master.id),
        "showAs": item.show_as,
        "type": TYPES[one.kind],
        "webLink": f"https://outlook.office365.com/owa/?itemid={quote(prefer.id(one.id), safe='')}"
        "&exvsurl=1&path=/calendar/item",
        "onlineMeetingUrl": None,
        "isOnlineMeeting": item.online is not None,
        "onlineMeetingProvider": item.online.provider if item.online else "unknown",
        "allowNewTimeProposals": True,
        "isDraft": False,
        "hideAttendees": False,
        "responseStatus": {"response": RESPONSES[item.response], "time": NO_TIME},
        "body": body_json(item, prefer),
        "start": prefer.when(item.start, first),
        "end": prefer.when(item.end, last),
        "originalStart": None if one.original_start is None else stamp(one.original_start),
        "location": _location(item),
        "locations": _locations(item),
        "recurrence": pattern_of(item) if one.kind == "master" else None,
        "attendees": [
            {
                "type": attendee.kind,
                "status": {"response": RESPONSES[attendee.response], "time": NO_TIME},
                "emailAddress": {"name": attendee.name, "address": attendee.address},
            }
            for attendee in item.attendees
        ],
        "organizer": {"emailAddress": _organizer(item, mailbox)},
        "onlineMeeting": {"joinUrl": item.online.join_url} if item.online else None,
    }


def thin_json(one: Instance, prefer: Preferences) -> dict[str, Any]:
    """One of a series as change tracking gives it: of the rest only the master tells."""
    first, last = days(one.item)
    return {
        "@odata.type": "#microsoft.graph.event",
        "@odata.etag": etag(one.master),
        "id": prefer.id(one.id),
        "seriesMasterId": prefer.id(one.master.id),
        "type": "occurrence",
        "start": prefer.when(one.item.start, first),
        "end": prefer.when(one.item.end, last),
    }


def etag(item: Item) -> str:
    """What If-Match is compared with."""
    return f'W/"{item.change_key}"'


def ical_uid(one: Instance) -> str:
    """The UID; that of one of a series has its date in it."""
    uid = one.master.uid
    if one.original_start is None:
        return uid
    day = one.original_start
    if uid.startswith("040000008200E00074C5B7101A82E008"):
        return f"{uid[:32]}{day.year:04X}{day.month:02X}{day.day:02X}{uid[32:]}"
    return f"{uid}_{day:%Y%m%d}"


def body_json(item: Item, prefer: Preferences) -> dict[str, str]:
    """The body; HTML unless text was asked for."""
    if prefer.text_body:
        return {"contentType": "text", "content": _plain(item)}
    if item.body_type == "html":
        return {"contentType": "html", "content": item.body}
    if not item.body:
        return {"contentType": "html", "content": ""}
    lines = "<br>\r\n".join(escape(line) for line in item.body.splitlines())
    head = '<meta http-equiv="Content-Type" content="text/html; charset=utf-8">'
    page = f"<html>\r\n<head>\r\n{head}\r\n</head>\r\n<body>\r\n{lines}\r\n</body>\r\n</html>\r\n"
    return {"contentType": "html", "content": page}


def _plain(item: Item) -> str:
    if item.body_type == "text":
        return item.body
    text = re.sub(r"(?is)<(script|style)\b.*?</\1>", "", item.body)
    text = re.sub(r'(?is)<a\b[^>]*\bhref="([^"]*)"[^>]*>(.*?)</a>', r"\2<\1>", text)
    text = re.sub(r"(?i)<br\s*/?>|</p>|</div>", "\r\n", text)
    return unescape(re.sub(r"<(?!https?:)[^>]*>", "", text)).strip()


def _organizer(item: Item, mailbox: Mailbox) -> dict[str, str]:
    if item.organizer is None:
        return {"name": mailbox.name, "address": mailbox.address}
    return {"name": item.organizer.name, "address": item.organizer.address}


def _location(item: Item) -> dict[str, Any]:
    places = _locations(item)
    if len(places) == 1:
        kept: dict[str, Any] = {"address": {}, "coordinates": {}}
        return {**places[0], **kept}
    name = item.location
    kind = {"locationType": "default", "uniqueIdType": "private" if name else "unknown"}
    return {"displayName": name, **kind} | ({"uniqueId": name} if name else {})


def _locations(item: Item) -> list[dict[str, Any]]:
    rooms = {one.name: one.address for one in item.attendees if one.kind == "resource"}
    found: list[dict[str, Any]] = []
    for name in item.location.split("; ") if item.location else []:
        place = {"displayName": name, "locationType": "default"}
        if name in rooms:
            where = rooms[name]
            place |= {
                "locationType": "conferenceRoom",
                "locationEmailAddress": where,
                "uniqueId": where,
                "uniqueIdType": "directory",
            }
        else:
            place |= {"uniqueId": name, "uniqueIdType": "private"}
        found.append(place)
    return found
