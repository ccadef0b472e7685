"""Displays, how they were paired, and what they are told and tell."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from roomdisplay.admin.store.base import Base, new_id


class Device(Base):
    """A display: a key, a place, and the room it stands at."""

    __tablename__ = "devices"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    room_id: Mapped[str | None] = mapped_column(
        ForeignKey("rooms.id", ondelete="SET NULL"), index=True
    )
    name: Mapped[str]
    place: Mapped[str]
    """ "door" or "inside"."""
    touch: Mapped[bool] = mapped_column(default=True)
    diagonal_inches: Mapped[float | None]
    mounting_height_mm: Mapped[int | None]
    conference_choice: Mapped[bool] = mapped_column(default=False)
    """Chosen as the room's conference display; at most one of a room."""
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    key_thumbprint: Mapped[str] = mapped_column(index=True)
    """RFC 7638, SHA-256, base64url; a display that is paired again keeps its row."""
    model: Mapped[str | None]
    serial: Mapped[str | None]
    version: Mapped[str | None]
    health: Mapped[dict[str, Any] | None]
    """The last `HealthReport`."""
    health_at: Mapped[datetime | None]
    last_seen_at: Mapped[datetime | None]
    news_etag: Mapped[str | None]
    """What its stream was told last, until it reports to show it."""
    news_at: Mapped[datetime | None]
    sync_delay_ms: Mapped[int | None]
    """From the last news on its stream to its report that it shows them."""
    last_address: Mapped[str | None]
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class DeviceToken(Base):
    """A token a display may use, bound to its key; only its hash is kept."""

    __tablename__ = "device_tokens"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    token_hash: Mapped[str] = mapped_column(unique=True)
    device_id: Mapped[str] = mapped_column(ForeignKey("devices.id", ondelete="CASCADE"), index=True)
    key_thumbprint: Mapped[str]
    grant_id: Mapped[str] = mapped_column(index=True)
    """Of the pairing or activation code it was given for: asked again before its first use, that
    gives a new one."""
    created_at: Mapped[datetime]
    first_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class DeviceAuthorization(Base):
    """A display that asks to be paired (RFC 8628)."""

    __tablename__ = "device_authorizations"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    device_code_hash: Mapped[str] = mapped_column(unique=True)
    user_code_hash: Mapped[str] = mapped_column(unique=True)
    key_thumbprint: Mapped[str] = mapped_column(index=True)
    model: Mapped[str | None]
    serial: Mapped[str | None]
    version: Mapped[str | None]
    address: Mapped[str | None]
    server_pin: Mapped[str | None]
    """The pin (hex) the display trusts us by, if it does; part of the pairing words."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default="pending")
    """ "pending", "confirming", "approved", "denied" or "used"."""
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    device_id: Mapped[str | None] = mapped_column(ForeignKey("devices.id", ondelete="CASCADE"))
    """The display it became."""


class ActivationCode(Base):
    """A code that pairs one display into one room; only its hash is kept."""

    __tablename__ = "activation_codes"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    code_hash: Mapped[str] = mapped_column(unique=True)
    room_id: Mapped[str] = mapped_column(ForeignKey("rooms.id", ondelete="CASCADE"), index=True)
    place: Mapped[str]
    created_at: Mapped[datetime]
    created_by: Mapped[str | None]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    used_by_thumbprint: Mapped[str | None]
    """A lost answer may be asked for again with the same key."""
    device_id: Mapped[str | None] = mapped_column(ForeignKey("devices.id", ondelete="SET NULL"))
    withdrawn_at: Mapped[datetime | None]


class Command(Base):
    """Something a display is to do, repeated until it says that it did."""

    __tablename__ = "commands"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    device_id: Mapped[str] = mapped_column(ForeignKey("devices.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str]
    meeting_id: Mapped[str | None]
    created_at: Mapped[datetime]
    created_by: Mapped[str | None]
    expires_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    ok: Mapped[bool | None]
    detail: Mapped[str | None]


class CheckIn(Base):
    """Somebody said at a display that the meeting takes place."""

    __tablename__ = "check_ins"
    __table_args__ = (UniqueConstraint("room_id", "meeting_id"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    room_id: Mapped[str] = mapped_column(ForeignKey("rooms.id", ondelete="CASCADE"))
    meeting_id: Mapped[str]
    """As displays know it: the keyed hash."""
    done_at: Mapped[datetime] = mapped_column(index=True)
    device_id: Mapped[str | None] = mapped_column(ForeignKey("devices.id", ondelete="SET NULL"))


class IdempotencyKey(Base):
    """What was answered to a key; kept 14 days."""

    __tablename__ = "idempotency_keys"

    device_id: Mapped[str] = mapped_column(
        ForeignKey("devices.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(index=True)
    status: Mapped[int]
    body: Mapped[bytes] = mapped_column(default=b"")
