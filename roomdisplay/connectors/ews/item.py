"""Calendar items as Exchange tells them: which fields are asked for, and how they are read.

Every field may be missing or odd; only what cannot be told is None. The names and their order are
those of Microsoft's types.xsd.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from roomdisplay.connectors.ews.xml import TYPES, Element, t

_OWN_SET: Final = "8f6f5f3e-5d1c-4b5e-9a38-2c1d7f0e6b41"
_ARTICLE: Final = "0x0E23"
"""PidTagInternetArticleNumber: grows with each item that is put into a folder, and so tells which
of two meetings was there first, which the creation time does to the second only."""
_TEAMS: Final = "SkypeTeamsMeetingUrl"
_CONFERENCES: Final = (_TEAMS, "OnlineMeetingExternalLink", "OnlineMeetingConfLink")
_LONGEST_LINK: Final = 4000
_LONGEST_TEXT: Final = 1000
_LONGEST_BODY: Final = 64 * 1024
_CANCELLED_BIT: Final = 4
"""Of AppointmentState."""

BOOKING_KEY: Final = t(
    "ExtendedFieldURI",
    PropertySetId=_OWN_SET,
    PropertyName="RoomDisplayBooking",
    PropertyType="String",
)
"""Marks a meeting that a display has booked with the booking's key."""


TEAMS_LINK: Final = t(
    "ExtendedFieldURI",
    DistinguishedPropertySetId="PublicStrings",
    PropertyName=_TEAMS,
    PropertyType="String",
)
"""Where Teams' add-in for Outlook puts a meeting's address."""


def _uris(*names: str) -> tuple[Element, ...]:
    return tuple(t("FieldURI", FieldURI=name) for name in names)


LISTED: Final = (
    *_uris(
        "item:Subject",
        "item:Sensitivity",
        "item:DateTimeCreated",
        "calendar:UID",
        "calendar:RecurrenceId",
        "calendar:Start",
        "calendar:End",
        "calendar:OriginalStart",
        "calendar:IsAllDayEvent",
        "calendar:LegacyFreeBusyStatus",
        "calendar:Location",
        "calendar:IsMeeting",
        "calendar:IsCancelled",
        "calendar:CalendarItemType",
        "calendar:MyResponseType",
        "calendar:Organizer",
        "calendar:AppointmentState",
        "calendar:StartTimeZone",
    ),
    BOOKING_KEY,
    t("ExtendedFieldURI", PropertyTag=_ARTICLE, PropertyType="Integer"),
)
"""What a view tells of each item."""

DETAILED: Final = (
    *LISTED,
    *_uris("item:Body", "calendar:JoinOnlineMeetingUrl"),
    *(
        t(
            "ExtendedFieldURI",
            DistinguishedPropertySetId="PublicStrings",
            PropertyName=name,
            PropertyType="String",
        )
        for name in _CONFERENCES
    ),
)
"""What is asked for of an item that is new or changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One calendar item, as told."""

    id: str
    change_key: str
    uid: str
    kind: str
    """Single, Occurrence, Exception or RecurringMaster."""
    subject: str
    start: datetime | None
    """UTC, like all times here; None: it cannot be told."""
    end: datetime | None
    original_start: datetime | None
    """Of an occurrence."""
    all_day: bool
    zone: str
    """A Windows name, as a rule; empty: not told."""
    sensitivity: str
    show_as: str
    location: str
    is_meeting: bool
    cancelled: bool
    response: str
    """The mailbox's own answer to the invitation."""
    organizer_name: str
    organizer_address: str
    created: datetime | None
    number: int
    """Grows with each item of the folder; 0: not told."""
    booking_key: str
    body: str = field(default="", repr=False)
    links: tuple[str, ...] = field(default=(), repr=False)
    """Addresses from fields made for conferences, most trusted first."""

    @property
    def key(self) -> str:
        """The same for this occurrence over edits, as far as Exchange keeps it."""
        if not self.uid:
            return self.id
        if self.kind in {"Occurrence", "Exception"} and (at := self.original_start or self.start):
            return f"{self.uid}/{at:%Y%m%dT%H%M%SZ}"
        return self.uid


