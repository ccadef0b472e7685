"""Pairing by a code (RFC 8628): the display shows it, a person confirms it in their session."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal
from urllib.parse import urlsplit

from sqlalchemy import delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import NotFoundError, RefusedError, TooManyTriesError
from roomdisplay.admin.news import PAGES
from roomdisplay.admin.security.roles import Actor, Permission, require
from roomdisplay.admin.security.throttle import code_lanes, count_try, forgive
from roomdisplay.admin.security.tokens import hash_token, new_token
from roomdisplay.admin.store import new_id, news_after_commit
from roomdisplay.admin.store.tables import Device, DeviceAuthorization, Room
from roomdisplay.admin.use_cases.audit import record
from roomdisplay.admin.use_cases.device_tokens import (
    DisplayFacts,
    IssuedToken,
    give_token,
    place_device,
)
from roomdisplay.model.room import Place
from roomdisplay.model.words import (
    USER_CODE_ALPHABET,
    USER_CODE_LENGTH,
    bare_code,
    grouped_code,
    pairing_words,
)

PAIR_PATH = "/pair"
"""The page where a code is entered."""
CODE_LIFE = timedelta(seconds=900)
INTERVAL = 2
CONFIRM_FOR = timedelta(minutes=10)
"""How long a code lives on, at least, once a person has entered it."""
APPROVED_FOR = timedelta(hours=24)
"""How long a display may still fetch its token after it was confirmed."""
_LIVE_PER_KEY = 6
_LIVE_PER_ADDRESS = 2_000
"""A whole company may stand behind one address; beyond this, somebody is filling the store."""
_KEPT_AFTER_END = timedelta(days=1)


class PairingState(StrEnum):
    """Where a pairing stands."""

    PENDING = "pending"
    CONFIRMING = "confirming"
    APPROVED = "approved"
    DENIED = "denied"
    USED = "used"
    """The display has used its token: both ends are done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedPairing:
    """What a display is told that asks to be paired."""

    device_code: str
    user_code: str
    verification_uri: str
    verification_uri_complete: str | None
    expires_in: int
    interval: int

    def __repr__(self) -> str:
        """Without the codes, so that no log shows them."""
        return "StartedPairing()"


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingDisplay:
    """A display that waits for its confirmation, as the person sees it who entered its code."""

    id: str
    model: str | None
    serial: str | None
    version: str | None
    address: str | None
    words: tuple[str, str, str, str]
    """To be compared with those on the display."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairingView:
    """How a pairing goes on after it was confirmed."""

    state: PairingState
    device_id: str | None = None
    room_id: str | None = None
    room_name: str | None = None
    place: Place | None = None
    has_calendar: bool = False


class NotYetError(Exception):
    """The device code gives no token now; `error` is RFC 8628's word for why."""

    def __init__(
        self,
        error: Literal["authorization_pending", "access_denied", "expired_token", "invalid_grant"],
    ) -> None:
        super().__init__(error)
        self.error = error


async def start_pairing(admin: Admin, facts: DisplayFacts) -> StartedPairing:
    """Give a display a code. Codes it has already live on: somebody may be confirming one.

    Raises:
        TooManyTriesError: too many codes for this key or this address are alive.
    """
    now, device_code = admin.clock(), new_token()
    async with admin.store.transaction() as session:
        await _forget_ended(session, now)
        await _require_room_for_one_more(session, facts, now)
        user_code = "".join(secrets.choice(USER_CODE_ALPHABET) for _ in range(USER_CODE_LENGTH))
        session.add(
            DeviceAuthorization(
                id=new_id(),
                device_code_hash=hash_token(device_code),
                user_code_hash=_code_hash(admin, user_code),
                key_thumbprint=facts.key_thumbprint,
                model=facts.model,
                serial=facts.serial,
                version=facts.version,
                address=facts.address,
                server_pin=facts.server_pin,
                created_at=now,
                expires_at=now + CODE_LIFE,
                state=PairingState.PENDING.value,
            )
        )
    page = admin.settings.canonical_origin + PAIR_PATH
    complete = f"{page}?code={grouped_code(user_code)}"
    return StartedPairing(
        device_code=device_code,
        user_code=grouped_code(user_code),
        verification_uri=page,
        verification_uri_complete=complete if _reachable(admin) else None,
        expires_in=round(CODE_LIFE.total_seconds()),
        interval=INTERVAL,
    )


