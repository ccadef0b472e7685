"""Rooms: 0 or 1 calendar, any number of displays."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from roomdisplay.admin.store.base import Base, new_id


class Room(Base):
    """A room as people know it."""

    __tablename__ = "rooms"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(index=True)
    timezone: Mapped[str]
    """An IANA name."""
    building: Mapped[str | None]
    floor: Mapped[str | None]
    capacity: Mapped[int | None]
    equipment: Mapped[list[str]] = mapped_column(default=list)
    out_of_service: Mapped[str | None]
    calendar_id: Mapped[str | None] = mapped_column(
        ForeignKey("calendars.id", ondelete="SET NULL"), index=True
    )
    previous_calendar_id: Mapped[str | None]
    """What Undo gives back; no foreign key, since it may have gone."""
    undo_until: Mapped[datetime | None]
    created_at: Mapped[datetime]


class RoomSettings(Base):
    """What a room sets for its displays; what it leaves out comes from building and house."""

    __tablename__ = "room_settings"

    room_id: Mapped[str] = mapped_column(
        ForeignKey("rooms.id", ondelete="CASCADE"), primary_key=True
    )
    values: Mapped[dict[str, Any]] = mapped_column(default=dict)
