"""What a caller wants to see of each item: base shape, body type, further properties."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from . import extended
from .fields import FIELDS, Shown
from .schema import CALENDAR_ITEM
from .soap import NAMES, Element, SoapFault, children, local, t, text

_DEFAULT: Final = (
    "ItemId", "Subject", "HasAttachments", "Start", "End", "LegacyFreeBusyStatus", "Location",
    "CalendarItemType", "Organizer",
)  # fmt: skip
_ON_DEMAND: Final = {"MimeContent", "TextBody", "EnhancedLocation"}
_ITEM_END: Final = CALENDAR_ITEM.index("UID")
_PREFIXES: Final = {
    "item": frozenset(CALENDAR_ITEM[:_ITEM_END]),
    "calendar": frozenset(CALENDAR_ITEM[_ITEM_END:]),
}
_OTHERS: Final = ("message", "meeting", "meetingRequest", "folder", "contacts", "task",
                  "conversation", "persona", "postitem", "distributionlist", "rolemember",
                  "network", "abchPerson")  # fmt: skip
VERSIONS: Final = ("Exchange2007", "Exchange2007_SP1", "Exchange2009", "Exchange2010",
                   "Exchange2010_SP1", "Exchange2010_SP2", "Exchange2012", "Exchange2013",
                   "Exchange2013_SP1", "Exchange2015", "Exchange2016")  # fmt: skip
_SINCE: Final = {
    "StartTimeZone": "Exchange2010",
    "EndTimeZone": "Exchange2010",
    **dict.fromkeys(
        ("EnhancedLocation", "StartWallClock", "EndWallClock", "StartTimeZoneId", "EndTimeZoneId",
         "IntendedFreeBusyStatus", "JoinOnlineMeetingUrl", "OnlineMeetingSettings", "IsOrganizer",
         "TextBody"),
        "Exchange2013",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Shape:
    """An m:ItemShape, read."""

    names: frozenset[str]
    paths: tuple[Element, ...]
    body_type: str

    @classmethod
    def read(cls, shape: Element | None, version: str) -> Shape:
        """Of a request in a version of the schema.

        Raises:
            SoapFault: it asks for what the schema, or this version of it, does not know.
        """
        if shape is None:
            raise _violation("The element 'ItemShape' is missing.")
        base = text(shape, "t:BaseShape")
        if base not in ("IdOnly", "Default", "AllProperties"):
            raise _violation(f"The 'BaseShape' element is invalid - The value '{base}' is invalid.")
        names = {"ItemId"}
        if base == "Default":
            names |= set(_DEFAULT)
        elif base == "AllProperties":
            names |= set(FIELDS) - _ON_DEMAND
        if text(shape, "t:IncludeMimeContent") == "true":
            names.add("MimeContent")
        paths = []
        for path in children(shape.find("t:AdditionalProperties", NAMES)):
            if local(path) == "FieldURI":
                names.add(field_name(path, version))
            elif local(path) == "ExtendedFieldURI":
                extended.name_of(path)
                paths.append(path)
        body_type = text(shape, "t:BodyType", "Best")
        if body_type not in ("Best", "HTML", "Text"):
            raise _violation("The 'BodyType' element is invalid.")
        return cls(frozenset(names), tuple(paths), body_type)


def field_name(path: Element, version: str) -> str:
    """The element that a FieldURI names.

    Raises:
        SoapFault: there is none, or only in a later version of the schema.
    """
    uri = path.get("FieldURI", "")
    prefix, _, name = uri.partition(":")
    known = name in _PREFIXES[prefix] if prefix in _PREFIXES else prefix in _OTHERS and bool(name)
    since = _SINCE.get(name)
    if not known or (since is not None and older(version, since)):
        raise _violation(
            f"The 'FieldURI' attribute is invalid - The value '{uri}' is invalid according to its "
            "datatype 'http://schemas.microsoft.com/exchange/services/2006/types:"
            "UnindexedFieldURIType' - The Enumeration constraint failed."
        )
    return name


def older(version: str, than: str) -> bool:
    """Whether a RequestServerVersion is older than another; V20… are the newest."""
    if version not in VERSIONS:
        return False
    return VERSIONS.index(version) < VERSIONS.index(than)


def _violation(said: str) -> SoapFault:
    text_ = f"The request failed schema validation: {said}"
    return SoapFault("ErrorSchemaValidation", text_, violation=said)


def render(shown: Shown, shape: Shape) -> Element:
    """The t:CalendarItem of an answer, in the schema's order."""
    made = t("CalendarItem")
    for name in CALENDAR_ITEM:
        if name == "ExtendedProperty":
            for path in shape.paths:
                found = extended.value(path, shown)
                if found is not None:
                    made.append(extended.element(path, found))
        elif name in shape.names and name in FIELDS:
            part = FIELDS[name](shown)
            if part is not None:
                made.append(part)
    return made


def reader(shown: Shown, path: Element) -> str | None:
    """The value a restriction or a sort order asks for."""
    if local(path) == "ExtendedFieldURI":
        return extended.value(path, shown)
    name = path.get("FieldURI", "").partition(":")[2]
    part = FIELDS[name](shown) if name in FIELDS else None
    if part is None:
        return None
    return "".join(str(piece) for piece in part.itertext()) or part.get("Id")