async def look_up_pairing(
    admin: Admin, actor: Actor, code: str, *, session_id: str, address: str | None
) -> PendingDisplay:
    """The display that shows `code`; the code then lives until the person has had time to decide.

    Args:
        admin: the Admin Center.
        actor: who entered it.
        code: as typed or scanned.
        session_id: of the person's sign-in; misses slow it down.
        address: the person's, for the same reason.

    Raises:
        NotFoundError: "pairing_code_unknown": no display shows it (any more).
        TooManyTriesError: too early after missed tries.
    """
    require(actor, Permission.PAIR)
    lanes = code_lanes(admin.sealer, session_id, address)
    now = admin.clock()
    async with admin.store.transaction() as session:
        await count_try(session, lanes, now)
    async with admin.store.transaction() as session:
        # Found by a keyed hash: no comparison tells how much of a guess was right.
        found = select(DeviceAuthorization).where(
            DeviceAuthorization.user_code_hash == _code_hash(admin, bare_code(code))
        )
        row = await session.scalar(found)
        if row is not None and _confirmable(row, now):
            row.state = PairingState.CONFIRMING.value
            row.expires_at = max(row.expires_at, now + CONFIRM_FOR)
            await forgive(session, lanes)
            return _pending_display(row, code)
        record(admin, session, actor, "pairing.code_missed", address=address)
        news_after_commit(session, PAGES)
    raise NotFoundError("pairing_code_unknown")


async def approve_pairing(
    admin: Admin, actor: Actor, pairing_id: str, *, room_id: str, place: Place
) -> str:
    """Give the display its room; the id of the display it became.

    Raises:
        ForbiddenError: the actor may not pair into this room.
        NotFoundError: the pairing or the room is gone.
        RefusedError: it was decided already, or its time is over.
    """
    require(actor, Permission.PAIR, room_id)
    async with admin.store.transaction() as session:
        row = await _undecided(admin, session, pairing_id)
        facts = DisplayFacts(
            key_thumbprint=row.key_thumbprint,
            model=row.model,
            serial=row.serial,
            version=row.version,
            address=row.address,
        )
        device = await place_device(admin, session, facts, room_id, place)
        row.state, row.device_id = PairingState.APPROVED.value, device.id
        row.decided_at, row.decided_by = admin.clock(), actor.id
        record(
            admin,
            session,
            actor,
            "device.paired",
            subject_id=device.id,
            room_id=room_id,
            name=device.name,
            place=place.value,
        )
    return device.id


async def reject_pairing(admin: Admin, actor: Actor, pairing_id: str) -> None:
    """Wrong device: its code is worth nothing from now on.

    Raises:
        NotFoundError: the pairing is gone.
        RefusedError: it was decided already.
    """
    require(actor, Permission.PAIR)
    async with admin.store.transaction() as session:
        row = await _undecided(admin, session, pairing_id)
        row.state = PairingState.DENIED.value
        row.decided_at, row.decided_by = admin.clock(), actor.id
        record(admin, session, actor, "device.rejected", serial=row.serial, model=row.model)
        news_after_commit(session, PAGES)


async def pairing_view(admin: Admin, actor: Actor, pairing_id: str) -> PairingView:
    """How a pairing goes on; news of it come under `pages`.

    Raises:
        NotFoundError: the pairing is gone.
    """
    require(actor, Permission.PAIR)
    async with admin.store.reading() as session:
        row = await session.get(DeviceAuthorization, pairing_id)
        if row is None:
            raise NotFoundError("pairing_gone")
        device = await session.get(Device, row.device_id) if row.device_id else None
        room = await session.get(Room, device.room_id) if device and device.room_id else None
    return PairingView(
        state=PairingState(row.state),
        device_id=device.id if device else None,
        room_id=room.id if room else None,
        room_name=room.name if room else None,
        place=Place(device.place) if device else None,
        has_calendar=room is not None and room.calendar_id is not None,
    )


