"""The sample building as a company's: its departments invite its rooms, day after day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from roomdisplay.connectors.sample.building import (
    ATLAS,
    BUILDING,
    SURPRISE,
    TEAMS,
    Entry,
    SampleRoom,
)
from simulators.organisation import Draft, OnlineMeeting, Organisation, Processing, Recurrence

DOMAIN = "building.example"
SERVICE_ACCOUNT = f"svc-rooms@{DOMAIN}"
_BEFORE = timedelta(days=14)
"""How long before the first day the series begin."""


def room_address(room: SampleRoom) -> str:
    """The mailbox of a room."""
    return f"{room.address}@{DOMAIN}"


def sample_organisation(
    zone: ZoneInfo, clock: Callable[[], datetime], *, french: bool, password: str
) -> Organisation:
    """The building, processed as Step 1 asks for: titles, texts and private flags survive.

    Args:
        zone: where it stands.
        clock: tells the time in UTC; the series begin two weeks before.
        french: the language of titles and departments.
        password: of the service account.
    """
    organisation = Organisation(zone.key, clock)
    organisation.add_person(SERVICE_ACCOUNT, "Room Display", password=password)
    first = clock().astimezone(zone).date() - _BEFORE
    for room in BUILDING:
        organisation.add_room(
            room_address(room),
            room.name,
            room_list=f"{'Étage' if french else 'Floor'} {room.floor}",
            capacity=room.capacity,
            floor=room.floor,
            processing=Processing(
                delete_subject=False,
                add_organizer_to_subject=False,
                delete_comments=False,
                remove_private=False,
                allow_conflicts=True,
            ),
        )
        for entry in room.entries:
            _invite(organisation, room, entry, first, zone, french=french, daily=True)
        if room.all_day is not None:
            _weeks(organisation, room, room.all_day[french], first, zone)
    return organisation


def surprise(organisation: Organisation, today: date, zone: ZoneInfo, *, french: bool) -> None:
    """Somebody invites Atlas for today."""
    _invite(organisation, ATLAS, SURPRISE, today, zone, french=french, daily=False)


def _invite(
    organisation: Organisation,
    room: SampleRoom,
    entry: Entry,
    day: date,
    zone: ZoneInfo,
    *,
    french: bool,
    daily: bool,
) -> None:
    teams = entry.link == TEAMS
    organisation.invite(
        _department(organisation, entry, french=french),
        Draft(
            subject=entry.title[french],
            start=_wall(day, entry.start, zone),
            end=_wall(day, entry.end, zone),
            zone=zone.key,
            rooms=(room_address(room),),
            location=room.name,
            body=entry.link if entry.link and not teams else "",
            online=OnlineMeeting("teamsForBusiness", entry.link) if entry.link and teams else None,
            sensitivity="private" if entry.private else "normal",
            recurrence=Recurrence("FREQ=DAILY") if daily else None,
        ),
    )


def _weeks(
    organisation: Organisation, room: SampleRoom, title: str, first: date, zone: ZoneInfo
) -> None:
    monday = first - timedelta(days=first.weekday())
    organisation.invite(
        SERVICE_ACCOUNT,
        Draft(
            subject=title,
            start=_wall(monday, 0, zone),
            end=_wall(monday + timedelta(days=5), 0, zone),
            zone=zone.key,
            rooms=(room_address(room),),
            all_day=True,
            recurrence=Recurrence("FREQ=WEEKLY"),
        ),
    )


def _department(organisation: Organisation, entry: Entry, *, french: bool) -> str:
    address = f"{entry.organizer[0].replace(' ', '-').lower()}@{DOMAIN}"
    if address not in organisation.mailboxes:
        organisation.add_person(address, entry.organizer[french])
    return address


def _wall(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(*divmod(minutes, 60)), zone)
