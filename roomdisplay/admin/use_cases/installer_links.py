"""Installer links: whoever holds one pairs so many displays into named rooms, and nothing else.

No account is made and no password chosen. A link works in any number of browsers until its time is
over, its pairings are used up or it is revoked; all of them share its count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import InvalidInputError, NotFoundError, RefusedError
from roomdisplay.admin.news import PAGES
from roomdisplay.admin.security.roles import Actor, Permission, require
from roomdisplay.admin.security.tokens import hash_token, new_token
from roomdisplay.admin.store import new_id, news_after_commit
from roomdisplay.admin.store.tables import InstallerLink, Person, Room, Session
from roomdisplay.admin.use_cases.audit import record
from roomdisplay.admin.use_cases.sessions import Client, SignedIn, begin_link_session

PATH = "/installer/"
"""Followed by the token; the page is `admin/web`'s."""
LONGEST = timedelta(days=90)
MOST = 1000
"""Rooms and pairings of one link."""
_NAME_LIMIT = 200


class LinkState(StrEnum):
    """What became of a link."""

    OPEN = "open"
    USED = "used"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedLink:
    """A link to hand to installers; shown once."""

    id: str
    url: str
    expires_at: datetime

    def __repr__(self) -> str:
        """Without the address, so that no log shows it."""
        return f"IssuedLink(id={self.id!r}, expires_at={self.expires_at!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallerLinkView:
    """A link, without its token."""

    id: str
    rooms: tuple[str, ...]
    """The names of those that still exist."""
    pairings: int
    pairings_used: int
    made_by: str | None
    created_at: datetime
    expires_at: datetime
    state: LinkState

    @property
    def left(self) -> int:
        """How many displays it may still pair."""
        return self.pairings - self.pairings_used


async def make_installer_link(
    admin: Admin, actor: Actor, room_ids: Sequence[str], *, pairings: int, valid_for: timedelta
) -> IssuedLink:
    """Make a link for the rooms named.

    Raises:
        InvalidInputError: no room, too many, a count or a validity out of bounds.
        NotFoundError: one of the rooms is gone; nothing was made.
    """
    require(actor, Permission.DEVICES)
    wrong: dict[str, str] = {}
    rooms = sorted(set(room_ids))
    if not 0 < len(rooms) <= MOST:
        wrong["rooms"] = "rooms_needed"
    if not 0 < pairings <= MOST:
        wrong["pairings"] = "pairings_wrong"
    if not timedelta(minutes=5) <= valid_for <= LONGEST:
        wrong["valid_for"] = "validity_wrong"
    if wrong:
        raise InvalidInputError(wrong)
    token, now = new_token(), admin.clock()
    link = InstallerLink(
        id=new_id(),
        token_hash=hash_token(token),
        room_ids=rooms,
        pairings=pairings,
        created_at=now,
        created_by=actor.id,
        expires_at=now + valid_for,
    )
    async with admin.store.transaction() as session:
        if len(await _names(session, rooms)) < len(rooms):
            raise NotFoundError("room_gone")
        session.add(link)
        record(
            admin,
            session,
            actor,
            "link.made",
            subject_id=link.id,
            rooms=len(rooms),
            pairings=pairings,
        )
        news_after_commit(session, PAGES)
    url = f"{admin.settings.canonical_origin}{PATH}{token}"
    return IssuedLink(id=link.id, url=url, expires_at=link.expires_at)


async def list_installer_links(admin: Admin, actor: Actor) -> list[InstallerLinkView]:
    """All links, the newest first."""
    require(actor, Permission.DEVICES)
    query = (
        select(InstallerLink, Person.name)
        .outerjoin(Person, Person.id == InstallerLink.created_by)
        .order_by(InstallerLink.created_at.desc(), InstallerLink.id)
    )
    async with admin.store.reading() as session:
        found = list(await session.execute(query))
        names = await _names(session, {one for link, _ in found for one in link.room_ids})
    return [_view(link, names, admin.clock(), made_by) for link, made_by in found]


