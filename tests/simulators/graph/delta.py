"""Change tracking of the expanded view: rounds, tokens, thin occurrences, lost states."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from simulators.graph.calendar import applied, window_of
from simulators.graph.event import event_json, thin_json
from simulators.graph.preferences import Preferences, preferences
from simulators.graph.query import PLAIN_PAGE, check_options
from simulators.graph.wire import GraphError, Request, Response
from simulators.organisation import Instance, Mailbox

REFUSED = ("select", "expand", "filter", "orderby", "search", "top")


@dataclass(slots=True)
class _State:
    """What a token stands for: a round under way, or the end of one."""

    address: str
    start: datetime
    end: datetime
    version: int
    """Of the mailbox, when the round began."""
    told: frozenset[str] = frozenset()
    """Ids that the client knows."""
    rows: list[dict[str, Any]] = field(default_factory=list)
    """Still to be told in this round."""


class Delta:
    """Answers calendarView/delta."""

    def __init__(self) -> None:
        self.most_states = 20_000
        """So many tokens are remembered; like the service, it forgets the oldest."""
        self._states: dict[str, _State] = {}

    def forget(self) -> None:
        """Lose the state of all rounds, as the service does when its cache is full."""
        self._states.clear()

    def answer(self, request: Request, mailbox: Mailbox) -> Response:
        """One page of a round."""
        prefer = preferences(request)
        token = request.option("skiptoken") or request.option("deltatoken")
        if token is None:
            check_options(request, refused=REFUSED)
            state = _first_round(mailbox, *window_of(request), prefer)
        else:
            known = self._states.get(token)
            if known is None or known.address != mailbox.address.lower():
                raise _lost(request)
            going_on = request.option("skiptoken") is not None
            state = known if going_on else _next_round(mailbox, known, prefer)
        size = prefer.page_size or PLAIN_PAGE
        later = _State(
            state.address, state.start, state.end, state.version, state.told, state.rows[size:]
        )
        token = secrets.token_urlsafe(24)
        self._states[token] = later
        if len(self._states) > self.most_states:
            del self._states[next(iter(self._states))]
        kind = ("nextLink", "skiptoken") if later.rows else ("deltaLink", "deltatoken")
        payload = {
            "@odata.context": f"{request.origin}/v1.0/$metadata#Collection(event)",
            f"@odata.{kind[0]}": f"{request.origin}{request.path}?${kind[1]}={token}",
            "value": state.rows[:size],
        }
        return applied(Response(payload=payload), prefer)


def _first_round(mailbox: Mailbox, start: datetime, end: datetime, prefer: Preferences) -> _State:
    found = mailbox.view(start, end)
    masters = _masters(found, mailbox)
    told = frozenset(one.id for one in [*masters, *found])
    rows = _rows(masters, found, mailbox, prefer)
    return _State(mailbox.address.lower(), start, end, mailbox.version, told, rows)


def _next_round(mailbox: Mailbox, known: _State, prefer: Preferences) -> _State:
    """What changed since: whole series anew, and what is gone or lies outside of the window."""
    changed = {change.item_id for change in mailbox.changes_since(known.version)}
    found = mailbox.view(known.start, known.end)
    masters = _masters(found, mailbox)
    now = frozenset(one.id for one in [*masters, *found])
    rows = _rows(
        [one for one in masters if one.master.id in changed],
        [one for one in found if one.master.id in changed],
        mailbox,
        prefer,
    )
    outside = {item_id for item_id in changed if item_id not in now}
    gone = sorted((known.told - now) | outside)
    rows += [
        {
            "@odata.type": "#microsoft.graph.event",
            "id": prefer.id(one),
            "@removed": {"reason": "deleted"},
        }
        for one in gone
    ]
    return _State(known.address, known.start, known.end, mailbox.version, now, rows)


def _masters(found: list[Instance], mailbox: Mailbox) -> list[Instance]:
    ids = dict.fromkeys(one.master.id for one in found if one.original_start is not None)
    masters = (mailbox.find(one) for one in ids)
    return [one for one in masters if one is not None]


def _rows(
    masters: list[Instance], found: list[Instance], mailbox: Mailbox, prefer: Preferences
) -> list[dict[str, Any]]:
    kind = {"@odata.type": "#microsoft.graph.event"}
    rows = [
        thin_json(one, prefer)
        if one.kind == "occurrence"
        else kind | event_json(one, mailbox, prefer)
        for one in found
    ]
    # The masters come after their first occurrences: the order is not to be relied upon.
    return rows + [kind | event_json(one, mailbox, prefer) for one in masters]


def _lost(request: Request) -> GraphError:
    return GraphError(
        410,
        "SyncStateNotFound",
        "The sync state generation is not found; generation=0;",
        {"Location": f"{request.origin}{request.path}?$deltatoken="},
    )
