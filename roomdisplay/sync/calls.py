"""Join: from a tap, or a table panel's command, to the conference window and back.

Join addresses are credentials: they are held here, in memory, from shortly before the meeting to
its end, and never written or logged.
"""

from __future__ import annotations

import asyncio
import logging
import uuid

from roomdisplay.device.call import (
    BAR_HEIGHT,
    BrowserSettings,
    CallStatus,
    EndReason,
    Failure,
    Phase,
    Rectangle,
    call_area,
    call_to,
)
from roomdisplay.device.http_errors import ServerTrouble, TokenRejected
from roomdisplay.device.join import CallRefusedError, CallRunningError, ConferenceWindow
from roomdisplay.model.conference import JoinTarget
from roomdisplay.model.wire import JoinTicketMessage
from roomdisplay.sync.client import RefusedError, ServerClient
from roomdisplay.sync.ledger import CONTACT, Ledger
from roomdisplay.sync.options import Clocks, JoinOptions
from roomdisplay.sync.plan import meeting_of, ticket_plan
from roomdisplay.sync.snapshot import Call, CallPhase

logger = logging.getLogger(__name__)

ELSEWHERE_SHOWN = 20.0
"""Seconds for which a panel says that the big screen opens the call."""
_ANSWER_WITHIN = 8.0
"""Seconds for which a tap waits for the Admin Center; less than a finger's patience."""
_ANSWER_WITHIN_TROUBLE = 1.0
"""The same while contact is known to be lost: it may just have come back."""
_USUAL_SCREEN = call_area(Rectangle(0, 0, 1920, 1080), BAR_HEIGHT)
_FAILURES: dict[Failure | None, str] = {
    Failure.NO_BROWSER: "browser_missing",
    Failure.NO_ANSWER: "browser_silent",
    Failure.UNREACHABLE: "service_unreachable",
    Failure.REFUSED: "browser_failed",
    Failure.NO_ROOM: "browser_failed",
}


