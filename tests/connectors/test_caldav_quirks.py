"""A small CalDAV server of ours with one switch per oddity of real ones."""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

import pytest

from roomdisplay.connectors.base import (
    CalendarGoneError,
    Connector,
    CredentialsRejectedError,
    MalformedAnswerError,
    PermissionMissingError,
    Picture,
    UnavailableError,
    Unchanged,
)
from roomdisplay.connectors.caldav.connector import CalDavConnector
from roomdisplay.connectors.contract import (
    PLAIN,
    WINDOW,
    ZONE,
    ConnectorContract,
    Stage,
    berlin,
    calendar,
    event,
)

HOME = "/dav/ada@rooms.example/"
ROOM = f"{HOME}room/"
DIGEST = 'Digest realm="rooms", nonce="abc", qop="auth", algorithm=MD5'


@dataclass
class Quirks:
    """What the server does otherwise; all off is a good server."""

    no_sync: bool = False
    no_ctag: bool = False
    forgets_tokens: bool = False
    """Old sync tokens are refused with the precondition valid-sync-token."""
    refuses_tokens_plainly: bool = False
    """The same with a bare 400."""
    pages_of_one: bool = False
    """sync-collection tells one change at a time, with 507."""
    bare_507: bool = False
    """sync-collection answers 507 without a body."""
    cuts_queries: bool = False
    """A query for more than three days is cut off with 507."""
    query_without_data: bool = False
    multiget_without_data: bool = False
    absolute_hrefs: bool = False
    other_escapes: bool = False
    """Hrefs come back with %40 where @ was asked for."""
    odd_prefixes: bool = False
    no_propstat_status: bool = False
    well_known_only: bool = False
    status_200: bool = False
    """A multistatus with status 200."""
    broken_object: bool = False
    """One object is no calendar."""
    keeps_one_back: bool = False
    """One object has status 500 in every report, though it can be fetched by itself."""
    digest: bool = False
    inbox_and_tasks: bool = False
    """The home also holds what is no calendar of events."""


