"""What the display knows at this moment, and the snapshots made of it. Belongs to the sync thread.

The one place where state changes; whoever changes something calls `publish` once afterwards.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from roomdisplay.model.clock import ClockReading
from roomdisplay.model.freshness import FreshnessAccount
from roomdisplay.model.pairing import PairingOffer, WayIn
from roomdisplay.model.roomstate import Standing
from roomdisplay.model.trouble import Trouble, TroubleKind
from roomdisplay.sync.options import Clocks
from roomdisplay.sync.picture import Moment, Picture
from roomdisplay.sync.snapshot import Call, Snapshot

logger = logging.getLogger(__name__)

CONTACT = "contact"
"""The source of what is wrong between the display and its Admin Center."""
_ORDER = {kind: place for place, kind in enumerate(TroubleKind)}


class Ledger:
    """The display's present knowledge."""

    def __init__(self, clocks: Clocks, texts: Mapping[str, str]) -> None:
        self._clocks = clocks
        self._listener: Callable[[Snapshot], None] | None = None
        self._troubles: dict[str, Trouble] = {}
        self.standing: Standing | None = None
        self.clock = ClockReading(utc=clocks.wall(), boottime=clocks.boottime(), trusted=False)
        self.picture: Picture | None = None
        self.account: FreshnessAccount | None = None
        self.pairing: PairingOffer | None = None
        self.way_in: WayIn | None = None
        self.call: Call | None = None
        self.pending: frozenset[str] = frozenset()
        self.notices: tuple[str, ...] = ()
        self.identify = False
        self.texts: dict[str, str] = dict(texts)
        self.snapshot = self._taken(1)

    def listen(self, listener: Callable[[Snapshot], None]) -> None:
        """Call `listener` with each new snapshot."""
        self._listener = listener

    def publish(self) -> None:
        """Hand out a new snapshot, if anything in it is new."""
        taken = self._taken(self.snapshot.generation + 1)
        if _content(taken) == _content(self.snapshot):
            return
        self.snapshot = taken
        if self._listener is not None:
            self._listener(taken)

    def now(self) -> datetime:
        """The display's best idea of the time, UTC."""
        return self.clock.at(self._clocks.boottime())

    @property
    def moment(self) -> Moment | None:
        """Freshness and clock as they are kept on disk; None: nothing was heard yet."""
        if self.account is None:
            return None
        return Moment(boot_id=self._clocks.boot_id, account=self.account, clock=self.clock)

    def trouble(self, source: str, kind: TroubleKind | None, detail: str = "") -> None:
        """Something of `source` broke or mended; logged at the edges only."""
        known = self._troubles.get(source)
        if kind is None:
            if known is not None:
                del self._troubles[source]
                lasted = self._clocks.boottime() - known.since
                logger.info("%s: well again after %.0f s", known.kind.value, lasted)
        elif known is None or known.kind is not kind:
            since = known.since if known else self._clocks.boottime()
            self._troubles[source] = Trouble(kind=kind, since=since, detail=detail)
            logger.warning("%s: %s", kind.value, detail)

    def troubled(self, source: str) -> bool:
        """Whether something of `source` is broken now."""
        return source in self._troubles

    def notice(self, key: str) -> None:
        """A lasting remark that the screen must name."""
        if key not in self.notices:
            self.notices = (*self.notices, key)

    def forget_room(self) -> None:
        """The pairing is lost: nothing of the room may be shown any more."""
        self.picture, self.account = None, None
        self.call, self.pending, self.identify = None, frozenset(), False

    def _taken(self, generation: int) -> Snapshot:
        troubles = sorted(self._troubles.values(), key=lambda t: _ORDER[t.kind])
        return Snapshot(
            generation=generation,
            standing=self.standing,
            clock=self.clock,
            schedule=self.picture.schedule if self.picture else None,
            account=self.account,
            pairing=self.pairing,
            way_in=self.way_in,
            trouble=troubles[0] if troubles else None,
            call=self.call,
            pending=self.pending,
            notices=self.notices,
            identify=self.identify,
            texts=dict(self.texts),
        )


def _content(snapshot: Snapshot) -> tuple[Any, ...]:
    """Everything but the generation, to tell news from repetition."""
    return tuple(
        getattr(snapshot, name) for name in Snapshot.__struct_fields__ if name != "generation"
    )
