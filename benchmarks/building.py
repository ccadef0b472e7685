"""An Admin Center with the sample building, as a process of its own, for the benchmarks.

Usage: python -m benchmarks.building FOLDER. Prints one JSON object a line: first its address, then
an answer to each line it is given: `approve CODE` pairs the display that shows CODE with the room;
`commit NAME` gives the room that name, which every display of it shows.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from benchmarks.told import orders, say
from roomdisplay.admin.context import Admin
from roomdisplay.admin.server import serve
from roomdisplay.admin.settings import ServerSettings
from roomdisplay.admin.use_cases.pairing import approve_pairing, look_up_pairing
from roomdisplay.admin.use_cases.rooms import RoomInput, edit_room
from roomdisplay.demo.clock import ZONE
from roomdisplay.demo.furnish import Furnished, furnish
from roomdisplay.model.room import Place

Work = Callable[[Admin, asyncio.Event], Coroutine[Any, Any, None]]
"""What is done in a running Admin Center; sets the event when it is over."""


async def obey(admin: Admin, furnished: Furnished, order: str, argument: str) -> None:
    """Do one thing that an administrator would."""
    if order == "approve":
        pending = await look_up_pairing(
            admin, furnished.owner, argument, session_id="benchmark", address="127.0.0.1"
        )
        await approve_pairing(
            admin, furnished.owner, pending.id, room_id=furnished.atlas, place=Place.INSIDE
        )
        say(approved=argument)
    elif order == "commit":
        begun = time.monotonic()
        room = RoomInput(name=argument, timezone=ZONE.key)
        await edit_room(admin, furnished.owner, furnished.atlas, room)
        say(begun=begun, committed=time.monotonic())
    else:
        say(error=f"no such order: {order}")


async def work(admin: Admin, stop: asyncio.Event) -> None:
    """Furnish the building, then obey until there are no more lines."""
    furnished = await furnish(admin, "en")
    say(server=admin.settings.canonical_origin)
    async for line in orders():
        order, _, argument = line.partition(" ")
        await obey(admin, furnished, order, argument)
    stop.set()


async def serving(folder: Path, work: Work) -> None:
    """Serve on a free port of the loopback until `work` is done."""
    stop = asyncio.Event()
    tasks: list[asyncio.Task[None]] = []

    def ready(admin: Admin) -> None:
        tasks.append(asyncio.create_task(work(admin, stop)))

    settings = ServerSettings(data_dir=folder / "admin", port=0, seal_key_file=folder / "admin.key")
    await serve(settings, ready=ready, stop=stop)
    await asyncio.gather(*tasks)


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR)
    asyncio.run(serving(Path(sys.argv[1]), work))
