"""Settings: house → building → room → display, the narrower scope wins, key by key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import NotFoundError
from roomdisplay.admin.news import PAGES, device_topic, room_topic
from roomdisplay.admin.policies import DEVICE_KEYS, HOUSE_KEYS, KEYS, Values, check_values
from roomdisplay.admin.security.roles import Actor, Permission, require
from roomdisplay.admin.store import news_after_commit
from roomdisplay.admin.store.tables import Device, Room, RoomSettings, SettingsScope
from roomdisplay.admin.use_cases.audit import record
from roomdisplay.admin.use_cases.reach import rooms_in_scope

HOUSE = "global"


async def merged_values(session: AsyncSession, room: Room, device: Device | None) -> Values:
    """All scopes of one display, merged."""
    scopes = [HOUSE] + ([f"building:{room.building}"] if room.building else [])
    merged: Values = {}
    for scope in scopes:
        if wider := await session.get(SettingsScope, scope):
            merged |= wider.values
    if own := await session.get(RoomSettings, room.id):
        merged |= own.values
    if device is not None:
        merged |= device.settings
    return merged


async def get_settings(admin: Admin, actor: Actor, scope: str) -> Values:
    """What `scope` itself sets: "global", "building:<name>", "room:<id>" or "device:<id>".

    Raises:
        NotFoundError: there is no such room or display.
    """
    require(actor, Permission.VIEW)
    async with admin.store.reading() as session:
        return dict((await _holder(session, scope)).values_now)


async def change_settings(
    admin: Admin, actor: Actor, scope: str, values: Mapping[str, object]
) -> None:
    """Set some keys of `scope`; None takes a key back.

    Raises:
        InvalidInputError: naming each field that cannot be accepted.
        NotFoundError: there is no such room or display.
    """
    kind = scope.partition(":")[0]
    require(actor, _PERMISSION.get(kind, Permission.SETTINGS))
    checked = check_values(values, _ALLOWED.get(kind, frozenset(KEYS) - HOUSE_KEYS))
    async with admin.store.transaction() as session:
        holder = await _holder(session, scope)
        merged = {**holder.values_now, **checked}
        holder.set({key: value for key, value in merged.items() if value is not None})
        await session.flush()
        if kind == "device":
            news_after_commit(session, device_topic(scope.partition(":")[2]))
        else:
            topics = [room_topic(room) for room in await rooms_in_scope(session, scope)]
            news_after_commit(session, *topics)
        news_after_commit(session, PAGES)
        record(admin, session, actor, "settings.changed", subject_id=scope, keys=", ".join(checked))


_ALLOWED = {HOUSE: frozenset(KEYS), "device": DEVICE_KEYS}
_PERMISSION = {"room": Permission.ROOMS, "device": Permission.DEVICES}


@dataclass(slots=True)
class _Holder:
    """The row that keeps a scope's values."""

    values_now: Values
    set: Callable[[Values], None]


async def _holder(session: AsyncSession, scope: str) -> _Holder:
    kind, _, name = scope.partition(":")
    if kind == "device":
        device = await session.get(Device, name)
        if device is None:
            raise NotFoundError("device_gone")
        return _Holder(device.settings, lambda values: setattr(device, "settings", values))
    if kind == "room":
        if await session.get(Room, name) is None:
            raise NotFoundError("room_gone")
        own = await session.get(RoomSettings, name) or RoomSettings(room_id=name, values={})
        return _Holder(own.values, lambda values: _put(session, own, values))
    if scope != HOUSE and (kind != "building" or not name):
        raise NotFoundError("scope_gone")
    wider = await session.get(SettingsScope, scope) or SettingsScope(scope=scope, values={})
    return _Holder(wider.values, lambda values: _put(session, wider, values))


def _put(session: AsyncSession, row: RoomSettings | SettingsScope, values: Values) -> None:
    row.values = values
    session.add(row)
