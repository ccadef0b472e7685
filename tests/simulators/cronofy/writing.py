"""What the application writes: checked at once, carried out a little later, as the service does.

The answer is 202 either way: whether the calendar took it shows in a later reading only.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Any

from simulators.cronofy import times
from simulators.cronofy.accounts import UNRESTRICTED, Account, Calendar
from simulators.cronofy.calls import Answer, Call, RefusedError, required, unprocessable
from simulators.cronofy.mirror import EVENT_ID, Record
from simulators.organisation import (
    Attendee,
    Item,
    Mailbox,
    OnlineMeeting,
    Organisation,
    Party,
)

_LONGEST_ID = 64
_LONGEST_SUMMARY = 1024
_LONGEST_DESCRIPTION = 4096
_ANSWERS = frozenset(("accepted", "tentative", "declined"))


class Pace(StrEnum):
    """When the calendar server hears of what was written."""

    AT_ONCE = "at once"
    HELD = "held"
    """When `Writings.release` is called."""
    LOST = "lost"
    """Never: it refused, and nobody is told."""


@dataclass(slots=True)
class Writings:
    """Takes writings, and carries them out."""

    organisation: Organisation
    pace: Pace = Pace.AT_ONCE
    _held: list[Callable[[], object]] = field(default_factory=list)

    def upsert(self, call: Call, account: Account, calendar_id: str) -> Answer:
        """POST /v1/calendars/{id}/events."""
        calendar = account.owned(calendar_id)
        fields = call.fields()
        record = _named(account, calendar, fields)
        wanted = _event_fields(fields)
        if record is None:
            event_id = required(fields, "event_id", longest=_LONGEST_ID)
            wanted = {**_DEFAULTS, **wanted}
            self._carry_out(lambda: _keep(calendar.mailbox, event_id, wanted))
        else:
            self._carry_out(lambda: _change(calendar.mailbox, record, wanted))
        return Answer(status=202)

    def delete(self, call: Call, account: Account, calendar_id: str) -> Answer:
        """DELETE /v1/calendars/{id}/events, with the event's name in the body."""
        calendar = account.owned(calendar_id)
        fields = call.fields()
        record = _named(account, calendar, fields)
        if record is None:
            event_id = required(fields, "event_id", longest=_LONGEST_ID)
            self._carry_out(lambda: _forget(calendar.mailbox, event_id))
        else:
            self._carry_out(lambda: _remove(calendar.mailbox, record))
        return Answer(status=202)

    def delete_all(self, call: Call, account: Account) -> Answer:
        """DELETE /v1/events: everything that the application made."""
        fields = call.fields()
        wanted = call.every("calendar_ids[]") or fields.get("calendar_ids") or []
        if not isinstance(wanted, list):
            raise unprocessable("calendar_ids", "invalid")
        everything = fields.get("delete_all") is True or call.first("delete_all") in {
            "true",
            "True",
        }
        if not everything and not wanted:
            raise unprocessable("delete_all", "required")
        if wanted and account.calendar.id not in wanted:
            raise RefusedError(404)
        mailbox = account.calendar.mailbox
        made = [item.properties[EVENT_ID] for item in _made(mailbox)]
        for event_id in made:
            self._carry_out(partial(_forget, mailbox, event_id))
        return Answer(status=202)

    def participate(self, call: Call, account: Account, calendar_id: str, uid: str) -> Answer:
        """POST /v1/calendars/{id}/events/{uid}/participation_status."""
        calendar = account.owned(calendar_id)
        status = required(call.fields(), "status")
        if status not in _ANSWERS:
            raise unprocessable("status", "invalid")
        record = calendar.mirror.find(uid)
        if record is None:
            raise RefusedError(404)
        if record.shown.event_id is not None:
            raise unprocessable("status", "not_an_attendee")
        self._carry_out(lambda: self._respond(calendar.mailbox, record, status))
        return Answer(status=202)

    def release(self) -> None:
        """Carry out what was held."""
        held, self._held = self._held, []
        for one in held:
            one()

    def _respond(self, mailbox: Mailbox, record: Record, status: str) -> None:
        """Answer an invitation; what is declined leaves the calendar."""
        item = mailbox.items.get(record.shown.item_id)
        if item is None:
            return
        if status == "declined":
            _remove(mailbox, record)
        else:
            _change(mailbox, record, {"response": status})
        with contextlib.suppress(KeyError):  # whoever invited is not of this organisation
            self.organisation.respond(
                item.uid, mailbox.address, status, occurrence=record.shown.original_start
            )

    def _carry_out(self, writing: Callable[[], object]) -> None:
        if self.pace is Pace.AT_ONCE:
            writing()
        elif self.pace is Pace.HELD:
            self._held.append(writing)


