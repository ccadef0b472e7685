"""The doctor's checks of an Exchange connection, one after the other, from the outside inwards."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from roomdisplay.connectors.base import (
    ConnectorError,
    CredentialsRejectedError,
    Diagnosis,
    ThrottledError,
    Window,
)
from roomdisplay.connectors.diagnosis import Finding, Probe, Verdict
from roomdisplay.connectors.ews.invitation import Invitation
from roomdisplay.connectors.ews.item import Item
from roomdisplay.connectors.ews.mailbox import RoomMailbox
from roomdisplay.connectors.ews.occurrence import picture_of
from roomdisplay.connectors.ews.rooms import RoomList, room_lists, with_rooms
from roomdisplay.connectors.ews.server import Server
from roomdisplay.connectors.ews.sign_in import Scheme
from roomdisplay.connectors.ews.stream_check import require_stream
from roomdisplay.connectors.ews.survival import survivals

_LATER = (
    "exchange_keeps_titles",
    "exchange_keeps_bodies",
    "exchange_keeps_zones",
    "exchange_not_throttled",
    "exchange_tells_changes",
)
"""Checks that need a room whose week was read."""
_NOT_SIGNED_IN = frozenset(
    {
        "exchange_basic_refused",
        "exchange_no_common_sign_in",
        "exchange_kerberos_missing",
        "exchange_ews_disabled",
    }
)
_NOT_FATAL = frozenset({"exchange_lists_rooms", "exchange_has_rooms"})
"""Rooms may be typed."""
_MOST_LISTS = 200
_STREAM_PATIENCE = 20.0
"""Seconds: Exchange says something as soon as a stream is open."""
_LONGEST_DETAIL = 300


@dataclass(slots=True)
class _State:
    """What the checks before have found."""

    lists: Sequence[RoomList] = ()
    lists_error: ConnectorError | None = None
    room: str | None = None
    items: Sequence[Item] = ()
    throttled: ThrottledError | None = None


class Doctor:
    """Examines one connection once."""

    def __init__(self, server: Server, clock: Callable[[], datetime]) -> None:
        self._server = server
        self._clock = clock
        self._state = _State()

    async def findings(self, probe: Probe) -> AsyncGenerator[Finding, None]:
        """Each finding as soon as it is there; after one that is fatal the rest is skipped."""
        self._state.room = probe.room
        steps: tuple[tuple[str, Callable[[], AsyncGenerator[Finding, None]]], ...] = (
            ("exchange_server_found", self._server_found),
            ("exchange_server_answers", self._server_answers),
            ("exchange_signs_in", self._signs_in),
            ("exchange_lists_rooms", self._lists_rooms),
            ("exchange_has_rooms", self._has_rooms),
            ("exchange_acts_for_room", self._acts_for_room),
            ("exchange_reads_week", lambda: self._reads_week(probe)),
        )
        for number, (check, step) in enumerate(steps):
            fatal: Finding | None = None
            async for finding in self._guarded(check, step):
                yield finding
                if finding.verdict is Verdict.BAD and finding.check not in _NOT_FATAL:
                    fatal = finding
            if fatal is not None:
                for skipped in (*(name for name, _ in steps[number + 1 :]), *_LATER):
                    yield Finding(check=skipped, verdict=Verdict.SKIPPED, diagnosis=fatal.diagnosis)
                return
        async with aclosing(self._examined(probe)) as examined:
            async for finding in examined:
                yield finding

    async def _examined(self, probe: Probe) -> AsyncGenerator[Finding, None]:
        room = self._state.room
        if room is None:
            for check in _LATER:
                yield Finding(
                    check=check,
                    verdict=Verdict.SKIPPED,
                    diagnosis=Diagnosis("exchange_no_room_to_try"),
                )
            return
        if probe.invitation:
            sent = Invitation(self._server, room, self._clock).findings(probe.zone)
            async with aclosing(sent) as findings:
                async for finding in findings:
                    yield finding
        else:
            for finding in survivals(self._state.items, room):
                yield finding
        yield self._not_throttled()
        async for finding in self._tells_changes(room):
            yield finding

    async def _guarded(
        self, check: str, step: Callable[[], AsyncGenerator[Finding, None]]
    ) -> AsyncGenerator[Finding, None]:
        try:
            async for finding in step():
                yield finding
        except ConnectorError as error:
            yield self._bad(check, error)

    def _bad(self, check: str, error: ConnectorError) -> Finding:
        if isinstance(error, ThrottledError):
            self._state.throttled = error
        return Finding(
            check=check,
            verdict=Verdict.BAD,
            diagnosis=error.diagnosis,
            harmless=not isinstance(error, CredentialsRejectedError),
            detail=error.detail[:_LONGEST_DETAIL],
        )

    async def _server_found(self) -> AsyncGenerator[Finding, None]:
        line = await self._server.run(self._server.line)
        facts = {"server": line.host}
        yield Finding(check="exchange_server_found", verdict=Verdict.GOOD, facts=facts)

    async def _server_answers(self) -> AsyncGenerator[Finding, None]:
        line = self._server.line()
        ways = await self._server.run(line.offered_ways)
        facts = {"server": line.host, "offered": ", ".join(ways) or "-"}
        yield Finding(check="exchange_server_answers", verdict=Verdict.GOOD, facts=facts)

    async def _signs_in(self) -> AsyncGenerator[Finding, None]:
        """By listing rooms: the smallest question that takes a mailbox of one's own."""
        settings, state = self._server.settings, self._state
        try:
            state.lists = await self._server.run(lambda: room_lists(self._server))
        except CredentialsRejectedError as rejected:
            yield self._bad("exchange_signs_in", rejected)
            possible = await self._maybe_extended_protection(rejected)
            if possible is not None:
                yield possible
            return
        except ConnectorError as error:
            if error.diagnosis is not None and error.diagnosis.reason in _NOT_SIGNED_IN:
                raise
            state.lists_error = error
        facts = {"account": settings.email}
        yield Finding(check="exchange_signs_in", verdict=Verdict.GOOD, facts=facts)

    async def _maybe_extended_protection(
        self, rejected: CredentialsRejectedError
    ) -> Finding | None:
        """A warning beside a rejected password: by NTLM the two cannot be told apart.

        Basic would tell, but trying the password once more could lock the account.
        """
        reason = rejected.diagnosis.reason if rejected.diagnosis else ""
        scheme = await self._server.run(lambda: self._server.line().scheme())
        if scheme is not Scheme.NTLM or reason != "exchange_password":
            return None
        names = {"account": self._server.settings.email, "server": self._server.line().host}
        return Finding(
            check="exchange_signs_in",
            verdict=Verdict.WARNING,
            diagnosis=Diagnosis("exchange_extended_protection", names),
        )

    async def _lists_rooms(self) -> AsyncGenerator[Finding, None]:
        error, lists = self._state.lists_error, self._state.lists
        if error is not None:
            yield self._bad("exchange_lists_rooms", error)
        elif not lists:
            yield Finding(
                check="exchange_lists_rooms",
                verdict=Verdict.WARNING,
                diagnosis=Diagnosis("exchange_no_room_lists"),
            )
        else:
            facts = {"lists": str(len(lists))}
            yield Finding(check="exchange_lists_rooms", verdict=Verdict.GOOD, facts=facts)

    async def _has_rooms(self) -> AsyncGenerator[Finding, None]:
        rooms: dict[str, str] = {}
        empty: list[str] = []
        for one in self._state.lists[:_MOST_LISTS]:
            listed = await self._server.run(partial(with_rooms, self._server, one))
            rooms.update((address.lower(), address) for address, _ in listed.rooms)
            if not listed.rooms:
                empty.append(one.name)
        self._state.room = self._state.room or next(iter(rooms.values()), None)
        for name in empty:
            yield Finding(
                check="exchange_has_rooms",
                verdict=Verdict.WARNING,
                diagnosis=Diagnosis("exchange_empty_room_list", {"list": name}),
            )
        if rooms:
            facts = {"rooms": str(len(rooms))}
            yield Finding(check="exchange_has_rooms", verdict=Verdict.GOOD, facts=facts)
        elif not empty:
            yield Finding(
                check="exchange_has_rooms",
                verdict=Verdict.SKIPPED,
                diagnosis=Diagnosis("exchange_no_room_lists"),
            )

    async def _acts_for_room(self) -> AsyncGenerator[Finding, None]:
        """For the impersonation email's mailbox, and for the room itself."""
        wanted = (self._server.settings.proves_with, self._state.room)
        mailboxes = list(dict.fromkeys(one for one in wanted if one is not None))
        now = self._clock()
        day = Window(now, now + timedelta(days=1))
        for mailbox in mailboxes:
            await self._server.in_mailbox(mailbox, lambda opened: opened.view(day))
            facts = {"room": mailbox}
            yield Finding(check="exchange_acts_for_room", verdict=Verdict.GOOD, facts=facts)
        if not mailboxes:
            yield Finding(
                check="exchange_acts_for_room",
                verdict=Verdict.SKIPPED,
                diagnosis=Diagnosis("exchange_no_room_to_try"),
            )

    async def _reads_week(self, probe: Probe) -> AsyncGenerator[Finding, None]:
        room = self._state.room
        if room is None:
            yield Finding(
                check="exchange_reads_week",
                verdict=Verdict.SKIPPED,
                diagnosis=Diagnosis("exchange_no_room_to_try"),
            )
            return

        def read(mailbox: RoomMailbox) -> Sequence[Item]:
            listed = mailbox.view(probe.window)
            ids = [(one.id, one.change_key) for one in listed if one.id]
            details = mailbox.details(ids)
            return [details.get(one.id, one) for one in listed]

        self._state.items = await self._server.in_mailbox(room, read)
        picture = picture_of(self._state.items, probe.window, probe.zone, room)
        facts = {"room": room, "meetings": str(len(picture.occurrences))}
        if picture.unreadable:
            names = {"room": room, "count": str(picture.unreadable)}
            yield Finding(
                check="exchange_reads_week",
                verdict=Verdict.WARNING,
                diagnosis=Diagnosis("exchange_unreadable_meetings", names),
                facts=facts,
            )
        else:
            yield Finding(check="exchange_reads_week", verdict=Verdict.GOOD, facts=facts)

    def _not_throttled(self) -> Finding:
        throttled = self._state.throttled
        if throttled is None:
            return Finding(check="exchange_not_throttled", verdict=Verdict.GOOD)
        return Finding(
            check="exchange_not_throttled",
            verdict=Verdict.WARNING,
            diagnosis=throttled.diagnosis,
            detail=throttled.detail[:_LONGEST_DETAIL],
        )

    async def _tells_changes(self, room: str) -> AsyncGenerator[Finding, None]:
        network = self._server.network.branch(silence=_STREAM_PATIENCE)
        try:
            await self._server.run(
                lambda: require_stream(self._server, room, network), mailbox=room
            )
        except ConnectorError as error:
            # Without it the room is still read, by time.
            bad = self._bad("exchange_tells_changes", error)
            yield replace(bad, verdict=Verdict.WARNING)
            return
        finally:
            network.cut()
        yield Finding(check="exchange_tells_changes", verdict=Verdict.GOOD)
