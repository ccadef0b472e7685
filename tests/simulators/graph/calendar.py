"""Reading a calendar: the expanded view, events, instances, and the calendar itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from simulators.graph.event import SELECTABLE, event_json
from simulators.graph.preferences import Preferences, moment, own_id, preferences
from simulators.graph.query import (
    check_options,
    expanded,
    extended_filter,
    in_order,
    page,
    select,
    selected,
)
from simulators.graph.wire import GraphError, Request, Response
from simulators.organisation import Instance, Mailbox
from simulators.organisation.item import expand

LONGEST_WINDOW = timedelta(days=1825)
CALENDAR_ID = "AQMkADAwATM3ZmYAZS0calendar"


class Reading:
    """Answers reads of one mailbox."""

    def __init__(self) -> None:
        self.unselectable: set[str] = set()
        """Properties that $select is refused for in the expanded view."""

    def view(self, request: Request, mailbox: Mailbox) -> Response:
        """The meetings of a window, as pages; in no order unless asked for one."""
        start, end = window_of(request)
        return self._page(request, mailbox, mailbox.view(start, end), "calendarView")

    def events(self, request: Request, mailbox: Mailbox) -> Response:
        """Single meetings and series, as pages."""
        found = [mailbox.find(item_id) for item_id in mailbox.items]
        wanted = extended_filter(request)
        shown = [one for one in found if one and (wanted is None or _has(one, *wanted))]
        return self._page(request, mailbox, shown, "events")

    def instances(self, request: Request, mailbox: Mailbox, event_id: str) -> Response:
        """The meetings of one series in a window."""
        start, end = window_of(request)
        item = require(mailbox, event_id).master
        found = expand(item, start, end) if item.recurrence else []
        return self._page(request, mailbox, found, "instances")

    def _page(
        self, request: Request, mailbox: Mailbox, found: list[Instance], what: str
    ) -> Response:
        check_options(request)
        prefer = preferences(request)
        known = SELECTABLE - self.unselectable if what == "calendarView" else SELECTABLE
        selected(request, "event", known)
        rows = [event_json(one, mailbox, prefer) for one in sorted(found, key=_shuffled)]
        by_id = {prefer.id(one.id): one for one in found}
        ids = expanded(request)
        rows = [
            self._cut(request, with_extended(row, by_id[row["id"]], ids))
            for row in in_order(request, rows)
        ]
        context = f"{request.origin}/v1.0/$metadata#users('{mailbox.address}')/{what}"
        answer = page(request, rows, context=context, preferred=prefer.page_size)
        return applied(answer, prefer)

    def _cut(self, request: Request, row: dict[str, Any]) -> dict[str, Any]:
        return select(request, row, "event", SELECTABLE)

    def event(self, request: Request, mailbox: Mailbox, event_id: str) -> Response:
        """One event."""
        check_options(request)
        prefer = preferences(request)
        one = require(mailbox, event_id)
        row = with_extended(event_json(one, mailbox, prefer), one, expanded(request))
        return applied(Response(payload=with_context(request, self._cut(request, row))), prefer)

    def calendar(self, request: Request, mailbox: Mailbox) -> Response:
        """The one calendar."""
        return Response(payload=with_context(request, calendar_json(mailbox)))

    def calendars(self, request: Request, mailbox: Mailbox) -> Response:
        """The list of the one calendar."""
        context = f"{request.origin}/v1.0/$metadata#users('{mailbox.address}')/calendars"
        return page(request, [calendar_json(mailbox)], context=context)


def calendar_json(mailbox: Mailbox) -> dict[str, Any]:
    """The default calendar; a room has no licence for meetings of Teams."""
    providers = [] if mailbox.is_room else ["teamsForBusiness"]
    return {
        "id": CALENDAR_ID,
        "name": "Calendar",
        "color": "auto",
        "hexColor": "",
        "isDefaultCalendar": True,
        "changeKey": "AAAAAA==",
        "canShare": True,
        "canViewPrivateItems": True,
        "canEdit": True,
        "allowedOnlineMeetingProviders": providers,
        "defaultOnlineMeetingProvider": providers[0] if providers else "unknown",
        "isTallyingResponses": True,
        "isRemovable": False,
        "owner": {"name": mailbox.name, "address": mailbox.address},
    }


def with_context(request: Request, row: Mapping[str, Any]) -> dict[str, Any]:
    """A single entity says what it is."""
    return {"@odata.context": f"{request.origin}/v1.0/$metadata#{request.path[6:]}/$entity", **row}


def applied(answer: Response, prefer: Preferences) -> Response:
    """Say which preferences were honoured."""
    if not prefer.applied:
        return answer
    return answer.with_headers({"Preference-Applied": ", ".join(prefer.applied)})


def require(mailbox: Mailbox, event_id: str) -> Instance:
    """The event of an id of either kind.

    Raises:
        GraphError: 404.
    """
    one = mailbox.find(own_id(event_id))
    if one is None:
        words = "The specified object was not found in the store."
        raise GraphError(404, "ErrorItemNotFound", words)
    return one


def window_of(request: Request) -> tuple[datetime, datetime]:
    """The window that is asked for; an offset in a value is honoured.

    Raises:
        GraphError: there is none, or it makes no sense.
    """
    given = [request.option(name) for name in ("startdatetime", "enddatetime")]
    if not given[0] or not given[1]:
        raise GraphError(
            400,
            "ErrorInvalidParameter",
            "This request requires a time window specified by the query string parameters"
            " StartDateTime and EndDateTime.",
        )
    # An offset's plus that was not percent-encoded has become a space, which is refused as real.
    start, end = moment(given[0]), moment(given[1])
    if end < start:
        words = "The end of the time window is before its start."
        raise GraphError(400, "ErrorInvalidParameter", words)
    if end - start > LONGEST_WINDOW:
        raise GraphError(
            400,
            "ErrorInvalidRequest",
            "Your request can't be completed. The range between the start and end dates is"
            f" greater than the allowed range. Maximum number of days: {LONGEST_WINDOW.days}",
        )
    return start, end


def _shuffled(one: Instance) -> tuple[str, datetime]:
    return one.master.id[::-1], one.start


def property_id(given: str) -> str:
    """An extended property's id; the GUID in it is compared without case."""
    head, brace, tail = given.partition("}")
    return head.lower().replace("string", "String", 1) + brace + tail


def _has(one: Instance, name: str, value: str) -> bool:
    return one.item.properties.get(property_id(name)) == value


def with_extended(row: dict[str, Any], one: Instance, ids: list[str]) -> dict[str, Any]:
    """With the extended properties that were asked for."""
    held = one.item.properties
    shown = [{"id": name, "value": held[name]} for name in map(property_id, ids) if name in held]
    return row | {"singleValueExtendedProperties": shown} if shown else row
