"""One screen of one's own: an address pasted, the next meetings seen, applied.

For the Admin Center that runs beside a single display. The service is told by the address: a feed
or a CalDAV server; both are tried where the address does not say.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

from sqlalchemy import select

from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import InvalidInputError, ServiceError
from roomdisplay.admin.live import prove, trying
from roomdisplay.admin.security.roles import Actor, Permission, require
from roomdisplay.admin.store.tables import CalendarConnection
from roomdisplay.admin.use_cases.assignment import assign_address
from roomdisplay.admin.use_cases.devices import list_devices, move_device
from roomdisplay.admin.use_cases.rooms import RoomInput, create_room, list_rooms
from roomdisplay.admin.use_cases.service_form import account_of, entered, kept_secrets
from roomdisplay.admin.use_cases.services import change_connection, connect_service
from roomdisplay.connectors.base import (
    CalendarInfo,
    ConnectionSettings,
    MalformedAnswerError,
    Occurrence,
    Picture,
    Window,
)
from roomdisplay.connectors.registry import fields

AHEAD = timedelta(days=14)
SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class PastedCalendar:
    """What somebody pasted."""

    address: str
    username: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCalendar:
    """What was found at the address."""

    service: str
    calendar_address: str
    name: str
    meetings: tuple[Occurrence, ...]


async def look(admin: Admin, actor: Actor, pasted: PastedCalendar, zone: str) -> FoundCalendar:
    """Read the next meetings; nothing is saved.

    Raises:
        InvalidInputError: no address was entered.
        ServiceError: there is no calendar that can be read.
    """
    require(actor, Permission.CONNECT)
    if not pasted.address:
        raise InvalidInputError({"address": "address_needed"})
    refused: list[ServiceError] = []
    for service in _candidates(pasted):
        try:
            return await _read(admin, service, pasted, zone)
        except ServiceError as error:
            refused.append(error)
    # What asks for a sign-in is the right service; else the first guess has the best words.
    asks = (one for one in refused if one.key == "credentials_rejected")
    raise next(asks, refused[0])


async def use(
    admin: Admin, actor: Actor, pasted: PastedCalendar, *, room_name: str, zone: str
) -> str:
    """Connect the calendar and give it to the screen's room, made if there is none; the room's id.

    Applied twice, it comes to the same: one connection, one room.

    Raises:
        AdminError: see `look`; nothing was saved then.
    """
    found = await look(admin, actor, pasted, zone)
    async with admin.setting_up:  # a second tap on Apply comes before the first is done
        connection = await _connection(admin, actor, found, pasted, found.name or room_name)
        room_id = await _room(admin, actor, room_name or found.name, zone)
        await assign_address(
            admin, actor, room_id, connection, found.calendar_address, confirm=True
        )
        for device in await list_devices(admin, actor):
            if device.room_id is None:
                await move_device(admin, actor, device.id, room_id)
    return room_id


async def _connection(
    admin: Admin, actor: Actor, found: FoundCalendar, pasted: PastedCalendar, name: str
) -> str:
    """The connection to this account: the one there is, with the password as it is now, or new."""
    form = _form(pasted)
    wanted = entered(found.service, form, {})
    async with admin.store.reading() as session:
        query = select(CalendarConnection).where(CalendarConnection.service == found.service)
        rows = list(await session.scalars(query.order_by(CalendarConnection.created_at)))
    for row in rows:
        kept = ConnectionSettings(values=row.values, secrets=kept_secrets(admin, row))
        if account_of(found.service, kept) == account_of(found.service, wanted):
            if kept != wanted:
                await change_connection(admin, actor, row.id, form)
            return row.id
    return await connect_service(admin, actor, found.service, name, form)


async def _room(admin: Admin, actor: Actor, name: str, zone: str) -> str:
    """The screen's room: the only one there is, or a new one."""
    rooms = await list_rooms(admin, actor)
    if rooms:
        return next((room.id for room in rooms if room.devices), rooms[0].id)
    return await create_room(admin, actor, RoomInput(name=name, timezone=zone))


def _candidates(pasted: PastedCalendar) -> tuple[str, ...]:
    parts = urlsplit(pasted.address)
    if parts.scheme.lower() == "webcal" or parts.path.lower().endswith(".ics"):
        return ("ics",)
    return ("caldav", "ics") if pasted.username else ("ics", "caldav")


def _form(pasted: PastedCalendar) -> dict[str, str]:
    return {"url": pasted.address, "username": pasted.username, "password": pasted.password}


async def _read(admin: Admin, service: str, pasted: PastedCalendar, zone: str) -> FoundCalendar:
    given = {key: value for key, value in _form(pasted).items() if value}
    secret = {one.key for one in fields(service) if one.secret}
    settings = ConnectionSettings(
        values={key: value for key, value in given.items() if key not in secret},
        secrets={key: value for key, value in given.items() if key in secret},
    )
    now = admin.clock()
    async with trying(admin, service, settings) as connector:
        calendar = _nearest(pasted.address, list(await prove(connector)))
        picture = await connector.read(calendar.address, Window(now, now + AHEAD), zone=zone)
    occurrences = picture.occurrences if isinstance(picture, Picture) else ()
    coming = sorted((one for one in occurrences if one.end > now), key=lambda one: one.start)
    return FoundCalendar(
        service=service,
        calendar_address=calendar.address,
        name=calendar.name,
        meetings=tuple(coming[:SHOWN]),
    )


def _nearest(address: str, calendars: list[CalendarInfo]) -> CalendarInfo:
    """The calendar whose own address was pasted, else the first."""
    if not calendars:
        raise MalformedAnswerError("There is no calendar at this address.")
    path = urlsplit(address).path.strip("/")
    same = (one for one in calendars if path and urlsplit(one.address).path.strip("/") == path)
    return next(same, calendars[0])
