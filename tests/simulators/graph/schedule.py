"""getSchedule: who is free and when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from simulators.graph.calendar import applied
from simulators.graph.preferences import Preferences, instant, preferences
from simulators.graph.wire import GraphError, Request, Response
from simulators.organisation import Instance, Mailbox, Organisation

MOST_SCHEDULES = 20
MOST_ITEMS = 1000
DIGITS = {"free": "0", "tentative": "1", "busy": "2", "oof": "3", "workingElsewhere": "4"}
RANK = {"0": 0, "4": 1, "1": 2, "2": 3, "3": 4}


def get_schedule(
    request: Request, organisation: Organisation, shows: Callable[[Mailbox], bool]
) -> Response:
    """Free and busy times of several mailboxes, with the subjects of those that `shows` allows.

    Raises:
        GraphError: 400.
    """
    sent, prefer = request.parameters(), preferences(request)
    wanted = sent.get("schedules")
    if not isinstance(wanted, list) or not 0 < len(wanted) <= MOST_SCHEDULES:
        words = f"Between 1 and {MOST_SCHEDULES} schedules can be asked for."
        raise GraphError(400, "ErrorInvalidRequest", words)
    (start, _), (end, _) = instant(sent.get("startTime")), instant(sent.get("endTime"))
    interval = sent.get("availabilityViewInterval", 30)
    if not isinstance(interval, int) or not 5 <= interval <= 1440 or end <= start:
        raise GraphError(400, "ErrorInvalidRequest", "The interval or the window is invalid.")
    rows = []
    for address in map(str, wanted):
        mailbox = organisation.mailboxes.get(address.lower())
        if mailbox is None:
            rows.append(_failed(address, "ErrorMailRecipientNotFound", "5009"))
            continue
        found = [one for one in mailbox.view(start, end) if not one.item.cancelled]
        view = _view(found, start, end, timedelta(minutes=interval))
        items = [_item(one, prefer, texts=shows(mailbox)) for one in found]
        rows.append(_schedule(address, view, items))
    context = f"{request.origin}/v1.0/$metadata#Collection(microsoft.graph.scheduleInformation)"
    return applied(Response(payload={"@odata.context": context, "value": rows}), prefer)


def _schedule(address: str, view: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    if len(items) > MOST_ITEMS:
        return _failed(address, "ErrorFreeBusyDLLimitReached", "5006")
    return {
        "scheduleId": address,
        "availabilityView": view,
        "scheduleItems": items,
        "workingHours": {
            "daysOfWeek": ["monday", "tuesday", "wednesday", "thursday", "friday"],
            "startTime": "08:00:00.0000000",
            "endTime": "17:00:00.0000000",
            "timeZone": {"name": "W. Europe Standard Time"},
        },
    }


def _failed(address: str, words: str, code: str) -> dict[str, Any]:
    return {
        "scheduleId": address,
        "availabilityView": "",
        "scheduleItems": [],
        "error": {"message": words, "responseCode": code},
    }


def _view(found: list[Instance], start: datetime, end: datetime, step: timedelta) -> str:
    digits = []
    while start < end:
        slot = min(start + step, end)
        taken = [DIGITS.get(one.item.show_as, "0") for one in found if one.overlaps(start, slot)]
        digits.append(max(taken, key=lambda digit: RANK[digit], default="0"))
        start = slot
    return "".join(digits)


def _item(one: Instance, prefer: Preferences, *, texts: bool) -> dict[str, Any]:
    item = one.item
    shown = {"subject": item.subject, "location": item.location} if texts else {}
    return {
        "isPrivate": item.sensitivity == "private",
        "status": item.show_as,
        # Unlike an event's, the days of an all-day meeting are converted here.
        "start": prefer.when(one.start.astimezone(UTC)),
        "end": prefer.when(one.end.astimezone(UTC)),
        **shown,
    }
