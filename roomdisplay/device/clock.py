"""The display's clocks: one that cannot be wrong, and one that must earn its trust.

CLOCK_BOOTTIME counts seconds since the start of the machine, through suspend, and nobody sets it.
The wall clock of a board without a battery may be years off until the network has spoken.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec import Struct

from roomdisplay.model.clock import ClockReading

RELEASED = datetime(2026, 11, 1, tzinfo=UTC)
"""No right clock shows a time before this version was made."""
RTC_AGREES = timedelta(seconds=60)
_DRIFT = 0.0002
"""A quartz's worst second per second, temperature and all."""


def boottime() -> float:
    """Seconds since this machine started, those asleep included (CLOCK_BOOTTIME)."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def wall_time() -> datetime:
    """What the wall clock shows, right or wrong, UTC."""
    return datetime.now(UTC)


def boot_id(file: Path = Path("/proc/sys/kernel/random/boot_id")) -> str:
    """What tells this boot from all others; one of its own where the kernel does not say."""
    try:
        return file.read_text("ascii").strip()[:64]
    except (OSError, ValueError):
        return f"process-{os.getpid()}-{time.time_ns()}"


class Anchor(Struct, frozen=True, kw_only=True):
    """An instant heard from the server, tied to the boot-time clock."""

    utc: datetime
    boottime: float
    error: float
    """Seconds by which `utc` may be wrong: half of the way there and back."""

    def at(self, boottime: float) -> datetime:
        """The server's time at `boottime`."""
        return self.utc + timedelta(seconds=boottime - self.boottime)

    def error_at(self, boottime: float) -> float:
        """By how many seconds that may be wrong."""
        return self.error + abs(boottime - self.boottime) * _DRIFT


def heard(utc: datetime, sent: float, received: float) -> Anchor:
    """The anchor that an answer gives.

    Args:
        utc: the server's time when it answered.
        sent: CLOCK_BOOTTIME, seconds, when the request left.
        received: when the answer came.
    """
    half = max(0.0, received - sent) / 2
    return Anchor(utc=utc, boottime=sent + half, error=half)


def better_anchor(old: Anchor | None, new: Anchor) -> Anchor:
    """Which of two to go by.

    Where both may be right, the more exact one: displays of a room turn at the same moment, and no
    slow answer shakes them. Where they contradict each other, the server's clock was set: the new.
    """
    if old is None:
        return new
    distance = abs((old.at(new.boottime) - new.utc).total_seconds())
    contradicts = distance > old.error_at(new.boottime) + new.error
    return new if contradicts or new.error <= old.error_at(new.boottime) else old


class DeviceClock:
    """The display's idea of the time.

    Args:
        floor: the newest instant known to be past: the wall clock is wrong if it shows less.
        boottime_clock: CLOCK_BOOTTIME, seconds.
        wall_clock: the machine's wall clock, UTC.
        wall_is_trusted: whether something vouches for the wall clock; may block.
    """

    def __init__(
        self,
        *,
        floor: datetime = RELEASED,
        boottime_clock: Callable[[], float] = boottime,
        wall_clock: Callable[[], datetime] = wall_time,
        wall_is_trusted: Callable[[], bool] | None = None,
    ) -> None:
        self._floor = max(floor, RELEASED)
        self._boottime = boottime_clock
        self._wall = wall_clock
        self._vouched = wall_is_trusted or machine_clock_is_trusted
        self._wall_trusted = False
        self._anchor: Anchor | None = None

    @property
    def anchored(self) -> bool:
        """Whether the server's time was heard in this boot."""
        return self._anchor is not None

    def heard(self, utc: datetime, *, sent: float, received: float) -> None:
        """Take the server's time out of an answer that came over TLS or from this machine."""
        self._anchor = better_anchor(self._anchor, heard(utc, sent, received))

    def look(self) -> bool:
        """See anew whether the wall clock can be trusted; may block for a second or two.

        Returns:
            Whether any clock can be trusted now.
        """
        if self._anchor is None:
            self._wall_trusted = self._wall() >= self._floor and self._vouched()
        return self.reading().trusted

    def reading(self) -> ClockReading:
        """The time now; never blocks."""
        now = self._boottime()
        if self._anchor is not None:
            return ClockReading(utc=self._anchor.at(now), boottime=now, trusted=True)
        wall = self._wall()
        # The wall clock may have been set back since it was looked at.
        trusted = self._wall_trusted and wall >= self._floor
        return ClockReading(utc=wall, boottime=now, trusted=trusted)


def machine_clock_is_trusted() -> bool:
    """Whether a time server or a clock with a battery vouches for the wall clock; may block."""
    return synchronised_by_ntp() or kept_by_battery(wall_time())


def synchronised_by_ntp(
    stamp: Path = Path("/run/systemd/timesync/synchronized"),
) -> bool:
    """Whether the wall clock was set by a time server in this boot.

    systemd-timesyncd touches a file at each synchronisation; other programs (chrony) are asked
    for through timedated's `NTPSynchronized`.
    """
    return stamp.exists() or _timedated_says_synchronised()


def kept_by_battery(
    wall: datetime, rtc: Path = Path("/sys/class/rtc/rtc0"), *, floor: datetime = RELEASED
) -> bool:
    """Whether a hardware clock ran through the last power cut and agrees with `wall`.

    A board without a battery begins at 1970 or at what the firmware likes, long before `floor`.
    """
    try:
        seconds = int((rtc / "since_epoch").read_text("ascii")[:20])
        kept = datetime.fromtimestamp(seconds, UTC)
    except (OSError, ValueError, OverflowError):
        return False
    return kept >= floor and abs(kept - wall) <= RTC_AGREES


def _timedated_says_synchronised() -> bool:
    try:  # imported here: only where the file says nothing, and jeepney has no types
        import jeepney  # type: ignore[import-untyped]  # noqa: PLC0415
        from jeepney.io import blocking  # type: ignore[import-untyped]  # noqa: PLC0415
    except ImportError:
        return False
    timedated = jeepney.DBusAddress(
        "/org/freedesktop/timedate1",
        bus_name="org.freedesktop.timedate1",
        interface="org.freedesktop.timedate1",
    )
    try:
        with blocking.open_dbus_connection(bus="SYSTEM") as bus:
            question = jeepney.Properties(timedated).get("NTPSynchronized")
            answer = bus.send_and_get_reply(question, timeout=2.0)
        kind, value = answer.body[0]
    except Exception:  # noqa: BLE001 - no bus, no service, an odd answer: nobody vouches
        return False
    return kind == "b" and value is True
