"""Furnish an empty Admin Center the way its people would: an owner, a calendar service, rooms."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from roomdisplay.admin.context import Admin
from roomdisplay.admin.security.roles import Actor
from roomdisplay.admin.use_cases import (
    assignment,
    people,
    rooms,
    services,
    sessions,
    settings,
)
from roomdisplay.demo.clock import ZONE
from roomdisplay.demo.services.sample import SampleService
from roomdisplay.demo.services.service import DemoService

OWNER_EMAIL = "demo@roomdisplay.invalid"
SURPRISE_AFTER = timedelta(seconds=60)
"""How long after the opening somebody adds a meeting."""


@dataclass(frozen=True, slots=True)
class Furnished:
    """What the demo goes on with."""

    owner: Actor
    password: str
    atlas: str
    """The id of the room that gets the display."""
    surprise_at: datetime


async def furnish(
    admin: Admin,
    language: str,
    service: DemoService | None = None,
    *,
    opening: datetime | None = None,
) -> Furnished:
    """Make the owner, connect the sample building, and give each of its rooms its calendar.

    Everything goes through the use cases that the pages call.

    Args:
        admin: an empty Admin Center.
        language: "en" or "fr".
        service: what the building's meetings come from; None: the sample service.
        opening: when, UTC, the showing begins; None: now.
    """
    service = service or SampleService(language)
    client = sessions.Client(address="127.0.0.1", agent="roomdisplay demo")
    invitation = await people.invite_owner(admin)
    password = secrets.token_urlsafe(9)
    signed_in = await people.accept_invitation(
        admin,
        invitation.url.rsplit("/", 1)[-1],
        name="Demo",
        email=OWNER_EMAIL,
        password=password,
        language=language,
        client=client,
    )
    who = await sessions.who_is(admin, signed_in.token)
    assert who is not None
    await settings.change_settings(admin, who.actor, "global", {"language": language})
    surprise_at = (opening or admin.clock()) + SURPRISE_AFTER
    for connection in await service.connect(admin, who, surprise_at):
        calendars = await services.list_calendars(admin, who.actor, connection_id=connection)
        await assignment.create_rooms_from_calendars(
            admin, who.actor, [calendar.id for calendar in calendars], timezone=ZONE.key
        )
    listed = await rooms.list_rooms(admin, who.actor)
    atlas = next(room.id for room in listed if room.name == "Atlas")
    return Furnished(owner=who.actor, password=password, atlas=atlas, surprise_at=surprise_at)
