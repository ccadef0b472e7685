"""What calendar services issue and tell: tokens, hooks, connections being made; the doctor's words.

What is sealed is bound to its row, so that it cannot be moved to another.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from roomdisplay.admin.store.base import Base, new_id


class ConnectionToken(Base):
    """A token that a calendar service issued."""

    __tablename__ = "connection_tokens"

    connection_id: Mapped[str] = mapped_column(
        ForeignKey("calendar_connections.id", ondelete="CASCADE"), primary_key=True
    )
    subject: Mapped[str] = mapped_column(primary_key=True)
    """Such as "service" or a mailbox address."""
    sealed: Mapped[bytes]
    written_at: Mapped[datetime]


class CalendarHook(Base):
    """An address of ours that a calendar service may post to, and what was agreed about it."""

    __tablename__ = "calendar_hooks"
    __table_args__ = (UniqueConstraint("calendar_id", "purpose"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    calendar_id: Mapped[str] = mapped_column(ForeignKey("calendars.id", ondelete="CASCADE"))
    purpose: Mapped[str]
    """ "watch" or "authorization"."""
    path_hash: Mapped[str] = mapped_column(unique=True)
    """It is found by this, so that no comparison leaks the path's bytes."""
    sealed: Mapped[bytes]
    """JSON of the url and the secret."""
    state: Mapped[str]
    """Of `roomdisplay.admin.hooks.State`."""
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    """When something is to be done about it; None: nothing before it is heard of."""
    failures: Mapped[int] = mapped_column(default=0)
    """In a row, for the back-off."""
    watch_id: Mapped[str | None]
    """The service's own name of the watch."""
    agreed_at: Mapped[datetime | None]
    """When the service last agreed to the watch, or was last asked for the authorisation."""
    expires_at: Mapped[datetime | None]
    heard_at: Mapped[datetime | None]
    """When the service first reached it; None: it has not been proved that it can."""
    sealed_code: Mapped[bytes | None]
    """Of an authorisation that is to be redeemed."""
    reason: Mapped[str | None]
    detail: Mapped[str | None]
    """The service's words, for administrators."""
    created_at: Mapped[datetime]


class PendingConnection(Base):
    """A connection that is being made in a window of the service's own."""

    __tablename__ = "pending_connections"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    state_hash: Mapped[str] = mapped_column(unique=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"))
    """The browser session that began it, and that alone may end it."""
    service: Mapped[str]
    name: Mapped[str]
    connection_id: Mapped[str | None] = mapped_column(
        ForeignKey("calendar_connections.id", ondelete="CASCADE")
    )
    """The connection that is being made anew; None: a new one."""
    sealed: Mapped[bytes]
    """JSON of what was entered, and where the browser comes back to."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class Consent(Base):
    """Somebody agreed to something when a service was connected; outlives both."""

    __tablename__ = "consents"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    at: Mapped[datetime]
    connection_id: Mapped[str] = mapped_column(index=True)
    """No foreign key: the record outlives the connection."""
    person_id: Mapped[str | None]
    person_name: Mapped[str]
    document: Mapped[str]
    """ "terms" or "privacy"."""
    address: Mapped[str]
    """Where the document stood that was agreed to; empty: none was named."""


class DoctorReport(Base):
    """What the calendar doctor found last, and when it looks again."""

    __tablename__ = "doctor_reports"

    connection_id: Mapped[str] = mapped_column(
        ForeignKey("calendar_connections.id", ondelete="CASCADE"), primary_key=True
    )
    findings: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """See `roomdisplay.admin.use_cases.doctor`."""
    room: Mapped[str | None]
    """The address that was asked for; None: the doctor chose."""
    invitation: Mapped[bool] = mapped_column(default=False)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    """None: it is at work, or was interrupted."""
    verdict: Mapped[str | None]
    """The worst of the findings."""
    rounds: Mapped[int] = mapped_column(default=0)
    """Looks by itself since somebody asked for one."""
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    """When it looks again by itself; None: when somebody asks."""
