"""People, their sessions, and the links that invite them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from roomdisplay.admin.store.base import Base, new_id


class Person(Base):
    """Somebody who may sign in."""

    __tablename__ = "people"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(unique=True)
    """In lower case."""
    name: Mapped[str]
    role: Mapped[str]
    password_hash: Mapped[str]
    """Argon2id."""
    language: Mapped[str | None]
    room_ids: Mapped[list[str] | None]
    """The rooms an installer may pair into; None: all."""
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class Session(Base):
    """One sign-in on one browser; its token is known to that browser only."""

    __tablename__ = "sessions"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    token_hash: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[str | None] = mapped_column(
        ForeignKey("people.id", ondelete="CASCADE"), index=True
    )
    installer_link_id: Mapped[str | None] = mapped_column(
        ForeignKey("installer_links.id", ondelete="CASCADE"), index=True
    )
    """The link that it was begun by, where it is nobody's account."""
    name: Mapped[str | None]
    """What somebody who came by an installer link calls themselves."""
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    """However much it is used, it ends then."""
    address: Mapped[str | None]
    agent: Mapped[str | None]


class Invitation(Base):
    """A one-time link; consumed by a POST, never by a GET."""

    __tablename__ = "invitations"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    token_hash: Mapped[str] = mapped_column(unique=True)
    role: Mapped[str]
    room_ids: Mapped[list[str] | None]
    first_owner: Mapped[bool] = mapped_column(default=False)
    """Dies when the first owner exists."""
    created_at: Mapped[datetime]
    created_by: Mapped[str | None]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class InstallerLink(Base):
    """A link that lets whoever holds it pair so many displays into named rooms, until it ends."""

    __tablename__ = "installer_links"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    token_hash: Mapped[str] = mapped_column(unique=True)
    room_ids: Mapped[list[str]]
    pairings: Mapped[int]
    """How many it allows."""
    pairings_used: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    created_by: Mapped[str | None]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class Throttle(Base):
    """Missed tries of one key, such as "account:<hash>" or "address:<hash>"."""

    __tablename__ = "throttles"

    key: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(index=True)
