"""What the Admin Center tells one display to do; repeated by it until acknowledged."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from roomdisplay.device.http_errors import ServerTrouble, TokenRejected
from roomdisplay.model.wire import CommandMessage, CommandResult
from roomdisplay.sync.client import ServerClient
from roomdisplay.sync.ledger import Ledger
from roomdisplay.sync.options import Clocks

logger = logging.getLogger(__name__)

IDENTIFY_SHOWN = 30.0
"""Seconds for which a display shows which one it is."""
_REMEMBERED = 100


class Commands:
    """Carries out each command once, however often it is told."""

    def __init__(
        self,
        client: ServerClient,
        ledger: Ledger,
        clocks: Clocks,
        *,
        join: Callable[[str], Awaitable[None]],
        restart: Callable[[], None],
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._clocks = clocks
        self._join = join
        self._restart = restart
        self._done: dict[str, CommandResult] = {}
        self._identified = 0

    async def carry_out(self, command: CommandMessage) -> None:
        """Do what is told, unless it was done or its time is over, and acknowledge it."""
        known = self._done.get(command.id)
        result = known or self._judged(command)
        self._done[command.id] = result
        while len(self._done) > _REMEMBERED:
            del self._done[next(iter(self._done))]
        try:
            await self._client.command_result(command.id, result)
        except (ServerTrouble, TokenRejected) as error:
            logger.info("The result of a command could not be told: %s", error)
            if command.kind == "restart":
                del self._done[command.id]  # not restarted yet: it will be told again
                return
        if known is None and result.ok:
            logger.info("The Admin Center asks to %s", command.kind)
            await self._do(command)

    def _judged(self, command: CommandMessage) -> CommandResult:
        late = command.expires_at is not None and self._ledger.now() >= command.expires_at
        if late and self._ledger.clock.trusted:
            return CommandResult(ok=False, detail="expired")
        if command.kind == "join" and command.meeting_id is None:
            return CommandResult(ok=False, detail="no meeting")
        return CommandResult(ok=True)

    async def _do(self, command: CommandMessage) -> None:
        if command.kind == "restart":
            self._restart()
        elif command.kind == "join" and command.meeting_id is not None:
            await self._join(command.meeting_id)
        elif command.kind == "identify":
            await self._identify()

    async def _identify(self) -> None:
        self._identified += 1
        mine = self._identified
        self._ledger.identify = True
        self._ledger.publish()
        await asyncio.sleep(IDENTIFY_SHOWN / self._clocks.speed)
        if mine == self._identified:
            self._ledger.identify = False
            self._ledger.publish()
