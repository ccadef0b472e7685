"""Addresses of ours that calendar services may post to: made, found, told again."""

from __future__ import annotations

from enum import StrEnum

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from roomdisplay.admin.context import Admin
from roomdisplay.admin.security.sealing import UnsealError
from roomdisplay.admin.security.tokens import hash_token, new_token
from roomdisplay.admin.store import new_id
from roomdisplay.admin.store.tables import CalendarHook
from roomdisplay.connectors.push import Hook

PATH = "/hooks/"
URL_LIMIT = 128
"""Characters that every service takes."""


class Purpose(StrEnum):
    """What a hook is for; a calendar has one of each at most."""

    WATCH = "watch"
    AUTHORIZATION = "authorization"


class State(StrEnum):
    """How far it has come."""

    WANTED = "wanted"
    """The service is to be asked, when it is due."""
    AGREED = "agreed"
    """The service posts changes; it is renewed when it is due."""
    ENDING = "ending"
    """Nobody needs it any more: the service is to be told, then it goes."""
    ASKED = "asked"
    """The service was asked for an authorisation; it is asked again when it is due."""
    GRANTED = "granted"
    """There is a code to be redeemed."""
    DONE = "done"
    """The calendar is authorised."""
    REFUSED = "refused"
    """The service said no; it is asked again when it is due."""


class _Told(msgspec.Struct, frozen=True):
    url: str
    secret: str


def make_hook(
    admin: Admin, session: AsyncSession, calendar_id: str, purpose: Purpose, origin: str
) -> CalendarHook | None:
    """A hook with a new random path, wanted now; None: the origin is too long for any service."""
    row = CalendarHook(
        id=new_id(),
        calendar_id=calendar_id,
        purpose=purpose.value,
        state=State.WANTED.value,
        due_at=admin.clock(),
        created_at=admin.clock(),
    )
    if not _address(admin, row, origin):
        return None
    session.add(row)
    return row


def move_hook(admin: Admin, row: CalendarHook, origin: str) -> bool:
    """Give a hook another path, under another origin; the former one is unknown from now on."""
    return _address(admin, row, origin)


def hook_of(admin: Admin, row: CalendarHook) -> Hook | None:
    """What the service is told; None: it was sealed with a key that is here no more."""
    try:
        plain = admin.sealer.unseal(row.sealed, _owner(row.id))
    except UnsealError:
        return None
    told = msgspec.json.decode(plain, type=_Told)
    return Hook(url=told.url, secret=told.secret)


def seal_code(admin: Admin, row: CalendarHook, code: str) -> None:
    """Keep the code of an authorisation until it is redeemed."""
    row.sealed_code = admin.sealer.seal(code.encode(), f"{_owner(row.id)}:code")


def code_of(admin: Admin, row: CalendarHook) -> str | None:
    """The code that is to be redeemed."""
    if row.sealed_code is None:
        return None
    try:
        return admin.sealer.unseal(row.sealed_code, f"{_owner(row.id)}:code").decode()
    except UnsealError:
        return None


async def find_hook(session: AsyncSession, path: str) -> CalendarHook | None:
    """The hook of a path, looked up by its hash."""
    return await session.scalar(
        select(CalendarHook).where(CalendarHook.path_hash == hash_token(path))
    )


def _address(admin: Admin, row: CalendarHook, origin: str) -> bool:
    path = new_token()
    url = f"{origin}{PATH}{path}"
    if len(url) > URL_LIMIT:
        return False
    row.path_hash = hash_token(path)
    told = msgspec.json.encode(_Told(url, new_token()))
    row.sealed = admin.sealer.seal(told, _owner(row.id))
    return True


def _owner(hook_id: str) -> str:
    return f"hook:{hook_id}"
