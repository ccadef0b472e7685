"""The stream of news, as typed items; the stream carries news, never data."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import msgspec

from roomdisplay.device.http_errors import ServerTrouble
from roomdisplay.model.trouble import TroubleKind
from roomdisplay.model.wire import CommandMessage, Message, ScheduleNews
from roomdisplay.sync.client import ServerClient, read_freshness
from roomdisplay.sync.events import EventReader, EventTooLongError, ServerEvent
from roomdisplay.sync.plan import Heard

StreamItem = ScheduleNews | CommandMessage | Heard

_MESSAGES: dict[str, type[Message]] = {"schedule": ScheduleNews, "command": CommandMessage}


async def follow(
    client: ServerClient, boottime: Callable[[], float]
) -> AsyncIterator[list[StreamItem]]:
    """Open the stream; what arrives together comes together. The first list says it stands.

    Args:
        client: of the paired display.
        boottime: CLOCK_BOOTTIME, seconds.

    Raises:
        ServerTrouble: it broke, fell silent, or what came is not the protocol's.
        TokenRejected: the server does not know the token.
    """
    reader = EventReader()
    async with client.stream() as stream:
        yield []
        async for chunk in stream.chunks:
            received = boottime()
            try:
                events = reader.feed(chunk)
            except EventTooLongError as error:
                raise ServerTrouble(TroubleKind.FOREIGN_ANSWER, str(error)) from None
            items = [item for event in events if (item := _item(event, received)) is not None]
            if items:
                yield items


def _item(event: ServerEvent, received: float) -> StreamItem | None:
    """The item, or None for one of a newer server, which is ignored."""
    if event.kind == "beat":
        message = read_freshness(event.data)
        return Heard(message=message, sent=received, received=received, is_beat=True)
    kind = _MESSAGES.get(event.kind)
    if kind is None:
        return None
    try:
        item = msgspec.json.decode(event.data, type=kind)
    except (msgspec.MsgspecError, ValueError):
        return None  # such as a command of a kind not known here
    assert isinstance(item, ScheduleNews | CommandMessage)
    return item
