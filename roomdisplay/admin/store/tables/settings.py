"""Settings of the whole house and of a building; rooms and devices hold their own."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from roomdisplay.admin.store.base import Base


class SettingsScope(Base):
    """What one scope sets; what it leaves out comes from the wider one."""

    __tablename__ = "settings_scopes"

    scope: Mapped[str] = mapped_column(primary_key=True)
    """ "global" or "building:<name>"."""
    values: Mapped[dict[str, Any]] = mapped_column(default=dict)