@dataclass
class Server:
    web: Any
    quirks: Quirks = field(default_factory=Quirks)
    objects: dict[str, str] = field(default_factory=dict)
    log: list[tuple[int, str]] = field(default_factory=list)
    """Each change: its number and the name of the object."""
    exists: bool = True

    def put(self, objects: Mapping[str, str]) -> None:
        names = {f"{uid}@x.ics": calendar([lines]) for uid, lines in objects.items()}
        for name in sorted(names.keys() | self.objects.keys()):
            if names.get(name) != self.objects.get(name):
                self.log.append((len(self.log) + 1, name))
        self.objects = names

    def respond(self, request: Any) -> None:
        if not self._is_signed_in(request):
            challenge = DIGEST if self.quirks.digest else 'Basic realm="rooms"'
            request.reply(401, www_authenticate=challenge)
        elif request.command == "PROPFIND":
            self._propfind(request)
        elif not self.exists or not request.path.replace("%40", "@").startswith(ROOM):
            request.reply(404)
        elif request.command == "GET":
            name = request.path.rpartition("/")[2].replace("%40", "@")
            request.reply(200, self.objects[name].encode(), etag=_etag(self.objects[name]))
        elif b"sync-collection" in request.body:
            self._sync(request)
        elif b"calendar-multiget" in request.body:
            named = re.findall(r"<D:href>([^<]*)</D:href>", request.body.decode())
            names = [href.rpartition("/")[2].replace("%40", "@") for href in named]
            self._objects(request, names, with_data=not self.quirks.multiget_without_data)
        else:
            self._query(request)

    def _is_signed_in(self, request: Any) -> bool:
        sent = request.headers.get("authorization", "")
        if not self.quirks.digest:
            return sent == "Basic YWRhOnNlY3JldA=="
        said = dict(re.findall(r'(\w+)="?([^",]*)"?', sent))
        if not sent.startswith("Digest "):
            return False
        ha1 = hashlib.md5(b"ada:rooms:secret").hexdigest()
        ha2 = hashlib.md5(f"{request.command}:{said['uri']}".encode()).hexdigest()
        answer = f"{ha1}:abc:{said['nc']}:{said['cnonce']}:auth:{ha2}"
        return said["response"] == hashlib.md5(answer.encode()).hexdigest()

    def _propfind(self, request: Any) -> None:
        path = request.path.replace("%40", "@")
        if path == "/.well-known/caldav" and self.quirks.well_known_only:
            request.reply(301, location="/dav/")
            return
        if path in {"/", "/.well-known/caldav"} and self.quirks.well_known_only:
            request.reply(405 if path == "/" else 404)
        elif path in {"/", "/dav/"}:
            principal = (
                "<D:current-user-principal><D:href>/dav/p/</D:href></D:current-user-principal>"
            )
            self._multistatus(request, self._response(path, principal))
        elif path == "/dav/p/":
            home = f"<C:calendar-home-set><D:href>{quote(HOME)}</D:href></C:calendar-home-set>"
            self._multistatus(request, self._response(path, home))
        elif path == HOME:
            self._multistatus(request, self._home())
        elif path == ROOM and self.exists and request.headers["depth"] == "1":
            members = "".join(
                self._response(ROOM + name, f"<D:getetag>{_etag(data)}</D:getetag>")
                for name, data in self.objects.items()
            )
            self._multistatus(request, self._room() + members)
        elif path == ROOM and self.exists:
            self._multistatus(request, self._room())
        else:
            request.reply(404)

    def _home(self) -> str:
        listed = self._response(HOME, "<D:resourcetype><D:collection/></D:resourcetype>")
        if self.quirks.inbox_and_tasks:
            kinds = "<D:collection/><C:calendar/>"
            for name, kind, component in (
                ("inbox", f"{kinds}<C:schedule-inbox/>", "VEVENT"),
                ("tasks", kinds, "VTODO"),
                ("contacts", "<D:collection/>", "VEVENT"),
                (
                    "trash",
                    f'{kinds}<n:deleted-calendar xmlns:n="http://nextcloud.com/ns"/>',
                    "VEVENT",
                ),
            ):
                listed += self._response(
                    f"{HOME}{name}/",
                    f"<D:resourcetype>{kind}</D:resourcetype><C:supported-calendar-component-set>"
                    f'<C:comp name="{component}"/></C:supported-calendar-component-set>',
                )
        return listed + self._room()

    def _room(self) -> str:
        number = len(self.log)
        props = (
            "<D:resourcetype><D:collection/><C:calendar/></D:resourcetype>"
            "<D:displayname>Room &amp; more</D:displayname>"
        )
        if not self.quirks.no_sync:
            props += f"<D:sync-token>urn:{number}</D:sync-token>"
        if not self.quirks.no_ctag:
            props += f"<CS:getctag>{number}</CS:getctag>"
        return self._response(ROOM, props)

    def _sync(self, request: Any) -> None:
        since = int(re.search(r"urn:(\d+)", request.body.decode())[1])  # type: ignore[index]
        if self.quirks.forgets_tokens:
            request.reply(403, b'<D:error xmlns:D="DAV:"><D:valid-sync-token/></D:error>')
        elif self.quirks.refuses_tokens_plainly:
            request.reply(400)
        elif self.quirks.bare_507:
            request.reply(507)
        else:
            news = [name for number, name in self.log if number > since]
            until = len(self.log)
            cut = ""
            if self.quirks.pages_of_one and len(news) > 1:
                news, until = news[:1], since + 1
                cut = f"<D:response><D:href>{quote(ROOM)}</D:href>{_status(507)}</D:response>"
            found = "".join(
                self._response(ROOM + name, f"<D:getetag>{_etag(self.objects[name])}</D:getetag>")
                if name in self.objects
                else self._gone(ROOM + name)
                for name in dict.fromkeys(news)
            )
            self._multistatus(request, f"{found}{cut}<D:sync-token>urn:{until}</D:sync-token>")

    def _query(self, request: Any) -> None:
        body = request.body.decode()
        days = [int(day) for day in re.findall(r'(?:start|end)="\d{6}(\d\d)T', body)]
        assert len(days) == 2, "both bounds are named"
        assert '"VEVENT"' in body
        if self.quirks.cuts_queries and days[1] - days[0] > 3:
            some = self._object(next(iter(self.objects)), with_data=True)
            cut = f"<D:response><D:href>{quote(ROOM)}</D:href>{_status(507)}</D:response>"
            self._multistatus(request, some + cut)
            return
        self._objects(request, list(self.objects), with_data=not self.quirks.query_without_data)

    def _objects(self, request: Any, names: list[str], *, with_data: bool) -> None:
        found = "".join(
            self._object(name, with_data=with_data) for name in names if name in self.objects
        )
        if self.quirks.broken_object:
            data = "<C:calendar-data>BEGIN:NONSENSE</C:calendar-data>"
            found += self._response(f"{ROOM}broken.ics", f"<D:getetag>1</D:getetag>{data}")
        self._multistatus(request, found)

    def _object(self, name: str, *, with_data: bool) -> str:
        if self.quirks.keeps_one_back and name.startswith("third"):
            href = self._href(ROOM + name)
            return f"<D:response><D:href>{href}</D:href>{_status(500)}</D:response>"
        data = self.objects[name]
        props = f"<D:getetag>{_etag(data)}</D:getetag>"
        if with_data:
            props += f"<C:calendar-data>{escape(data)}</C:calendar-data>"
        return self._response(ROOM + name, props)

    def _response(self, path: str, props: str) -> str:
        status = "" if self.quirks.no_propstat_status else _status(200)
        missing = (
            f"<D:propstat><D:prop><D:displayname/><D:quota/></D:prop>{_status(404)}</D:propstat>"
        )
        return (
            f"<D:response><D:href>{self._href(path)}</D:href>{missing}"
            f"<D:propstat><D:prop>{props}</D:prop>{status}</D:propstat></D:response>"
        )

    def _gone(self, path: str) -> str:
        return f"<D:response><D:href>{self._href(path)}</D:href>{_status(404)}</D:response>"

    def _href(self, path: str) -> str:
        href = quote(path, safe="/" if self.quirks.other_escapes else "/@")
        return f"{self.web.url}{href}" if self.quirks.absolute_hrefs else href

    def _multistatus(self, request: Any, inner: str) -> None:
        xml = (
            '<?xml version="1.0"?><D:multistatus xmlns:D="DAV:" '
            'xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:CS="http://calendarserver.org/ns/">'
            f"{inner}</D:multistatus>"
        )
        if self.quirks.odd_prefixes:
            xml = xml.replace("<D:", "<").replace("</D:", "</").replace("xmlns:D=", "xmlns=")
            xml = xml.replace("C:cal", "x0:cal").replace("xmlns:C=", "xmlns:x0=")
        status = 200 if self.quirks.status_200 else 207
        request.reply(status, xml.encode(), content_type="application/xml; charset=utf-8")