async def revoke_installer_link(admin: Admin, actor: Actor, link_id: str) -> None:
    """Make a link worthless, and end every session begun by it.

    Raises:
        NotFoundError: there is no such link.
    """
    require(actor, Permission.DEVICES)
    async with admin.store.transaction() as session:
        link = await session.get(InstallerLink, link_id)
        if link is None:
            raise NotFoundError("link_gone")
        link.revoked_at = link.revoked_at or admin.clock()
        await session.execute(delete(Session).where(Session.installer_link_id == link_id))
        record(admin, session, actor, "link.withdrawn", subject_id=link_id)
        news_after_commit(session, PAGES)


async def look_at_installer_link(admin: Admin, token: str) -> InstallerLinkView:
    """What a link allows; changes nothing, since mail scanners follow links.

    Raises:
        NotFoundError: used up, expired, revoked or never made; deliberately not said which.
    """
    async with admin.store.reading() as session:
        link = await _open_link(admin, session, token)
        names = await _names(session, link.room_ids)
    return _view(link, names, admin.clock())


async def begin_by_link(admin: Admin, token: str, *, name: str, client: Client) -> SignedIn:
    """Let somebody who holds a link in; `name` is what the audit log calls them.

    Raises:
        InvalidInputError: there is no name, or it is too long.
        NotFoundError: see `look_at_installer_link`.
    """
    if not name.strip() or len(name) > _NAME_LIMIT:
        raise InvalidInputError({"name": "name_needed"})
    async with admin.store.transaction() as session:
        link = await _open_link(admin, session, token)
        signed_in = begin_link_session(admin, session, link, name.strip(), client)
        record(
            admin,
            session,
            signed_in.actor,
            "link.opened",
            subject_id=link.id,
            address=client.address,
        )
    return signed_in


async def own_installer_link(admin: Admin, actor: Actor) -> InstallerLinkView | None:
    """The link that somebody came in by; None: they have an account."""
    if actor.link_id is None:
        return None
    async with admin.store.reading() as session:
        link = await session.get(InstallerLink, actor.link_id)
        names = await _names(session, link.room_ids) if link else {}
    return _view(link, names, admin.clock()) if link else None


async def spend_pairing(admin: Admin, session: AsyncSession, actor: Actor) -> None:
    """Count a pairing by a link, in the transaction that makes it; an account's are not counted.

    Raises:
        RefusedError: "link_over": none is left, or the link has ended.
    """
    if actor.link_id is None:
        return
    spent = (
        update(InstallerLink)
        .where(
            InstallerLink.id == actor.link_id,
            InstallerLink.revoked_at.is_(None),
            InstallerLink.expires_at > admin.clock(),
            InstallerLink.pairings_used < InstallerLink.pairings,
        )
        .values(pairings_used=InstallerLink.pairings_used + 1)
        .returning(InstallerLink.id)
    )
    if await session.scalar(spent, execution_options={"synchronize_session": False}) is None:
        raise RefusedError("link_over")


async def _open_link(admin: Admin, session: AsyncSession, token: str) -> InstallerLink:
    query = select(InstallerLink).where(InstallerLink.token_hash == hash_token(token))
    link = await session.scalar(query)
    if link is None or _state(link, admin.clock()) is not LinkState.OPEN:
        raise NotFoundError("link_gone")
    return link


async def _names(session: AsyncSession, room_ids: Sequence[str] | set[str]) -> dict[str, str]:
    query = select(Room.id, Room.name).where(Room.id.in_(room_ids))
    return {room.id: room.name for room in await session.execute(query)}


def _view(
    link: InstallerLink, names: dict[str, str], now: datetime, made_by: str | None = None
) -> InstallerLinkView:
    return InstallerLinkView(
        id=link.id,
        rooms=tuple(sorted(names[one] for one in link.room_ids if one in names)),
        pairings=link.pairings,
        pairings_used=link.pairings_used,
        made_by=made_by,
        created_at=link.created_at,
        expires_at=link.expires_at,
        state=_state(link, now),
    )


def _state(link: InstallerLink, now: datetime) -> LinkState:
    if link.revoked_at is not None:
        return LinkState.WITHDRAWN
    if link.pairings_used >= link.pairings:
        return LinkState.USED
    return LinkState.EXPIRED if now >= link.expires_at else LinkState.OPEN
