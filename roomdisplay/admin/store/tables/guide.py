"""Step 1, sent to whoever administers the company's calendar."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from roomdisplay.admin.store.base import Base, new_id


class SentStep(Base):
    """A link to Step 1 that opens once; the browser that opened it then sees the step for a while.

    It holds names of accounts and rooms, no secret.
    """

    __tablename__ = "sent_steps"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    token_hash: Mapped[str] = mapped_column(unique=True)
    variant: Mapped[str]
    """Of `roomdisplay.admin.guide.values.Variant`."""
    fields: Mapped[dict[str, str]]
    """As they were filled in; not validated."""
    created_at: Mapped[datetime]
    created_by: Mapped[str | None]
    sender: Mapped[str]
    """The name of whoever sent it."""
    expires_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    browser_hash: Mapped[str | None] = mapped_column(unique=True)
    """Of the secret that the browser which opened it holds."""
