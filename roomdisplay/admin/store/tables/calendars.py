"""Calendar services, their calendars, and the last good picture of each."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from roomdisplay.admin.store.base import Base, new_id


class CalendarConnection(Base):
    """A calendar service as it was connected."""

    __tablename__ = "calendar_connections"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    service: Mapped[str]
    """A key of the connector registry."""
    name: Mapped[str]
    values: Mapped[dict[str, str]] = mapped_column(default=dict)
    sealed_secrets: Mapped[bytes | None]
    """JSON of the secret fields, sealed; written, replaced, never shown."""
    kind: Mapped[str] = mapped_column(default="live")
    check_every_s: Mapped[int] = mapped_column(default=60)
    created_at: Mapped[datetime]
    reason: Mapped[str | None]
    """The key of what is wrong with the whole connection; None: well."""
    detail: Mapped[str | None]
    """The connector's words about it, for administrators."""
    reason_since: Mapped[datetime | None]
    throttled_until: Mapped[datetime | None]
    """Until when the whole service wants to be left alone."""
    push: Mapped[str] = mapped_column(default="none", server_default="none")
    """How it can tell of changes: a value of `roomdisplay.connectors.base.Push`."""


class Calendar(Base):
    """One calendar of a connection that was, or may be, given to a room."""

    __tablename__ = "calendars"
    __table_args__ = (UniqueConstraint("connection_id", "address"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    connection_id: Mapped[str] = mapped_column(
        ForeignKey("calendar_connections.id", ondelete="CASCADE"), index=True
    )
    address: Mapped[str]
    name: Mapped[str]
    group: Mapped[str | None] = mapped_column("room_list")
    capacity: Mapped[int | None]
    typed: Mapped[bool] = mapped_column(default=False)
    """Entered by its address, so that a list without it does not remove it."""
    cursor: Mapped[str | None]
    next_due_at: Mapped[datetime | None] = mapped_column(index=True)
    """When to read next; None: no room uses it."""
    full_due_at: Mapped[datetime | None]
    """When to read all of it again, whatever the cursor says."""
    failures: Mapped[int] = mapped_column(default=0)
    """In a row, for the back-off."""
    read_at: Mapped[datetime | None]
    """When the service last vouched for the picture."""
    check_every_s: Mapped[int | None]
    """The feed's own hint; None: the connection's interval."""
    reason: Mapped[str | None]
    """The key of why it cannot be read; None: well."""
    detail: Mapped[str | None]
    reason_since: Mapped[datetime | None]
    unconfirmed_empty: Mapped[bool] = mapped_column(default=False)
    """A sudden empty answer was heard and is being asked for again."""
    warnings: Mapped[list[str]] = mapped_column(default=list)
    unreadable: Mapped[int] = mapped_column(default=0)
    """Of the last answer: what nobody can tell the times of."""
    throttled_until: Mapped[datetime | None]
    """Until when the service wants this calendar to be left alone."""
    told_by: Mapped[str | None]
    """How it tells of its changes at present ("hooks", "stream"); None: it is read by time."""
    read_every_s: Mapped[int | None]
    """After how long the next reading was planned when it was read last."""


class CalendarPicture(Base):
    """The last good picture of a calendar, whole, unmasked."""

    __tablename__ = "calendar_pictures"

    calendar_id: Mapped[str] = mapped_column(
        ForeignKey("calendars.id", ondelete="CASCADE"), primary_key=True
    )
    window_start: Mapped[datetime]
    window_end: Mapped[datetime]
    timezone: Mapped[str]
    """The zone that floating and all-day times were read in."""
    digest: Mapped[str] = mapped_column(default="")
    """Of the answer that it was made of, so that the same answer costs next to nothing."""
    body: Mapped[bytes]
    """See `roomdisplay.admin.pictures`."""
