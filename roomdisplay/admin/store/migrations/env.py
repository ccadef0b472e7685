"""Alembic's entry: runs the migrations on the connection it is handed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic import context

from roomdisplay.admin.store import Base, tables

if TYPE_CHECKING:
    from sqlalchemy import Connection

assert tables.__all__  # all tables stand in the metadata
connection: Connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite changes a table by making it anew
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
