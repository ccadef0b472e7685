"""The tokens displays are known by: given, given again after a lost answer, used, taken back."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import NotFoundError
from roomdisplay.admin.news import PAGES, device_topic, room_topic
from roomdisplay.admin.security.roles import SYSTEM
from roomdisplay.admin.security.throttle import Lane, code_lanes, count_try, forgive
from roomdisplay.admin.security.tokens import hash_token, new_token
from roomdisplay.admin.store import new_id, news_after_commit
from roomdisplay.admin.store.tables import Device, DeviceAuthorization, DeviceToken, Room
from roomdisplay.admin.use_cases.activation import redeem_activation_code
from roomdisplay.admin.use_cases.audit import record
from roomdisplay.admin.use_cases.devices import revoke_device
from roomdisplay.admin.use_cases.missed_codes import note_missed_activation
from roomdisplay.model.room import Place

_UNUSED_KEPT = 3
"""Tokens of one grant that wait for their first use: each may be the one whose answer arrived."""


class TokenUnknownError(Exception):
    """No such token, or not of this key, or taken back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayFacts:
    """What a display tells of itself; shown to people, believed by nobody."""

    key_thumbprint: str
    model: str | None = None
    serial: str | None = None
    version: str | None = None
    address: str | None = None
    server_pin: str | None = None
    """The pin (hex) by which the display trusts this server, if it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedToken:
    """A token as it is given out, once."""

    token: str
    device_id: str
    room_name: str | None

    def __repr__(self) -> str:
        """Without the token, so that no log shows it."""
        return f"IssuedToken(device_id={self.device_id!r})"


async def device_of_token(admin: Admin, token: str, key_thumbprint: str) -> Device:
    """The display that `token` belongs to, if it is sent by the key it is bound to.

    Its first use ends the pairing: from then on the grant gives no other token, and all the
    display's older tokens are worth nothing.

    Raises:
        TokenUnknownError: it is not known (any more).
    """
    found = (
        select(DeviceToken, Device).join(Device).where(DeviceToken.token_hash == hash_token(token))
    )
    async with admin.store.reading() as session:
        row = (await session.execute(found)).one_or_none()
    if row is None:
        raise TokenUnknownError
    held, device = row
    bound = hmac.compare_digest(held.key_thumbprint.encode(), key_thumbprint.encode())
    if not bound or held.revoked_at is not None or device.revoked_at is not None:
        raise TokenUnknownError
    if held.first_used_at is None:
        await _begin_use(admin, held.id)
    return device


async def give_token(
    admin: Admin, session: AsyncSession, device: Device, grant_id: str
) -> IssuedToken:
    """Make a token for a grant, in the caller's transaction.

    Raises:
        NotFoundError: "grant_used": a token of this grant was used already.
    """
    given = list(
        await session.scalars(
            select(DeviceToken)
            .where(DeviceToken.grant_id == grant_id, DeviceToken.device_id == device.id)
            .order_by(DeviceToken.created_at.desc())
        )
    )
    if any(token.first_used_at is not None for token in given):
        raise NotFoundError("grant_used")
    for surplus in given[_UNUSED_KEPT - 1 :]:
        await session.delete(surplus)
    token = new_token()
    session.add(
        DeviceToken(
            id=new_id(),
            token_hash=hash_token(token),
            device_id=device.id,
            key_thumbprint=device.key_thumbprint,
            grant_id=grant_id,
            created_at=admin.clock(),
        )
    )
    room = await session.get(Room, device.room_id) if device.room_id else None
    return IssuedToken(token=token, device_id=device.id, room_name=room.name if room else None)


async def redeem(admin: Admin, code: str, facts: DisplayFacts) -> IssuedToken:
    """Pair a display by an activation code.

    Raises:
        NotFoundError: the code cannot be used (any more); deliberately not said why.
        TooManyTriesError: too early after missed tries from this address.
    """
    lanes = code_lanes(admin.sealer, facts.key_thumbprint, facts.address)
    async with admin.store.transaction() as session:
        await count_try(session, lanes, admin.clock())
    try:
        return await _redeem(admin, code, facts, lanes)
    except NotFoundError as missed:
        if missed.key == "code_gone":
            await note_missed_activation(admin, facts.address)
        raise


async def _redeem(
    admin: Admin, code: str, facts: DisplayFacts, lanes: Sequence[Lane]
) -> IssuedToken:
    async with admin.store.transaction() as session:
        row = await redeem_activation_code(admin, session, code, facts.key_thumbprint)
        if row.device_id is None:
            device = await place_device(admin, session, facts, row.room_id, Place(row.place))
            row.device_id = device.id
            record(
                admin,
                session,
                SYSTEM,
                "device.activated",
                subject_id=device.id,
                room_id=row.room_id,
                name=device.name,
            )
        else:
            device = await session.get_one(Device, row.device_id)
        issued = await give_token(admin, session, device, row.id)
        await forgive(session, lanes)
    return issued


async def place_device(
    admin: Admin, session: AsyncSession, facts: DisplayFacts, room_id: str, place: Place
) -> Device:
    """Put the display of a key into a room, in the caller's transaction.

    A display that is paired again, and one that was taken out, keeps its row.

    Raises:
        NotFoundError: there is no such room.
    """
    room = await session.get(Room, room_id)
    if room is None:
        raise NotFoundError("room_gone")
    known = select(Device).where(Device.key_thumbprint == facts.key_thumbprint)
    device = await session.scalar(known.order_by(Device.created_at.desc()).limit(1))
    if device is None:
        device = Device(
            id=new_id(),
            name=await _free_name(session, room.name),
            key_thumbprint=facts.key_thumbprint,
            place=place.value,
            created_at=admin.clock(),
        )
        session.add(device)
    elif device.room_id is not None:
        news_after_commit(session, room_topic(device.room_id))
    if device.room_id != room_id:
        device.conference_choice = False
    device.room_id, device.place, device.revoked_at = room_id, place.value, None
    device.model, device.serial, device.version = facts.model, facts.serial, facts.version
    device.last_address = facts.address
    await session.flush()
    news_after_commit(session, PAGES, device_topic(device.id), room_topic(room_id))
    return device


async def give_back(admin: Admin, token: str, key_thumbprint: str) -> None:
    """A display un-pairs itself; one that is not known has nothing to give back."""
    try:
        device = await device_of_token(admin, token, key_thumbprint)
    except TokenUnknownError:
        return
    await revoke_device(admin, SYSTEM, device.id)


async def _begin_use(admin: Admin, token_id: str) -> None:
    async with admin.store.transaction() as session:
        held = await session.get(DeviceToken, token_id)
        if held is None or held.revoked_at is not None:
            raise TokenUnknownError
        if held.first_used_at is not None:
            return
        now = admin.clock()
        held.first_used_at = now
        await _end_others(session, held, now)
        device = await session.get_one(Device, held.device_id)
        device.last_seen_at = now
        news_after_commit(session, PAGES, device_topic(device.id))


async def _end_others(session: AsyncSession, held: DeviceToken, now: datetime) -> None:
    others = DeviceToken.device_id == held.device_id, DeviceToken.id != held.id
    unused = delete(DeviceToken).where(*others, DeviceToken.first_used_at.is_(None))
    await session.execute(unused)
    older = update(DeviceToken).where(*others, DeviceToken.revoked_at.is_(None))
    await session.execute(older.values(revoked_at=now))
    grant = update(DeviceAuthorization).where(DeviceAuthorization.id == held.grant_id)
    await session.execute(grant.values(state="used"))


async def _free_name(session: AsyncSession, room_name: str) -> str:
    """The room's name, with a number if another display has it."""
    taken = set(await session.scalars(select(Device.name).where(Device.name.startswith(room_name))))
    number = 1
    while (name := room_name if number == 1 else f"{room_name} {number}") in taken:
        number += 1
    return name