def _etag(data: str) -> str:
    return f'"{hashlib.md5(data.encode()).hexdigest()}"'


def _status(code: int) -> str:
    return f"<D:status>HTTP/1.1 {code} Something</D:status>"


class FakeStage(Stage):
    def __init__(self, web: Any, closed_port: int, quirks: Quirks) -> None:
        self.server = Server(web, quirks)
        self._closed = f"http://127.0.0.1:{closed_port}/"
        self._connectors: list[Connector] = []
        web.respond = self.server.respond

    def made(self, url: str, password: str = "secret") -> CalDavConnector:
        connector = CalDavConnector(url, username="ada", password=password)
        self._connectors.append(connector)
        return connector

    async def connector(self) -> Connector:
        return self.made(self.server.web.url)

    async def rejected(self) -> Connector:
        return self.made(self.server.web.url, "wrong-password")

    async def unreachable(self) -> tuple[Connector, str]:
        return self.made(self._closed), "/room/"

    async def address(self) -> str:
        path = quote(ROOM, safe="/" if self.server.quirks.other_escapes else "/@")
        return f"{self.server.web.url}{path}"

    async def put(self, objects: Mapping[str, str]) -> None:
        self.server.put(objects)

    async def lose_calendar(self) -> None:
        self.server.exists = False

    async def answer_nonsense(self) -> None:
        page = b"<!DOCTYPE html><html><body>Sign in</body></html>"
        self.server.web.respond = lambda request: request.reply(200, page)

    async def aclose(self) -> None:
        for connector in self._connectors:
            await connector.aclose()