async def fetch_token(admin: Admin, device_code: str, key_thumbprint: str) -> IssuedToken:
    """The token of a confirmed pairing; asked again before its first use, a new one.

    Raises:
        NotYetError: not confirmed yet, or never to be.
    """
    found = select(DeviceAuthorization).where(
        DeviceAuthorization.device_code_hash == hash_token(device_code)
    )
    # Nearly all polls end here, in a read: no display wears the server's disk by waiting.
    async with admin.store.reading() as session:
        row = await session.scalar(found)
    now = admin.clock()
    if row is None or not hmac.compare_digest(row.key_thumbprint.encode(), key_thumbprint.encode()):
        raise NotYetError("invalid_grant")
    _require_approved(row, now)
    async with admin.store.transaction() as session:
        row = await session.get_one(DeviceAuthorization, row.id)
        _require_approved(row, now)
        device = await session.get(Device, row.device_id)
        if device is None or device.revoked_at is not None:
            raise NotYetError("access_denied")
        try:
            return await give_token(admin, session, device, row.id)
        except NotFoundError:
            raise NotYetError("invalid_grant") from None


def _require_approved(row: DeviceAuthorization, now: datetime) -> None:
    match PairingState(row.state):
        case PairingState.APPROVED:
            if row.decided_at is None or now >= row.decided_at + APPROVED_FOR:
                raise NotYetError("expired_token")
        case PairingState.DENIED:
            raise NotYetError("access_denied")
        case PairingState.USED:
            raise NotYetError("invalid_grant")
        case _:
            raise NotYetError("expired_token" if now >= row.expires_at else "authorization_pending")


def _confirmable(row: DeviceAuthorization, now: datetime) -> bool:
    undecided = row.state in {PairingState.PENDING.value, PairingState.CONFIRMING.value}
    return undecided and now < row.expires_at


def _pending_display(row: DeviceAuthorization, code: str) -> PendingDisplay:
    return PendingDisplay(
        id=row.id,
        model=row.model,
        serial=row.serial,
        version=row.version,
        address=row.address,
        words=pairing_words(row.key_thumbprint, code, row.server_pin),
    )


async def _undecided(admin: Admin, session: AsyncSession, pairing_id: str) -> DeviceAuthorization:
    row = await session.get(DeviceAuthorization, pairing_id)
    if row is None:
        raise NotFoundError("pairing_gone")
    if row.state in {PairingState.APPROVED.value, PairingState.USED.value}:
        raise RefusedError("pairing_decided")
    if not _confirmable(row, admin.clock()):
        raise RefusedError("pairing_over")
    return row


async def _forget_ended(session: AsyncSession, now: datetime) -> None:
    """Remove what gives no token any more."""
    over = now - _KEPT_AFTER_END
    await session.execute(
        delete(DeviceAuthorization).where(
            DeviceAuthorization.expires_at < over,
            or_(DeviceAuthorization.decided_at.is_(None), DeviceAuthorization.decided_at < over),
        )
    )


async def _require_room_for_one_more(
    session: AsyncSession, facts: DisplayFacts, now: datetime
) -> None:
    alive = select(func.count()).where(
        DeviceAuthorization.decided_at.is_(None), DeviceAuthorization.expires_at > now
    )
    of_key = alive.where(DeviceAuthorization.key_thumbprint == facts.key_thumbprint)
    of_address = alive.where(DeviceAuthorization.address == facts.address)
    if (await session.scalar(of_key) or 0) >= _LIVE_PER_KEY:
        raise TooManyTriesError("too_many_codes", timedelta(minutes=1))
    if (await session.scalar(of_address) or 0) >= _LIVE_PER_ADDRESS:
        raise TooManyTriesError("too_many_codes", timedelta(minutes=1))


def _code_hash(admin: Admin, code: str) -> str:
    key = admin.sealer.derive("pairing-codes")
    return hmac.new(key, bare_code(code).encode(), hashlib.sha256).hexdigest()


def _reachable(admin: Admin) -> bool:
    """Whether another machine could open the page: a QR code never leads to loopback."""
    host = urlsplit(admin.settings.canonical_origin).hostname or ""
    loopback = host == "localhost" or host.startswith("127.") or host == "::1"
    return bool(admin.settings.demo) or not loopback
