"""The store: transactions, their news, and a schema that agrees with the tables."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, select, text
from sqlalchemy.exc import IntegrityError, StatementError

from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import StartError
from roomdisplay.admin.news import News, room_topic
from roomdisplay.admin.store import Base, Store, news_after_commit
from roomdisplay.admin.store.migrate import alembic_config, migrate
from roomdisplay.admin.store.tables import Calendar, CalendarConnection, CalendarPicture, Room

ROWS_OF_THE_FIRST_RELEASE = """
INSERT INTO calendar_connections (id, service, name, "values", kind, check_every_s, created_at)
VALUES ('c', 'caldav', 'House', '{}', 'live', 60, '2026-01-01');
INSERT INTO calendars (id, connection_id, address, name, typed, failures, unconfirmed_empty,
warnings, unreadable) VALUES ('k', 'c', 'a', 'A', 0, 0, 0, '[]', 0);
INSERT INTO calendar_pictures (calendar_id, window_start, window_end, timezone, digest, body)
VALUES ('k', '2026-01-01', '2026-01-02', 'UTC', '', x'00');
INSERT INTO rooms (id, name, timezone, equipment, calendar_id, created_at)
VALUES ('r', 'Atlas', 'UTC', '[]', 'k', '2026-01-01')
"""


def a_room(at: datetime = datetime(2026, 1, 1, tzinfo=UTC), **facts: object) -> Room:
    return Room(name="Atlas", timezone="Europe/Paris", created_at=at, **facts)


async def test_migrated_schema_is_what_the_tables_say(admin: Admin) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return compare_metadata(context, Base.metadata)

    async with admin.store.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_migrating_twice_changes_nothing(admin: Admin) -> None:
    async with admin.store.transaction() as session:
        session.add(a_room())
    await migrate(admin.store)
    async with admin.store.reading() as session:
        assert (await session.scalars(select(Room.name))).all() == ["Atlas"]


async def test_a_store_of_the_first_release_is_brought_in_step_with_all_it_holds(
    tmp_path: Path,
) -> None:
    store = Store(f"sqlite+aiosqlite:///{tmp_path / 'admin.db'}", News())

    def first_release(connection: Connection) -> None:
        command.upgrade(alembic_config(connection), "0001")

    writing = store.engine.execution_options(roomdisplay_writes=True)
    async with writing.begin() as connection:
        await connection.run_sync(first_release)
        for statement in ROWS_OF_THE_FIRST_RELEASE.split(";"):
            await connection.execute(text(statement))
    await migrate(store)
    async with store.reading() as session:
        calendar = (await session.scalars(select(Calendar))).one()
        connection_row = (await session.scalars(select(CalendarConnection))).one()
        room = (await session.scalars(select(Room))).one()
        assert len((await session.scalars(select(CalendarPicture))).all()) == 1
    assert (calendar.told_by, calendar.throttled_until, connection_row.push) == (None, None, "none")
    assert room.calendar_id == calendar.id
    await store.close()


async def test_a_newer_schema_is_refused_with_words(admin: Admin) -> None:
    async with admin.store.transaction() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StartError, match="newer version of Room Display"):
        await migrate(admin.store)


async def test_instants_come_back_in_utc_and_naive_ones_are_refused(admin: Admin) -> None:
    paris = timezone(timedelta(hours=1))
    at = datetime(2026, 11, 23, 10, 30, 0, 123456, tzinfo=paris)
    async with admin.store.transaction() as session:
        session.add(a_room(at))
    async with admin.store.reading() as session:
        found = (await session.scalars(select(Room.created_at))).one()
    assert found == at
    assert found.tzinfo is UTC
    naive = datetime(2026, 11, 23, 10, 30)  # noqa: DTZ001 - what is refused
    with pytest.raises(StatementError, match="without a zone"):
        async with admin.store.transaction() as session:
            session.add(a_room(naive))


async def test_references_are_kept(admin: Admin) -> None:
    with pytest.raises(IntegrityError):
        async with admin.store.transaction() as session:
            session.add(a_room(calendar_id="nowhere"))


async def fail_in_a_transaction(admin: Admin) -> None:
    async with admin.store.transaction() as session:
        session.add(a_room())
        news_after_commit(session, room_topic("a"))
        await session.flush()
        _ = 1 // 0


async def test_news_go_out_after_the_commit_and_not_after_a_rollback(admin: Admin) -> None:
    heard: list[str] = []
    async with admin.news.subscribe([room_topic("a"), room_topic("b")]) as news:

        async def listen() -> None:
            topics = await news.wait()
            async with admin.store.reading() as session:
                heard.extend(topics | set(await session.scalars(select(Room.name))))

        listening = asyncio.create_task(listen())
        with pytest.raises(ZeroDivisionError):
            await fail_in_a_transaction(admin)
        async with admin.store.transaction() as session:
            session.add(a_room())
            await session.flush()
            news_after_commit(session, room_topic("b"), "pages")
            assert not listening.done()
        await listening
    assert sorted(heard) == ["Atlas", "room:b"]


async def test_many_writers_at_once_all_get_their_turn(admin: Admin) -> None:
    async def write(number: int) -> None:
        async with admin.store.transaction() as session:
            present = len((await session.scalars(select(Room))).all())
            session.add(a_room(floor=str(present)))
            assert number >= 0

    await asyncio.gather(*(write(number) for number in range(20)))
    async with admin.store.reading() as session:
        floors = sorted(int(floor or "") for floor in await session.scalars(select(Room.floor)))
    assert floors == list(range(20))  # nobody read what another was about to change


async def test_a_reader_sees_one_state_while_others_write(admin: Admin) -> None:
    async with admin.store.reading() as session:
        before = (await session.scalars(select(Room))).all()
        async with admin.store.transaction() as writing:
            writing.add(a_room())
        assert (await session.scalars(select(Room))).all() == before == []


async def test_damaged_database_is_refused_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "admin.db"
    path.write_bytes(b"not a database" * 1000)
    store = Store(f"sqlite+aiosqlite:///{path}", News())
    with pytest.raises(StartError, match="not a database"):
        await migrate(store)
    await store.close()
    assert path.read_bytes().startswith(b"not a database")


async def test_a_reader_cancelled_at_any_moment_leaves_no_connection_open(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    for moment in range(40):
        store = Store(f"sqlite+aiosqlite:///{tmp_path / 'cancelled.db'}", News())

        async def read(store: Store = store) -> None:
            async with store.reading() as session:
                await session.execute(text("SELECT 1"))

        task = asyncio.create_task(read())
        asyncio.get_running_loop().call_later(moment / 10_000, task.cancel)
        (outcome,) = await asyncio.gather(task, return_exceptions=True)
        await store.close()
        # One that is left open in the midst of being set up locks the others out.
        assert outcome is None or isinstance(outcome, asyncio.CancelledError), outcome
    opened = set(threading.enumerate()) - before
    for thread in opened:  # each connection has one, which ends when it is closed
        await asyncio.to_thread(thread.join, 2)
    assert [thread.name for thread in opened if thread.is_alive()] == []
