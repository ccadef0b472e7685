"""Send Step 1: a link that opens once, without an account, and opens nothing but that step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import NotFoundError
from roomdisplay.admin.guide.values import Variant
from roomdisplay.admin.security.roles import Actor, Permission, require
from roomdisplay.admin.security.tokens import hash_token, new_token
from roomdisplay.admin.store import new_id
from roomdisplay.admin.store.tables import SentStep
from roomdisplay.admin.use_cases.audit import record

PATH = "/step-1/"
"""Followed by the token; the page is `admin/web`'s."""
VALID_FOR = timedelta(days=14)
_FIELD_LIMIT = 16384


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedStep:
    """A link to hand to the IT administrator; shown once."""

    url: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SentStepView:
    """What was sent."""

    variant: Variant
    fields: Mapping[str, str]
    sender: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedStep:
    """What the browser that opened the link keeps."""

    secret: str = field(repr=False)
    expires_at: datetime


async def send_step(
    admin: Admin, actor: Actor, variant: Variant, fields: Mapping[str, str]
) -> IssuedStep:
    """Make a link to Step 1 with what was filled in so far.

    Raises:
        ForbiddenError: the role does not give rooms their calendars.
    """
    require(actor, Permission.ROOMS)
    token, now = new_token(), admin.clock()
    row = SentStep(
        id=new_id(),
        token_hash=hash_token(token),
        variant=variant.value,
        fields={key: fields.get(key, "")[:_FIELD_LIMIT] for key in variant.fields},
        created_at=now,
        created_by=actor.id,
        sender=actor.name,
        expires_at=now + VALID_FOR,
    )
    async with admin.store.transaction() as session:
        await session.execute(delete(SentStep).where(SentStep.expires_at <= now))
        session.add(row)
        record(admin, session, actor, "step.sent", subject_id=row.id, service=variant.service)
    url = f"{admin.settings.canonical_origin}{PATH}{token}"
    return IssuedStep(url=url, expires_at=row.expires_at)


async def look_at_sent_step(admin: Admin, token: str) -> SentStepView:
    """What a link opens; changes nothing, since mail scanners follow links.

    Raises:
        NotFoundError: opened, expired or never made; deliberately not said which.
    """
    async with admin.store.reading() as session:
        return _view(await _unopened(admin, session, token))


async def open_sent_step(admin: Admin, token: str) -> OpenedStep:
    """Open a link, this once.

    Raises:
        NotFoundError: see `look_at_sent_step`.
    """
    secret = new_token()
    async with admin.store.transaction() as session:
        row = await _unopened(admin, session, token)
        row.opened_at, row.browser_hash = admin.clock(), hash_token(secret)
        return OpenedStep(secret=secret, expires_at=row.expires_at)


async def opened_step(admin: Admin, secret: str) -> SentStepView:
    """The step that a browser opened.

    Raises:
        NotFoundError: it opened none, or its time is over.
    """
    query = select(SentStep).where(SentStep.browser_hash == hash_token(secret))
    async with admin.store.reading() as session:
        row = await session.scalar(query)
    if row is None or row.expires_at <= admin.clock():
        raise NotFoundError("step_gone")
    return _view(row)


async def _unopened(admin: Admin, session: AsyncSession, token: str) -> SentStep:
    row = await session.scalar(select(SentStep).where(SentStep.token_hash == hash_token(token)))
    if row is None or row.opened_at is not None or row.expires_at <= admin.clock():
        raise NotFoundError("step_gone")
    return row


def _view(row: SentStep) -> SentStepView:
    return SentStepView(
        variant=Variant(row.variant),
        fields=row.fields,
        sender=row.sender,
        expires_at=row.expires_at,
    )
