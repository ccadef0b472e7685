"""Reads server-sent events from bytes as they come (HTML standard, section 9.2.6), bounded."""

from __future__ import annotations

from dataclasses import dataclass

from roomdisplay.model.wire import BODY_LIMIT


class EventTooLongError(ValueError):
    """The other side sends without end and never finishes an event."""


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One event: its type and its data."""

    kind: str
    data: str


class EventReader:
    """Feed it chunks cut anywhere; it gives the events that were completed by them.

    Ids and retry times are not used by the device protocol and are ignored, as are comments.
    """

    def __init__(self, limit: int = BODY_LIMIT) -> None:
        self._limit = limit
        self._rest = b""
        self._after_return = False
        self._kind = ""
        self._data: list[str] = []
        self._size = 0
        self._first_line = True

    def feed(self, chunk: bytes) -> list[ServerEvent]:
        """The events that this chunk completes.

        Raises:
            EventTooLongError: more than the limit came without the end of an event.
        """
        events: list[ServerEvent] = []
        for line in self._lines(chunk):
            event = self._line(line)
            if event is not None:
                events.append(event)
        if self._size + len(self._rest) > self._limit:
            raise EventTooLongError(f"more than {self._limit} bytes in one event")
        return events

    def _lines(self, chunk: bytes) -> list[bytes]:
        r"""Complete lines, ended by \n, \r or \r\n; an \r at the very end may be half of one."""
        if self._after_return and chunk[:1] == b"\n":
            chunk = chunk[1:]
        if chunk:
            self._after_return = chunk.endswith(b"\r")
        whole = (self._rest + chunk).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *lines, self._rest = whole.split(b"\n")
        return lines

    def _line(self, raw: bytes) -> ServerEvent | None:
        self._size += len(raw)
        line = raw.decode("utf-8", "replace")
        if self._first_line:
            self._first_line = False
            line = line.removeprefix("\ufeff")
        if not line:
            return self._dispatched()
        if line.startswith(":"):
            self._size -= len(raw)  # a comment is life, not data
            return None
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            self._kind = value
        elif field == "data":
            self._data.append(value)
        return None

    def _dispatched(self) -> ServerEvent | None:
        kind, data = self._kind or "message", self._data
        self._kind, self._data, self._size = "", [], 0
        return ServerEvent(kind, "\n".join(data)) if data else None
