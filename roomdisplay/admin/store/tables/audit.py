"""Who did what, and when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from roomdisplay.admin.store.base import Base, new_id


class AuditEntry(Base):
    """One thing that was done; never holds a secret or a meeting's text."""

    __tablename__ = "audit_entries"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(index=True)
    actor_id: Mapped[str | None]
    """No foreign key: the entry outlives the person."""
    actor_name: Mapped[str]
    action: Mapped[str]
    """A key such as "room.calendar_assigned"; the pages have its words."""
    subject_id: Mapped[str | None] = mapped_column(index=True)
    room_id: Mapped[str | None] = mapped_column(index=True)
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
