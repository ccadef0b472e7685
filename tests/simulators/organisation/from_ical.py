"""Events as iCalendar writes them, put into a mailbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields as fields_of
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar

from simulators.organisation.item import Item, OnlineMeeting, Party, Recurrence
from simulators.organisation.mailbox import Mailbox

SENSITIVITIES = {"PUBLIC": "normal", "PRIVATE": "private", "CONFIDENTIAL": "confidential"}
KEPT = ("id", "uid", "change_key", "created", "modified")


def put_ical(mailbox: Mailbox, objects: Mapping[str, str]) -> None:
    """Make a mailbox hold exactly these; one that is there already keeps its id.

    Args:
        mailbox: whose calendar.
        objects: by UID, the lines of a VEVENT and of those that replace some of its series.
            A date without a zone is one of the mailbox's zone.
    """
    for item in list(mailbox.items.values()):
        if item.uid not in objects:
            mailbox.remove(item.id)
    for uid, lines in objects.items():
        wanted = _item(lines, mailbox, uid)
        known = mailbox.by_uid(uid)
        if known is None:
            mailbox.add(wanted)
            continue
        fields = {one.name: getattr(wanted, one.name) for one in fields_of(Item)}
        fields = {name: value for name, value in fields.items() if name not in KEPT}
        if any(getattr(known, name) != value for name, value in fields.items()):
            mailbox.update(known.id, **fields)


def _item(lines: str, mailbox: Mailbox, uid: str) -> Item:
    text = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{lines}END:VCALENDAR\r\n"
    events: list[Any] = Calendar.from_ical(text).walk("VEVENT")
    master = next(event for event in events if "RECURRENCE-ID" not in event)
    fields = _fields(master, mailbox)
    exceptions: dict[datetime, Mapping[str, Any] | None] = dict.fromkeys(
        _instant(one, mailbox.zone) for one in _dates(master, "EXDATE")
    )
    for event in events:
        if event is not master:
            original = _instant(event["RECURRENCE-ID"].dt, mailbox.zone)
            exceptions[original] = _fields(event, mailbox)
    return Item(
        **fields,
        uid=uid,
        recurrence=Recurrence(master["RRULE"].to_ical().decode()) if "RRULE" in master else None,
        exceptions=exceptions,
    )


def _fields(event: Any, mailbox: Mailbox) -> dict[str, Any]:
    begins = event["DTSTART"].dt
    all_day = not isinstance(begins, datetime)
    if "DTEND" in event:
        ends = event["DTEND"].dt
    else:
        ends = begins + (event["DURATION"].dt if "DURATION" in event else timedelta(days=all_day))
    cancelled = str(event.get("STATUS", "")).upper() == "CANCELLED"
    free = cancelled or str(event.get("TRANSP", "")).upper() == "TRANSPARENT"
    organizer = _organizer(event, mailbox)
    mine = organizer.address.lower() == mailbox.address.lower()
    join_url = str(event.get("X-MICROSOFT-SKYPETEAMSMEETINGURL", ""))
    return {
        "start": _instant(begins, mailbox.zone),
        "end": _instant(ends, mailbox.zone),
        "zone": _zone(begins, mailbox.zone),
        "all_day": all_day,
        "subject": str(event.get("SUMMARY", "")),
        "body": str(event.get("DESCRIPTION", "")),
        "location": str(event.get("LOCATION", "")),
        "sensitivity": SENSITIVITIES.get(str(event.get("CLASS", "")).upper(), "normal"),
        "show_as": "free" if free else "busy",
        "organizer": organizer,
        "is_organizer": mine,
        "response": "organizer" if mine else "accepted",
        "cancelled": cancelled,
        "online": OnlineMeeting("teamsForBusiness", join_url) if join_url else None,
    }


def _organizer(event: Any, mailbox: Mailbox) -> Party:
    line = event.get("ORGANIZER")
    if line is None:
        return Party(mailbox.name, mailbox.address)
    address = str(line).removeprefix("mailto:").removeprefix("MAILTO:")
    return Party(str(line.params.get("CN", address)), address)


def _dates(event: Any, name: str) -> list[date]:
    lines = event.get(name, [])
    lines = lines if isinstance(lines, list) else [lines]
    return [one.dt for line in lines for one in line.dts]


def _instant(when: date, zone: str) -> datetime:
    if not isinstance(when, datetime):
        when = datetime.combine(when, time())
    if when.tzinfo is None:
        when = when.replace(tzinfo=ZoneInfo(zone))
    return when.astimezone(UTC)


def _zone(when: date, zone: str) -> str:
    if isinstance(when, datetime) and when.tzinfo is not None:
        return getattr(when.tzinfo, "key", "UTC")
    return zone
