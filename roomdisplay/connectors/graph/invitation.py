"""A test invitation: one room's mailbox invites another, and what became of it is looked at."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from urllib.parse import quote
from zoneinfo import ZoneInfo

from roomdisplay.connectors.base import ConnectorError, Diagnosis, PermissionMissingError, Window
from roomdisplay.connectors.diagnosis import Finding, Verdict
from roomdisplay.connectors.graph.client import GraphClient, mailbox_path
from roomdisplay.connectors.graph.habits import has_text, is_title_replaced
from roomdisplay.connectors.graph.mapping import Reading
from roomdisplay.connectors.graph.messages import Event
from roomdisplay.connectors.graph.reading import CalendarReader
from roomdisplay.connectors.graph.reasons import diagnosis_of
from roomdisplay.connectors.graph.refusals import decoded, require_good

_CHECK = "office365_invitation"
_SENDERS = 5
"""Mailboxes that are tried for sending."""
_DAYS = 14
_LOOKS = (1.0, 2.0, 3.0)
"""Seconds between the first looks; the last is repeated. Nothing tells of the answer itself."""


class TestInvitation:
    """Sends a private meeting with a text to a room at night, and takes it back."""

    __test__ = False  # not a test of pytest's

    def __init__(
        self,
        client: GraphClient,
        reader: CalendarReader,
        clock: Callable[[], datetime],
        patience: float = 60.0,
    ) -> None:
        """Make a test.

        Args:
            client: sends.
            reader: reads what arrived.
            clock: tells the time in UTC.
            patience: seconds for the room to answer; it takes a few, as a rule.
        """
        self._client = client
        self._reader = reader
        self._clock = clock
        self._patience = patience

    async def finding(self, room: str, senders: Sequence[str], zone: str) -> Finding:
        """Try it.

        Args:
            room: is invited.
            senders: mailboxes that may be in the application's scope.
            zone: the room's IANA zone.
        """
        try:
            window = await self._free_night(room, zone)
            for sender in senders[:_SENDERS]:
                try:
                    sent = await self._send(sender, room, window)
                except PermissionMissingError:
                    continue
                return await self._judged(sender, sent, room, window)
        except ConnectorError as error:
            return Finding(
                check=_CHECK,
                verdict=Verdict.BAD,
                diagnosis=diagnosis_of(error),
                detail=error.detail,
            )
        return _told(Verdict.SKIPPED, "office365_no_sender", room)

    async def _free_night(self, room: str, zone: str) -> Window:
        """A quarter of an hour at three in the morning, in which the room is free."""
        today = self._clock().astimezone(ZoneInfo(zone))
        whole = Window(self._clock(), self._clock() + timedelta(days=_DAYS + 2))
        taken = await self._reader.view(room, whole)
        for days in range(1, _DAYS):
            day = today + timedelta(days=days)
            start = day.replace(hour=3, minute=0, second=0, microsecond=0, fold=0).astimezone(UTC)
            window = Window(start, start + timedelta(minutes=15))
            if not any(window.touches(one.start, one.end) for one, _ in taken.shown):
                return window
        return window

    async def _send(self, sender: str, room: str, window: Window) -> Event:
        body = {
            "subject": "Room Display: test invitation",
            "body": {"contentType": "text", "content": "This meeting is removed in a minute."},
            "start": {"dateTime": f"{window.start:%Y-%m-%dT%H:%M:%S}", "timeZone": "UTC"},
            "end": {"dateTime": f"{window.end:%Y-%m-%dT%H:%M:%S}", "timeZone": "UTC"},
            "sensitivity": "private",
            "showAs": "busy",
            "isReminderOn": False,
            "transactionId": str(uuid.uuid4()),
            "attendees": [{"type": "resource", "emailAddress": {"address": room}}],
        }
        path = f"{mailbox_path(sender)}/events"
        reply = require_good(await self._client.send("POST", path, room=sender, body=body), sender)
        return decoded(reply, Event)

    async def _judged(self, sender: str, sent: Event, room: str, window: Window) -> Finding:
        try:
            async with asyncio.timeout(self._patience):
                answer, arrived = await self._arrival(sender, sent, room, window)
        except TimeoutError:
            return _told(Verdict.BAD, "office365_invitation_unanswered", room)
        finally:
            await self._take_back(sender, sent)
        if answer == "declined" or arrived is None:
            return _told(Verdict.BAD, "office365_invitation_declined", room)
        if (arrived.sensitivity or "").lower() != "private":
            return _told(Verdict.WARNING, "office365_private_removed", room)
        if is_title_replaced(arrived):
            return _told(Verdict.WARNING, "office365_titles_replaced", room)
        if not has_text(arrived):
            return _told(Verdict.WARNING, "office365_bodies_removed", room)
        return Finding(check=_CHECK, verdict=Verdict.GOOD, facts={"room": room})

    async def _arrival(
        self, sender: str, sent: Event, room: str, window: Window
    ) -> tuple[str, Event | None]:
        """The room's answer, and the meeting in its calendar once it is accepted."""
        look = 0
        while True:
            arrived = _of(sent, await self._reader.view(room, window))
            if arrived is not None and (answer := _response(arrived)) in {"accepted", "declined"}:
                return answer, arrived
            path = f"{mailbox_path(sender)}/events/{quote(sent.id, safe='')}"
            reply = require_good(await self._client.get(path, room=sender), sender)
            for attendee in decoded(reply, Event).attendees or []:
                if attendee.status and (attendee.status.response or "").lower() == "declined":
                    return "declined", None
            await asyncio.sleep(_LOOKS[min(look, len(_LOOKS) - 1)])
            look += 1

    async def _take_back(self, sender: str, sent: Event) -> None:
        path = f"{mailbox_path(sender)}/events/{quote(sent.id, safe='')}"
        body = {"comment": "The test is over."}
        reply = await self._client.send("POST", f"{path}/cancel", room=sender, body=body)
        if reply.status == HTTPStatus.BAD_REQUEST:
            await self._client.send("DELETE", path, room=sender)


def _of(sent: Event, reading: Reading) -> Event | None:
    uid = sent.ical_uid or ""
    return next((event for _, event in reading.shown if event.ical_uid == uid), None)


def _response(event: Event) -> str:
    return (event.response_status.response or "").lower() if event.response_status else ""


def _told(verdict: Verdict, reason: str, room: str) -> Finding:
    return Finding(check=_CHECK, verdict=verdict, diagnosis=Diagnosis(reason, {"room": room}))
