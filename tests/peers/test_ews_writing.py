"""exchangelib writes to the simulated Exchange server as to a real one."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import exchangelib
import pytest
from exchangelib import errors
from exchangelib.extended_properties import ExtendedProperty
from exchangelib.items import SEND_TO_ALL_AND_SAVE_COPY, SEND_TO_NONE
from exchangepeer import ADA, BLUE, RED, SERVICE, Exchange, exchange, failure, off_loop
from simulators.organisation import Processing, Recurrence

START = datetime(2026, 11, 23, 9, tzinfo=exchangelib.UTC)
END = START + timedelta(minutes=30)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class BookingId(ExtendedProperty):
    property_set_id = "8ad9c0f0-8ab2-4f4c-9a3e-0d5a6f7e2b11"
    property_name = "BookingId"
    property_type = "String"


@pytest.fixture
async def server() -> AsyncIterator[Exchange]:
    exchangelib.CalendarItem.register("booking_id", BookingId)
    async with exchange() as running:
        running.simulator.rights.allow_impersonation(SERVICE)
        yield running
    exchangelib.CalendarItem.deregister("booking_id")


def booked(account: exchangelib.Account, **fields: object) -> exchangelib.CalendarItem:
    item = exchangelib.CalendarItem(
        account=account,
        folder=account.calendar,
        **{"subject": "At the door", "start": START, "end": END, **fields},
    )
    item.save(send_meeting_invitations=SEND_TO_NONE)
    return item


def items(server: Exchange, address: str = BLUE) -> list:
    return list(server.organisation.mailbox(address).items.values())


async def test_books_a_room_by_writing_into_its_calendar(server):
    def book():
        account = server.account()
        booked(account, body="Booked here", location="Blue", booking_id="b-1")
        (found,) = account.calendar.filter(booking_id="b-1")
        return found

    found = await off_loop(book)
    (one,) = items(server)
    assert (one.subject, one.body, one.location) == ("At the door", "Booked here", "Blue")
    assert (one.start, one.end, one.is_organizer) == (START, END, True)
    assert one.properties == {"String {8ad9c0f0-8ab2-4f4c-9a3e-0d5a6f7e2b11} Name BookingId": "b-1"}
    assert (found.uid, found.organizer.email_address) == (one.uid, BLUE)
    assert found.my_response_type == "Organizer"


async def test_nobody_checks_for_conflicts_on_writing(server):
    server.invite(start=START, end=END)
    await off_loop(lambda: booked(server.account()))
    assert len(items(server)) == 2


async def test_an_invitation_reaches_the_rooms_attendant(server):
    def invite():
        account = server.account(ADA)
        item = exchangelib.CalendarItem(
            account=account,
            folder=account.calendar,
            subject="Planning",
            start=START,
            end=END,
            resources=[BLUE, RED],
        )
        item.save(send_meeting_invitations=SEND_TO_ALL_AND_SAVE_COPY)
        item.refresh()
        return {one.mailbox.email_address: one.response_type for one in item.resources}

    server.invite(rooms=[RED], start=START, end=END, subject="First")
    answers = await off_loop(invite)
    assert answers == {BLUE: "Accept", RED: "Decline"}
    assert [one.subject for one in items(server)] == ["Ada Lovelace"]


async def test_ends_a_meeting_early_and_extends_it(server):
    def move():
        item = booked(server.account())
        item.end = END + HOUR
        item.save(update_fields=["end"], send_meeting_invitations=SEND_TO_NONE)
        return item.changekey

    key = await off_loop(move)
    (one,) = items(server)
    assert (one.end, one.change_key) == (END + HOUR, key)


async def test_a_change_of_somebody_else_is_a_conflict(server):
    def change():
        item = booked(server.account())
        (mine,) = items(server)
        server.organisation.mailbox(BLUE).update(mine.id, location="Elsewhere")
        item.subject = "Mine"
        item.save(conflict_resolution="NeverOverwrite", update_fields=["subject"])

    assert isinstance(await failure(change), errors.ErrorIrresolvableConflict)
    assert [one.subject for one in items(server)] == ["At the door"]


async def test_changes_one_of_a_series_alone(server):
    rule = Recurrence("FREQ=DAILY;COUNT=3")
    server.invite(start=START, end=END, recurrence=rule)

    def change():
        account = server.account()
        _, second, third = account.calendar.view(start=START, end=START + 7 * DAY)
        second.end = second.start + timedelta(minutes=10)
        second.save(update_fields=["end"], send_meeting_invitations=SEND_TO_NONE)
        third.delete(send_meeting_cancellations=SEND_TO_NONE)
        return [
            (one.type, one.end) for one in account.calendar.view(start=START, end=START + 7 * DAY)
        ]

    assert await off_loop(change) == [
        ("Occurrence", END),
        ("Exception", START + DAY + timedelta(minutes=10)),
    ]


async def test_deletes(server):
    def delete():
        account = server.account()
        booked(account).move_to_trash(send_meeting_cancellations=SEND_TO_NONE)
        again = booked(account)
        (same,) = account.calendar.all()
        again.delete(send_meeting_cancellations=SEND_TO_NONE)
        same.refresh()

    assert isinstance(await failure(delete), errors.ErrorItemNotFound)
    assert items(server) == []


async def test_a_room_declines_and_its_organiser_hears_of_it(server):
    uid = server.invite(start=START, end=END)

    def decline():
        (one,) = server.account().calendar.all()
        one.decline()

    await off_loop(decline)
    assert server.organisation.answer_of(uid, BLUE) == "declined"
    assert items(server) == []


async def test_only_the_organiser_cancels(server):
    server.organisation.mailbox(BLUE).processing = Processing(remove_cancelled=True)
    server.invite(start=START, end=END)

    def cancel(address):
        (one,) = server.account(address).calendar.all()
        one.cancel()

    problem = await failure(lambda: cancel(BLUE))
    assert isinstance(problem, errors.ErrorCalendarIsNotOrganizer)
    await off_loop(lambda: cancel(ADA))
    assert items(server) == items(server, ADA) == []


async def test_a_reader_does_not_write(server):
    server.simulator.rights.share_calendar(BLUE, SERVICE, "Reviewer")
    problem = await failure(lambda: booked(server.account(access=exchangelib.DELEGATE)))
    assert isinstance(problem, errors.ErrorAccessDenied)
    server.simulator.rights.share_calendar(BLUE, SERVICE, "Editor")
    await off_loop(lambda: booked(server.account(access=exchangelib.DELEGATE)))
    assert [one.start for one in items(server)] == [datetime(2026, 11, 23, 9, tzinfo=UTC)]


async def test_what_was_written_may_be_done_although_no_answer_came(server):
    server.simulator.faults.order("CreateItem", lost=True)
    problem = await failure(lambda: booked(server.account(), booking_id="b-1"))
    assert isinstance(problem, Exception)
    again = await off_loop(lambda: list(server.account().calendar.filter(booking_id="b-1")))
    assert [one.subject for one in again] == ["At the door"]
