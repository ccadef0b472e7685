"""FindItem and GetItem."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from simulators.organisation import Instance, Mailbox
from simulators.organisation.item import occurrence, originals

from .access import Caller
from .fields import Shown
from .folders import CALENDAR, Folder, Folders
from .ids import ItemKey, item_id, read_item_id
from .restriction import matches
from .shape import Shape, reader, render
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
)

_TWO_YEARS: Final = timedelta(days=732)
_INSTANT: Final = timedelta(microseconds=1)


@dataclass(frozen=True)
class Terms:
    """How a request wants to be answered.

    Attributes:
        version: its RequestServerVersion.
        zone: the IANA zone of its TimeZoneContext.
        find_limit: EWSFindCountLimit.
        cut_short: a view above the limit is cut short, in place of refused.
    """

    version: str = "Exchange2007"
    zone: str | None = None
    find_limit: int = 1000
    cut_short: bool = False


def find_item(caller: Caller, request: Element, folders: Folders, terms: Terms) -> Element:
    """The operation FindItem, with and without a CalendarView."""
    shape = Shape.read(request.find("m:ItemShape", NAMES), terms.version)
    view = request.find("m:CalendarView", NAMES)
    if view is not None and (
        request.find("m:Restriction", NAMES) is not None
        or request.find("m:SortOrder", NAMES) is not None
    ):
        said = "Restrictions and sort order may not be specified for a CalendarView."
        raise SoapFault("ErrorInvalidRequest", said)
    answers = []
    for wanted in children(request.find("m:ParentFolderIds", NAMES)):
        try:
            folder = folders.resolve(caller, wanted)
            if view is not None:
                root = _view(folder, view, shape, terms)
            else:
                root = _list(folder, request, shape, terms, folders)
            answers.append(message("FindItemResponseMessage", root))
        except EwsError as problem:
            answers.append(refusal("FindItemResponseMessage", problem))
    return response("FindItem", answers)


def _view(folder: Folder, view: Element, shape: Shape, terms: Terms) -> Element:
    """Occurrences in a span; the master of a series is not among them.

    What ends at the very start of the span is.
    """
    if folder.name != CALENDAR:
        said = "CalendarView can be used on calendar folders only."
        raise EwsError("ErrorCalendarFolderIsInvalidForCalendarView", said)
    start, end = (read_time(view.get(name, ""), terms.zone) for name in ("StartDate", "EndDate"))
    if end < start:
        raise EwsError("ErrorCalendarEndDateIsEarlierThanStartDate")
    if end - start > _TWO_YEARS:
        raise EwsError("ErrorCalendarViewRangeTooBig")
    found = folder.mailbox.view(start - _INSTANT, end)
    asked = int(view.get("MaxEntriesReturned", terms.find_limit + 1))
    if min(asked, len(found)) > terms.find_limit and not terms.cut_short:
        limit = {"PolicyLimit": str(terms.find_limit)}
        raise EwsError("ErrorExceededFindCountLimit", values=limit)
    most = min(asked, terms.find_limit)
    shown = [Shown(folder.mailbox, one, terms.zone, listed=True) for one in found[:most]]
    return m(
        "RootFolder",
        t("Items", *(render(one, shape) for one in shown)),
        TotalItemsInView=str(len(found)),
        IncludesLastItemInRange="true" if len(found) <= most else "false",
    )


def _list(
    folder: Folder, request: Element, shape: Shape, terms: Terms, folders: Folders
) -> Element:
    """The items as they are in the folder: singles, and series as one."""
    found: list[Shown] = []
    if folder.name == CALENDAR:
        found = [
            Shown(folder.mailbox, one, terms.zone, listed=True)
            for one in map(folder.mailbox.find, folder.mailbox.items)
            if one is not None
        ]
    restriction = request.find("m:Restriction", NAMES)
    if restriction is not None:
        found = [one for one in found if matches(restriction, partial(reader, one))]
    for order in reversed(children(request.find("m:SortOrder", NAMES))):
        path = children(order)[0]
        found.sort(key=partial(_sort_key, path), reverse=order.get("Order") == "Descending")
    page = request.find("m:IndexedPageItemView", NAMES)
    start = 0 if page is None else int(page.get("Offset", "0"))
    asked = terms.find_limit if page is None else int(page.get("MaxEntriesReturned", "1000"))
    part = found[start : start + min(asked, terms.find_limit)]
    return m(
        "RootFolder",
        t("Items", *(render(one, shape) for one in part), *_made_items(folder, folders)),
        IndexedPagingOffset=str(start + len(part)),
        TotalItemsInView=str(len(found)),
        IncludesLastItemInRange="true" if start + len(part) >= len(found) else "false",
    )


def _sort_key(path: Element, one: Shown) -> tuple[bool, int, str]:
    value = reader(one, path)
    number = int(value) if value is not None and value.isdecimal() else 0
    return value is not None, number, value or ""


def _made_items(folder: Folder, folders: Folders) -> list[Element]:
    made = folders.made.get((folder.mailbox.address, folder.name))
    if made is None:
        return []
    ids = [item_id(ItemKey(folder.mailbox.address, one)) for one in made.items]
    return [t("CalendarItem", t("ItemId", Id=one, ChangeKey="AA==")) for one in ids]


def get_item(caller: Caller, request: Element, folders: Folders, terms: Terms) -> Element:
    """The operation GetItem."""
    shape = Shape.read(request.find("m:ItemShape", NAMES), terms.version)
    answers = []
    for wanted in children(request.find("m:ItemIds", NAMES)):
        try:
            found = _get(caller, wanted, folders, shape, terms)
            answers.append(message("GetItemResponseMessage", m("Items", found)))
        except EwsError as problem:
            answers.append(refusal("GetItemResponseMessage", problem, m("Items")))
    return response("GetItem", answers)


def _get(caller: Caller, wanted: Element, folders: Folders, shape: Shape, terms: Terms) -> Element:
    key = read_item_id(wanted.get("Id", "")) if local(wanted) == "ItemId" else None
    for made in folders.made.values():
        if key is not None and key.item in made.items:
            item = made.items[key.item]
            apart = Instance(kind="single", item=item, master=item)
            return render(Shown(caller.mailbox(key.mailbox), apart, terms.zone), shape)
    mailbox, one = located(caller, wanted)
    shown = Shown(mailbox, one, terms.zone, body_type=shape.body_type)
    return render(shown, shape)


def located(caller: Caller, wanted: Element, *, to_write: bool = False) -> tuple[Mailbox, Instance]:
    """What an ItemId, OccurrenceItemId or RecurringMasterItemId names.

    Raises:
        EwsError: it is not there, or closed to the caller.
    """
    match local(wanted):
        case "ItemId" | "ReferenceItemId":
            key = read_item_id(wanted.get("Id", ""))
        case "RecurringMasterItemId":
            key = read_item_id(wanted.get("OccurrenceId", ""))
        case "OccurrenceItemId":
            key = read_item_id(wanted.get("RecurringMasterId", ""))
        case _:
            raise EwsError("ErrorInvalidIdMalformed")
    mailbox = caller.mailbox(key.mailbox)
    (caller.writes if to_write else caller.reads)(mailbox)
    one = mailbox.find(key.item)
    if one is None:
        raise EwsError(_why_not(mailbox, key.item))
    if local(wanted) == "RecurringMasterItemId":
        return mailbox, _whole(mailbox, one)
    if local(wanted) == "OccurrenceItemId":
        return mailbox, _numbered(one, int(wanted.get("InstanceIndex", "0")))
    return mailbox, one


def _why_not(mailbox: Mailbox, item: str) -> str:
    master = mailbox.items.get(item.rpartition("_")[0])
    if master is None or master.recurrence is None:
        return "ErrorItemNotFound"
    return "ErrorCalendarOccurrenceIsDeletedFromRecurrence"


def _whole(mailbox: Mailbox, one: Instance) -> Instance:
    found = mailbox.find(one.master.id)
    if found is None or found.kind != "master":
        raise EwsError("ErrorCalendarCannotUseIdForRecurringMasterId", "This is no series.")
    return found


def _numbered(one: Instance, index: int) -> Instance:
    if one.kind != "master" or index < 1:
        raise EwsError("ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange", "No such number.")
    begin = one.master.start
    dates = originals(one.master, begin, begin + timedelta(days=366 * max(2, index)))
    if index > len(dates):
        raise EwsError("ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange", "No such number.")
    moment = dates[index - 1]
    if one.master.exceptions.get(moment, {}) is None:
        raise EwsError("ErrorCalendarOccurrenceIsDeletedFromRecurrence")
    return occurrence(one.master, moment)


def read_time(said: str, zone: str | None) -> datetime:
    """An xs:dateTime; without an offset it is in the request's TimeZoneContext, else UTC.

    Raises:
        SoapFault: it is none.
    """
    try:
        moment = datetime.fromisoformat(said.strip())
    except ValueError as broken:
        text_ = f"The request failed schema validation: The value '{said}' is no dateTime."
        raise SoapFault("ErrorSchemaValidation", text_, violation=text_) from broken
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(zone or "UTC"))
    return moment.astimezone(UTC)
