"""The device protocol's requests as the sync side needs them, each answer read whole or refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote

import msgspec

from roomdisplay.device.http import Answer, AnswerStream, DeviceHttp
from roomdisplay.device.http_errors import ServerTrouble
from roomdisplay.model.trouble import TroubleKind
from roomdisplay.model.wire import (
    FRESHNESS_HEADER,
    SCHEDULE_LIMIT,
    ActionRequest,
    CommandResult,
    FreshnessMessage,
    HealthReport,
    JoinTicketMessage,
    JoinTicketsMessage,
    ScheduleMessage,
)
from roomdisplay.model.wire_schedule import schedule_from_message
from roomdisplay.sync.outbox import Entry
from roomdisplay.sync.picture import Picture
from roomdisplay.sync.plan import Heard

_BASE = "/device/v1"
_ETAG_LIMIT = 130


class BadScheduleError(ServerTrouble):
    """The server's schedule is cut, of a wrong shape, or impossible; it is refused whole."""


class RoomlessError(Exception):
    """The server knows this display, but it stands at no room."""


class RefusedError(Exception):
    """The server's final answer to an action is no; `key` names the registered problem."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleAnswer:
    """What a conditional fetch brought."""

    heard: Heard
    picture: Picture | None
    """None: what the display has is still right (304)."""


class ServerClient:
    """Requests of one paired display.

    Every method raises `ServerTrouble` when no usable answer came, and `TokenRejected` when the
    server does not know the token.
    """

    def __init__(self, http: DeviceHttp, token: str) -> None:
        self._http = http
        self._token = token

    async def schedule(self, etag: str | None) -> ScheduleAnswer:
        """Fetch the schedule, if it is another than the one under `etag`.

        Raises:
            BadScheduleError: what came is no valid schedule.
            RoomlessError: the display has no room.
        """
        answer = await self._http.request(
            "GET",
            f"{_BASE}/schedule",
            headers={"If-None-Match": f'"{etag}"'} if etag else None,
            token=self._token,
            limit=SCHEDULE_LIMIT,
        )
        if answer.problem == "no_room":
            raise RoomlessError
        if answer.status == HTTPStatus.NOT_MODIFIED and etag:
            return ScheduleAnswer(heard=_heard(answer), picture=None)
        if answer.status != HTTPStatus.OK:
            raise _unexpected(answer)
        return ScheduleAnswer(heard=_heard(answer), picture=_picture(answer))

    async def tickets(self) -> tuple[JoinTicketMessage, ...]:
        """The addresses of the conferences that may be joined now or soon; keep in memory only."""
        answer = await self._http.request("GET", f"{_BASE}/join", token=self._token)
        if answer.problem is not None:  # not the conference display, or no room: nothing to join
            return ()
        if answer.status != HTTPStatus.OK:
            raise _unexpected(answer)
        return tuple(answer.decode(JoinTicketsMessage).tickets)

    async def check_in(self, entry: Entry, ago: float) -> None:
        """Tell that somebody is here, `ago` seconds after the tap.

        Raises:
            RefusedError: the server's answer is final, and no.
        """
        await self._act(f"{_BASE}/meetings/{_segment(entry.meeting_id)}/check-in", entry.key, ago)

    async def join_elsewhere(self, meeting_id: str, key: str) -> None:
        """Let the room's conference display open the meeting's call.

        Raises:
            RefusedError: there is no such meeting, or no conference display.
        """
        await self._act(f"{_BASE}/meetings/{_segment(meeting_id)}/join", key, 0.0)

    async def health(self, report: HealthReport) -> None:
        """Tell how this display is."""
        await self._told(f"{_BASE}/health", report)

    async def command_result(self, command_id: str, result: CommandResult) -> None:
        """Tell that a command was carried out, or why not; the server stops repeating it."""
        await self._told(f"{_BASE}/commands/{_segment(command_id)}/result", result)

    @asynccontextmanager
    async def stream(self) -> AsyncIterator[AnswerStream]:
        """Open the stream of news.

        Raises:
            RoomlessError: the display has no room.
        """
        headers = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
        async with self._http.stream(
            "GET", f"{_BASE}/stream", headers=headers, token=self._token
        ) as stream:
            kind = stream.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            if kind != "text/event-stream":
                raise ServerTrouble(TroubleKind.FOREIGN_ANSWER, f"the stream is {kind[:60]!r}")
            yield stream

    async def _act(self, path: str, key: str, ago: float) -> None:
        answer = await self._http.request(
            "POST",
            path,
            json=ActionRequest(ago_s=ago),
            headers={"Idempotency-Key": key},
            token=self._token,
        )
        if answer.problem is not None:
            raise RefusedError(answer.problem)
        if answer.status >= HTTPStatus.MULTIPLE_CHOICES:
            raise _unexpected(answer)

    async def _told(self, path: str, message: HealthReport | CommandResult) -> None:
        answer = await self._http.request("POST", path, json=message, token=self._token)
        gone = answer.problem == "not_found"
        if not gone and answer.status >= HTTPStatus.BAD_REQUEST:
            raise _unexpected(answer)


def read_freshness(text: str | bytes) -> FreshnessMessage:
    """What a header or a beat says of the freshness.

    Raises:
        ServerTrouble: it is not readable.
    """
    try:
        return msgspec.json.decode(text, type=FreshnessMessage)
    except (msgspec.MsgspecError, ValueError) as error:
        raise ServerTrouble(TroubleKind.SERVER_FAILING, f"unreadable freshness: {error}") from None


def _segment(identifier: str) -> str:
    """An id as one segment of a path, whatever characters it has."""
    return quote(identifier, safe="")


def _heard(answer: Answer) -> Heard:
    return Heard(
        message=read_freshness(answer.headers.get(FRESHNESS_HEADER, "")),
        sent=answer.sent_at_boottime,
        received=answer.received_at_boottime,
    )


def _picture(answer: Answer) -> Picture:
    etag = answer.headers.get("ETag", "").removeprefix("W/").strip('"')
    if not 0 < len(etag) <= _ETAG_LIMIT or not etag.isascii() or not etag.isprintable():
        raise BadScheduleError(TroubleKind.SERVER_FAILING, "a schedule without a usable ETag")
    try:
        message = msgspec.json.decode(answer.body, type=ScheduleMessage)
        return Picture(schedule=schedule_from_message(message), etag=etag)
    except (msgspec.MsgspecError, ValueError) as error:
        detail = f"invalid schedule: {error}"[:200]
        raise BadScheduleError(TroubleKind.SERVER_FAILING, detail) from None


def _unexpected(answer: Answer) -> ServerTrouble:
    newer = answer.status == HTTPStatus.NOT_FOUND and answer.problem is None
    kind = TroubleKind.PROTOCOL_TOO_NEW if newer else TroubleKind.SERVER_FAILING
    return ServerTrouble(kind, answer.problem or f"HTTP {answer.status}")
