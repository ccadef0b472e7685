"""What passes between exchangelib and the simulated server, held to Microsoft's own schema.

The schema is Microsoft's and not part of this project: ROOMDISPLAY_EWS_SCHEMAS names a folder with
`messages.xsd` and `types.xsd`, such as a server hands out below `/EWS/`.
"""

import contextlib
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import exchangelib
import httpx
import pytest
from exchangelib import errors
from exchangelib.items import SEND_TO_ALL_AND_SAVE_COPY
from exchangepeer import ADA, BLUE, PASSWORD, RED, SERVICE, Exchange, exchange, failure, off_loop
from lxml import etree
from simulators.ews.soap import NAMES, SOAP
from simulators.organisation import OnlineMeeting, Processing, Recurrence

START = datetime(2026, 11, 23, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FOLDER = os.environ.get("ROOMDISPLAY_EWS_SCHEMAS")

pytestmark = pytest.mark.skipif(FOLDER is None, reason="ROOMDISPLAY_EWS_SCHEMAS is not set")


@pytest.fixture(scope="module")
def schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(Path(str(FOLDER)) / "messages.xsd"))


@pytest.fixture
async def server() -> AsyncIterator[Exchange]:
    async with exchange() as running:
        running.simulator.rights.allow_impersonation(SERVICE)
        blue = running.organisation.mailbox(BLUE)
        blue.processing = Processing(delete_subject=False, delete_comments=False)
        running.invite(
            body="<p>Hello</p>",
            body_type="html",
            attendees=[ADA],
            online=OnlineMeeting("skypeForBusiness", "https://meet.example/1"),
        )
        uid = running.invite(
            start=START + DAY, end=START + DAY + HOUR, recurrence=Recurrence("FREQ=DAILY;COUNT=4")
        )
        running.organisation.cancel(uid, occurrence=START + 2 * DAY)
        late = START + 3 * DAY + HOUR
        running.organisation.move(uid, late, late + HOUR, occurrence=START + 3 * DAY)
        yield running


def check(schema: etree.XMLSchema, traffic: list[bytes]) -> set[str]:
    """Validate header and body of each message; gives the names of what was in the bodies."""
    names = set()
    for raw in filter(None, traffic):  # a 401 has no body
        root = etree.fromstring(raw)
        if root.tag != f"{{{SOAP}}}Envelope" or root.find("s:Body/s:Fault", NAMES) is not None:
            continue
        for part in (*root.iterfind("s:Header/*", NAMES), *root.iterfind("s:Body/*", NAMES)):
            schema.assertValid(etree.ElementTree(part))
        names.add(etree.QName(root.find("s:Body/*", NAMES)).localname)
    return names


def use(server: Exchange) -> None:
    account = server.account()
    protocol = account.protocol
    assert list(protocol.get_rooms("main-building@example.com"))
    assert list(protocol.get_roomlists())
    protocol.resolve_names(["blue"])
    protocol.expand_dl("main-building@example.com")
    now = START.astimezone(exchangelib.UTC)
    list(
        protocol.get_free_busy_info(
            accounts=[(account, "Room", False)], start=now, end=now + DAY, requested_view="Detailed"
        )
    )
    assert len(list(account.calendar.view(start=now, end=now + 7 * DAY))) == 5
    assert len(list(account.calendar.all())) == 2
    assert list(account.calendar.filter(subject__contains="Planning"))
    list(account.calendar.sync_items())
    list(account.root.sync_hierarchy())
    subscription = account.calendar.subscribe_to_streaming(
        event_types=("CreatedEvent", "ModifiedEvent", "DeletedEvent", "MovedEvent")
    )
    item = exchangelib.CalendarItem(
        account=account, folder=account.calendar, subject="New", start=now, end=now + HOUR, body="x"
    )
    item.save()
    item.subject = "Newer"
    item.save(update_fields=["subject"])
    item.move_to_trash()
    own = server.account(ADA)
    invitation = exchangelib.CalendarItem(
        account=own,
        folder=own.calendar,
        subject="Planning",
        start=now + 9 * DAY,
        end=now + 9 * DAY + HOUR,
        resources=[RED],
    )
    invitation.save(send_meeting_invitations=SEND_TO_ALL_AND_SAVE_COPY)
    invitation.cancel()
    list(account.calendar.get_streaming_events(subscription, connection_timeout=1))
    account.calendar.unsubscribe(subscription)
    with contextlib.suppress(errors.ErrorSubscriptionNotFound):
        list(account.calendar.get_streaming_events(subscription, connection_timeout=1))


