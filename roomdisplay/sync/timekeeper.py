"""Keeps the display's clock in the ledger, and the age of a picture from an earlier boot."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from roomdisplay.device.clock import RELEASED, DeviceClock
from roomdisplay.sync.ledger import Ledger
from roomdisplay.sync.options import Clocks
from roomdisplay.sync.picture import Moment, restored_account, restored_clock
from roomdisplay.sync.plan import Heard

STEADY = timedelta(milliseconds=250)
"""A clock that differs by less is left as it is, so that nothing shown on the glass jitters."""


LOOK_AGAIN_UNTRUSTED = 30.0
LOOK_AGAIN_TRUSTED = 600.0
"""Seconds between two looks at the machine's clock: each may wake a service of the system."""


class Timekeeper:
    """Goes by the server's time where it may be believed, else by the machine's own clock."""

    def __init__(self, ledger: Ledger, clocks: Clocks) -> None:
        self._ledger = ledger
        self._clocks = clocks
        self._clock = self._device_clock(RELEASED)
        self._kept: Moment | None = None
        self._look_due = 0.0
        self._server_is_trusted = clocks.server_is_trusted is not False

    def server_is(self, *, loopback: bool) -> None:
        """Say whether the Admin Center is this machine; its time is then the machine's own."""
        told = self._clocks.server_is_trusted
        self._server_is_trusted = not loopback if told is None else told

    def restore(self, moment: Moment) -> None:
        """Take up what an earlier process knew; within one boot that is as good as heard now."""
        self._kept = moment
        clock = restored_clock(moment, self._clocks.boot_id, self._clocks.boottime())
        if moment.clock.trusted:
            self._clock = self._device_clock(moment.clock.utc)
            self._look_due = 0.0
        if clock is not None and clock.trusted:
            slack = STEADY.total_seconds()
            self._clock.heard(
                clock.utc, sent=clock.boottime - slack, received=clock.boottime + slack
            )
        self._read()

    async def look(self) -> None:
        """See whether the machine's clock can be trusted, as long as no server's time was heard."""
        boottime = self._clocks.boottime()
        if not self._clock.anchored and boottime >= self._look_due:
            trusted = await asyncio.to_thread(self._clock.look)
            self._look_due = boottime + (LOOK_AGAIN_TRUSTED if trusted else LOOK_AGAIN_UNTRUSTED)
        self._read()

    def hear(self, heard: Heard) -> None:
        """The server told its time. A beat's way here is not known, so it sets no clock."""
        if self._server_is_trusted and not heard.is_beat:
            utc = heard.message.now.astimezone(UTC)
            self._clock.heard(utc, sent=heard.sent, received=heard.received)
        self._kept = None
        self._read()

    def _read(self) -> None:
        new, old = self._clock.reading(), self._ledger.clock
        if new.trusted is not old.trusted or abs(new.utc - old.at(new.boottime)) > STEADY:
            self._ledger.clock = new
        if self._kept is not None:
            self._ledger.account = restored_account(
                self._kept, self._clocks.boot_id, self._clocks.boottime(), self._ledger.clock
            )

    def _device_clock(self, floor: datetime) -> DeviceClock:
        return DeviceClock(
            floor=floor,
            boottime_clock=self._clocks.boottime,
            wall_clock=self._clocks.wall,
            wall_is_trusted=self._clocks.wall_is_trusted,
        )