def _named(account: Account, calendar: Calendar, fields: Mapping[str, object]) -> Record | None:
    """The event that is named by its `event_uid`; None where the application's own name is used.

    Raises:
        RefusedError: 404; there is none, 403; it is somebody else's in a sandbox, 422; two names.
    """
    if "event_uid" not in fields:
        return None
    if "event_id" in fields:
        raise unprocessable("event_uid", "not_with_event_id")
    record = calendar.mirror.find(required(fields, "event_uid"))
    if record is None:
        raise RefusedError(404)
    if record.shown.event_id is None and account.calendar.permission != UNRESTRICTED:
        raise RefusedError(403)
    return record


_DEFAULTS: Mapping[str, Any] = {
    "body": "",
    "location": "",
    "show_as": "busy",
    "sensitivity": "normal",
    "attendees": (),
    "online": None,
}


def _event_fields(fields: Mapping[str, object]) -> dict[str, Any]:
    """What is to stand in the calendar's item.

    Raises:
        RefusedError: 422.
    """
    zone = times.zone_of(fields.get("tzid") or "Etc/UTC")
    start = times.read(fields.get("start"), zone, "start")
    end = times.read(fields.get("end"), zone, "end")
    if (start.day is None) != (end.day is None):
        raise unprocessable("end", "invalid")
    if end.at < start.at or (start.day is not None and end.at == start.at):
        raise unprocessable("end", "must_be_after_start")
    wanted: dict[str, Any] = {
        "subject": required(fields, "summary", longest=_LONGEST_SUMMARY),
        "start": start.at,
        "end": end.at,
        "zone": start.zone,
        "all_day": start.day is not None,
    }
    description = fields.get("description")
    if description:
        wanted["body"] = required(fields, "description", longest=_LONGEST_DESCRIPTION)
        wanted["body_type"] = "text"
    if "location" in fields:
        place = _inner(fields, "location").get("description", "")
        if not isinstance(place, str):
            raise unprocessable("location.description", "invalid")
        wanted["location"] = place
    if "transparency" in fields:
        wanted["show_as"] = _one_of(
            fields, "transparency", {"opaque": "busy", "transparent": "free"}
        )
    if "event_private" in fields:
        wanted["sensitivity"] = _one_of(fields, "event_private", {True: "private", False: "normal"})
    if "attendees" in fields:
        wanted["attendees"] = _invited(_inner(fields, "attendees"))
    if "conferencing" in fields:
        wanted["online"] = _conference(_inner(fields, "conferencing"))
    return wanted


def _inner(fields: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = fields.get(name)
    if not isinstance(value, Mapping):
        raise unprocessable(name, "invalid")
    return value


def _one_of(fields: Mapping[str, object], name: str, words: Mapping[object, str]) -> str:
    value = fields.get(name)
    for known, word in words.items():
        if type(value) is type(known) and value == known:
            return word
    raise unprocessable(name, "invalid")


def _invited(attendees: Mapping[str, object]) -> tuple[Attendee, ...]:
    invited = attendees.get("invite", [])
    if not isinstance(invited, list) or not all(isinstance(one, Mapping) for one in invited):
        raise unprocessable("attendees.invite", "invalid")
    return tuple(
        Attendee(name=str(one.get("display_name") or ""), address=required(one, "email"))
        for one in invited
    )


def _conference(wanted: Mapping[str, object]) -> OnlineMeeting | None:
    profile = required(wanted, "profile_id")
    if profile == "none":
        return None
    if profile == "explicit":
        required(wanted, "provider_description")
        return OnlineMeeting("unknown", required(wanted, "join_url"))
    if profile not in {"default", "integrated"}:
        raise unprocessable("conferencing.profile_id", "unknown")
    return OnlineMeeting("teamsForBusiness", "https://teams.microsoft.com/meet/24000000000001?p=x")


def _made(mailbox: Mailbox, event_id: str | None = None) -> list[Any]:
    """The application's own items."""
    return [
        item
        for item in mailbox.items.values()
        if EVENT_ID in item.properties and event_id in (None, item.properties[EVENT_ID])
    ]


def _keep(mailbox: Mailbox, event_id: str, wanted: Mapping[str, Any]) -> None:
    known = _made(mailbox, event_id)
    if known:
        mailbox.update(known[0].id, **wanted)
        return
    mailbox.add(
        Item(
            **wanted,
            organizer=Party(mailbox.name, mailbox.address),
            properties={EVENT_ID: event_id},
        )
    )


def _change(mailbox: Mailbox, record: Record, wanted: Mapping[str, Any]) -> None:
    item = mailbox.items.get(record.shown.item_id)
    if item is None:
        return
    original = record.shown.original_start
    if original is None:
        mailbox.update(item.id, **wanted)
        return
    fields = {**(item.exceptions.get(original) or {}), **wanted}
    mailbox.update(item.id, exceptions={**item.exceptions, original: fields})


def _forget(mailbox: Mailbox, event_id: str) -> None:
    for item in _made(mailbox, event_id):
        mailbox.remove(item.id)


def _remove(mailbox: Mailbox, record: Record) -> None:
    item = mailbox.items.get(record.shown.item_id)
    if item is None:
        return
    original = record.shown.original_start
    if original is None:
        mailbox.remove(item.id)
    else:
        mailbox.update(item.id, exceptions={**item.exceptions, original: None})