async def test_what_exchangelib_and_the_simulator_say(server, schema):
    server.simulator.streams.minute = 0.05
    await off_loop(lambda: use(server))
    server.simulator.rights.impersonation.clear()
    server.simulator.busy.order("GetRooms")
    await failure(lambda: list(server.account().protocol.get_rooms("main-building@example.com")))
    names = check(schema, server.simulator.traffic)
    for operation in (
        "GetRoomLists", "GetRooms", "ResolveNames", "ExpandDL", "FindItem", "GetItem", "GetFolder",
        "SyncFolderItems", "SyncFolderHierarchy", "CreateItem", "UpdateItem", "DeleteItem",
        "Subscribe", "Unsubscribe", "GetStreamingEvents", "GetServerTimeZones",
        "GetUserAvailability", "ConvertId",
    ):  # fmt: skip
        assert f"{operation}Response" in names, operation


async def test_every_property_of_an_item(server, schema):
    """All that can be asked for, of singles, series, occurrences and exceptions."""
    wanted = "".join(
        f'<t:FieldURI FieldURI="{name}"/>'
        for name in ("item:TextBody", "calendar:EnhancedLocation", "calendar:JoinOnlineMeetingUrl")
    )
    mailbox = f"<t:Mailbox><t:EmailAddress>{BLUE}</t:EmailAddress></t:Mailbox>"
    place = f'<t:DistinguishedFolderId Id="calendar">{mailbox}</t:DistinguishedFolderId>'
    spaces = " ".join(f'xmlns:{name}="{uri}"' for name, uri in NAMES.items())
    server.simulator.rights.share_calendar(BLUE, SERVICE)

    def envelope(body: str) -> str:
        version = '<t:RequestServerVersion Version="Exchange2016"/>'
        head = f"<s:Header>{version}</s:Header>"
        return f"<s:Envelope {spaces}>{head}<s:Body>{body}</s:Body></s:Envelope>"

    def shape(more: str) -> str:
        extra = f"<t:AdditionalProperties>{wanted}</t:AdditionalProperties>"
        return f"<m:ItemShape><t:BaseShape>AllProperties</t:BaseShape>{more}{extra}</m:ItemShape>"

    view = '<m:CalendarView StartDate="2026-11-23T00:00:00Z" EndDate="2026-11-30T00:00:00Z"/>'
    async with httpx.AsyncClient(auth=(SERVICE, PASSWORD), base_url=server.origin) as client:
        ids = ""
        for looked in (view, ""):
            find = f"{shape('')}{looked}<m:ParentFolderIds>{place}</m:ParentFolderIds>"
            answer = await client.post(
                "/EWS/Exchange.asmx",
                content=envelope(f'<m:FindItem Traversal="Shallow">{find}</m:FindItem>'),
            )
            root = etree.fromstring(answer.content)
            ids += "".join(
                f'<t:ItemId Id="{one.get("Id")}"/>' for one in root.iterfind(".//t:ItemId", NAMES)
            )
        more = "<t:IncludeMimeContent>true</t:IncludeMimeContent><t:BodyType>Text</t:BodyType>"
        get = f"<m:GetItem>{shape(more)}<m:ItemIds>{ids}</m:ItemIds></m:GetItem>"
        answer = await client.post("/EWS/Exchange.asmx", content=envelope(get))
    kinds = etree.fromstring(answer.content).iterfind(".//t:CalendarItemType", NAMES)
    assert {one.text for one in kinds} == {"Single", "RecurringMaster", "Occurrence", "Exception"}
    assert check(schema, server.simulator.traffic) >= {"FindItemResponse", "GetItemResponse"}
