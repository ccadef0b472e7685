"""The audit log: who did what, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from roomdisplay.admin.context import Admin
from roomdisplay.admin.security.roles import Actor, Permission, require
from roomdisplay.admin.store.tables import AuditEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditView:
    """One entry, for a page."""

    at: datetime
    actor: str
    action: str
    subject_id: str | None
    room_id: str | None
    details: dict[str, str | int | None]


def record(
    admin: Admin,
    session: AsyncSession,
    actor: Actor,
    action: str,
    *,
    subject_id: str | None = None,
    room_id: str | None = None,
    **details: str | int | None,
) -> None:
    """Note in the same transaction that `actor` did `action`.

    Args:
        admin: for its clock.
        session: the transaction that does it.
        actor: who did it.
        action: a key such as "room.calendar_assigned".
        subject_id: what it was done to.
        room_id: the room it concerns, if one.
        details: names for people; never a secret, never a meeting's text.
    """
    session.add(
        AuditEntry(
            at=admin.clock(),
            actor_id=actor.id,
            actor_name=actor.name,
            action=action,
            subject_id=subject_id,
            room_id=room_id,
            details=details,
        )
    )


async def list_audit(
    admin: Admin, actor: Actor, *, room_id: str | None = None, limit: int = 200
) -> list[AuditView]:
    """The newest entries first, of one room if named."""
    require(actor, Permission.AUDIT)
    query = select(AuditEntry).order_by(AuditEntry.at.desc(), AuditEntry.id).limit(limit)
    if room_id is not None:
        query = query.where(AuditEntry.room_id == room_id)
    async with admin.store.reading() as session:
        return [
            AuditView(
                at=entry.at,
                actor=entry.actor_name,
                action=entry.action,
                subject_id=entry.subject_id,
                room_id=entry.room_id,
                details=entry.details,
            )
            for entry in await session.scalars(query)
        ]
