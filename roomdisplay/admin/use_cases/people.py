"""People: invited by one-time links, never made with a default password."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import InvalidInputError, NotFoundError, RefusedError
from roomdisplay.admin.security.passwords import hash_password, problem_with, verify_password
from roomdisplay.admin.security.roles import SYSTEM, Actor, Permission, Role, require
from roomdisplay.admin.security.throttle import count_try, forgive, sign_in_lanes
from roomdisplay.admin.security.tokens import hash_token, new_token
from roomdisplay.admin.store import new_id
from roomdisplay.admin.store.tables import Invitation, Person, Session
from roomdisplay.admin.use_cases.audit import record
from roomdisplay.admin.use_cases.sessions import Client, SignedIn, begin_session

INVITATION_PATH = "/invitation/"
"""Followed by the token; the page is `admin/web`'s."""
VALID_FOR = timedelta(days=7)
OWNER_VALID_FOR = timedelta(hours=24)
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,189}")


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedInvitation:
    """A link to hand to one person; shown once."""

    url: str
    role: Role
    expires_at: datetime

    def __repr__(self) -> str:
        """Without the link, so that no log shows it."""
        return f"IssuedInvitation(role={self.role!r}, expires_at={self.expires_at!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationView:
    """What the form behind a link says."""

    role: Role
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonView:
    """Somebody who may sign in, for the list of people."""

    id: str
    name: str
    email: str
    role: Role
    disabled: bool
    room_ids: tuple[str, ...] | None


async def invite_owner(admin: Admin, *, valid_for: timedelta = OWNER_VALID_FOR) -> IssuedInvitation:
    """A link for the first owner, or for an owner who is locked out; for the server's terminal.

    A link for the first owner dies when the first owner exists.
    """
    async with admin.store.transaction() as session:
        first = await _owners(session) == 0
        return _issue(admin, session, SYSTEM, Role.OWNER, valid_for=valid_for, first_owner=first)


async def invite(
    admin: Admin,
    actor: Actor,
    role: Role,
    *,
    room_ids: Collection[str] | None = None,
    valid_for: timedelta = VALID_FOR,
) -> IssuedInvitation:
    """A link for somebody new.

    Raises:
        ForbiddenError: the actor does not manage people.
    """
    require(actor, Permission.PEOPLE)
    async with admin.store.transaction() as session:
        return _issue(admin, session, actor, role, valid_for=valid_for, room_ids=room_ids)


async def look_at_invitation(admin: Admin, token: str) -> InvitationView:
    """What a link offers; changes nothing, since mail scanners follow links.

    Raises:
        NotFoundError: used, expired, dead or never issued.
    """
    async with admin.store.reading() as session:
        invitation = await _valid_invitation(admin, session, token)
        return InvitationView(role=Role(invitation.role), expires_at=invitation.expires_at)


async def accept_invitation(
    admin: Admin,
    token: str,
    *,
    name: str,
    email: str,
    password: str,
    language: str | None = None,
    client: Client,
) -> SignedIn:
    """Use a link up, and sign its person in.

    With a link from the server's own terminal, an address that is known already gets a new
    password: a locked-out owner comes back as themselves, and their other sessions end. With any
    other link it is refused, or an invited viewer could take an owner's account.

    Raises:
        InvalidInputError: with the fields that cannot be accepted.
        NotFoundError: the link is used, expired, dead or never was.
    """
    name, email = name.strip(), email.strip().lower()
    _require_valid(name, email, password)
    await look_at_invitation(admin, token)
    password_hash = await hash_password(password)
    async with admin.store.transaction() as session:
        invitation = await _valid_invitation(admin, session, token)
        invitation.used_at = admin.clock()
        person = await _person(admin, session, invitation, email, name)
        person.password_hash, person.language = password_hash, language or person.language
        if person.role == Role.OWNER:
            dead = delete(Invitation).where(Invitation.first_owner, Invitation.id != invitation.id)
            await session.execute(dead)
        signed_in = begin_session(admin, session, person, client)
        record(
            admin, session, signed_in.actor, "person.joined", subject_id=person.id, role=person.role
        )
    return signed_in


async def list_people(admin: Admin, actor: Actor) -> list[PersonView]:
    """All people by name."""
    require(actor, Permission.PEOPLE)
    async with admin.store.reading() as session:
        return [
            PersonView(
                id=person.id,
                name=person.name,
                email=person.email,
                role=Role(person.role),
                disabled=person.disabled_at is not None,
                room_ids=tuple(person.room_ids) if person.room_ids is not None else None,
            )
            for person in await session.scalars(select(Person).order_by(Person.name))
        ]


