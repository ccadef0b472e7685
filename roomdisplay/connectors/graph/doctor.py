"""The calendar doctor for Microsoft 365: what is known to go wrong, one check for each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime, timedelta

from roomdisplay.connectors.base import (
    CalendarGoneError,
    CalendarInfo,
    ConnectorError,
    Diagnosis,
    PermissionMissingError,
)
from roomdisplay.connectors.diagnosis import Finding, Probe, Verdict
from roomdisplay.connectors.graph.client import GraphClient, mailbox_path
from roomdisplay.connectors.graph.habits import judge_habits
from roomdisplay.connectors.graph.invitation import TestInvitation
from roomdisplay.connectors.graph.mapping import Reading
from roomdisplay.connectors.graph.places import find_rooms, is_without_places
from roomdisplay.connectors.graph.reading import CalendarReader
from roomdisplay.connectors.graph.reasons import CHECKS, diagnosis_of
from roomdisplay.connectors.graph.refusals import require_good
from roomdisplay.connectors.graph.settings import Account

_EXPIRES_SOON = timedelta(days=30)
_SKEW = timedelta(minutes=4)
"""Microsoft Entra bears five."""
_NO_EVENT = "AAMkADdoctor0000000000000000000000000000000000000000000000000000AAA="
"""The id of no event: a write to it shows whether writing is allowed, and writes nothing."""
_FORBIDDEN = 403
_OTHERS = 3
"""Rooms that are tried where one is refused, to tell a missing right from a narrow one."""
_READS = frozenset({"Calendars.Read", "Calendars.ReadWrite"})


class Doctor:
    """Runs the checks once."""

    def __init__(
        self,
        account: Account,
        client: GraphClient,
        reader: CalendarReader,
        clock: Callable[[], datetime],
    ) -> None:
        self._account = account
        self._client = client
        self._reader = reader
        self._clock = clock

    async def diagnose(self, probe: Probe) -> AsyncIterator[Finding]:
        """See `roomdisplay.connectors.diagnosis.DiagnosingConnector.diagnose`."""
        if self._account.certificate is not None:
            finding = self._certificate()
            yield finding
            if finding.verdict is Verdict.BAD:
                for one in _skipped_after(finding.check):
                    yield one
                return
        finding = await self._signs_in()
        yield finding
        if finding.verdict is Verdict.BAD:
            for one in _skipped_after(finding.check):
                yield one
            return
        finding, rooms = await self._places()
        yield finding
        yield self._see_clock()
        room = probe.room or (rooms[0].address if rooms else None)
        async for one in self._about_room(probe, room, rooms):
            yield one

    async def _about_room(
        self, probe: Probe, room: str | None, rooms: Sequence[CalendarInfo]
    ) -> AsyncIterator[Finding]:
        if room is None:
            yield Finding(
                check="office365_room",
                verdict=Verdict.SKIPPED,
                diagnosis=Diagnosis("office365_no_room"),
            )
            for one in _skipped_after("office365_room"):
                yield one
            return
        try:
            reading = await self._reader.view(room, probe.window, zone=probe.zone)
        except ConnectorError as error:
            yield await self._unreadable(room, rooms, error)
            for one in _skipped_after("office365_room"):
                yield one
            return
        facts = {"room": room, "meetings": str(len(reading.shown))}
        yield Finding(check="office365_room", verdict=Verdict.GOOD, facts=facts)
        yield await self._scope(reading)
        yield await self._write(room)
        for one in judge_habits(reading, room):
            yield one
        yield await self._push(room)
        if probe.invitation:
            others = [one.address for one in rooms if one.address.casefold() != room.casefold()]
            invitation = TestInvitation(self._client, self._reader, self._clock)
            yield await invitation.finding(room, others, probe.zone)

    def _certificate(self) -> Finding:
        certificate = self._account.certificate
        assert certificate is not None
        left = certificate.not_after - self._clock()
        facts = {"date": f"{certificate.not_after:%Y-%m-%d}"}
        if left <= timedelta(0):
            return _finding("certificate", Verdict.BAD, "office365_certificate_expired", facts)
        if left <= _EXPIRES_SOON:
            facts["days"] = str(left.days)
            reason = "office365_certificate_expiring"
            return _finding("certificate", Verdict.WARNING, reason, facts)
        return Finding(check="office365_certificate", verdict=Verdict.GOOD, facts=facts)

    async def _signs_in(self) -> Finding:
        try:
            await self._client.tokens.get()
        except ConnectorError as error:
            return _failed("signs_in", Verdict.BAD, error)
        return Finding(
            check="office365_signs_in",
            verdict=Verdict.GOOD,
            facts={"tenant": self._account.tenant},
        )

    async def _places(self) -> tuple[Finding, Sequence[CalendarInfo]]:
        try:
            rooms = await find_rooms(self._client)
        except ConnectorError as error:
            if not is_without_places(error):
                return _failed("places", Verdict.BAD, error), ()
            reason = "office365_places_empty"
            if isinstance(error, PermissionMissingError):
                reason = "office365_places_permission_missing"
            return _finding("places", Verdict.WARNING, reason, detail=error.detail), ()
        if not rooms:
            return _finding("places", Verdict.WARNING, "office365_places_empty"), ()
        facts = {"rooms": str(len(rooms))}
        return Finding(check="office365_places", verdict=Verdict.GOOD, facts=facts), rooms

    def _see_clock(self) -> Finding:
        skew = self._client.skew
        if skew is not None and abs(skew) > _SKEW:
            return _finding("clock", Verdict.WARNING, "office365_clock_wrong")
        return Finding(check="office365_clock", verdict=Verdict.GOOD)

    async def _unreadable(
        self, room: str, rooms: Sequence[CalendarInfo], error: ConnectorError
    ) -> Finding:
        """Why a room cannot be read, more exactly than one refusal tells."""
        found = diagnosis_of(error)
        if found.reason == "office365_room_out_of_scope":
            others = [one.address for one in rooms if one.address.casefold() != room.casefold()]
            if (await self._roles() or frozenset()) & _READS:
                # The directory grants it for all mailboxes, so a policy of Exchange refuses it.
                found = Diagnosis("office365_access_policy", {"room": room})
            elif others and not any([await self._opens_to_us(one) for one in others[:_OTHERS]]):
                found = Diagnosis("office365_permission_missing")
        elif isinstance(error, CalendarGoneError) and error.diagnosis is None:
            found = Diagnosis("office365_room_unknown", {"room": room})
        return Finding(
            check="office365_room", verdict=Verdict.BAD, diagnosis=found, detail=error.detail
        )

    async def _roles(self) -> frozenset[str] | None:
        """What the directory granted; None: nobody can tell."""
        try:
            return (await self._client.tokens.get()).roles
        except ConnectorError:
            return None

    async def _scope(self, reading: Reading) -> Finding:
        """Whether the application may read more than rooms.

        What the directory grants holds for every mailbox, and adds to what Exchange grants; so the
        right of reading has to come from a role that Exchange limits to the rooms. Whether it does
        shows at the calendar of somebody who has invited the room: it must not open.
        """
        roles = await self._roles()
        if (roles or frozenset()) & _READS or await self._opens_to_us(_inviter(reading)):
            return _finding("scope", Verdict.WARNING, "office365_scope_too_wide")
        if roles is None:
            return _finding("scope", Verdict.SKIPPED, "office365_scope_untold")
        return Finding(check="office365_scope", verdict=Verdict.GOOD)

    async def _opens_to_us(self, mailbox: str) -> bool:
        """Whether a calendar can be opened; nothing in it is read."""
        if not mailbox:
            return False
        try:
            path = f"{mailbox_path(mailbox)}/calendar?$select=id"
            return (await self._client.get(path, room=mailbox)).good
        except ConnectorError:
            return False

    async def _write(self, room: str) -> Finding:
        path = f"{mailbox_path(room)}/events/{_NO_EVENT}"
        try:
            reply = await self._client.send("PATCH", path, room=room, body={"showAs": "busy"})
        except ConnectorError as error:
            return _failed("write", Verdict.WARNING, error)
        if reply.status == _FORBIDDEN:
            params = {"room": room}
            return _finding("write", Verdict.WARNING, "office365_write_missing", params)
        return Finding(check="office365_write", verdict=Verdict.GOOD)

    async def _push(self, room: str) -> Finding:
        try:
            reply = await self._client.get("/subscriptions")
            if reply.status == _FORBIDDEN:
                params = {"room": room}
                return _finding("push", Verdict.WARNING, "office365_push_refused", params)
            require_good(reply)
            entries, _ = await self._client.entries("/subscriptions", first=reply)
        except ConnectorError as error:
            return _failed("push", Verdict.WARNING, error)
        if not entries:
            return _finding("push", Verdict.SKIPPED, "office365_push_unused")
        facts = {"subscriptions": str(len(entries))}
        return Finding(check="office365_push", verdict=Verdict.GOOD, facts=facts)


def _inviter(reading: Reading) -> str:
    """The address of somebody who invited the room, or nothing."""
    for _, event in reading.shown:
        one = event.organizer.email_address if event.organizer else None
        if not event.is_organizer and one is not None and "@" in (one.address or ""):
            return one.address or ""
    return ""


def _finding(
    check: str,
    verdict: Verdict,
    reason: str,
    params: Mapping[str, str] | None = None,
    detail: str = "",
) -> Finding:
    diagnosis = Diagnosis(reason, params or {})
    return Finding(check=f"office365_{check}", verdict=verdict, diagnosis=diagnosis, detail=detail)


def _failed(check: str, verdict: Verdict, error: ConnectorError) -> Finding:
    return Finding(
        check=f"office365_{check}",
        verdict=verdict,
        diagnosis=diagnosis_of(error),
        detail=error.detail,
    )


def _skipped_after(check: str) -> list[Finding]:
    """What makes no sense any more; the test invitation is made on request alone."""
    later = CHECKS[CHECKS.index(check) + 1 : -1]
    diagnosis = Diagnosis("office365_earlier_failed", {"check": check})
    return [Finding(check=one, verdict=Verdict.SKIPPED, diagnosis=diagnosis) for one in later]
