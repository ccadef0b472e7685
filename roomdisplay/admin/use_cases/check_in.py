"""Check-in: somebody says at a display that the meeting takes place."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import NotFoundError, RefusedError
from roomdisplay.admin.news import PAGES, room_topic
from roomdisplay.admin.security.roles import SYSTEM
from roomdisplay.admin.store import news_after_commit
from roomdisplay.admin.store.tables import CheckIn, Device, IdempotencyKey, Room
from roomdisplay.admin.use_cases.audit import record
from roomdisplay.admin.use_cases.schedule import gather, meeting_id_key
from roomdisplay.admin.visible import check_in_window, meeting_id

KEYS_KEPT_FOR = timedelta(days=14)
_MOST_AGO = timedelta(days=2)
_OK = 200


async def check_in(
    admin: Admin, device_id: str, meeting: str, ago: timedelta, key: str
) -> datetime:
    """Check in to a meeting; when it was done. All displays of the room hear of it.

    Args:
        admin: the Admin Center.
        device_id: the display that was tapped.
        meeting: the meeting's id as displays know it.
        ago: how long ago the tap was, on the display's boot-time clock; a tap made offline counts
            if check-in was open then.
        key: the tap's idempotency key; the same one again answers the same and does nothing.

    Raises:
        RefusedError: "no_room", "key_reused" (the key was used for something else) or
            "check_in_closed" (not asked for, not yet, or not any more).
        NotFoundError: there is no such display, or no such meeting in its room.
    """
    now = admin.clock()
    tapped = now - min(max(ago, timedelta(0)), _MOST_AGO)
    async with admin.store.transaction() as session:
        device = await session.get(Device, device_id)
        if device is None or device.revoked_at is not None:
            raise NotFoundError("device_gone")
        room = await session.get(Room, device.room_id) if device.room_id else None
        if room is None:
            raise RefusedError("no_room")
        if answered := await _answered(session, device_id, key, meeting):
            return answered
        done_at = await _done_at(session, room, meeting)
        if done_at is None:
            await _require_open(admin, session, device, room, meeting=meeting, tapped=tapped)
            done_at = tapped
            session.add(
                CheckIn(room_id=room.id, meeting_id=meeting, done_at=tapped, device_id=device_id)
            )
            news_after_commit(session, PAGES, room_topic(room.id))
            record(
                admin, session, SYSTEM, "meeting.checked_in", subject_id=device_id, room_id=room.id
            )
        session.add(
            IdempotencyKey(
                device_id=device_id,
                key=key,
                request_hash=_request(meeting),
                created_at=now,
                status=_OK,
                body=done_at.isoformat().encode(),
            )
        )
        return done_at


async def forget_old_keys(session: AsyncSession, now: datetime) -> None:
    """Remove keys and check-ins that nobody asks for any more."""
    since = now - KEYS_KEPT_FOR
    await session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < since))
    await session.execute(delete(CheckIn).where(CheckIn.done_at < since))


async def _answered(
    session: AsyncSession, device_id: str, key: str, meeting: str
) -> datetime | None:
    known = await session.get(IdempotencyKey, (device_id, key))
    if known is None:
        return None
    if not hmac.compare_digest(known.request_hash, _request(meeting)):
        raise RefusedError("key_reused")
    return datetime.fromisoformat(known.body.decode())


async def _done_at(session: AsyncSession, room: Room, meeting: str) -> datetime | None:
    query = select(CheckIn).where(CheckIn.room_id == room.id, CheckIn.meeting_id == meeting)
    done = await session.scalar(query)
    return done.done_at if done else None


async def _require_open(
    admin: Admin,
    session: AsyncSession,
    device: Device,
    room: Room,
    *,
    meeting: str,
    tapped: datetime,
) -> None:
    facts, _ = await gather(admin, session, room, device)
    id_key, calendar_id = meeting_id_key(admin), room.calendar_id or ""
    kept = facts.picture.meetings if facts.picture else ()
    found = next(
        (one for one in kept if meeting_id(id_key, calendar_id, one.source_id) == meeting), None
    )
    if found is None:
        raise NotFoundError("meeting_gone")
    policy = facts.effective.check_in
    if policy is None or found.all_day:
        raise RefusedError("check_in_closed")
    if not check_in_window(policy, found.start, found.end).is_open(tapped):
        raise RefusedError("check_in_closed")


def _request(meeting: str) -> str:
    return hashlib.sha256(f"check-in\n{meeting}".encode()).hexdigest()
