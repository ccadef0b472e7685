"""Apply on the page of one's only screen, once, twice and with another password."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from roomdisplay.admin.context import Admin
from roomdisplay.admin.jobs import Jobs
from roomdisplay.admin.security.roles import Actor
from roomdisplay.admin.use_cases import rooms, services
from roomdisplay.admin.use_cases.one_screen import PastedCalendar, use

FEED = (
    """BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nX-WR-CALNAME:Workshop\r\nEND:VCALENDAR\r\n"""
)


class Feed:
    """A published feed that answers to whoever asks."""

    def __init__(self) -> None:
        self.address = ""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = FEED.encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/calendar\r\nContent-Length: {len(body)}"
        writer.write(f"{head}\r\nConnection: close\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()


@pytest.fixture
async def feed() -> Any:
    """The feed, served on loopback."""
    one = Feed()
    async with await asyncio.start_server(one.answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        one.address = f"http://127.0.0.1:{port}/room.ics"
        yield one


async def test_applied_again_there_is_still_one_connection_and_one_room(
    admin: Admin, owner: Actor, feed: Feed
) -> None:
    pasted = PastedCalendar(address=feed.address)
    first = await use(admin, owner, pasted, room_name="Shed", zone="Europe/Paris")
    again = await use(admin, owner, pasted, room_name="Shed", zone="Europe/Paris")
    assert first == again
    assert len(await services.list_connections(admin, owner)) == 1
    assert len(await services.list_calendars(admin, owner)) == 1
    assert [room.id for room in await rooms.list_rooms(admin, owner)] == [first]


async def test_two_taps_on_apply_come_to_one(admin: Admin, owner: Actor, feed: Feed) -> None:
    pasted = PastedCalendar(address=feed.address)
    both = await asyncio.gather(
        *(use(admin, owner, pasted, room_name="Shed", zone="Europe/Paris") for _ in range(2))
    )
    assert len(set(both)) == 1
    assert len(await services.list_connections(admin, owner)) == 1


async def test_another_password_replaces_the_former_and_another_address_is_another_calendar(
    admin: Admin, owner: Actor, feed: Feed, jobs: Jobs
) -> None:
    for password in ("one", "two"):
        pasted = PastedCalendar(address=feed.address, username="ada", password=password)
        await use(admin, owner, pasted, room_name="Shed", zone="Europe/Paris")
    (connection,) = await services.list_connections(admin, owner)
    assert connection.secret_keys >= {"password"}
    elsewhere = feed.address.replace("room.ics", "other.ics")
    pasted = PastedCalendar(address=elsewhere)
    room_id = await use(admin, owner, pasted, room_name="Shed", zone="Europe/Paris")
    await jobs.read_due()
    assert len(await services.list_connections(admin, owner)) == 2
    room = await rooms.get_room(admin, owner, room_id)
    assert room.calendar is not None
    assert room.calendar.connection_id != connection.id


async def test_a_feeds_new_address_makes_the_former_ones_picture_no_fresh_one(
    admin: Admin, owner: Actor, feed: Feed, jobs: Jobs
) -> None:
    pasted = PastedCalendar(address=feed.address)
    await use(admin, owner, pasted, room_name="Shed", zone="Europe/Paris")
    await jobs.read_due()
    (connection,) = await services.list_connections(admin, owner)
    (before,) = await services.list_calendars(admin, owner)
    assert before.read_at is not None
    form = {"url": feed.address.replace("room.ics", "other.ics")}
    await services.change_connection(admin, owner, connection.id, form)
    (after,) = await services.list_calendars(admin, owner)
    assert after.read_at is None
