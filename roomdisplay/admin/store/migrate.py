"""Bringing the store's schema in step with the program."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError

from roomdisplay.admin.errors import StartError
from roomdisplay.admin.store.database import Store

_FOLDER = Path(__file__).with_name("migrations")


async def migrate(store: Store) -> None:
    """Run the migrations that are missing; all of them on an empty store.

    Raises:
        StartError: a newer version of the program has written this store, or it is damaged.
    """
    writing = store.engine.execution_options(roomdisplay_writes=True)
    try:
        async with writing.begin() as connection:
            await connection.run_sync(_upgrade)
    except DatabaseError as error:
        raise StartError(f"The store cannot be used: {error.orig}. Restore a backup.") from error


def alembic_config(connection: Connection) -> Config:
    """Alembic, pointed at the package's migrations and an open connection."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection) -> None:
    config = alembic_config(connection)
    known = ScriptDirectory.from_config(config)
    for revision in MigrationContext.configure(connection).get_current_heads():
        try:
            known.get_revision(revision)
        except CommandError as error:
            raise StartError(
                f"The data folder was written by a newer version of Room Display (schema"
                f" {revision}). Install that version, or restore the backup made before it."
            ) from error
    command.upgrade(config, "head")
