"""The door to the database: transactions, and the news that follow a commit."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from roomdisplay.admin.news import News

_NEWS = "roomdisplay_news"
BUSY_TIMEOUT_MS = 10_000


class Store:
    """All that the Admin Center knows."""

    def __init__(self, url: str, news: News) -> None:
        self._news = news
        # An error's text is logged; what was to be written can be anybody's secret.
        self.engine = create_async_engine(url, hide_parameters=True)
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine.sync_engine, "connect", _prepare_sqlite)
            event.listen(self.engine.sync_engine, "begin", _begin_sqlite)
        self._writing = async_sessionmaker(
            self.engine.execution_options(roomdisplay_writes=True), expire_on_commit=False
        )
        self._reading = async_sessionmaker(self.engine, expire_on_commit=False)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Change the store: committed at the end, rolled back on an exception.

        News noted by `news_after_commit` go out after the commit, so that whoever hears them
        reads the new state. Never wait for the network inside: writers are one at a time.
        """
        async with self._writing() as session:
            async with session.begin():
                await _connected(session)
                yield session
            self._news.publish(session.info.get(_NEWS, ()))

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """Read one consistent state of the store beside any writer; changes are not kept."""
        async with self._reading() as session:
            await _connected(session)
            yield session

    async def close(self) -> None:
        """Close all connections."""
        await self.engine.dispose()


async def _connected(session: AsyncSession) -> None:
    """Give the session its connection, even to somebody who is cancelled meanwhile.

    A connection that is being opened when its opener is cancelled would belong to nobody, and
    never be closed.
    """
    opening = asyncio.ensure_future(session.connection())
    try:
        await asyncio.shield(opening)
    except asyncio.CancelledError:
        await asyncio.wait([opening])
        if not opening.cancelled():
            opening.exception()  # whoever is cancelled has no use for it
        raise


def news_after_commit(session: AsyncSession, *topics: str) -> None:
    """Publish `topics` when the session's transaction has been committed."""
    session.info.setdefault(_NEWS, set()).update(topics)


def _prepare_sqlite(connection: sqlite3.Connection, _record: ConnectionPoolEntry) -> None:
    """Set up a new connection: readers beside one writer, references kept, power cuts survived."""
    connection.isolation_level = None  # we say BEGIN ourselves, see _begin_sqlite
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """Begin a writing transaction as one: SQLite cannot wait when a reader turns into a writer."""
    writes = connection.get_execution_options().get("roomdisplay_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
