"""A connector that was not let in is made anew once the connection is proven, and not before."""

from __future__ import annotations

from roomdisplay.admin.store.tables import CalendarConnection
from roomdisplay.admin.use_cases import services
from roomdisplay.connectors.base import CredentialsRejectedError


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
