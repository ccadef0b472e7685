"""The life of a paired display: from its token to the loss of it."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Coroutine

from roomdisplay import __version__
from roomdisplay.device.http_errors import ServerTrouble, TokenRejected
from roomdisplay.device.pairing_plan import Rejections
from roomdisplay.model.roomstate import room_state
from roomdisplay.model.wire import NO_ROOM_ETAG, CommandMessage, HealthReport, ScheduleNews
from roomdisplay.sync.backoff import STEADY
from roomdisplay.sync.calls import Calls
from roomdisplay.sync.client import RoomlessError, ScheduleAnswer, ServerClient
from roomdisplay.sync.commands import Commands
from roomdisplay.sync.deliveries import Deliveries
from roomdisplay.sync.jobs import Jobs
from roomdisplay.sync.keeping import Keeping
from roomdisplay.sync.ledger import CONTACT, Ledger
from roomdisplay.sync.options import DisplayOptions
from roomdisplay.sync.picture import Picture
from roomdisplay.sync.plan import (
    Heard,
    account_of,
    disagrees,
    merged_account,
    roomless,
    vouches,
)
from roomdisplay.sync.stream import StreamItem, follow
from roomdisplay.sync.timekeeper import Timekeeper

logger = logging.getLogger(__name__)


class PairingLostError(Exception):
    """The Admin Center said twice, a minute apart, that it does not know this display."""


class Session:
    """One pairing at work. `run` ends only by `PairingLostError` or cancellation."""

    def __init__(
        self,
        *,
        client: ServerClient,
        timekeeper: Timekeeper,
        ledger: Ledger,
        keeping: Keeping,
        deliveries: Deliveries,
        calls: Calls,
        options: DisplayOptions,
        keyring: str,
    ) -> None:
        self._client = client
        self._timekeeper = timekeeper
        self._ledger = ledger
        self._keeping = keeping
        self._deliveries = deliveries
        self._calls = calls
        self._clocks = options.clocks
        self._keyring = keyring
        self._started = self._clocks.boottime()
        self._commands = Commands(
            client, ledger, self._clocks, join=self.join, restart=options.restart
        )
        self._jobs = Jobs(
            {"fetch": self._fetch_again, "heartbeat": self._report, "persist": keeping.write},
            boottime=self._clocks.boottime,
            wall=self._clocks.wall,
        )
        self._fetching = asyncio.Lock()
        self._wake = asyncio.Event()
        self._rejections = Rejections()
        self._server_etag: str | None = None
        """What the stream last said is the newest; None: it does not stand, or has not spoken."""
        self._tasks: asyncio.TaskGroup | None = None
        self._reported: HealthReport | None = None

    async def run(self) -> None:
        """Live.

        Raises:
            PairingLostError: the pairing is lost.
        """
        lost = False
        self._jobs.start()
        try:
            async with asyncio.TaskGroup() as self._tasks:
                self._tasks.create_task(self._stay_in_contact(), name="contact")
                self._tasks.create_task(
                    self._deliveries.run(self._client, self._fetch_again), name="deliveries"
                )
                self._tasks.create_task(self._calls.hold_tickets(self._client), name="tickets")
                self._tasks.create_task(self._keeping.run(), name="keeping")
        except* PairingLostError:
            lost = True
        finally:
            self._tasks = None
            self._jobs.stop()
        if lost:  # raised here, it is not wrapped in a group
            raise PairingLostError

    def network_changed(self) -> None:
        """An address or a link came or went: try at once."""
        self._wake.set()

    async def join(self, meeting_id: str) -> None:
        """Open the meeting's conference; joining is a check-in."""
        await asyncio.gather(
            self._calls.join(meeting_id, self._client), self.check_in_if_asked(meeting_id)
        )

    async def check_in_if_asked(self, meeting_id: str) -> None:
        """Check in to the meeting, if that is asked for now."""
        picture, now = self._ledger.picture, self._ledger.now()
        meetings = picture.schedule.meetings if picture else ()
        asked = any(
            m.id == meeting_id and m.check_in is not None and m.check_in.is_open(now)
            for m in meetings
        )
        if asked:
            await self._deliveries.check_in(meeting_id)

    async def _stay_in_contact(self) -> None:
        """Fetch, then follow the stream; whatever breaks, begin again after a while."""
        backoff = STEADY
        while True:
            answered, retry_after = False, None
            await self._look_at_the_clock()
            try:
                await self._fetch()
                answered = True
                async for items in follow(self._client, self._clocks.boottime):
                    backoff = STEADY if items else backoff
                    await self._take(items)
            except ServerTrouble as trouble:
                retry_after = trouble.retry_after
                if not answered:
                    self._ledger.trouble(CONTACT, trouble.kind, trouble.detail)
                    self._ledger.publish()
            except TokenRejected:
                self._rejected()
            finally:
                self._server_etag = None
            backoff = backoff.failed(answered=answered)
            delay = backoff.delay(random.random(), retry_after)  # noqa: S311 - spreads, hides nothing
            again = self._rejections.ask_again_at
            if again is not None:
                delay = max(0.0, again - self._clocks.boottime())
            await self._pause(delay)

    async def _take(self, items: list[StreamItem]) -> None:
        """What the stream brought; several news of the schedule are one."""
        for item in items:
            if isinstance(item, ScheduleNews):
                self._server_etag = item.etag
            elif isinstance(item, CommandMessage):
                self._spawn(self._commands.carry_out(item), "command")
        if self._server_etag is not None and self._server_etag != self._etag:
            await self._fetch()
        for item in items:
            if isinstance(item, Heard):
                await self._take_beat(item)

    async def _take_beat(self, beat: Heard) -> None:
        """A beat vouches for the picture that it is said of, and for no other."""
        await self._look_at_the_clock()
        another = beat.message.etag not in {None, self._etag}
        if another or disagrees(self._ledger.clock, beat):
            await self._fetch()
        elif vouches(beat, self._etag, self._server_etag):
            self._hear(beat)

    async def _fetch(self) -> None:
        """One conditional fetch; an answer that is not whole and valid changes nothing.

        Raises:
            ServerTrouble: no usable answer came.
            TokenRejected: the server does not know the token.
        """
        async with self._fetching:
            try:
                answer = await self._client.schedule(self._etag or None)
            except RoomlessError:
                self._accepted()
                self._take_no_room()
                return
            self._accepted()
            self._take_answer(answer)

    async def _fetch_again(self) -> None:
        """A fetch whose failure is left to the contact loop to deal with."""
        try:
            await self._fetch()
        except (ServerTrouble, TokenRejected) as error:
            logger.info("A fetch failed: %s", error)
            self._wake.set()

    def _take_answer(self, answer: ScheduleAnswer) -> None:
        if answer.picture is not None:
            self._ledger.picture = answer.picture
            self._calls.schedule_changed()
        self._hear(answer.heard)

    def _take_no_room(self) -> None:
        before = self._ledger.picture
        schedule = roomless(before.schedule if before else None, self._ledger.now())
        if before is None or before.etag or before.schedule.room != schedule.room:
            self._ledger.picture = Picture(schedule=schedule, etag="")
            self._calls.schedule_changed()
            self._spawn(
                self._keeping.forget(), "forget"
            )  # the room it left is not its own any more
        self._ledger.publish()

    def _hear(self, heard: Heard) -> None:
        ledger = self._ledger
        self._timekeeper.hear(heard)
        ledger.account = merged_account(ledger.account, account_of(heard, ledger.clock))
        ledger.publish()
        self._keeping.note()
        self._report_if_changed()

    async def _look_at_the_clock(self) -> None:
        self._jobs.wall_clock_may_have_jumped()
        await self._timekeeper.look()

    def _accepted(self) -> None:
        """The server answered, and knows this display."""
        self._rejections = self._rejections.accepted()
        self._ledger.trouble(CONTACT, None)
        self._deliveries.wake()

    def _rejected(self) -> None:
        self._rejections = self._rejections.rejected(self._clocks.boottime())
        if self._rejections.lost:
            raise PairingLostError
        logger.warning("The Admin Center does not know this display; asked again in a minute")

    @property
    def _etag(self) -> str | None:
        """Of the picture that is shown; None: there is none."""
        picture = self._ledger.picture
        if picture is None:
            return None
        return picture.etag or NO_ROOM_ETAG

    async def _pause(self, seconds: float) -> None:
        self._wake.clear()
        try:
            async with asyncio.timeout(seconds / self._clocks.speed):
                await self._wake.wait()
        except TimeoutError:
            return

    def _spawn(self, work: Coroutine[None, None, None], name: str) -> None:
        if self._tasks is None:
            work.close()
        else:
            self._tasks.create_task(work, name=name)

    def _health(self) -> HealthReport:
        ledger, boottime = self._ledger, self._clocks.boottime()
        snapshot = ledger.snapshot
        reading = snapshot.freshness(boottime)
        state = room_state(
            snapshot.schedule, ledger.now(), reading, clock_trusted=ledger.clock.trusted
        )
        return HealthReport(
            version=__version__,
            state_shown=state.kind.value,
            schedule_etag=(ledger.picture.etag or None) if ledger.picture else None,
            cache_age_s=round(reading.age.total_seconds()) if ledger.account else None,
            clock_trusted=ledger.clock.trusted,
            uptime_s=round(boottime - self._started),
            keyring=self._keyring,
        )

    def _report_if_changed(self) -> None:
        now, before = self._health(), self._reported
        same = before is not None and (before.state_shown, before.schedule_etag) == (
            now.state_shown,
            now.schedule_etag,
        )
        if not same:
            self._spawn(self._report(), "health")

    async def _report(self) -> None:
        """The heartbeat; whether the server can be reached is found out by the contact loop."""
        report = self._health()
        try:
            await self._client.health(report)
        except (ServerTrouble, TokenRejected) as error:
            logger.debug("The health report was not delivered: %s", error)
        else:
            self._reported = report
