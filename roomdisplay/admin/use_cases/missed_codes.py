"""Codes that were entered and that nothing waits for: one is a slip, many are somebody guessing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from roomdisplay.admin.context import Admin
from roomdisplay.admin.news import PAGES
from roomdisplay.admin.security.roles import SYSTEM, Actor, Permission, require
from roomdisplay.admin.store import news_after_commit
from roomdisplay.admin.store.tables import AuditEntry
from roomdisplay.admin.use_cases.audit import record

PAIRING_MISSED = "pairing.code_missed"
ACTIVATION_MISSED = "code.missed"
WITHIN = timedelta(hours=1)
REPEATED = 5
"""Misses within the hour that are worth a word; from the fifth on a browser has to wait."""
_NOTED = 500
"""Missed activation codes noted within an hour: anybody can send them, and the log has to last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedCodes:
    """How often codes of one kind were missed within the last hour."""

    action: str
    """The audit log's: `PAIRING_MISSED` or `ACTIVATION_MISSED`."""
    count: int
    addresses: int
    """How many different ones they came from."""
    last_at: datetime


async def repeated_misses(admin: Admin, actor: Actor) -> list[MissedCodes]:
    """The kinds of code that were missed repeatedly within the last hour."""
    require(actor, Permission.AUDIT)
    query = select(AuditEntry).where(
        AuditEntry.at > admin.clock() - WITHIN,
        AuditEntry.action.in_((PAIRING_MISSED, ACTIVATION_MISSED)),
    )
    missed: dict[str, list[AuditEntry]] = {}
    async with admin.store.reading() as session:
        for entry in await session.scalars(query):
            missed.setdefault(entry.action, []).append(entry)
    return [
        MissedCodes(
            action=action,
            count=len(entries),
            addresses=len({entry.details.get("address") for entry in entries}),
            last_at=max(entry.at for entry in entries),
        )
        for action, entries in sorted(missed.items())
        if len(entries) >= REPEATED
    ]


async def note_missed_activation(admin: Admin, address: str | None) -> None:
    """Note that a display sent an activation code which is of no use (any more)."""
    recent = select(func.count()).where(
        AuditEntry.at > admin.clock() - WITHIN, AuditEntry.action == ACTIVATION_MISSED
    )
    async with admin.store.transaction() as session:
        if (await session.scalar(recent) or 0) < _NOTED:
            record(admin, session, SYSTEM, ACTIVATION_MISSED, address=address)
            news_after_commit(session, PAGES)
