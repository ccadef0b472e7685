"""GetUserAvailability: free and busy of rooms that the caller may not read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from simulators.organisation import Instance, Mailbox

from .access import READERS, Caller
from .fields import FREE_BUSY
from .ids import ItemKey, item_id
from .soap import NAMES, Element, EwsError, SoapFault, m, message, refusal, t, text

_MOST_MAILBOXES: Final = 100
_MOST_DAYS: Final = 42
_DIGITS: Final = {"free": 0, "tentative": 1, "busy": 2, "oof": 3, "workingElsewhere": 4}


def get_availability(caller: Caller, request: Element) -> Element:
    """One free/busy view for each mailbox asked for.

    Raises:
        SoapFault: the request is no good as a whole.
    """
    offset = _offset(request)
    window = request.find("t:FreeBusyViewOptions/t:TimeWindow", NAMES)
    if window is None:
        raise SoapFault("ErrorInvalidRequest", "FreeBusyViewOptions is missing.")
    start, end = (_read(text(window, f"t:{name}"), offset) for name in ("StartTime", "EndTime"))
    if end <= start:
        raise SoapFault("ErrorInvalidTimeInterval", "The window is empty.")
    if end - start > timedelta(days=_MOST_DAYS):
        raise SoapFault("ErrorTimeIntervalTooBig", "The requested time window is too long.")
    minutes = int(text(request, "t:FreeBusyViewOptions/t:MergedFreeBusyIntervalInMinutes", "30"))
    if not 5 <= minutes <= 1440:
        raise SoapFault("ErrorInvalidMergedFreeBusyInterval", "5 to 1440 minutes are allowed.")
    kind = text(request, "t:FreeBusyViewOptions/t:RequestedView", "MergedOnly")
    mailboxes = request.findall("m:MailboxDataArray/t:MailboxData", NAMES)
    if len(mailboxes) > _MOST_MAILBOXES:
        raise SoapFault("ErrorMailboxDataArrayTooBig", "Too many mailboxes.")
    views = []
    for one in mailboxes:
        try:
            mailbox = caller.mailbox(text(one, "t:Email/t:Address"))
        except EwsError:
            said = "Unable to resolve e-mail address to an Active Directory object."
            views.append(_refused(EwsError("ErrorMailRecipientNotFound", said)))
            continue
        views.append(_view(caller, mailbox, start, end, minutes, kind, offset))
    return m("GetUserAvailabilityResponse", m("FreeBusyResponseArray", *views))


def _refused(problem: EwsError) -> Element:
    none = t("FreeBusyViewType", "None")
    return m("FreeBusyResponse", refusal("ResponseMessage", problem), m("FreeBusyView", none))


def _view(
    caller: Caller,
    mailbox: Mailbox,
    start: datetime,
    end: datetime,
    minutes: int,
    kind: str,
    offset: timedelta,
) -> Element:
    found = [one for one in mailbox.view(start, end) if one.end > start]
    own = mailbox.address == caller.acting.address
    right = caller.rights.folders.get((mailbox.address.lower(), caller.acting.address.lower()))
    detailed = kind.startswith("Detailed") and (own or right in READERS)
    shown = "MergedOnly" if kind == "MergedOnly" else kind
    if kind.startswith("Detailed") and not detailed:
        shown = kind.replace("Detailed", "FreeBusy")
    merged = kind not in {"FreeBusy", "Detailed"}
    events = [_event(mailbox, one, offset, detailed=detailed) for one in found]
    return m(
        "FreeBusyResponse",
        message("ResponseMessage"),
        m(
            "FreeBusyView",
            t("FreeBusyViewType", shown),
            t("MergedFreeBusy", _merged(found, start, end, minutes)) if merged else None,
            t("CalendarEventArray", *events) if events and kind != "MergedOnly" else None,
        ),
    )


def _event(mailbox: Mailbox, one: Instance, offset: timedelta, *, detailed: bool) -> Element:
    item = one.item
    details = None
    if detailed:
        flags = {
            "IsMeeting": bool(item.attendees),
            "IsRecurring": one.original_start is not None,
            "IsException": one.kind == "exception",
            "IsReminderSet": False,
            "IsPrivate": item.sensitivity == "private",
        }
        details = t(
            "CalendarEventDetails",
            t("ID", item_id(ItemKey(mailbox.address, one.id))),
            t("Subject", item.subject),
            t("Location", item.location),
            *(t(name, "true" if value else "false") for name, value in flags.items()),
        )
    return t(
        "CalendarEvent",
        t("StartTime", _told(one.start, offset)),
        t("EndTime", _told(one.end, offset)),
        t("BusyType", FREE_BUSY[item.show_as]),
        details,
    )


def _merged(found: list[Instance], start: datetime, end: datetime, minutes: int) -> str:
    """A digit for each interval: the busiest of the meetings that touch it."""
    step = timedelta(minutes=minutes)
    digits = []
    at = start
    while at < end:
        touching = [one for one in found if one.start < at + step and one.end > at]
        digits.append(str(max((_DIGITS[one.item.show_as] for one in touching), default=0)))
        at += step
    return "".join(digits)


def _offset(request: Element) -> timedelta:
    """The zone of the request; Exchange wants one, and this server takes its bias as it is.

    Raises:
        SoapFault: there is none.
    """
    zone = request.find("t:TimeZone", NAMES)
    if zone is None:
        raise SoapFault("ErrorTimeZone", "The time zone is missing.")
    return timedelta(minutes=-int(text(zone, "t:Bias", "0")))


def _read(said: str, offset: timedelta) -> datetime:
    try:
        moment = datetime.fromisoformat(said)
    except ValueError as broken:
        text_ = f"The request failed schema validation: '{said}' is no dateTime."
        raise SoapFault("ErrorSchemaValidation", text_, violation=text_) from broken
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC) - offset
    return moment.astimezone(UTC)


def _told(moment: datetime, offset: timedelta) -> str:
    return f"{moment.astimezone(UTC) + offset:%Y-%m-%dT%H:%M:%S}"
