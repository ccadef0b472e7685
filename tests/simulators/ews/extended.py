"""Extended properties: MAPI's own, and named ones of clients and of add-ins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from simulators.organisation import Item

from .fields import FIELDS, Shown
from .soap import TYPES, Element, SoapFault, t

PUBLIC_STRINGS: Final = "00020329-0000-0000-c000-000000000046"
_PUBLIC: Final = "PublicStrings"
_INSTANCES: Final = {"single": "0", "master": "1", "occurrence": "2", "exception": "3"}

_TAGS: Final[dict[int, Callable[[Shown], str | None]]] = {
    0x001A: lambda _: "IPM.Appointment",
    0x0036: lambda shown: str(
        ("normal", "personal", "private", "confidential").index(shown.one.item.sensitivity)
    ),
    0x0037: lambda shown: shown.one.item.subject,
    0x0E07: lambda _: "1",
    0x0E08: lambda shown: str(4096 + len(shown.one.item.body)),
    0x0E23: lambda shown: str(1 + list(shown.mailbox.items).index(shown.one.master.id)),
    0x1000: lambda shown: shown.one.item.body,
    0x3001: lambda shown: shown.one.item.subject,
    0x3007: lambda shown: _text("DateTimeCreated", shown),
    0x3008: lambda shown: _text("LastModifiedTime", shown),
}
_APPOINTMENT: Final[dict[int, Callable[[Shown], str | None]]] = {
    0x8217: lambda shown: _text("AppointmentState", shown),
    0x8223: lambda shown: "true" if shown.one.master.recurrence is not None else "false",
}
_COMMON: Final[dict[int, Callable[[Shown], str | None]]] = {
    0x8506: lambda shown: "true" if shown.one.item.sensitivity == "private" else "false",
}


def _text(name: str, shown: Shown) -> str | None:
    made = FIELDS[name](shown)
    return None if made is None else made.text


def name_of(path: Element) -> str:
    """Under which name the organisation keeps a property.

    It is the name that Graph has for it, so that both sides see the same.

    Raises:
        SoapFault: the path is none: Exchange wants one of its five forms, and a type.
    """
    said = path.attrib
    kind = str(said.get("PropertyType", ""))
    tag, name, number = (said.get(f"Property{one}") for one in ("Tag", "Name", "Id"))
    space = str(said.get("PropertySetId") or said.get("DistinguishedPropertySetId") or "")
    if not kind or (tag is None) == (not space) or (space and (name is None) == (number is None)):
        text = "Extended property definition is invalid."
        raise SoapFault("ErrorInvalidExtendedProperty", text)
    if tag is not None:
        return f"{kind} 0x{int(str(tag), 0):04X}"
    if space == _PUBLIC:
        space = PUBLIC_STRINGS
    where = f"{kind} {{{space.lower()}}}"
    return f"{where} Name {name}" if name is not None else f"{where} Id {int(str(number), 0):#06x}"


def value(path: Element, shown: Shown) -> str | None:
    """What an ExtendedFieldURI names; None where the item has no such property."""
    stored = {**shown.one.master.properties, **shown.one.item.properties}
    key = name_of(path)
    _, public, name = key.partition(f"{{{PUBLIC_STRINGS}}} Name ")
    for one in (key, name):
        if one in stored:
            return stored[one]
    said = path.attrib
    if "PropertyTag" in said:
        return _asked(_TAGS, str(said["PropertyTag"]), shown)
    if "PropertyId" in said:
        sets = {"Appointment": _APPOINTMENT, "Common": _COMMON}
        known = sets.get(str(said.get("DistinguishedPropertySetId")), {})
        return _asked(known, str(said["PropertyId"]), shown)
    return _public(name, shown) if public else None


def _asked(
    known: dict[int, Callable[[Shown], str | None]], number: str, shown: Shown
) -> str | None:
    read = known.get(int(number, 0))
    return None if read is None else read(shown)


def _public(name: str, shown: Shown) -> str | None:
    online = shown.one.item.online
    match name:
        case "urn:schemas:calendar:instancetype":
            return _INSTANCES[shown.one.kind]
        case "urn:schemas:calendar:uid":
            return shown.one.master.uid
        case "SkypeTeamsMeetingUrl" if online is not None and online.provider.startswith("teams"):
            return online.join_url
        case "OnlineMeetingExternalLink" if online is not None and "skype" in online.provider:
            return online.join_url
    return None


def element(path: Element, found: str) -> Element:
    """The t:ExtendedProperty of an answer."""
    attributes = {str(name): str(said) for name, said in path.attrib.items()}
    return t("ExtendedProperty", t("ExtendedFieldURI", **attributes), t("Value", found))


def read(property_: Element) -> tuple[str, str]:
    """Name and value of a t:ExtendedProperty in a request."""
    path = property_.find(f"{{{TYPES}}}ExtendedFieldURI")
    if path is None:
        raise SoapFault("ErrorInvalidExtendedProperty", "An ExtendedFieldURI is missing.")
    values = [one.text or "" for one in property_.iter(f"{{{TYPES}}}Value")]
    return name_of(path), "\n".join(values)


def changed(item: Item, changes: dict[str, str | None]) -> dict[str, str]:
    """An item's properties with changes; None takes one away."""
    merged = {**item.properties, **changes}
    return {name: said for name, said in merged.items() if said is not None}