MakeStage = Callable[..., FakeStage]


@pytest.fixture
async def make_stage(make_web: Callable[[], Any], closed_port: int) -> AsyncIterator[MakeStage]:
    stages: list[FakeStage] = []

    def make(**switches: bool) -> FakeStage:
        stages.append(FakeStage(make_web(), closed_port, Quirks(**switches)))
        return stages[-1]

    yield make
    for stage in stages:
        await stage.aclose()


class TestFakeCalDav(ConnectorContract):
    @pytest.fixture
    def stage(self, make_stage: MakeStage) -> Stage:
        return make_stage()


class TestPlainestCalDav(ConnectorContract):
    """The contract without tokens and ctags, by ETags alone."""

    @pytest.fixture
    def stage(self, make_stage: MakeStage) -> Stage:
        return make_stage(no_sync=True, no_ctag=True)


@pytest.mark.parametrize("quirk", [one.name for one in fields(Quirks)])
async def test_each_quirk(make_stage: MakeStage, quirk: str) -> None:
    """Listing, a first read, no change, a change, a deletion: right with every quirk."""
    stage = make_stage(**{quirk: True})
    other = event("other", berlin("20261124T100000"), berlin("20261124T110000"))
    third = event("third", berlin("20261125T100000"), berlin("20261125T110000"))
    await stage.put({"plain": PLAIN, "other": other, "third": third})
    connector = await stage.connector()
    listed = await connector.list_calendars()
    assert [(info.address, info.name) for info in listed] == [
        (await stage.address(), "Room & more")
    ]
    first = await connector.read(listed[0].address, WINDOW, zone=ZONE)
    assert isinstance(first, Picture)
    assert len(first.occurrences) == 3
    assert bool(first.warnings) == (quirk == "broken_object")
    assert first.unreadable == (quirk == "broken_object")
    same = await connector.read(listed[0].address, WINDOW, first.cursor, zone=ZONE)
    if isinstance(same, Picture):
        assert quirk in {"forgets_tokens", "refuses_tokens_plainly", "bare_507"}
        assert same.occurrences == first.occurrences
    moved = event("plain", berlin("20261123T140000"), berlin("20261123T150000"))
    await stage.put({"plain": moved, "third": third})
    changed = await connector.read(listed[0].address, WINDOW, same.cursor, zone=ZONE)
    assert isinstance(changed, Picture)
    assert [(one.start.day, one.start.hour) for one in changed.occurrences] == [(23, 13), (25, 9)]
    last = await connector.read(listed[0].address, WINDOW, changed.cursor, zone=ZONE)
    assert isinstance(last, Unchanged) or last.occurrences == changed.occurrences


async def test_a_change_costs_what_changed(make_stage: MakeStage) -> None:
    stage = make_stage()
    await stage.put({"plain": PLAIN})
    connector = await stage.connector()
    first = await connector.read(await stage.address(), WINDOW, zone=ZONE)
    stage.server.web.seen.clear()
    await connector.read(await stage.address(), WINDOW, first.cursor, zone=ZONE)
    assert [method for method, _, _ in stage.server.web.seen] == ["REPORT"]


