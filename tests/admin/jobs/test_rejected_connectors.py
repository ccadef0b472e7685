"""A connector that was not let in is made anew once the connection is proven, and not before."""

from __future__ import annotations

import asyncio

import pytest

from roomdisplay.admin.connections import Connections
from roomdisplay.admin.store.tables import CalendarConnection
from roomdisplay.admin.use_cases import services
from roomdisplay.connectors.base import CredentialsRejectedError

SECRET = "correct horse battery staple"


async def test_made_anew_after_a_proof_alone(admin, owner, house) -> None:
    house.add("room", "Room")
    form = {"url": "https://example.com", "password": SECRET}
    id_ = await services.connect_service(admin, owner, "house", "Calendars", form)
    async with admin.store.reading() as session:
        connection = await session.get(CalendarConnection, id_)
    connections = Connections(admin)

    async def rejected() -> object:
        with pytest.raises(CredentialsRejectedError):
            async with connections.use(connection) as connector:
                raise CredentialsRejectedError("no")
        return connector

    first = await rejected()
    others = await asyncio.gather(*(rejected() for _ in range(5)))
    assert all(one is first for one in others), "each new one would try the password once more"
    await services.check_connection(admin, owner, id_)
    async with connections.use(connection) as proven:
        assert proven is not first
    async with connections.use(connection) as again:
        assert again is proven
    await connections.aclose()
    assert house.open == 0
