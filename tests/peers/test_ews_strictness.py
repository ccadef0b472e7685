"""What Exchange would refuse, the simulated server refuses with the same code."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from exchangepeer import BLUE, PASSWORD, RED, SERVICE, Exchange, exchange
from lxml import etree
from simulators.ews.soap import ERRORS, NAMES
from simulators.organisation import Recurrence

START = datetime(2026, 11, 23, 9, tzinfo=UTC)
CALENDAR = '<t:DistinguishedFolderId Id="calendar"/>'
SHAPE = "<m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape>"
SPACES = " ".join(f'xmlns:{name}="{uri}"' for name, uri in NAMES.items())
WEEK = '<m:CalendarView StartDate="2026-11-23T00:00:00Z" EndDate="2026-11-30T00:00:00Z"/>'


class Caller:
    """Speaks raw SOAP, as Blue."""

    def __init__(self, server: Exchange, client: httpx.AsyncClient) -> None:
        self.server, self.client = server, client

    async def ask(
        self, body: str, *, version: str = "Exchange2013_SP1", who: str = BLUE, more: str = ""
    ) -> etree._Element:
        sid = (
            f"<t:ConnectingSID><t:PrimarySmtpAddress>{who}</t:PrimarySmtpAddress></t:ConnectingSID>"
        )
        head = f'<t:RequestServerVersion Version="{version}"/>'
        head += f"<t:ExchangeImpersonation>{sid}</t:ExchangeImpersonation>{more}"
        envelope = f"<s:Envelope {SPACES}><s:Header>{head}</s:Header><s:Body>{body}</s:Body>"
        answer = await self.client.post("/EWS/Exchange.asmx", content=f"{envelope}</s:Envelope>")
        assert answer.headers["content-type"] == "text/xml; charset=utf-8"
        root = etree.fromstring(answer.content)
        fault = root.find("s:Body/s:Fault", NAMES)
        assert answer.status_code == (200 if fault is None else 500)
        return root

    async def code(self, body: str, **options: str) -> str:
        """The response code; of a fault with a leading `fault:`."""
        root = await self.ask(body, **options)
        detail = root.findtext(f".//{{{ERRORS}}}ResponseCode")
        return f"fault:{detail}" if detail else root.findtext(".//m:ResponseCode", "", NAMES)


@pytest.fixture
async def caller() -> AsyncIterator[Caller]:
    async with (
        exchange() as server,
        httpx.AsyncClient(auth=(SERVICE, PASSWORD), base_url=server.origin) as client,
    ):
        yield Caller(server, client)


def find(view: str = WEEK, *, shape: str = SHAPE, folder: str = CALENDAR, extra: str = "") -> str:
    parents = f"<m:ParentFolderIds>{folder}</m:ParentFolderIds>"
    return f'<m:FindItem Traversal="Shallow">{shape}{view}{extra}{parents}</m:FindItem>'


def create(item: str, attributes: str = 'SendMeetingInvitations="SendToNone"') -> str:
    return f"<m:CreateItem {attributes}><m:Items>{item}</m:Items></m:CreateItem>"


def appointment(*parts: str) -> str:
    return f"<t:CalendarItem>{''.join(parts)}</t:CalendarItem>"


UNKNOWN = '<m:ItemIds><t:ItemId Id="x"/></m:ItemIds>'
SUBJECT = "<t:Subject>New</t:Subject>"
FROM, TO = "<t:Start>2026-11-23T09:00:00Z</t:Start>", "<t:End>2026-11-23T10:00:00Z</t:End>"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<m:GetRooms/>", "ErrorNameResolutionNoResults"),
        ("<m:Nonsense/>", "fault:ErrorInvalidRequest"),
        ("<broken", "fault:ErrorSchemaValidation"),
        (create(appointment(SUBJECT, FROM, TO)), "NoError"),
        (create(appointment(FROM, TO, SUBJECT)), "fault:ErrorSchemaValidation"),
        (create(appointment(SUBJECT, TO, FROM)), "fault:ErrorSchemaValidation"),
        (create(appointment(SUBJECT, "<t:Colour>red</t:Colour>")), "fault:ErrorSchemaValidation"),
        (create(appointment(SUBJECT, FROM, TO), ""), "ErrorSendMeetingInvitationsRequired"),
        (
            create(appointment(SUBJECT, "<t:IsMeeting>true</t:IsMeeting>")),
            "ErrorInvalidPropertySet",
        ),
        (
            create(appointment(FROM, "<t:End>2026-11-23T08:00:00Z</t:End>")),
            "ErrorCalendarEndDateIsEarlierThanStartDate",
        ),
        (
            create(appointment(FROM, "<t:End>2032-11-23T08:00:00Z</t:End>")),
            "ErrorCalendarDurationIsTooLong",
        ),
        (find(), "NoError"),
        (find(WEEK.replace("2026-11-30", "2029-11-30")), "ErrorCalendarViewRangeTooBig"),
        (find(extra="<m:SortOrder/>"), "fault:ErrorInvalidRequest"),
        (find(folder='<t:DistinguishedFolderId Id="nowhere"/>'), "ErrorFolderNotFound"),
        (
            find(folder='<t:DistinguishedFolderId Id="inbox"/>'),
            "ErrorCalendarFolderIsInvalidForCalendarView",
        ),
        (find(folder='<t:FolderId Id="AAMkAA=="/>'), "ErrorInvalidIdMalformed"),
        (
            f'<m:DeleteItem DeleteType="HardDelete">{UNKNOWN}</m:DeleteItem>',
            "ErrorInvalidIdMalformed",
        ),
    ],
)
async def test_refuses_with_the_vendors_code(caller, body, expected):
    if body == "<broken":
        answer = await caller.client.post("/EWS/Exchange.asmx", content=body)
        assert answer.status_code == 500
        assert b"ErrorSchemaValidation" in answer.content
        return
    assert await caller.code(body) == expected


@pytest.mark.parametrize(
    ("field", "version", "expected"),
    [
        ("item:Subject", "Exchange2007_SP1", "NoError"),
        ("calendar:Subject", "Exchange2013_SP1", "fault:ErrorSchemaValidation"),
        ("calendar:JoinOnlineMeetingUrl", "Exchange2010_SP2", "fault:ErrorSchemaValidation"),
        ("calendar:JoinOnlineMeetingUrl", "Exchange2013", "NoError"),
        ("calendar:StartTimeZone", "Exchange2007_SP1", "fault:ErrorSchemaValidation"),
        ("item:Subject", "Exchange2099", "fault:ErrorInvalidServerVersion"),
    ],
)
async def test_knows_what_each_version_of_the_schema_knows(caller, field, version, expected):
    path = f'<t:AdditionalProperties><t:FieldURI FieldURI="{field}"/></t:AdditionalProperties>'
    shape = SHAPE.replace("</m:ItemShape>", f"{path}</m:ItemShape>")
    assert await caller.code(find(shape=shape), version=version) == expected


async def test_streams_came_with_a_later_version(caller):
    ids = "<m:SubscriptionIds><t:SubscriptionId>x</t:SubscriptionId></m:SubscriptionIds>"
    timeout = "<m:ConnectionTimeout>1</m:ConnectionTimeout>"
    body = f"<m:GetStreamingEvents>{ids}{timeout}</m:GetStreamingEvents>"
    assert await caller.code(body, version="Exchange2010") == "fault:ErrorInvalidRequest"
    assert await caller.code(body, version="Exchange2010_SP1") == "ErrorSubscriptionNotFound"


async def test_a_view_of_too_many_is_refused_or_cut_short_and_says_so(caller):
    for hour in range(4):
        begin = START + timedelta(hours=hour)
        caller.server.invite(start=begin, end=begin + timedelta(minutes=30))
    caller.server.simulator.find_limit = 3
    root = await caller.ask(find())
    assert root.findtext(".//m:ResponseCode", "", NAMES) == "ErrorExceededFindCountLimit"
    assert root.findtext(".//t:Value", "", NAMES) == "3"
    caller.server.simulator.cut_short = True
    asked = WEEK.replace("<m:CalendarView", '<m:CalendarView MaxEntriesReturned="2"')
    for view, expected in ((WEEK, 3), (asked, 2)):
        folder = (await caller.ask(find(view))).find(".//m:RootFolder", NAMES)
        assert folder.get("IncludesLastItemInRange") == "false"
        assert len(folder.findall(".//t:CalendarItem", NAMES)) == expected


async def test_times_are_told_in_the_callers_zone(caller):
    caller.server.invite()
    zone = '<t:TimeZoneContext><t:TimeZoneDefinition Id="{}"/></t:TimeZoneContext>'
    path = (
        '<t:AdditionalProperties><t:FieldURI FieldURI="calendar:Start"/></t:AdditionalProperties>'
    )
    body = find(shape=SHAPE.replace("</m:ItemShape>", f"{path}</m:ItemShape>"))
    for name, expected in (
        ("UTC", "2026-11-23T09:00:00Z"),
        ("W. Europe Standard Time", "2026-11-23T10:00:00+01:00"),
    ):
        root = await caller.ask(body, more=zone.format(name))
        assert root.findtext(".//t:Start", "", NAMES) == expected
    assert await caller.code(body, more=zone.format("Europe/Berlin")) == "fault:ErrorTimeZone"


async def test_impersonation_is_refused_as_a_fault(caller):
    assert await caller.code(find(), who=SERVICE) == "fault:ErrorImpersonateUserDenied"
    assert await caller.code(find(), who="no@example.com") == "fault:ErrorNonExistentMailbox"


async def first(caller: Caller) -> etree._Element:
    return (await caller.ask(find())).find(".//t:ItemId", NAMES)


def update(item: etree._Element, step: str, *, key: str | None = "", more: str = "") -> str:
    key = item.get("ChangeKey") if key == "" else key
    said = "" if key is None else f'ChangeKey="{key}"'
    wanted = f'<t:ItemId Id="{item.get("Id")}" {said}/><t:Updates>{step}</t:Updates>'
    more = more or 'SendMeetingInvitationsOrCancellations="SendToNone"'
    return (
        f'<m:UpdateItem ConflictResolution="AutoResolve" {more}><m:ItemChanges><t:ItemChange>'
        f"{wanted}</t:ItemChange></m:ItemChanges></m:UpdateItem>"
    )


SET = (
    '<t:SetItemField><t:FieldURI FieldURI="{}"/>'
    "<t:CalendarItem>{}</t:CalendarItem></t:SetItemField>"
)


async def test_an_update_sets_one_property_at_a_time(caller):
    caller.server.invite()
    item = await first(caller)
    right = SET.format("calendar:End", "<t:End>2026-11-23T09:30:00Z</t:End>")
    assert await caller.code(update(item, right)) == "NoError"
    two = SET.format("calendar:Start", FROM + TO)
    assert await caller.code(update(item, two)) == "ErrorIncorrectUpdatePropertyCount"
    other = SET.format("calendar:Start", TO)
    assert await caller.code(update(item, other)) == "ErrorUpdatePropertyMismatch"
    assert await caller.code(update(item, right, key=None)) == "ErrorChangeKeyRequired"
    untold = update(item, right, more='MessageDisposition="SaveOnly"')
    code = await caller.code(untold)
    assert code == "ErrorSendMeetingInvitationsOrCancellationsRequired"
    (mine,) = caller.server.organisation.mailbox(BLUE).items.values()
    assert mine.end == START + timedelta(minutes=30)


async def test_a_deletion_says_whether_to_tell_others(caller):
    caller.server.invite()
    item = await first(caller)
    wanted = f'<m:ItemIds><t:ItemId Id="{item.get("Id")}"/></m:ItemIds>'
    silent = f'<m:DeleteItem DeleteType="HardDelete">{wanted}</m:DeleteItem>'
    assert await caller.code(silent) == "ErrorSendMeetingCancellationsRequired"
    told = silent.replace("Type=", 'Type="HardDelete" SendMeetingCancellations=', 1)
    told = told.replace('"HardDelete">', '"SendToNone">')
    assert await caller.code(told) == "NoError"
    assert await caller.code(told) == "ErrorItemNotFound"


async def test_an_occurrence_that_is_gone(caller):
    uid = caller.server.invite(recurrence=Recurrence("FREQ=DAILY;COUNT=2"))
    item = await first(caller)
    mailbox = caller.server.organisation.mailbox(BLUE)
    mailbox.update(mailbox.by_uid(uid).id, exceptions={START: None})
    get = f'<m:GetItem>{SHAPE}<m:ItemIds><t:ItemId Id="{item.get("Id")}"/></m:ItemIds></m:GetItem>'
    assert await caller.code(get) == "ErrorCalendarOccurrenceIsDeletedFromRecurrence"
    assert await caller.code(get, who=RED) == "ErrorAccessDenied"


@pytest.mark.parametrize(
    ("ids", "minutes", "expected"),
    [
        (1, "0", "fault:ErrorSchemaValidation"),
        (1, "31", "fault:ErrorSchemaValidation"),
        (201, "30", "fault:ErrorInvalidRequest"),
        (1, "30", "ErrorSubscriptionNotFound"),
    ],
)
async def test_how_long_and_for_how_many_one_can_listen(caller, ids, minutes, expected):
    listed = "".join(f"<t:SubscriptionId>{number}</t:SubscriptionId>" for number in range(ids))
    wanted = f"<m:SubscriptionIds>{listed}</m:SubscriptionIds>"
    timeout = f"<m:ConnectionTimeout>{minutes}</m:ConnectionTimeout>"
    body = f"<m:GetStreamingEvents>{wanted}{timeout}</m:GetStreamingEvents>"
    assert await caller.code(body) == expected


async def test_an_anonymous_autodiscover_leads_elsewhere(caller):
    path = "/autodiscover/autodiscover.xml"
    async with httpx.AsyncClient(base_url=caller.server.origin) as anonymous:
        assert (await anonymous.get(path)).status_code == 401
        target = "https://mail.example.com/autodiscover/autodiscover.xml"
        caller.server.simulator.autodiscover.plain_redirect = target
        answer = await anonymous.get(path)
    assert (answer.status_code, answer.headers["location"]) == (302, target)


@pytest.mark.parametrize(("address", "found"), [(BLUE, True), ("no@example.com", False)])
async def test_autodiscover_in_plain_xml(caller, address, found):
    space = "http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"
    wanted = f"<Request><EMailAddress>{address}</EMailAddress></Request>"
    body = f'<Autodiscover xmlns="{space}">{wanted}</Autodiscover>'
    answer = await caller.client.post("/autodiscover/autodiscover.xml", content=body)
    root = etree.fromstring(answer.content)
    urls = {one.text for one in root.iterfind(".//{*}EwsUrl")}
    assert urls == ({f"{caller.server.origin}/EWS/Exchange.asmx"} if found else set())
    assert (root.findtext(".//{*}ErrorCode") == "500") is not found
