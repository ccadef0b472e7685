"""The outbox at work: what somebody tapped is never out of sight while it waits."""

from __future__ import annotations

import asyncio
from pathlib import Path

from roomdisplay.sync.deliveries import Deliveries
from roomdisplay.sync.ledger import Ledger
from roomdisplay.sync.options import Clocks
from roomdisplay.sync.outbox import Outbox
from roomdisplay.sync.picture import Picture


async def test_a_list_read_before_a_tap_does_not_hide_it(picture: Picture, tmp_path: Path) -> None:
    clocks = Clocks(boot_id="boot-1")
    ledger = Ledger(clocks, {})
    ledger.picture = picture
    deliveries = Deliveries(Outbox(tmp_path / "outbox.db"), ledger, clocks)
    await deliveries.open()
    seen: list[frozenset[str]] = []
    ledger.listen(lambda snapshot: seen.append(snapshot.pending))
    listing = asyncio.create_task(deliveries._tell_pending())
    await asyncio.sleep(0)  # the list is being read
    await deliveries.check_in("m1")
    await listing
    assert ledger.pending == {"m1"}
    assert seen == [frozenset({"m1"})]
    await deliveries.close()