@pytest.mark.parametrize("url", [ROOM, HOME, "/dav/p/", "/dav/", "/"])
async def test_any_address_leads_to_the_calendar(make_stage: MakeStage, url: str) -> None:
    stage = make_stage()
    listed = await stage.made(f"{stage.server.web.url}{url}").list_calendars()
    assert [info.address for info in listed] == [await stage.address()]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<multistatus xmlns='DAV:'><response>", "not XML"),
        (b"<html><body>Sign in</body></html>", "no multistatus"),
        (b"<!doctype html><p>", "a web page"),
        (
            b'<!DOCTYPE m [<!ENTITY a "aa">]><multistatus xmlns="DAV:">&a;</multistatus>',
            "document type",
        ),
        (b"", "not XML"),
        (b"\0\1\2", "not XML"),
    ],
)
async def test_answers_that_are_no_multistatus(
    make_stage: MakeStage, body: bytes, words: str
) -> None:
    stage = make_stage()
    stage.server.web.respond = lambda request: request.reply(207, body)
    with pytest.raises(MalformedAnswerError, match=words):
        await stage.made(stage.server.web.url).read("/room/", WINDOW)


async def test_a_file_is_never_read_through_xml(make_stage: MakeStage) -> None:
    stage = make_stage()
    body = (
        b'<!DOCTYPE m [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        b'<multistatus xmlns="DAV:"><response><href>&x;</href></response></multistatus>'
    )
    stage.server.web.respond = lambda request: request.reply(207, body)
    with pytest.raises(MalformedAnswerError, match="document type"):
        await stage.made(stage.server.web.url).check()


@pytest.mark.parametrize(
    ("status", "error"),
    [(403, PermissionMissingError), (404, CalendarGoneError), (502, UnavailableError)],
)
async def test_refusals(make_stage: MakeStage, status: int, error: type[Exception]) -> None:
    stage = make_stage()
    stage.server.web.respond = lambda request: request.reply(status)
    with pytest.raises(error):
        await stage.made(stage.server.web.url).read("/room/", WINDOW)


async def test_a_meeting_that_cannot_be_had_is_not_left_out_in_silence(
    make_stage: MakeStage,
) -> None:
    stage = make_stage(keeps_one_back=True)
    third = event("third", berlin("20261125T100000"), berlin("20261125T110000"))
    await stage.put({"plain": PLAIN, "third": third})
    respond = stage.server.respond

    def fails(request: Any) -> None:
        if request.command == "GET":
            request.reply(500)
        else:
            respond(request)

    stage.server.web.respond = fails
    connector = await stage.connector()
    with pytest.raises(UnavailableError):
        await connector.read(await stage.address(), WINDOW, zone=ZONE)


async def test_credentials_stay_with_their_origin(
    make_stage: MakeStage, make_web: Callable[[], Any]
) -> None:
    stage, elsewhere = make_stage(), make_web()
    elsewhere.respond = lambda request: request.reply(401, www_authenticate='Basic realm="x"')
    with pytest.raises(CredentialsRejectedError):
        await stage.made(stage.server.web.url).read(f"{elsewhere.url}/room/", WINDOW)
    assert all(
        "authorization" not in {name.lower() for name in headers}
        for _, _, headers in elsewhere.seen
    )
    seen = len(elsewhere.seen)
    stage.server.web.respond = lambda request: request.reply(302, location=elsewhere.url)
    with pytest.raises(MalformedAnswerError, match="another server"):
        await stage.made(stage.server.web.url).check()
    assert len(elsewhere.seen) == seen


async def test_not_a_calendar(make_stage: MakeStage) -> None:
    stage = make_stage()
    with pytest.raises(CalendarGoneError):
        await stage.made(stage.server.web.url).read(HOME, WINDOW)
