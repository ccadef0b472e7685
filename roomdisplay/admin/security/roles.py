"""Roles, and what each may do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from roomdisplay.admin.errors import ForbiddenError


class Role(StrEnum):
    """The roles of `docs/decisions/0045-roles.md`."""

    OWNER = "owner"
    IT_ADMIN = "it_admin"
    ROOMS_ADMIN = "rooms_admin"
    INSTALLER = "installer"
    VIEWER = "viewer"


class Permission(StrEnum):
    """One kind of thing to do."""

    VIEW = "view"
    """See rooms, displays, their state and health; no meeting texts."""
    VIEW_MEETINGS = "view_meetings"
    """See what the displays show."""
    CONNECT = "connect"
    """Connect, change and disconnect calendar services, and enter their secrets."""
    REPLACE_SECRET = "replace_secret"  # noqa: S105 - a permission's name, not a secret
    ROOMS = "rooms"
    """Make, change and delete rooms and give them calendars."""
    DEVICES = "devices"
    """Move, change and revoke displays; make activation codes."""
    PAIR = "pair"
    """Confirm a pairing, for an installer into named rooms only."""
    PEOPLE = "people"
    SETTINGS = "settings"
    AUDIT = "audit"


_P = Permission
_ROOMS_ADMIN = frozenset(
    {
        _P.VIEW,
        _P.VIEW_MEETINGS,
        _P.CONNECT,
        _P.REPLACE_SECRET,
        _P.ROOMS,
        _P.DEVICES,
        _P.PAIR,
        _P.AUDIT,
    }
)
ALLOWED: dict[Role, frozenset[Permission]] = {
    Role.OWNER: frozenset(Permission),
    Role.IT_ADMIN: _ROOMS_ADMIN | {_P.SETTINGS},
    Role.ROOMS_ADMIN: _ROOMS_ADMIN,
    Role.INSTALLER: frozenset({_P.PAIR}),
    Role.VIEWER: frozenset({_P.VIEW}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who does something: a signed-in person, or the program itself."""

    id: str | None
    """Of the person, or of the link they hold; None: the program, such as a command on the
    server's own terminal."""
    name: str
    role: Role
    room_ids: frozenset[str] | None = None
    """The rooms an installer may pair into; None: all."""
    link_id: str | None = None
    """The installer link they came in by; None: an account of their own."""

    def may(self, permission: Permission, room_id: str | None = None) -> bool:
        """Whether `permission` is given, in `room_id` if one is named."""
        if permission not in ALLOWED[self.role]:
            return False
        return room_id is None or self.room_ids is None or room_id in self.room_ids


SYSTEM = Actor(id=None, name="Room Display", role=Role.OWNER)
"""The program itself."""


def require(actor: Actor, permission: Permission, room_id: str | None = None) -> None:
    """Refuse whoever may not.

    Raises:
        ForbiddenError: the actor's role does not have the permission.
    """
    if not actor.may(permission, room_id):
        raise ForbiddenError("forbidden", permission=permission.value)
