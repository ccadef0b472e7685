"""GetUserAvailability: free and busy of rooms that the caller may not read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from simulators.organisation import Instance, Mailbox

from .access import READERS, Caller
from .fields import FREE_BUSY
from .ids import ItemKey, item_id
from .soap import NAMES, Element, EwsError, SoapFault, m, message, refusal, t, text

_MOST_MAILBOXES: Final = 100
_MOST_DAYS: Final = 42
_WEEKDAYS: Final = (
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
)  # fmt: skip
_DIGITS: Final = {"free": 0, "tentative": 1, "busy": 2, "oof": 3, "workingElsewhere": 4}


@dataclass(frozen=True)
class _Question:
    start: datetime
    end: datetime
    minutes: int
    """Of an interval in the merged view."""
    view: str
    zone: Element


def get_availability(caller: Caller, request: Element) -> Element:
    """One free/busy view for each mailbox asked for.

    Raises:
        SoapFault: the request is no good as a whole.
    """
    question = _question(request)
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
        views.append(_view(caller, mailbox, question))
    return m("GetUserAvailabilityResponse", m("FreeBusyResponseArray", *views))


def _question(request: Element) -> _Question:
    zone = request.find("t:TimeZone", NAMES)
    if zone is None:
        raise SoapFault("ErrorTimeZone", "The time zone is missing.")
    window = request.find("t:FreeBusyViewOptions/t:TimeWindow", NAMES)
    if window is None:
        raise SoapFault("ErrorInvalidRequest", "FreeBusyViewOptions is missing.")
    start, end = (_read(text(window, f"t:{name}"), zone) for name in ("StartTime", "EndTime"))
    if end <= start:
        raise SoapFault("ErrorInvalidTimeInterval", "The window is empty.")
    if end - start > timedelta(days=_MOST_DAYS):
        raise SoapFault("ErrorTimeIntervalTooBig", "The requested time window is too long.")
    minutes = int(text(request, "t:FreeBusyViewOptions/t:MergedFreeBusyIntervalInMinutes", "30"))
    if not 5 <= minutes <= 1440:
        raise SoapFault("ErrorInvalidMergedFreeBusyInterval", "5 to 1440 minutes are allowed.")
    view = text(request, "t:FreeBusyViewOptions/t:RequestedView", "MergedOnly")
    return _Question(start, end, minutes, view, zone)


def _refused(problem: EwsError) -> Element:
    none = t("FreeBusyViewType", "None")
    return m("FreeBusyResponse", refusal("ResponseMessage", problem), m("FreeBusyView", none))


def _view(caller: Caller, mailbox: Mailbox, question: _Question) -> Element:
    found = [one for one in mailbox.view(question.start, question.end) if one.end > question.start]
    own = mailbox.address == caller.acting.address
    right = caller.rights.folders.get((mailbox.address.lower(), caller.acting.address.lower()))
    detailed = question.view.startswith("Detailed") and (own or right in READERS)
    kind = question.view if detailed else question.view.replace("Detailed", "FreeBusy")
    events = [_event(mailbox, one, question.zone, detailed=detailed) for one in found]
    return m(
        "FreeBusyResponse",
        message("ResponseMessage"),
        m(
            "FreeBusyView",
            t("FreeBusyViewType", kind),
            t("MergedFreeBusy", _merged(found, question)) if "Merged" in kind else None,
            t("CalendarEventArray", *events) if events and kind != "MergedOnly" else None,
        ),
    )


def _event(mailbox: Mailbox, one: Instance, zone: Element, *, detailed: bool) -> Element:
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
        t("StartTime", _told(one.start, zone)),
        t("EndTime", _told(one.end, zone)),
        t("BusyType", FREE_BUSY[item.show_as]),
        details,
    )


def _merged(found: list[Instance], question: _Question) -> str:
    """A digit for each interval: the busiest of the meetings that touch it."""
    step = timedelta(minutes=question.minutes)
    digits = []
    at = question.start
    while at < question.end:
        touching = [one for one in found if one.start < at + step and one.end > at]
        digits.append(str(max((_DIGITS[one.item.show_as] for one in touching), default=0)))
        at += step
    return "".join(digits)


def _read(said: str, zone: Element) -> datetime:
    """A time in the request's own zone; an offset that it carries wins."""
    try:
        moment = datetime.fromisoformat(said)
    except ValueError as broken:
        text_ = f"The request failed schema validation: '{said}' is no dateTime."
        raise SoapFault("ErrorSchemaValidation", text_, violation=text_) from broken
    if moment.tzinfo is None:
        return (moment - _offset(zone, moment)).replace(tzinfo=UTC)
    return moment.astimezone(UTC)


def _told(moment: datetime, zone: Element) -> str:
    plain = moment.astimezone(UTC).replace(tzinfo=None)
    standard = timedelta(minutes=int(text(zone, "t:Bias", "0")))
    return f"{plain + _offset(zone, plain - standard):%Y-%m-%dT%H:%M:%S}"


def _offset(zone: Element, wall: datetime) -> timedelta:
    """The offset of a t:TimeZone, whose rule is the two yearly changes of Windows."""
    changes = sorted(
        (_change(part, wall.year), int(text(part, "t:Bias", "0")))
        for part in (zone.find(f"t:{name}Time", NAMES) for name in ("Standard", "Daylight"))
        if part is not None
    )
    before = [bias for at, bias in changes if at <= wall] or [bias for _, bias in changes[-1:]]
    extra = before[-1] if before else 0
    return timedelta(minutes=-int(text(zone, "t:Bias", "0")) - extra)


def _change(part: Element, year: int) -> datetime:
    """When the clocks change; DayOrder 5 is the last of its weekday in the month."""
    order, month = (int(text(part, f"t:{name}", "1")) for name in ("DayOrder", "Month"))
    at = time.fromisoformat(text(part, "t:Time", "00:00:00"))
    wanted = _WEEKDAYS.index(text(part, "t:DayOfWeek", "Sunday"))
    first = date(year, month, 1)
    day = first + timedelta(days=(wanted - first.weekday()) % 7 + 7 * (order - 1))
    if day.month != month:
        day -= timedelta(days=7)
    return datetime.combine(day, at)
