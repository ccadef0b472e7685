"""The sync side as the glass sees it: a thread, a loop in it, and one immutable snapshot.

This module and what it imports at the top are all that the first frame waits for; the rest is
loaded on the sync thread once the frame is painted.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from roomdisplay import __version__
from roomdisplay.device.lean import without
from roomdisplay.device.traces import CACHE
from roomdisplay.model.pairing import WayIn
from roomdisplay.model.roomstate import Standing
from roomdisplay.sync.ledger import Ledger
from roomdisplay.sync.options import DisplayOptions
from roomdisplay.sync.picture import Moment, Picture, restored_account, restored_clock
from roomdisplay.sync.snapshot import Snapshot
from roomdisplay.sync.warm import WarmCopy, copy_name

if TYPE_CHECKING:
    import asyncio

    from roomdisplay.sync.life import Life

logger = logging.getLogger(__name__)

FRAME_PATIENCE = 1.0
"""Seconds after which loading goes on although nobody said that a frame was painted."""
STOP_PATIENCE = 3.0
FAULT_PAUSE = 5.0
"""Seconds until a sync side that failed by a fault of ours is started again."""

Wish = Callable[["Life"], Coroutine[Any, Any, None]]


class DisplayEngine:
    """Implements `roomdisplay.sync.snapshot.Engine`."""

    def __init__(self, options: DisplayOptions) -> None:
        self._options = options
        clocks = options.clocks
        host = urlsplit(options.server or "").hostname or options.server or ""
        self._ledger = Ledger(clocks, {"server": host, "version": __version__})
        self._warm = WarmCopy(options.runtime_dir, copy_name(options.state_dir), clocks.boot_id)
        self._painted = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sync", daemon=True)
        self._lock = threading.Lock()
        self._early: deque[Wish] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._life: Life | None = None
        self._main: asyncio.Task[None] | None = None
        self._ended = threading.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def snapshot(self) -> Snapshot:
        """The newest snapshot."""
        return self._ledger.snapshot

    def start(self, listener: Callable[[Snapshot], None]) -> None:
        """Begin; `listener` is called on the sync thread with each new snapshot."""
        self._ledger.listen(listener)
        self._thread.start()

    def frame_painted(self) -> None:
        """The first frame is on the glass: what is slow to load may load now."""
        self._painted.set()

    def check_in(self, meeting_id: str) -> None:
        """Somebody is here: written to the outbox before anything is sent."""
        self._post(lambda life: life.check_in(meeting_id))

    def join(self, meeting_id: str) -> None:
        """Open the meeting's conference (and check in, if that is asked for)."""
        self._post(lambda life: life.join(meeting_id))

    def place_calls(self, *, x: int, y: int, width: int, height: int, scale: float) -> None:
        """Where a conference's window goes."""

        def place(life: Life) -> Coroutine[Any, Any, None]:
            from roomdisplay.device.call import Rectangle  # noqa: PLC0415 - after the first frame

            return life.place_calls(Rectangle(x, y, width, height), scale)

        self._post(place)

    def leave_call(self) -> None:
        """Close the conference, or put away its failure."""
        self._post(lambda life: life.leave_call())

    def new_code(self) -> None:
        """Ask for a new pairing code now."""
        self._post(lambda life: life.new_code())

    def network_changed(self) -> None:
        """An address or a link came or went: try the server at once."""
        self._post(lambda life: life.network_changed())

    def ask_way_in(self) -> None:
        """Nothing here: an Admin Center elsewhere has its own door."""

    def offer_way_in(self, way_in: WayIn) -> None:
        """Show how this screen is set up where it stands; for whoever embeds the display."""

        async def offer(_: Life) -> None:
            self._ledger.way_in = way_in
            self._ledger.publish()

        self._post(offer)

    def stop(self) -> None:
        """Close everything within a second or two; returns when the sync thread has ended."""
        with self._lock:
            self._ended.set()
            if self._loop is not None and self._main is not None:
                self._loop.call_soon_threadsafe(self._main.cancel)
        self._painted.set()
        if self._thread.is_alive():
            self._thread.join(STOP_PATIENCE)
            if self._thread.is_alive():
                logger.error("The sync thread does not end")

    def _post(self, wish: Wish) -> None:
        """Have `wish` done on the sync thread; what is wished too early waits."""
        with self._lock:
            if self._life is None or self._loop is None:
                self._early.append(wish)
            elif not self._ended.is_set():
                self._loop.call_soon_threadsafe(self._do, wish)

    def _do(self, wish: Wish) -> None:
        assert self._life is not None
        assert self._loop is not None
        task = self._loop.create_task(wish(self._life))
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("What was asked of the display failed", exc_info=error)

    def _run(self) -> None:
        """The sync thread: show what is at hand, wait for the frame, then load all the rest."""
        shown = self._kept()
        if shown is not None:
            self._show_at_once(*shown)
            self._painted.wait(FRAME_PATIENCE)
        if self._ended.is_set():
            return
        import asyncio  # noqa: PLC0415 - costs as much as everything before; see the docstring

        while not self._ended.is_set():
            try:
                asyncio.run(self._live(shown))
            except asyncio.CancelledError:
                return
            except Exception:
                logger.exception("The sync side failed by a fault of ours; it is started again")
            finally:
                with self._lock:
                    self._life = self._loop = self._main = None
            shown = None
            self._ended.wait(FAULT_PAUSE)

    async def _live(self, shown: tuple[Picture, Moment] | None) -> None:
        import asyncio  # noqa: PLC0415 - as above

        # httpx brings a command line along where rich is installed: 5 MiB, and 45 ms.
        with without("httpx._main"):
            from roomdisplay.sync.life import Life  # noqa: PLC0415 - as above

        life = Life(self._options, self._ledger, self._warm)
        with self._lock:
            self._loop, self._main = asyncio.get_running_loop(), asyncio.current_task()
            self._life = life
            early, stopping = list(self._early), self._ended.is_set()
            self._early.clear()
        if stopping:
            return
        for wish in early:
            self._do(wish)
        await life.run(shown)

    def _kept(self) -> tuple[Picture, Moment] | None:
        """The last good picture; where `unpair` or `reset` deleted the file, its copy goes, too."""
        if not (self._options.state_dir / CACHE).exists():
            self._warm.forget()
            return None
        return self._warm.read() or self._cold()

    def _cold(self) -> tuple[Picture, Moment] | None:
        """What a power cut left."""
        from roomdisplay.sync.cold_start import read_cache  # noqa: PLC0415 - only where needed

        try:
            return read_cache(self._options)
        except Exception:
            logger.exception("The cache could not be read by a fault of ours")
            return None

    def _show_at_once(self, picture: Picture, moment: Moment) -> None:
        """A picture is kept for a paired display only, and deleted with its pairing."""
        clocks, ledger = self._options.clocks, self._ledger
        boottime = clocks.boottime()
        clock = restored_clock(moment, clocks.boot_id, boottime)
        if clock is not None:
            ledger.clock = clock
        ledger.picture, ledger.standing = picture, Standing.PAIRED
        ledger.account = restored_account(moment, clocks.boot_id, boottime, ledger.clock)
        ledger.publish()


def create_engine(options: DisplayOptions) -> DisplayEngine:
    """The sync side of a display, not yet started."""
    return DisplayEngine(options)
