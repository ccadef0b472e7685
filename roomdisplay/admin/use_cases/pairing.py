"""A person's half of pairing by a code: they enter it, compare, and confirm or refuse."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import NotFoundError, RefusedError
from roomdisplay.admin.news import PAGES
from roomdisplay.admin.security.roles import Actor, Permission, require
from roomdisplay.admin.security.throttle import code_lanes, count_try, forgive
from roomdisplay.admin.store import news_after_commit
from roomdisplay.admin.store.tables import Device, DeviceAuthorization, Room
from roomdisplay.admin.use_cases.audit import record
from roomdisplay.admin.use_cases.device_tokens import DisplayFacts, place_device
from roomdisplay.admin.use_cases.installer_links import spend_pairing
from roomdisplay.admin.use_cases.missed_codes import PAIRING_MISSED
from roomdisplay.admin.use_cases.pairing_grants import PairingState, code_hash
from roomdisplay.model.room import Place
from roomdisplay.model.words import (
    bare_code,
    pairing_words,
)

CONFIRM_FOR = timedelta(minutes=10)
"""How long a code lives on, at least, once a person has entered it."""


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
            DeviceAuthorization.user_code_hash == code_hash(admin, bare_code(code))
        )
        row = await session.scalar(found)
        if row is not None and _confirmable(row, now):
            row.state = PairingState.CONFIRMING.value
            row.expires_at = max(row.expires_at, now + CONFIRM_FOR)
            await forgive(session, lanes)
            return _pending_display(row, code)
        record(admin, session, actor, PAIRING_MISSED, address=address)
        news_after_commit(session, PAGES)
    raise NotFoundError("pairing_code_unknown")


async def approve_pairing(
    admin: Admin, actor: Actor, pairing_id: str, *, room_id: str, place: Place
) -> str:
    """Give the display its room; the id of the display it became.

    Raises:
        ForbiddenError: the actor may not pair into this room.
        NotFoundError: the pairing or the room is gone.
        RefusedError: it was decided already, its time is over, or the installer's link allows no
            more pairings.
    """
    require(actor, Permission.PAIR, room_id)
    async with admin.store.transaction() as session:
        row = await _undecided(admin, session, pairing_id)
        await spend_pairing(admin, session, actor)
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
