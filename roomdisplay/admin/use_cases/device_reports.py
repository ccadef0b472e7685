"""What displays tell of themselves, and what they are told to do until they say that they did."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import or_, select

from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import NotFoundError, RefusedError
from roomdisplay.admin.news import PAGES, device_topic
from roomdisplay.admin.store import new_id, news_after_commit
from roomdisplay.admin.store.tables import Command, Device, IdempotencyKey, Room
from roomdisplay.admin.use_cases.devices import OFFLINE_AFTER, device_row
from roomdisplay.admin.use_cases.reach import conference_display, displays_of_room
from roomdisplay.admin.use_cases.schedule import join_tickets
from roomdisplay.model.wire import CommandMessage, CommandResult, HealthReport

JOIN_WITHIN = timedelta(seconds=60)
"""A call that was asked for at a panel opens at once or not at all."""
_COMMANDS_AT_ONCE = 20
_AGES = ("cache_age_s", "uptime_s")
"""What changes with every report and is no news."""


async def record_health(
    admin: Admin, device_id: str, report: HealthReport, address: str | None
) -> None:
    """Keep a display's report; pages hear of it only if it says something new.

    Raises:
        NotFoundError: there is no such display (any more).
    """
    told = msgspec.to_builtins(report)
    async with admin.store.transaction() as session:
        device = await device_row(session, device_id)
        now, before = admin.clock(), device.health or {}
        was_away = device.last_seen_at is None or now - device.last_seen_at >= OFFLINE_AFTER
        if was_away or _news(before) != _news(told):
            news_after_commit(session, PAGES)
        device.health, device.health_at, device.last_seen_at = told, now, now
        if device.news_at is not None and report.schedule_etag == device.news_etag:
            device.sync_delay_ms = max(0, round((now - device.news_at) / timedelta(milliseconds=1)))
            device.news_at = None
            news_after_commit(session, PAGES)
        device.version, device.last_address = report.version, address


async def note_news(admin: Admin, device_id: str, etag: str, at: datetime) -> None:
    """Remember that a display's stream told of a change `at`, to measure when it is shown.

    Raises:
        NotFoundError: there is no such display (any more).
    """
    async with admin.store.transaction() as session:
        device = await device_row(session, device_id)
        device.news_etag, device.news_at = etag, at


async def pending_commands(admin: Admin, device_id: str) -> list[CommandMessage]:
    """What a display was told to do and has not answered yet, the oldest first."""
    now = admin.clock()
    query = (
        select(Command)
        .where(
            Command.device_id == device_id,
            Command.done_at.is_(None),
            or_(Command.expires_at.is_(None), Command.expires_at > now),
        )
        .order_by(Command.created_at, Command.id)
        .limit(_COMMANDS_AT_ONCE)
    )
    async with admin.store.reading() as session:
        found = list(await session.scalars(query))
    # A command of a kind that this version does not know is of a newer one, and left to it.
    return [
        msgspec.convert(
            {
                "id": one.id,
                "kind": one.kind,
                "meeting_id": one.meeting_id,
                "expires_at": one.expires_at,
            },
            CommandMessage,
        )
        for one in found
        if one.kind in {"identify", "restart", "join"}
    ]


async def command_done(
    admin: Admin, device_id: str, command_id: str, result: CommandResult
) -> None:
    """A display says that it did what it was told, or why not; saying it twice does no harm.

    Raises:
        NotFoundError: it was never told that.
    """
    async with admin.store.transaction() as session:
        command = await session.get(Command, command_id)
        if command is None or command.device_id != device_id:
            raise NotFoundError("command_gone")
        if command.done_at is None:
            command.done_at = admin.clock()
            command.ok, command.detail = result.ok, result.detail
            news_after_commit(session, PAGES)


async def ask_to_join(admin: Admin, device_id: str, meeting_id: str, key: str) -> str:
    """A panel was tapped: have the room's conference display open the meeting's call.

    Returns:
        The id of the command.

    Raises:
        RefusedError: "no_room", "no_conference_display", "display_offline", or "key_reused".
        NotFoundError: there is no such display, or no such meeting that can be joined now.
    """
    async with admin.store.reading() as session:
        device = await device_row(session, device_id)
        room = await session.get(Room, device.room_id) if device.room_id else None
        if room is None:
            raise RefusedError("no_room")
        displays = await displays_of_room(session, room.id)
    chosen = conference_display(displays)
    if chosen is None or chosen == device_id:
        raise RefusedError("no_conference_display")
    known = await _known_join(admin, device_id, meeting_id, key)
    if known is not None:
        return known
    _require_online(admin, next(one for one in displays if one.id == chosen))
    open_now = (await join_tickets(admin, chosen)).tickets
    if all(ticket.meeting_id != meeting_id for ticket in open_now):
        raise NotFoundError("meeting_gone")
    return await _tell_to_join(admin, device_id, chosen, meeting_id, key)


async def _known_join(admin: Admin, device_id: str, meeting_id: str, key: str) -> str | None:
    async with admin.store.reading() as session:
        known = await session.get(IdempotencyKey, (device_id, key))
    if known is None:
        return None
    if not hmac.compare_digest(known.request_hash, _request(meeting_id)):
        raise RefusedError("key_reused")
    return known.body.decode()


async def _tell_to_join(
    admin: Admin, device_id: str, chosen: str, meeting_id: str, key: str
) -> str:
    now = admin.clock()
    async with admin.store.transaction() as session:
        if await session.get(IdempotencyKey, (device_id, key)) is not None:
            raise RefusedError("key_reused")  # twice in the same instant
        command = Command(
            id=new_id(),
            device_id=chosen,
            kind="join",
            meeting_id=meeting_id,
            created_at=now,
            expires_at=now + JOIN_WITHIN,
        )
        session.add(command)
        session.add(
            IdempotencyKey(
                device_id=device_id,
                key=key,
                request_hash=_request(meeting_id),
                created_at=now,
                status=202,
                body=command.id.encode(),
            )
        )
        news_after_commit(session, device_topic(chosen))
        return command.id


def _require_online(admin: Admin, device: Device) -> None:
    seen = device.last_seen_at
    if seen is None or admin.clock() - seen >= OFFLINE_AFTER:
        raise RefusedError("display_offline")


def _news(health: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in health.items() if name not in _AGES}


def _request(meeting_id: str) -> str:
    return hashlib.sha256(f"join\n{meeting_id}".encode()).hexdigest()
