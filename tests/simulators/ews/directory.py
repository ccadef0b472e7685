"""The address book and the server's own facts: rooms, names, ids, time zones, options."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from simulators.organisation import Mailbox, RoomList

from .access import Caller
from .ids import read_folder_id, read_item_id
from .soap import (
    NAMES,
    Element,
    EwsError,
    SoapFault,
    children,
    local,
    m,
    message,
    refusal,
    response,
    t,
    text,
)
from .zones import Change, rule, windows_name

_MOST_NAMES: Final = 100
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ID_FORMATS: Final = ("EwsLegacyId", "EwsId", "EntryId", "HexEntryId", "StoreId", "OwaId")


def get_room_lists(caller: Caller, _request: Element) -> Element:
    """The operation GetRoomLists; its answer carries the response class itself."""
    lists = sorted(caller.organisation.room_lists.values(), key=lambda one: one.name)
    shown = [_address("Address", one.name, one.address, "PublicDL") for one in lists]
    return message("GetRoomListsResponse", m("RoomLists", *shown))


def get_rooms(caller: Caller, request: Element) -> Element:
    """The operation GetRooms: names and addresses, and nothing else."""
    wanted = text(request, "m:RoomList/t:EmailAddress")
    found = caller.organisation.room_lists.get(wanted.lower())
    if found is None:
        return refusal("GetRoomsResponse", EwsError("ErrorNameResolutionNoResults"))
    rooms = [caller.organisation.mailboxes[one] for one in found.rooms]
    shown = [t("Room", _address("Id", one.name, one.address, "Mailbox")) for one in rooms]
    return message("GetRoomsResponse", m("Rooms", *shown))


def _address(tag: str, name: str, address: str, kind: str) -> Element:
    return t(
        tag,
        t("Name", name),
        t("EmailAddress", address),
        t("RoutingType", "SMTP"),
        t("MailboxType", kind),
    )


def resolve_names(caller: Caller, request: Element) -> Element:
    """The operation ResolveNames: whose name or address begins like this."""
    answers = []
    for entry in request.iterfind("m:UnresolvedEntry", NAMES):
        found = _like(caller, (entry.text or "").removeprefix("smtp:"))
        answers.append(_resolutions(found))
    return response("ResolveNames", answers)


def _like(caller: Caller, words: str) -> list[Mailbox | RoomList]:
    wanted = words.strip().casefold()
    everything: list[Mailbox | RoomList] = [
        *caller.organisation.mailboxes.values(),
        *caller.organisation.room_lists.values(),
    ]
    return [
        one
        for one in everything
        if wanted
        and (one.name.casefold().startswith(wanted) or one.address.casefold().startswith(wanted))
    ]


def _resolutions(found: list[Mailbox | RoomList]) -> Element:
    if not found:
        return refusal("ResolveNamesResponseMessage", EwsError("ErrorNameResolutionNoResults"))
    shown = [
        t("Resolution", _address("Mailbox", one.name, one.address, _kind(one)))
        for one in found[:_MOST_NAMES]
    ]
    whole = "true" if len(found) <= _MOST_NAMES else "false"
    counts = {"TotalItemsInView": str(len(shown)), "IncludesLastItemInRange": whole}
    listed = m("ResolutionSet", *shown, **counts)
    if len(found) == 1:
        return message("ResolveNamesResponseMessage", listed)
    name, code = "ResolveNamesResponseMessage", "ErrorNameResolutionMultipleResults"
    said = m("MessageText", "Multiple results were found.")
    key = m("DescriptiveLinkKey", "0")
    return m(name, said, m("ResponseCode", code), key, listed, ResponseClass="Warning")


def _kind(one: Mailbox | RoomList) -> str:
    return "Mailbox" if isinstance(one, Mailbox) else "PublicDL"


def expand_list(caller: Caller, request: Element) -> Element:
    """The operation ExpandDL, on a room list."""
    wanted = text(request, "m:Mailbox/t:EmailAddress")
    found = caller.organisation.room_lists.get(wanted.lower())
    name = "ExpandDLResponseMessage"
    if found is None:
        problem = EwsError("ErrorNameResolutionNoResults")
        return response("ExpandDL", [refusal(name, problem)])
    rooms = [caller.organisation.mailboxes[one] for one in found.rooms]
    shown = [_address("Mailbox", one.name, one.address, "Mailbox") for one in rooms]
    counts = {"TotalItemsInView": str(len(shown)), "IncludesLastItemInRange": "true"}
    return response("ExpandDL", [message(name, m("DLExpansion", *shown, **counts))])


def convert_ids(caller: Caller, request: Element) -> Element:
    """The operation ConvertId: each format holds the same id here; it tells the mailbox."""
    wanted = request.get("DestinationFormat", "")
    if wanted not in _ID_FORMATS:
        said = "The 'DestinationFormat' attribute is invalid."
        raise SoapFault("ErrorSchemaValidation", said, violation=said)
    answers = []
    for one in children(request.find("m:SourceIds", NAMES)):
        try:
            owner = caller.mailbox(_owner(one.get("Id", "")))
            attributes = {"Format": wanted, "Id": one.get("Id", ""), "Mailbox": owner.address}
            kind = {"{http://www.w3.org/2001/XMLSchema-instance}type": "t:AlternateIdType"}
            shown = m("AlternateId", **attributes, **kind)
            answers.append(message("ConvertIdResponseMessage", shown))
        except EwsError as problem:
            answers.append(refusal("ConvertIdResponseMessage", problem))
    return response("ConvertId", answers)


def _owner(some_id: str) -> str:
    try:
        return read_folder_id(some_id).mailbox
    except EwsError:
        return read_item_id(some_id).mailbox


def get_time_zones(_caller: Caller, request: Element) -> Element:
    """The operation GetServerTimeZones, with each zone's rule of now."""
    asked = [one.text or "" for one in children(request.find("m:Ids", NAMES))]
    whole = request.get("ReturnFullTimeZoneData", "true") == "true"
    names = [one for one in ("UTC", *WINDOWS_TO_OLSON) if not asked or one in asked]
    shown = [_definition(name, whole=whole) for name in names]
    name = "GetServerTimeZonesResponseMessage"
    return response("GetServerTimeZones", [message(name, m("TimeZoneDefinitions", *shown))])