async def change_role(admin: Admin, actor: Actor, person_id: str, role: Role) -> None:
    """Give somebody another role.

    Raises:
        RefusedError: it would leave no owner.
    """
    require(actor, Permission.PEOPLE)
    async with admin.store.transaction() as session:
        person = await _known(session, person_id)
        before, person.role = person.role, role.value
        await _require_an_owner(session)
        record(
            admin, session, actor, "person.role", subject_id=person.id, was=before, role=role.value
        )


async def disable_person(admin: Admin, actor: Actor, person_id: str) -> None:
    """Let somebody sign in no longer, and end their sessions.

    Raises:
        RefusedError: it would leave no owner.
    """
    require(actor, Permission.PEOPLE)
    async with admin.store.transaction() as session:
        person = await _known(session, person_id)
        person.disabled_at = admin.clock()
        await _require_an_owner(session)
        await session.execute(delete(Session).where(Session.person_id == person_id))
        record(admin, session, actor, "person.disabled", subject_id=person.id)


async def change_password(admin: Admin, actor: Actor, old: str, new: str) -> None:
    """Change one's own password; all one's sessions end but those begun afterwards.

    Raises:
        InvalidInputError: the old one is wrong, or the new one cannot be taken.
        TooManyTriesError: too early after missed tries.
    """
    if problem := problem_with(new):
        raise InvalidInputError({"new": problem})
    async with admin.store.reading() as session:
        person = await _known(session, actor.id or "")
    lanes = sign_in_lanes(admin.sealer, person.email, None)
    async with admin.store.transaction() as session:
        await count_try(session, lanes, admin.clock())
    if not await verify_password(person.password_hash, old):
        raise InvalidInputError({"old": "password_wrong"})
    password_hash = await hash_password(new)
    async with admin.store.transaction() as session:
        await forgive(session, lanes)
        person = await _known(session, person.id)
        person.password_hash = password_hash
        await session.execute(delete(Session).where(Session.person_id == person.id))
        record(admin, session, actor, "person.password", subject_id=person.id)


async def change_language(admin: Admin, actor: Actor, language: str) -> None:
    """Remember which language somebody reads."""
    async with admin.store.transaction() as session:
        (await _known(session, actor.id or "")).language = language


def _issue(
    admin: Admin,
    session: AsyncSession,
    actor: Actor,
    role: Role,
    *,
    valid_for: timedelta,
    room_ids: Collection[str] | None = None,
    first_owner: bool = False,
) -> IssuedInvitation:
    token, now = new_token(), admin.clock()
    invitation = Invitation(
        token_hash=hash_token(token),
        role=role.value,
        room_ids=sorted(room_ids) if room_ids is not None else None,
        first_owner=first_owner,
        created_at=now,
        created_by=actor.id,
        expires_at=now + valid_for,
    )
    session.add(invitation)
    record(admin, session, actor, "person.invited", role=role.value)
    url = f"{admin.settings.canonical_origin}{INVITATION_PATH}{token}"
    return IssuedInvitation(url=url, role=role, expires_at=invitation.expires_at)


async def _valid_invitation(admin: Admin, session: AsyncSession, token: str) -> Invitation:
    query = select(Invitation).where(Invitation.token_hash == hash_token(token))
    invitation = await session.scalar(query)
    if invitation is None or invitation.used_at or invitation.expires_at <= admin.clock():
        raise NotFoundError("invitation_gone")
    return invitation


async def _person(
    admin: Admin, session: AsyncSession, invitation: Invitation, email: str, name: str
) -> Person:
    person = await session.scalar(select(Person).where(Person.email == email))
    if person is None:
        person = Person(id=new_id(), email=email, password_hash="", created_at=admin.clock())
        session.add(person)
    elif invitation.created_by is not None:
        raise InvalidInputError({"email": "email_taken"})
    else:
        await session.execute(delete(Session).where(Session.person_id == person.id))
    person.name, person.role = name, invitation.role
    person.room_ids, person.disabled_at = invitation.room_ids, None
    return person


def _require_valid(name: str, email: str, password: str) -> None:
    fields: dict[str, str] = {}
    if not name or len(name) > 200:  # noqa: PLR2004
        fields["name"] = "name_needed"
    if not _EMAIL.fullmatch(email):
        fields["email"] = "email_needed"
    if problem := problem_with(password):
        fields["password"] = problem
    if fields:
        raise InvalidInputError(fields)


async def _known(session: AsyncSession, person_id: str) -> Person:
    person = await session.get(Person, person_id)
    if person is None:
        raise NotFoundError("person_gone")
    return person


async def _owners(session: AsyncSession) -> int:
    query = select(func.count()).where(Person.role == Role.OWNER, Person.disabled_at.is_(None))
    return await session.scalar(query) or 0


async def _require_an_owner(session: AsyncSession) -> None:
    await session.flush()
    if await _owners(session) == 0:
        raise RefusedError("last_owner")
