"""The display's half of pairing by a code (RFC 8628): asking for one, and fetching the token."""

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

from roomdisplay.admin.configuration import is_loopback
from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import NotFoundError, TooManyTriesError
from roomdisplay.admin.security.tokens import hash_token, new_token
from roomdisplay.admin.store import new_id
from roomdisplay.admin.store.tables import Device, DeviceAuthorization
from roomdisplay.admin.use_cases.device_tokens import DisplayFacts, IssuedToken, give_token
from roomdisplay.model.words import (
    USER_CODE_ALPHABET,
    USER_CODE_LENGTH,
    bare_code,
    grouped_code,
)

PAIR_PATH = "/pair"
"""The page where a code is entered."""
CODE_LIFE = timedelta(seconds=900)
INTERVAL = 2
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
                user_code_hash=code_hash(admin, user_code),
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


def code_hash(admin: Admin, code: str) -> str:
    """What is kept of a user code; it is found by this, so that no comparison leaks its letters."""
    key = admin.sealer.derive("pairing-codes")
    return hmac.new(key, bare_code(code).encode(), hashlib.sha256).hexdigest()


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


def _reachable(admin: Admin) -> bool:
    """Whether another machine could open the page: a QR code never leads to loopback."""
    return not is_loopback(urlsplit(admin.settings.canonical_origin).hostname or "")
