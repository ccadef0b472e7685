"""Connections that are not let in any more, and how they come back."""

from __future__ import annotations

import pytest

from roomdisplay.admin.errors import InvalidInputError
from roomdisplay.admin.store.tables import CalendarConnection
from roomdisplay.admin.use_cases import rooms, services
from roomdisplay.admin.use_cases.disconnecting import disconnect_for_now
from roomdisplay.admin.use_cases.schedule import room_freshness
from roomdisplay.connectors.base import CredentialsRejectedError

SECRET = "correct horse battery staple"


async def test_made_anew_after_a_proof_alone(building) -> None:
    connections = building.jobs._connections

    async def lent() -> object:
        async with building.admin.store.reading() as session:
            row = await session.get(CalendarConnection, building.connection)
        async with connections.use(row) as connector:
            return connector

    first = await lent()
    building.service.faults = [CredentialsRejectedError("no"), CredentialsRejectedError("no")]
    await building.read_again()
    assert (await building.calendar("Atlas")).reason == "credentials_rejected"
    assert await lent() is first, "each new one would try the password once more"
    building.service.faults = []
    await services.check_connection(building.admin, building.owner, building.connection)
    proven = await lent()
    assert proven is not first
    assert await lent() is proven
    await building.jobs.read_due()
    assert (await building.calendar("Atlas")).reason is None


async def test_disconnected_rooms_keep_their_calendars_until_it_is_connected_again(
    building,
) -> None:
    admin, owner = building.admin, building.owner
    await disconnect_for_now(admin, owner, building.connection)
    before = len(building.service.reads)
    await building.read_again(hours=2)
    assert len(building.service.reads) == before
    view = await services.get_connection(admin, owner, building.connection)
    assert (view.reason, view.secret_keys, view.rooms) == ("disconnected", frozenset(), 2)
    atlas = await rooms.get_room(admin, owner, building.rooms["Atlas"])
    assert atlas.calendar is not None
    assert (await building.calendar("Atlas")).reason == "credentials_rejected"
    freshness = await room_freshness(admin, building.devices["Atlas"])
    assert freshness.source_state != "ok", "what is shown is old, and the glass says so"
    with pytest.raises(InvalidInputError):  # nothing of the secret was kept
        await services.change_connection(
            admin, owner, building.connection, {"url": "https://example.com"}
        )
    await services.change_connection(
        admin, owner, building.connection, {"url": "https://example.com", "password": SECRET}
    )
    await building.jobs.read_due()
    assert (await building.calendar("Atlas")).reason is None
    assert await building.titles("Atlas") == ["Planning", "Review"]