def _definition(name: str, *, whole: bool) -> Element:
    if not whole:
        return t("TimeZoneDefinition", Id=name, Name=name)
    told = rule(WINDOWS_TO_OLSON.get(name, "UTC"))
    standard = _period(told.standard, "Standard", "std")
    if told.to_daylight is None or told.to_standard is None:
        target = t("To", "0", Kind="Group")
        only = t("TransitionsGroup", t("Transition", t("To", "std", Kind="Period")), Id="0")
        groups, periods = t("TransitionsGroups", only), t("Periods", standard)
        return t("TimeZoneDefinition", periods, groups,
                 t("Transitions", t("Transition", target)), Id=name, Name=name)  # fmt: skip
    daylight = _period(told.daylight, "Daylight", "dlt")
    group = t(
        "TransitionsGroup",
        _transition(told.to_daylight, "dlt"),
        _transition(told.to_standard, "std"),
        Id="0",
    )
    return t(
        "TimeZoneDefinition",
        t("Periods", standard, daylight),
        t("TransitionsGroups", group),
        t("Transitions", t("Transition", t("To", "0", Kind="Group"))),
        Id=name,
        Name=name,
    )


def _period(offset: timedelta, name: str, key: str) -> Element:
    minutes = -int(offset.total_seconds() // 60)
    bias = f"{'-' if minutes < 0 else ''}PT{abs(minutes)}M"
    return t("Period", Bias=bias, Name=name, Id=key)


def _transition(change: Change, period: str) -> Element:
    minutes = change.at.hour * 60 + change.at.minute
    return t(
        "RecurringDayTransition",
        t("To", period, Kind="Period"),
        t("TimeOffset", f"PT{minutes}M"),
        t("Month", str(change.month)),
        t("DayOfWeek", _DAYS[change.weekday]),
        t("Occurrence", str(change.week)),
    )


def get_configuration(caller: Caller, request: Element) -> Element:
    """The operation GetUserConfiguration: Outlook's options know the mailbox' time zone."""
    wanted = request.find("m:UserConfigurationName", NAMES)
    name = "" if wanted is None else wanted.get("Name", "")
    answer = "GetUserConfigurationResponseMessage"
    if name != "OWA.UserOptions" or wanted is None:
        problem = EwsError("ErrorItemNotFound")
        return response("GetUserConfiguration", [refusal(answer, problem)])
    place = children(wanted)[0]
    copied = t(local(place), Id=place.get("Id", ""))
    entries = [_entry("timezone", windows_name(caller.acting.zone)), _entry("timeformat", "HH:mm")]
    options = m(
        "UserConfiguration",
        t("UserConfigurationName", copied, Name=name),
        t("Dictionary", *entries),
    )
    return response("GetUserConfiguration", [message(answer, options)])


def _entry(key: str, value: str) -> Element:
    def typed(tag: str, said: str) -> Element:
        return t(tag, t("Type", "String"), t("Value", said))

    return t("DictionaryEntry", typed("DictionaryKey", key), typed("DictionaryValue", value))
