"""Tokens that calendar services issue: sealed, of one connection, durable before they are used."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from roomdisplay.admin.context import Admin
from roomdisplay.admin.security.sealing import UnsealError
from roomdisplay.admin.store.tables import CalendarConnection, ConnectionToken


class StoredTokens:
    """The tokens of one connection; a `roomdisplay.connectors.base.TokenStore`."""

    def __init__(self, admin: Admin, connection_id: str) -> None:
        self._admin = admin
        self._connection_id = connection_id

    async def read(self, subject: str) -> bytes | None:
        """What was kept last; None, too, where it was sealed with a key that is here no more."""
        async with self._admin.store.reading() as session:
            row = await session.get(ConnectionToken, (self._connection_id, subject))
        return None if row is None else _unsealed(self._admin, row)

    async def write(self, subject: str, value: bytes | None) -> None:
        """Keep `value`, durable when this returns; nothing is kept of what was disconnected."""
        async with self._admin.store.transaction() as session:
            if await session.get(CalendarConnection, self._connection_id) is None:
                return
            await _put(self._admin, session, self._connection_id, subject, value)


async def all_tokens(admin: Admin, connection_id: str) -> dict[str, bytes]:
    """Every token of a connection by its subject."""
    query = select(ConnectionToken).where(ConnectionToken.connection_id == connection_id)
    async with admin.store.reading() as session:
        found = {row.subject: _unsealed(admin, row) for row in await session.scalars(query)}
    return {subject: value for subject, value in found.items() if value is not None}


async def replace_tokens(
    admin: Admin, session: AsyncSession, connection_id: str, kept: Mapping[str, bytes]
) -> None:
    """Have a connection hold exactly these, as of the end of the transaction."""
    every = delete(ConnectionToken).where(ConnectionToken.connection_id == connection_id)
    await session.execute(every.where(ConnectionToken.subject.not_in(list(kept))))
    for subject, value in kept.items():
        await _put(admin, session, connection_id, subject, value)


async def _put(
    admin: Admin, session: AsyncSession, connection_id: str, subject: str, value: bytes | None
) -> None:
    row = await session.get(ConnectionToken, (connection_id, subject))
    if value is None:
        if row is not None:
            await session.delete(row)
        return
    if row is None:
        row = ConnectionToken(connection_id=connection_id, subject=subject)
        session.add(row)
    row.sealed = admin.sealer.seal(value, _owner(connection_id, subject))
    row.written_at = admin.clock()


def _unsealed(admin: Admin, row: ConnectionToken) -> bytes | None:
    try:
        return admin.sealer.unseal(row.sealed, _owner(row.connection_id, row.subject))
    except UnsealError:
        return None


def _owner(connection_id: str, subject: str) -> str:
    return f"token:{connection_id}:{subject}"