def read_item(element: Element) -> Item:
    """Read an element that holds an item, of whatever kind it is."""
    told = _told(element)
    id_, zone = told.get(f"{TYPES}ItemId"), told.get(f"{TYPES}StartTimeZone")
    organizer = _told(element.find(f"{TYPES}Organizer/{TYPES}Mailbox"))
    extended = dict(_extended(element))
    links = [extended.get(name, "") for name in _CONFERENCES]
    links.insert(2, _text(told, "JoinOnlineMeetingUrl", _LONGEST_LINK + 1))
    state = _text(told, "AppointmentState")
    return Item(
        id="" if id_ is None else id_.get("Id", ""),
        change_key="" if id_ is None else id_.get("ChangeKey", ""),
        uid=_text(told, "UID"),
        kind=_text(told, "CalendarItemType"),
        subject=_text(told, "Subject"),
        start=_instant(told, "Start"),
        end=_instant(told, "End"),
        original_start=_instant(told, "RecurrenceId") or _instant(told, "OriginalStart"),
        all_day=_flag(told, "IsAllDayEvent"),
        zone="" if zone is None else zone.get("Id", "")[:_LONGEST_TEXT],
        sensitivity=_text(told, "Sensitivity"),
        show_as=_text(told, "LegacyFreeBusyStatus"),
        location=_text(told, "Location"),
        is_meeting=_flag(told, "IsMeeting"),
        cancelled=_flag(told, "IsCancelled") or _has_bit(state, _CANCELLED_BIT),
        response=_text(told, "MyResponseType"),
        organizer_name=_text(organizer, "Name"),
        organizer_address=_text(organizer, "EmailAddress"),
        created=_instant(told, "DateTimeCreated"),
        number=_number(extended.get(_ARTICLE, "")),
        booking_key=extended.get("RoomDisplayBooking", ""),
        body=_text(told, "Body", _LONGEST_BODY),
        links=_web_addresses(links),
    )


def _told(element: Element | None) -> Mapping[str, Element]:
    """The children by name; of several of one name, the first."""
    return {} if element is None else {one.tag: one for one in reversed(element)}


def _extended(element: Element) -> list[tuple[str, str]]:
    """Name or tag, and value, of the extended properties that came."""
    found = []
    for one in element.iterfind(f"{TYPES}ExtendedProperty"):
        uri, value = one.find(f"{TYPES}ExtendedFieldURI"), one.findtext(f"{TYPES}Value")
        if uri is None or value is None:
            continue
        tag = uri.get("PropertyTag", "")
        name = uri.get("PropertyName", "") or (
            _ARTICLE if _number(tag) == int(_ARTICLE, 16) else ""
        )
        found.append((name, value.strip()[: _LONGEST_LINK + 1]))
    return found


def _text(told: Mapping[str, Element], name: str, longest: int = _LONGEST_TEXT) -> str:
    element = told.get(f"{TYPES}{name}")
    return "" if element is None or element.text is None else element.text.strip()[:longest]


def _flag(told: Mapping[str, Element], name: str) -> bool:
    return _text(told, name).lower() in {"true", "1"}


def _has_bit(text: str, bit: int) -> bool:
    return bool(_number(text) & bit)


def _number(text: str) -> int:
    try:
        return int(text[:20], 0)
    except ValueError:
        return 0


def _instant(told: Mapping[str, Element], name: str) -> datetime | None:
    """A dateTime; one without a zone is UTC, since no other context is ever sent."""
    try:
        moment = datetime.fromisoformat(_text(told, name))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _web_addresses(found: Sequence[str]) -> tuple[str, ...]:
    links = (one for one in found if one.lower().startswith("https://"))
    return tuple(dict.fromkeys(one for one in links if len(one) <= _LONGEST_LINK))
