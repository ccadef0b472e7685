"""Signing in and out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import NotFoundError, SignInFailedError
from roomdisplay.admin.security.passwords import verify_password
from roomdisplay.admin.security.roles import Actor, Permission, Role
from roomdisplay.admin.security.throttle import count_try, forgive, sign_in_lanes
from roomdisplay.admin.security.tokens import hash_token, new_token
from roomdisplay.admin.store.tables import InstallerLink, Person, Session
from roomdisplay.admin.use_cases.audit import record

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=14)
_SEEN_EVERY = timedelta(minutes=5)
"""How exactly a session's last use is known: a write on every request would wear an SD card."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """Where a request came from, as far as the server can tell."""

    address: str | None = None
    agent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A new session; the token goes into a cookie and nowhere else."""

    token: str
    expires_at: datetime
    actor: Actor

    def __repr__(self) -> str:
        """Without the token, so that no log shows it."""
        return f"SignedIn(actor={self.actor!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedInAs:
    """Whose session a request came in."""

    actor: Actor
    session_id: str
    email: str
    """Empty for somebody who came by an installer link."""
    language: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionView:
    """One sign-in, for the list of sessions."""

    id: str
    person: str
    created_at: datetime
    last_seen_at: datetime
    address: str | None
    agent: str | None


async def sign_in(admin: Admin, email: str, password: str, client: Client) -> SignedIn:
    """Begin a session.

    Raises:
        TooManyTriesError: too early after missed tries.
        SignInFailedError: the address or the password is wrong.
    """
    lanes = sign_in_lanes(admin.sealer, email, client.address)
    async with admin.store.transaction() as session:
        await count_try(session, lanes, admin.clock())
        person = await session.scalar(select(Person).where(Person.email == email.strip().lower()))
    usable = person is not None and person.disabled_at is None
    right = await verify_password(person.password_hash if person else None, password)
    if person is None or not usable or not right:
        raise SignInFailedError("sign_in_failed")
    async with admin.store.transaction() as session:
        await forgive(session, lanes)
        signed_in = begin_session(admin, session, person, client)
        record(admin, session, signed_in.actor, "person.signed_in", subject_id=person.id)
    return signed_in


def begin_session(admin: Admin, session: AsyncSession, person: Person, client: Client) -> SignedIn:
    """Add a session of `person` to the transaction `session`."""
    now, token = admin.clock(), new_token()
    begun = _begun(token, client, now)
    begun.person_id, begun.expires_at = person.id, now + LONGEST
    session.add(begun)
    return SignedIn(token=token, expires_at=begun.expires_at, actor=actor_of(person))


def begin_link_session(
    admin: Admin, session: AsyncSession, link: InstallerLink, name: str, client: Client
) -> SignedIn:
    """Add a session of whoever holds an installer link; it ends with the link at the latest."""
    now, token = admin.clock(), new_token()
    begun = _begun(token, client, now)
    begun.installer_link_id, begun.name = link.id, name
    begun.expires_at = min(link.expires_at, now + LONGEST)
    session.add(begun)
    return SignedIn(token=token, expires_at=begun.expires_at, actor=actor_by_link(link, name))


async def who_is(admin: Admin, token: str) -> SignedInAs | None:
    """Whose session `token` belongs to; None if it ended or never was."""
    now = admin.clock()
    found = (
        select(Session, Person, InstallerLink)
        .outerjoin(Person)
        .outerjoin(InstallerLink)
        .where(Session.token_hash == hash_token(token))
    )
    async with admin.store.reading() as session:
        row = (await session.execute(found)).one_or_none()
    if row is None:
        return None
    current, person, link = row
    actor = _present_actor(current, person, link, now)
    if actor is None or current.expires_at <= now or current.last_seen_at + IDLE <= now:
        return None
    if now - current.last_seen_at >= _SEEN_EVERY:
        async with admin.store.transaction() as session:
            seen = await session.get(Session, current.id)
            if seen is not None:
                seen.last_seen_at = now
    return SignedInAs(
        actor=actor,
        session_id=current.id,
        email=person.email if person else "",
        language=person.language if person else None,
    )


async def sign_out(admin: Admin, token: str) -> None:
    """End the session of `token`."""
    async with admin.store.transaction() as session:
        await session.execute(delete(Session).where(Session.token_hash == hash_token(token)))


async def list_sessions(admin: Admin, actor: Actor) -> list[SessionView]:
    """One's own sessions; everybody's for whoever manages people."""
    query = select(Session, Person).outerjoin(Person).order_by(Session.last_seen_at.desc())
    if not actor.may(Permission.PEOPLE):
        query = query.where(Session.person_id == actor.id)
    now = admin.clock()
    query = query.where(Session.expires_at > now, Session.last_seen_at > now - IDLE)
    async with admin.store.reading() as session:
        return [
            SessionView(
                id=one.id,
                person=person.name if person else one.name or "",
                created_at=one.created_at,
                last_seen_at=one.last_seen_at,
                address=one.address,
                agent=one.agent,
            )
            for one, person in await session.execute(query)
        ]


async def end_session(admin: Admin, actor: Actor, session_id: str) -> None:
    """Sign a browser out from afar.

    Raises:
        NotFoundError: no such session, or somebody else's.
    """
    async with admin.store.transaction() as session:
        found = await session.get(Session, session_id)
        if found is None or not (actor.may(Permission.PEOPLE) or found.person_id == actor.id):
            raise NotFoundError("session_gone")
        await session.delete(found)
        record(
            admin,
            session,
            actor,
            "person.session_ended",
            subject_id=found.person_id or found.installer_link_id,
        )


async def forget_ended_sessions(session: AsyncSession, now: datetime) -> None:
    """Remove the rows of sessions that ended by themselves."""
    ended = or_(Session.expires_at <= now, Session.last_seen_at <= now - IDLE)
    await session.execute(delete(Session).where(ended))


def actor_of(person: Person) -> Actor:
    """The person as somebody who does things; an installer only in the rooms named."""
    role = Role(person.role)
    rooms = frozenset(person.room_ids or ()) if role is Role.INSTALLER else None
    return Actor(id=person.id, name=person.name, role=role, room_ids=rooms)


def actor_by_link(link: InstallerLink, name: str) -> Actor:
    """Whoever holds the link, as somebody who does things."""
    return Actor(
        id=link.id,
        name=name,
        role=Role.INSTALLER,
        room_ids=frozenset(link.room_ids),
        link_id=link.id,
    )


def _begun(token: str, client: Client, now: datetime) -> Session:
    return Session(
        token_hash=hash_token(token),
        created_at=now,
        last_seen_at=now,
        address=client.address,
        agent=(client.agent or "")[:200] or None,
    )


def _present_actor(
    current: Session, person: Person | None, link: InstallerLink | None, now: datetime
) -> Actor | None:
    """Whose session it is, if they may still come in."""
    if person is not None:
        return None if person.disabled_at else actor_of(person)
    if link is None or link.revoked_at is not None or link.expires_at <= now:
        return None
    return actor_by_link(link, current.name or "")
