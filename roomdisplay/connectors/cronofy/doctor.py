"""The calendar doctor for Cronofy: one small check for each thing that is known to go wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime

import httpx

from roomdisplay.connectors.base import (
    ConnectorError,
    Diagnosis,
    MalformedAnswerError,
    ThrottledError,
    UnavailableError,
)
from roomdisplay.connectors.cronofy.authorising import require_client
from roomdisplay.connectors.cronofy.client import require
from roomdisplay.connectors.cronofy.events import is_organizers_name, place, takes_room
from roomdisplay.connectors.cronofy.messages import Channels, Event, Resources, UserInfo, read
from roomdisplay.connectors.cronofy.pace import A_MINUTE, urgently
from roomdisplay.connectors.cronofy.reasons import diagnosis
from roomdisplay.connectors.cronofy.rooms import AHEAD, BACK, Rooms
from roomdisplay.connectors.cronofy.session import Session, not_authorized, subject_of
from roomdisplay.connectors.cronofy.tokens import SERVICE
from roomdisplay.connectors.cronofy.window import (
    MANAGE_RESOURCES,
    ROOM_SCOPE,
    UNRESTRICTED_RESOURCES,
    window_url,
)
from roomdisplay.connectors.diagnosis import Finding, Probe, Verdict

_LONGEST_DETAIL = 300
_BUSY = 0.8
"""Of the requests a minute: from there on the administrator is told."""
Step = Callable[[], Awaitable[Finding]]


class Examination:
    """One visit of the doctor's."""

    def __init__(
        self,
        session: Session,
        rooms: Rooms,
        resources: Callable[[], Awaitable[Resources]],
        clock: Callable[[], datetime],
    ) -> None:
        self._session = session
        self._rooms = rooms
        self._resources = resources
        self._clock = clock
        self._info: UserInfo | None = None
        self._listed: Sequence[str] = ()
        self._room = ""
        self._events: list[Event] = []

    async def findings(self, probe: Probe) -> AsyncIterator[Finding]:
        """All checks in order; a check that needs an earlier one is skipped where that failed."""
        bad: set[str] = set()
        for check, needs, step in self._steps(probe):
            missing = next((one for one in needs if one in bad), None)
            if missing is not None:
                finding = _finding(
                    check, Verdict.SKIPPED, diagnosis("earlier_failed", check=missing)
                )
            else:
                finding = await _examined(check, step)
            if finding.verdict in {Verdict.BAD, Verdict.SKIPPED}:
                bad.add(check)
            yield finding

    def _steps(self, probe: Probe) -> list[tuple[str, tuple[str, ...], Step]]:
        client, service, rooms = "cronofy_client", "cronofy_service", "cronofy_rooms"
        room, mailbox, week = "cronofy_room", "cronofy_mailbox", "cronofy_week"
        steps: list[tuple[str, tuple[str, ...], Step]] = [
            (client, (), self._client),
            (service, (client,), self._service),
            ("cronofy_window", (service,), self._window),
            ("cronofy_back_end", (service,), self._back_end),
            ("cronofy_scope", (service,), self._scope),
            (rooms, (service,), lambda: self._list(probe)),
            (room, (rooms,), lambda: self._authorised(probe)),
            (mailbox, (room,), self._mailbox),
            ("cronofy_push", (mailbox,), self._push),
            ("cronofy_permission", (mailbox,), self._permission),
            (week, (mailbox,), lambda: self._week(probe)),
            ("cronofy_titles", (week,), self._titles),
            ("cronofy_bodies", (week,), self._bodies),
            ("cronofy_private", (week,), self._private),
            ("cronofy_pace", (client,), self._pace),
        ]
        if probe.invitation:
            steps.append(("cronofy_invitation", (), self._invitation))
        return steps

    async def _client(self) -> Finding:
        await require_client(self._session.client)
        return _good("cronofy_client", host=self._session.client.application.api.host)

    async def _service(self) -> Finding:
        self._info = await self._session.service_info()
        return _good("cronofy_service", account=self._info.email or self._info.sub)

    async def _window(self) -> Finding:
        """Whether Cronofy would send an administrator back to us, should it be needed again."""
        kept = await self._session.tokens.kept(SERVICE)
        uri = kept.redirect_uri if kept else ""
        url = window_url(self._session.client.application, uri, "doctor")
        try:
            answer = await self._session.client.send_to("GET", url)
        except MalformedAnswerError:
            return _good("cronofy_window", uri=uri)  # sent on to sign in elsewhere
        if answer.status == httpx.codes.PAYMENT_REQUIRED:
            require(answer, "the window")
        if httpx.codes.is_client_error(answer.status):
            return _finding(
                "cronofy_window", Verdict.WARNING, diagnosis("redirect_refused", uri=uri)
            )
        return _good("cronofy_window", uri=uri)

    async def _back_end(self) -> Finding:
        """Office 365 that is reached through Exchange Web Services has no future."""
        wanted = self._session.client.application.back_end
        account = self._info.data.service_account if self._info else None
        found = account.provider_name if account else ""
        if not found or found == wanted:
            return _good("cronofy_back_end", back_end=found or wanted)
        what = (
            diagnosis("impersonation_gone", status="")
            if wanted == "office365"
            else diagnosis("back_end_differs", wanted=wanted, found=found[:40])
        )
        return _finding("cronofy_back_end", Verdict.WARNING, what)

    async def _scope(self) -> Finding:
        granted = self._info.data.authorization if self._info else None
        scope = set(granted.scope.split()) if granted else set()
        delegated = set(granted.delegated_scope.split()) if granted else set()
        missing = [MANAGE_RESOURCES] if scope and MANAGE_RESOURCES not in scope else []
        if delegated and not delegated & {"read_write"}:
            missing += [one for one in ROOM_SCOPE.split() if one not in delegated]
        if missing:
            told = diagnosis("scope_missing", scope=" ".join(missing))
            return _finding("cronofy_scope", Verdict.BAD, told)
        wanted = self._session.client.application.unrestricted
        if wanted and scope and UNRESTRICTED_RESOURCES not in scope:
            told = diagnosis("unrestricted_missing", scope=UNRESTRICTED_RESOURCES)
            return _finding("cronofy_scope", Verdict.WARNING, told)
        return _good("cronofy_scope")

    async def _list(self, probe: Probe) -> Finding:
        listed = (await self._resources()).resources
        self._listed = [one.email.strip() for one in listed if "@" in one.email]
        if not self._listed:
            return _finding("cronofy_rooms", Verdict.BAD, diagnosis("no_rooms"))
        known = {one.lower() for one in self._listed}
        if probe.room is not None and probe.room.strip().lower() not in known:
            told = diagnosis("room_unlisted", room=probe.room)
            return _finding("cronofy_rooms", Verdict.WARNING, told)
        return _good("cronofy_rooms", rooms=str(len(self._listed)))

    async def _authorised(self, probe: Probe) -> Finding:
        """The room asked for, else the first that is authorised, else the first."""
        tokens = self._session.tokens
        wanted = [probe.room] if probe.room is not None else self._listed
        for room in wanted:
            kept = await tokens.kept(subject_of(room))
            if kept is not None and kept.refresh:
                self._room = room
                return _good("cronofy_room", room=room)
        first = wanted[0]
        error = not_authorized(await tokens.kept(subject_of(first)), self._clock())
        known = error.diagnosis or diagnosis("room_not_authorized")
        told = Diagnosis(known.reason, {**known.params, "room": first})
        pending = known.reason == "cronofy_room_pending"
        # While no room shows its calendar yet, none was asked for: there is nothing to repair.
        unused = probe.room is None and known.reason == "cronofy_room_not_authorized"
        verdict = Verdict.SKIPPED if pending or unused else Verdict.BAD
        return _finding("cronofy_room", verdict, told)

    async def _mailbox(self) -> Finding:
        self._rooms.forget(self._room)
        calendar = await self._rooms.calendar(self._room)
        return _good("cronofy_mailbox", room=self._room, provider=calendar.provider[:40])

    async def _push(self) -> Finding:
        answer = await self._session.as_room(self._room, "GET", "/v1/channels")
        require(answer, "the push channels", scope="read_account")
        if read(answer, Channels, "the push channels").channels:
            return _good("cronofy_push", room=self._room)
        told = diagnosis("not_watched", room=self._room)
        return _finding("cronofy_push", Verdict.WARNING, told)

    async def _permission(self) -> Finding:
        await self._rooms.unrestricted(self._room)
        return _good("cronofy_permission", room=self._room)

    async def _week(self, probe: Probe) -> Finding:
        events = await self._rooms.events(self._room, probe.window)
        placed, unreadable = place(events, probe.zone)
        self._events = [
            one.event
            for one in placed
            if takes_room(one.event) and probe.window.touches(one.span.start, one.span.end)
        ]
        now = self._clock()
        if unreadable:
            told = diagnosis("malformed", what=f"{unreadable} events")
            return _finding("cronofy_week", Verdict.WARNING, told)
        if probe.window.start < now - BACK or probe.window.end > now + AHEAD:
            told = diagnosis("beyond_span", back=str(BACK.days), ahead=str(AHEAD.days))
            return _finding("cronofy_week", Verdict.WARNING, told)
        return _good("cronofy_week", room=self._room, meetings=str(len(self._events)))

    def _of_others(self) -> list[Event]:
        """Meetings that people have invited the room to."""
        return [
            one
            for one in self._events
            if not one.event_id
            and one.organizer is not None
            and (one.organizer.email or "").strip().lower() != subject_of(self._room)
        ]

    async def _titles(self) -> Finding:
        meetings = self._of_others()
        replaced = [one for one in meetings if is_organizers_name(one) or not one.summary]
        return self._judged("cronofy_titles", meetings, len(replaced), "titles_replaced")

    async def _bodies(self) -> Finding:
        meetings = self._of_others()
        empty = [one for one in meetings if not (one.description or "").strip()]
        return self._judged("cronofy_bodies", meetings, len(empty), "bodies_removed")

    def _judged(self, check: str, meetings: Sequence[Event], wanting: int, reason: str) -> Finding:
        """Where all meetings lack something, it is taken from them; one or two may be so."""
        if not meetings:
            told = diagnosis("no_meetings", room=self._room)
            return _finding(check, Verdict.SKIPPED, told)
        if wanting < len(meetings):
            return _good(check, meetings=str(len(meetings)))
        told = diagnosis(reason, room=self._room, meetings=str(len(meetings)))
        return _finding(check, Verdict.WARNING, told)

    async def _private(self) -> Finding:
        """A flag that was removed cannot be told from one that was never set."""
        if any(one.event_private for one in self._of_others()):
            return _good("cronofy_private", room=self._room)
        told = diagnosis("private_unseen", room=self._room)
        return _finding("cronofy_private", Verdict.SKIPPED, told)

    async def _pace(self) -> Finding:
        sent = self._session.client.pace.in_the_last_minute()
        if sent > _BUSY * A_MINUTE:
            return _finding("cronofy_pace", Verdict.WARNING, diagnosis("throttled"))
        return _good("cronofy_pace", requests=str(sent))

    async def _invitation(self) -> Finding:
        return _finding("cronofy_invitation", Verdict.SKIPPED, diagnosis("no_invitation"))


async def _examined(check: str, step: Step) -> Finding:
    try:
        with urgently():
            return await step()
    except ConnectorError as error:
        return Finding(
            check=check,
            verdict=Verdict.WARNING if check == "cronofy_permission" else Verdict.BAD,
            diagnosis=error.diagnosis or _usual(error),
            detail=error.detail[:_LONGEST_DETAIL],
        )


def _usual(error: ConnectorError) -> Diagnosis:
    if isinstance(error, ThrottledError):
        return diagnosis("throttled")
    if isinstance(error, UnavailableError):
        return diagnosis("unreachable", host="cronofy.com")
    return diagnosis("malformed", what="")


def _finding(check: str, verdict: Verdict, told: Diagnosis) -> Finding:
    return Finding(check=check, verdict=verdict, diagnosis=told)


def _good(check: str, **facts: str) -> Finding:
    return Finding(check=check, verdict=Verdict.GOOD, facts=facts)
