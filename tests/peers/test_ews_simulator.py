"""exchangelib reads from the simulated Exchange server as from a real one."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import exchangelib
import pytest
from exchangelib import errors
from exchangelib.extended_properties import ExtendedProperty
from exchangepeer import ADA, BLUE, RED, SERVICE, Exchange, exchange, failure, off_loop
from simulators.ews import EXCHANGE_2016, SUBSCRIPTION_EDITION
from simulators.organisation import OnlineMeeting, Processing, Recurrence

START = datetime(2026, 11, 23, tzinfo=UTC)
END = START + timedelta(days=7)


@pytest.fixture
async def server() -> AsyncIterator[Exchange]:
    async with exchange() as running:
        yield running


def week(account: exchangelib.Account) -> list[exchangelib.CalendarItem]:
    return list(account.calendar.view(start=START, end=END))


@pytest.mark.parametrize("auth", [exchangelib.NTLM, exchangelib.BASIC])
async def test_rooms_by_their_lists(server, auth):
    def rooms():
        protocol = server.account(auth=auth).protocol
        (found,) = protocol.get_roomlists()
        return found.name, [
            (room.name, room.email_address) for room in protocol.get_rooms(found.email_address)
        ]

    assert await off_loop(rooms) == ("Main Building", [("Blue", BLUE), ("Red", RED)])


async def test_an_unknown_list_is_no_empty_list(server):
    problem = await failure(lambda: list(server.account().protocol.get_rooms("no@example.com")))
    assert isinstance(problem, errors.ErrorNameResolutionNoResults)


async def test_signs_in_one_connection_once(server):
    await off_loop(lambda: [week(account) for account in [server.account()] for _ in range(3)])
    operations = [name for name, _ in server.simulator.calls]
    assert operations.count("FindItem") == 3
    assert server.simulator.sign_in.tries == []


@pytest.mark.parametrize("user", ["EXAMPLE\\svc-rooms", "svc-rooms@example.com"])
async def test_both_forms_of_the_user_name(server, user):
    assert await off_loop(lambda: week(server.account(user=user))) == []


@pytest.mark.parametrize("auth", [exchangelib.NTLM, exchangelib.BASIC])
async def test_a_wrong_password_locks_the_account_in_the_end(server, auth):
    server.simulator.sign_in.lockout_after = 2
    for _ in range(2):
        problem = await failure(lambda: week(server.account(auth=auth, password="wrong")))
        assert isinstance(problem, errors.UnauthorizedError)
        await off_loop(exchangelib.close_connections)
    assert server.simulator.sign_in.tries == [SERVICE, SERVICE]
    assert isinstance(
        await failure(lambda: week(server.account(auth=auth))), errors.UnauthorizedError
    )
    server.simulator.unlock(SERVICE)
    await off_loop(exchangelib.close_connections)
    assert await off_loop(lambda: week(server.account(auth=auth))) == []


async def test_a_meeting_with_its_people_and_body(server):
    server.organisation.mailbox(BLUE).processing = Processing(
        delete_subject=False, add_organizer_to_subject=False, delete_comments=False
    )
    uid = server.invite(
        body="<p>Agenda</p><a href='https://call.example/1'>Join</a>",
        body_type="html",
        attendees=[ADA],
        location="Blue, left wing",
    )
    (one,) = await off_loop(lambda: week(server.account()))
    assert (one.subject, one.uid, one.location) == ("Planning", uid, "Blue, left wing")
    assert (one.organizer.name, one.organizer.email_address) == ("Ada Lovelace", ADA)
    assert [who.mailbox.email_address for who in one.resources] == [BLUE]
    assert one.my_response_type == "Accept"
    assert one.appointment_state == ("Meeting", "Received")
    assert isinstance(one.body, exchangelib.HTMLBody)
    assert one.text_body == "Agenda\r\nJoin<https://call.example/1>"


async def test_a_list_tells_less_than_an_item(server):
    server.invite(body="secret")

    await off_loop(lambda: list(server.account().calendar.sync_items()))
    answer = server.simulator.traffic[-1]
    assert b"<t:Name>Ada Lovelace</t:Name>" in answer
    assert ADA.encode() not in answer
    assert b"t:Body" not in answer


async def test_what_ends_at_the_start_of_the_view_is_in_it(server):
    server.invite(start=START - timedelta(hours=1), end=START)
    server.invite(start=END, end=END + timedelta(hours=1), rooms=[BLUE])
    (one,) = await off_loop(lambda: week(server.account()))
    assert one.end == START


async def test_a_view_of_more_than_two_years(server):
    far = START + timedelta(days=800)
    problem = await failure(lambda: list(server.account().calendar.view(start=START, end=far)))
    assert isinstance(problem, errors.ErrorCalendarViewRangeTooBig)


async def test_a_series_with_a_moved_and_a_cancelled_day(server):
    server.organisation.mailbox(BLUE).processing = Processing(remove_cancelled=True)
    at = START + timedelta(hours=9)
    uid = server.invite(
        start=at, end=at + timedelta(hours=1), recurrence=Recurrence("FREQ=DAILY;COUNT=4")
    )
    day = timedelta(days=1)
    moved = at + day + timedelta(hours=3)
    server.organisation.move(uid, moved, moved + timedelta(hours=1), occurrence=at + day)
    server.organisation.cancel(uid, occurrence=at + 2 * day)

    def read():
        account = server.account()
        found = week(account)
        (master,) = account.calendar.all()
        third = master.occurrence(2)
        third.refresh()
        back = found[0].recurring_master()
        back.refresh()
        return found, master, third, back

    found, master, second, back = await off_loop(read)
    assert [(one.type, one.start) for one in found] == [
        ("Occurrence", at),
        ("Exception", moved),
        ("Occurrence", at + 3 * day),
    ]
    assert [one.original_start for one in found] == [at, at + day, at + 3 * day]
    assert len({one.id for one in found}) == 3
    assert master.type == "RecurringMaster"
    assert master.recurrence.pattern.interval == 1
    assert (master.recurrence.boundary.number, master.recurrence.boundary.start) == (
        4,
        date(2026, 11, 23),
    )
    assert [one.original_start for one in master.modified_occurrences] == [at + day]
    assert [one.start for one in master.deleted_occurrences] == [at + 2 * day]
    assert master.first_occurrence.start == at
    assert master.last_occurrence.start == at + 3 * day
    assert second.start == moved
    assert back.id == master.id


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;INTERVAL=3",
        "FREQ=WEEKLY;BYDAY=MO,WE;WKST=MO",
        "FREQ=MONTHLY;BYMONTHDAY=23",
        "FREQ=MONTHLY;BYDAY=-1FR",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1",
        "FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=23",
        "FREQ=YEARLY;BYMONTH=11;BYDAY=4MO",
        "FREQ=DAILY;UNTIL=20261201T080000Z",
    ],
)
async def test_a_pattern_comes_back_as_it_was(server, rule):
    at = datetime(2026, 11, 23, 8, tzinfo=UTC)
    server.invite(start=at, end=at + timedelta(hours=1), recurrence=Recurrence(rule))

    def copy():
        account, berlin = server.account(RED), exchangelib.EWSTimeZone("Europe/Berlin")
        (master,) = server.account().calendar.all()
        exchangelib.CalendarItem(
            account=account,
            folder=account.calendar,
            subject="Copy",
            start=master.start.astimezone(berlin),
            end=master.end.astimezone(berlin),
            recurrence=master.recurrence,
        ).save()

    await off_loop(copy)
    ours, theirs = (server.organisation.mailbox(address) for address in (BLUE, RED))
    far = at + timedelta(days=900)
    assert [one.start for one in theirs.view(at, far)] == [one.start for one in ours.view(at, far)]


async def test_an_all_day_meeting_is_midnight_to_midnight_of_its_zone(server):
    midnight = datetime(2026, 11, 23, 23, tzinfo=UTC)
    server.invite(start=midnight, end=midnight + timedelta(days=2), all_day=True)
    (one,) = await off_loop(lambda: week(server.account()))
    assert one.is_all_day
    assert (one.start, one.end) == (date(2026, 11, 24), date(2026, 11, 25))
    assert b"2026-11-23T23:00:00Z" in b"".join(server.simulator.traffic)


class TeamsUrl(ExtendedProperty):
    distinguished_property_set_id = "PublicStrings"
    property_name = "SkypeTeamsMeetingUrl"
    property_type = "String"


@pytest.fixture
def teams_url():
    exchangelib.CalendarItem.register("teams_url", TeamsUrl)
    yield
    exchangelib.CalendarItem.deregister("teams_url")


@pytest.mark.usefixtures("teams_url")
async def test_the_link_of_an_online_meeting(server):
    url = "https://teams.example/l/meetup-join/1"
    server.invite(online=OnlineMeeting("teamsForBusiness", url))
    later = START + timedelta(days=1)
    server.invite(start=later, end=later + timedelta(hours=1))
    first, second = await off_loop(lambda: week(server.account()))
    assert (first.teams_url, second.teams_url) == (url, None)


async def test_control_characters_come_as_a_real_server_sends_them(server):
    server.organisation.mailbox(BLUE).processing = Processing(delete_subject=False)
    server.invite(subject="Pl\x1fan\x0bning")
    (one,) = await off_loop(lambda: week(server.account()))
    assert one.subject == "Ada Lovelace Pl\x1fan\x0bning"
    assert b"Pl&#x1F;an&#xB;ning" in b"".join(server.simulator.traffic)


async def test_changes_since_a_state(server):
    uid = server.invite()
    gone = server.invite(start=START + timedelta(days=1), end=START + timedelta(days=1, hours=1))

    def first():
        folder = server.account().calendar
        return [kind for kind, _ in folder.sync_items()], folder.item_sync_state

    def then(state):
        folder = server.account().calendar
        changes = list(folder.sync_items(sync_state=state))
        return changes, folder.item_sync_state

    kinds, state = await off_loop(first)
    assert kinds == ["create", "create"]
    server.organisation.move(uid, START, START + timedelta(hours=1))
    server.organisation.mailbox(BLUE).remove(server.organisation.mailbox(BLUE).by_uid(gone).id)
    changes, state = await off_loop(lambda: then(state))
    assert {kind for kind, _ in changes} == {"update", "delete"}
    assert (await off_loop(lambda: then(state)))[0] == []
    problem = await failure(lambda: then("H4sIAAA="))
    assert isinstance(problem, errors.ErrorInvalidSyncStateData)


async def test_impersonation_needs_the_role_and_its_scope(server):
    problem = await failure(lambda: week(server.account(ADA)))
    assert isinstance(problem, errors.ErrorImpersonateUserDenied)
    problem = await failure(lambda: week(server.account("nobody@example.com")))
    assert isinstance(problem, errors.ErrorNonExistentMailbox)
    server.simulator.rights.aliases["azure@example.com"] = BLUE
    problem = await failure(lambda: week(server.account("azure@example.com")))
    assert isinstance(problem, errors.ErrorNonPrimarySmtpAddress)


async def test_a_delegate_reads_what_is_shared(server):
    server.invite()
    problem = await failure(lambda: week(server.account(access=exchangelib.DELEGATE)))
    assert isinstance(problem, errors.ErrorAccessDenied)
    server.simulator.rights.share_calendar(BLUE, SERVICE)
    assert len(await off_loop(lambda: week(server.account(access=exchangelib.DELEGATE)))) == 1


@pytest.mark.parametrize("build", [EXCHANGE_2016, SUBSCRIPTION_EDITION])
async def test_says_its_build(server, build):
    server.simulator.build = build
    version = await off_loop(lambda: server.account().protocol.version)
    assert (version.build.major_version, version.build.minor_version) == (build.major, build.minor)
    assert version.api_version == "Exchange2016"


async def test_names_are_resolved(server):
    def resolve(name):
        protocol = server.account().protocol
        assert protocol.version.build is not None
        return protocol.resolve_names([name])

    assert [one.email_address for one in await off_loop(lambda: resolve("blu"))] == [BLUE]
    (problem,) = await off_loop(lambda: resolve("zzz"))
    assert isinstance(problem, errors.ErrorNameResolutionNoResults)


async def test_free_and_busy_of_a_room_that_one_cannot_read(server):
    server.invite()

    def ask():
        protocol = server.account(SERVICE, access=exchangelib.DELEGATE).protocol
        (view,) = protocol.get_free_busy_info(
            accounts=[(BLUE, "Room", False)],
            start=datetime(2026, 11, 23, 8, tzinfo=exchangelib.EWSTimeZone("Europe/Berlin")),
            end=datetime(2026, 11, 23, 12, tzinfo=exchangelib.EWSTimeZone("Europe/Berlin")),
            merged_free_busy_interval=60,
        )
        return view

    view = await off_loop(ask)
    assert view.merged == "0020"
    (event,) = view.calendar_events
    assert (event.start.hour, event.end.hour) == (10, 11)
    assert view.view_type == "FreeBusyMerged"
