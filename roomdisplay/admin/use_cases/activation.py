"""Activation codes: one room each, for pairing a hundred screens without typing on each."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import InvalidInputError, NotFoundError, RefusedError
from roomdisplay.admin.news import PAGES
from roomdisplay.admin.security.roles import Actor, Permission, require
from roomdisplay.admin.spreadsheet import write_table
from roomdisplay.admin.store import new_id, news_after_commit
from roomdisplay.admin.store.tables import ActivationCode, Room
from roomdisplay.admin.use_cases.audit import record
from roomdisplay.admin.use_cases.rooms import room_row
from roomdisplay.model.room import Place

ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
"""Twenty consonants: no look-alikes, no words (RFC 8628 section 6.1)."""
LENGTH = 16
VALID_FOR = timedelta(days=14)
LONGEST = timedelta(days=90)
REPEAT_FOR = timedelta(hours=24)
"""How long a display whose answer was lost may redeem the same code again, with the same key."""
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedCode:
    """A code as it is shown, once."""

    id: str
    code: str
    """In groups of four."""
    room_id: str
    room_name: str
    building: str | None
    place: Place
    expires_at: datetime

    def __repr__(self) -> str:
        """Without the code, so that no log shows it."""
        return f"IssuedCode(id={self.id!r}, room_name={self.room_name!r})"


class CodeState(StrEnum):
    """What became of a code."""

    OPEN = "open"
    USED = "used"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivationCodeView:
    """A code that was made, without its letters."""

    id: str
    room_id: str
    room_name: str
    place: Place
    created_at: datetime
    expires_at: datetime
    state: CodeState
    device_id: str | None


async def make_activation_codes(
    admin: Admin,
    actor: Actor,
    room_ids: Sequence[str],
    *,
    place: Place,
    valid_for: timedelta = VALID_FOR,
) -> list[IssuedCode]:
    """Make one code for each room named; a room named twice gets two.

    Raises:
        InvalidInputError: no room, too many, or a validity beyond 90 days.
        NotFoundError: one of the rooms is gone; nothing was made.
    """
    require(actor, Permission.DEVICES)
    if not 0 < len(room_ids) <= _AT_ONCE:
        raise InvalidInputError({"rooms": "rooms_needed"})
    if not timedelta(minutes=5) <= valid_for <= LONGEST:
        raise InvalidInputError({"valid_for": "validity_wrong"})
    issued: list[IssuedCode] = []
    async with admin.store.transaction() as session:
        now = admin.clock()
        for room_id in room_ids:
            room = await room_row(session, room_id)
            code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
            row = ActivationCode(
                id=new_id(),
                code_hash=_hash(admin, code),
                room_id=room_id,
                place=place.value,
                created_at=now,
                created_by=actor.id,
                expires_at=now + valid_for,
            )
            session.add(row)
            issued.append(_issued(row, room, code))
            record(
                admin,
                session,
                actor,
                "code.made",
                subject_id=row.id,
                room_id=room_id,
                name=room.name,
            )
        news_after_commit(session, PAGES)
    return issued


def codes_csv(codes: Sequence[IssuedCode]) -> str:
    """The codes as comma-separated values, safe to open in a spreadsheet."""
    rows = [
        (
            one.room_name,
            one.building or "",
            one.place.value,
            one.code,
            one.expires_at.isoformat(timespec="seconds"),
        )
        for one in codes
    ]
    return write_table([("room", "building", "place", "code", "expires_at"), *rows])


async def list_activation_codes(admin: Admin, actor: Actor) -> list[ActivationCodeView]:
    """The newest first."""
    require(actor, Permission.DEVICES)
    now = admin.clock()
    query = (
        select(ActivationCode, Room)
        .join(Room)
        .order_by(ActivationCode.created_at.desc(), Room.name, ActivationCode.id)
    )
    async with admin.store.reading() as session:
        return [
            ActivationCodeView(
                id=row.id,
                room_id=room.id,
                room_name=room.name,
                place=Place(row.place),
                created_at=row.created_at,
                expires_at=row.expires_at,
                state=_state(row, now),
                device_id=row.device_id,
            )
            for row, room in await session.execute(query)
        ]


async def withdraw_activation_code(admin: Admin, actor: Actor, code_id: str) -> None:
    """Make a code worthless.

    Raises:
        RefusedError: it was used already.
        NotFoundError: there is no such code.
    """
    require(actor, Permission.DEVICES)
    async with admin.store.transaction() as session:
        row = await session.get(ActivationCode, code_id)
        if row is None:
            raise NotFoundError("code_gone")
        if row.used_at is not None:
            raise RefusedError("code_used")
        row.withdrawn_at = row.withdrawn_at or admin.clock()
        news_after_commit(session, PAGES)
        record(admin, session, actor, "code.withdrawn", subject_id=code_id, room_id=row.room_id)


async def redeem_activation_code(
    admin: Admin, session: AsyncSession, code: str, key_thumbprint: str
) -> ActivationCode:
    """Use a code up for the display of `key_thumbprint`, inside the caller's transaction.

    The caller makes or finds the display, sets the row's `device_id`, and counts tries (see
    `throttle.code_lanes`) in a transaction of its own, which a miss does not roll back. For 24 h
    the same code with the same key is the same redemption: a lost answer costs nothing.

    Raises:
        NotFoundError: "code_gone": never made, used by another, expired or withdrawn; deliberately
            not said which.
    """
    plain = "".join(letter for letter in code.upper() if letter.isalnum())
    query = select(ActivationCode).where(ActivationCode.code_hash == _hash(admin, plain))
    row = await session.scalar(query)
    now = admin.clock()
    if row is None or row.withdrawn_at is not None:
        raise NotFoundError("code_gone")
    if row.used_at is not None:
        if row.used_by_thumbprint != key_thumbprint or now - row.used_at >= REPEAT_FOR:
            raise NotFoundError("code_gone")
        return row
    if now >= row.expires_at:
        raise NotFoundError("code_gone")
    row.used_at, row.used_by_thumbprint = now, key_thumbprint
    news_after_commit(session, PAGES)
    return row


def _hash(admin: Admin, code: str) -> str:
    key = admin.sealer.derive("activation-codes")
    return hmac.new(key, code.encode(), hashlib.sha256).hexdigest()


def _state(row: ActivationCode, now: datetime) -> CodeState:
    if row.used_at is not None:
        return CodeState.USED
    if row.withdrawn_at is not None:
        return CodeState.WITHDRAWN
    return CodeState.EXPIRED if now >= row.expires_at else CodeState.OPEN


def _issued(row: ActivationCode, room: Room, code: str) -> IssuedCode:
    grouped = "-".join(code[at : at + 4] for at in range(0, LENGTH, 4))
    return IssuedCode(
        id=row.id,
        code=grouped,
        room_id=room.id,
        room_name=room.name,
        building=room.building,
        place=Place(row.place),
        expires_at=row.expires_at,
    )