class Calls:
    """The conference of this display: one at a time."""

    def __init__(self, ledger: Ledger, options: JoinOptions, clocks: Clocks) -> None:
        self._ledger = ledger
        self._clocks = clocks
        self._make_call = options.make_call or call_to
        self._window = ConferenceWindow(
            BrowserSettings(
                command=options.command,
                profile_base=options.profile_base,
                sandbox=options.sandbox,
                extra_switches=options.extra_switches,
            ),
            self._on_status,
        )
        self._area, self._scale = _USUAL_SCREEN, 1.0
        self._tickets: dict[str, JoinTicketMessage] = {}
        self._asked_at: float | None = None
        self._look_again = asyncio.Event()

    def place(self, area: Rectangle, scale: float) -> None:
        """Where the next call's window goes."""
        self._area, self._scale = area, scale

    def schedule_changed(self) -> None:
        """Other meetings may need other addresses."""
        self._asked_at = None
        self._look_again.set()

    async def hold_tickets(self, client: ServerClient) -> None:
        """Have the address of whatever can be joined, a little before it can, for ever."""
        while True:
            self._look_again.clear()
            now, boottime = self._ledger.now(), self._clocks.boottime()
            picture = self._ledger.picture
            asked = self._asked_at
            plan = ticket_plan(
                picture.schedule if picture else None,
                now,
                frozenset(self._tickets),
                self._ledger.clock.at(asked) if asked is not None else None,
            )
            self._tickets = {k: t for k, t in self._tickets.items() if k in plan.keep}
            if plan.fetch:
                self._asked_at = boottime
                await self._fetch(client)
                continue
            wait = (plan.again_at - now).total_seconds() if plan.again_at else None
            try:
                async with asyncio.timeout(None if wait is None else wait / self._clocks.speed):
                    await self._look_again.wait()
            except TimeoutError:
                continue

    async def join(self, meeting_id: str, client: ServerClient) -> None:
        """Open the meeting's conference here, or ask the room's conference display to."""
        picture = self._ledger.picture
        meeting = meeting_of(picture.schedule if picture else None, meeting_id)
        if picture is None or meeting is None or meeting.join is None:
            return
        if self._ledger.clock.trusted and self._ledger.now() >= meeting.end:
            self.refuse(meeting_id, "too_late")
            return
        device, service = picture.schedule.device, meeting.join.service
        if device.conference_display:
            await self._open(meeting_id, service, client)
        elif device.joins_elsewhere:
            await self._ask_elsewhere(meeting_id, service, client)

    def refuse(self, meeting_id: str, reason: str) -> None:
        """Answer a tap at once: the call cannot be opened, for one of `Call.reason`'s keys."""
        picture = self._ledger.picture
        meeting = meeting_of(picture.schedule if picture else None, meeting_id)
        if meeting is not None and meeting.join is not None:
            service, failed = meeting.join.service, CallPhase.FAILED
            self._show(Call(meeting_id=meeting_id, service=service, phase=failed, reason=reason))

    async def leave(self) -> None:
        """Close the conference, or put away its failure."""
        await self._window.close()
        self._show(None)

    async def close(self) -> None:
        """The display ends, or lost its pairing: nothing of a call stays."""
        self._tickets.clear()
        await self._window.close()

    async def _open(self, meeting_id: str, service: str, client: ServerClient) -> None:
        shown = self._ledger.call
        if shown and shown.meeting_id == meeting_id and shown.phase is not CallPhase.FAILED:
            return  # a second tap, or the panel's command for the call that is open
        await self._window.close()
        self._show(Call(meeting_id=meeting_id, service=service, phase=CallPhase.CONNECTING))
        answered = meeting_id in self._tickets or await self._fetch_in_time(client)
        ticket = self._tickets.get(meeting_id)
        if ticket is None:
            self._fail("no_ticket" if answered else "no_connection")
            return
        self._show(
            Call(
                meeting_id=meeting_id,
                service=ticket.service,
                phase=CallPhase.CONNECTING,
                dial_in=ticket.dial_in,
            )
        )
        target = JoinTarget(service=ticket.service, url=ticket.url, dial_in=ticket.dial_in)
        picture = self._ledger.picture
        name = picture.schedule.room.name if picture else ""
        try:
            self._window.open(self._make_call(target, name), self._area, scale=self._scale)
        except (CallRefusedError, ValueError, KeyError):  # an address, or a service, not of ours
            self._fail("no_ticket")
        except CallRunningError:
            self._fail("browser_failed")

    async def _ask_elsewhere(self, meeting_id: str, service: str, client: ServerClient) -> None:
        said = Call(meeting_id=meeting_id, service=service, phase=CallPhase.ELSEWHERE)
        self._show(said)
        try:
            async with asyncio.timeout(self._patience):
                await client.join_elsewhere(meeting_id, str(uuid.uuid4()))
        except RefusedError:
            self._fail("no_display")
        except (ServerTrouble, TokenRejected, TimeoutError):
            self._fail("no_way_to_display")
        else:
            await asyncio.sleep(ELSEWHERE_SHOWN / self._clocks.speed)
            if self._ledger.call == said:
                self._show(None)

    @property
    def _patience(self) -> float:
        lost = self._ledger.troubled(CONTACT)
        return _ANSWER_WITHIN_TROUBLE if lost else _ANSWER_WITHIN

    async def _fetch_in_time(self, client: ServerClient) -> bool:
        try:
            async with asyncio.timeout(self._patience):
                return await self._fetch(client)
        except TimeoutError:
            return False

    async def _fetch(self, client: ServerClient) -> bool:
        """Have the addresses; False: the Admin Center gave no usable answer."""
        try:
            tickets = await client.tickets()
        except (ServerTrouble, TokenRejected) as error:
            logger.info("No join addresses: %s", error)
            return False
        self._tickets |= {ticket.meeting_id: ticket for ticket in tickets}
        return True

    def _on_status(self, status: CallStatus) -> None:
        call = self._ledger.call
        if call is None:
            return
        if status.phase is Phase.OPEN:
            self._show(_in_phase(call, CallPhase.OPEN))
        elif status.phase is Phase.ENDED:
            if status.reason in {EndReason.LEFT, EndReason.CLOSED}:
                self._show(None)
            else:
                self._fail(_FAILURES.get(status.failure, "browser_failed"))

    def _fail(self, reason: str) -> None:
        if self._ledger.call is not None:
            self._show(_in_phase(self._ledger.call, CallPhase.FAILED, reason))

    def _show(self, call: Call | None) -> None:
        self._ledger.call = call
        self._ledger.publish()


def _in_phase(call: Call, phase: CallPhase, reason: str | None = None) -> Call:
    return Call(
        meeting_id=call.meeting_id,
        service=call.service,
        phase=phase,
        reason=reason,
        dial_in=call.dial_in,
    )
