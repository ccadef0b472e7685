"""Feeds that are not what they should be; each ends in a clear error or a right picture."""

from __future__ import annotations

import gzip
import socket
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from roomdisplay.connectors.base import (
    CalendarGoneError,
    ConnectorError,
    CredentialsRejectedError,
    MalformedAnswerError,
    PermissionMissingError,
    Picture,
    ThrottledError,
    UnavailableError,
    Unchanged,
    Window,
)
from roomdisplay.connectors.http import Limits
from roomdisplay.connectors.ics.connector import THE_FEED, IcsConnector

WINDOW = Window(datetime(2026, 11, 23, tzinfo=UTC), datetime(2026, 11, 24, tzinfo=UTC))
EVENT = (
    "BEGIN:VEVENT\r\nUID:a\r\nDTSTAMP:20261101T000000Z\r\nDTSTART:20261123T100000Z\r\n"
    "DTEND:20261123T110000Z\r\nSUMMARY:Réunion\r\nEND:VEVENT\r\n"
)
FEED = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nX-WR-CALNAME:Salle\\, 1\r\n{EVENT}END:VCALENDAR\r\n"

Open = Callable[..., IcsConnector]


@pytest.fixture
async def feed() -> AsyncIterator[Open]:
    opened: list[IcsConnector] = []

    def make(url: str, **options: Any) -> IcsConnector:
        opened.append(IcsConnector(url, **options))
        return opened[-1]

    yield make
    for connector in opened:
        await connector.aclose()


async def titles(connector: IcsConnector) -> list[str | None]:
    picture = await connector.read(THE_FEED, WINDOW)
    assert isinstance(picture, Picture)
    return [one.title for one in picture.occurrences]


def serve(web: Any, body: bytes, status: int = 200, **headers: str) -> str:
    web.respond = lambda request: request.reply(status, body, **headers)
    return f"{web.url}/room.ics"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<!DOCTYPE html><html>Sign in</html>", "web page"),
        (b"\n\n <html lang=en>", "web page"),
        (b"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00", "binary"),
        (bytes(range(128, 256)) * 20, "not a calendar"),
        (b"", "empty"),
        (b"   \r\n", "empty"),
        (b'{"error": "gone"}', "not a calendar"),
        (FEED.encode()[:-20], "cut off"),
        (FEED.encode()[:-90], "cut off"),
        (FEED.replace("END:VEVENT\r\n", "").encode(), "cut off"),
    ],
)
async def test_what_is_no_calendar(feed: Open, web: Any, body: bytes, words: str) -> None:
    with pytest.raises(MalformedAnswerError, match=words):
        await feed(serve(web, body)).read(THE_FEED, WINDOW)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, CredentialsRejectedError),
        (403, PermissionMissingError),
        (404, CalendarGoneError),
        (410, CalendarGoneError),
        (429, ThrottledError),
        (500, UnavailableError),
        (503, UnavailableError),
        (418, MalformedAnswerError),
        (304, MalformedAnswerError),
    ],
)
async def test_refusals(feed: Open, web: Any, status: int, error: type[ConnectorError]) -> None:
    with pytest.raises(error):
        await feed(serve(web, b"", status)).read(THE_FEED, WINDOW)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("120", 120), ("999999", 3600), ("soon", 60), ("Mon, 23 Nov 2026 10:02:00 GMT", 90)],
)
async def test_the_pause_that_is_asked_for(feed: Open, web: Any, value: str, seconds: int) -> None:
    def respond(request: Any) -> None:
        request.send_response_only(503)
        request.send_header("retry-after", value)
        request.send_header("date", "Mon, 23 Nov 2026 10:00:30 GMT")
        request.send_header("content-length", "0")
        request.end_headers()

    web.respond = respond
    with pytest.raises(ThrottledError) as caught:
        await feed(f"{web.url}/").read(THE_FEED, WINDOW)
    assert caught.value.retry_after == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("file:///etc/passwd", "file"),
        ("ftp://example.com/room.ics", "ftp"),
        ("/room.ics", "again and again"),
    ],
)
async def test_redirects_that_lead_nowhere(feed: Open, web: Any, location: str, words: str) -> None:
    with pytest.raises(MalformedAnswerError, match=words):
        await feed(serve(web, b"", 302, location=location)).read(THE_FEED, WINDOW)
    assert len(web.seen) <= 6


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254",
        "[fe80::1]",
        "[::ffff:169.254.169.254]",
        "[64:ff9b::a9fe:a9fe]",
        "100.100.100.200",
        "[fd00:ec2::254]",
        "0.0.0.0",
        "224.0.0.1",
    ],
)
async def test_addresses_that_are_never_asked(feed: Open, web: Any, host: str) -> None:
    target = f"http://{host}/latest/meta-data/"
    with pytest.raises(PermissionMissingError):
        await feed(target).read(THE_FEED, WINDOW)
    with pytest.raises(PermissionMissingError):
        await feed(serve(web, b"", 302, location=target)).read(THE_FEED, WINDOW)


async def test_a_name_that_leads_to_a_forbidden_address(
    feed: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def resolve(_: object, port: object, *__: object, **___: object) -> list[object]:
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("169.254.169.254", port)),
        ]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(PermissionMissingError):
        await feed("http://calendar.example/room.ics").read(THE_FEED, WINDOW)


async def test_credentials_stay_with_their_origin(feed: Open, make_web: Callable[[], Any]) -> None:
    home, elsewhere = make_web(), make_web()
    serve(elsewhere, FEED.encode())
    challenge = {"www_authenticate": 'Basic realm="x"'}

    def respond(request: Any) -> None:
        if "authorization" not in request.headers:
            request.reply(401, **challenge)
        else:
            request.reply(302, location=f"{elsewhere.url}/room.ics")

    home.respond = respond
    url = home.url.replace("http://", "http://ada:secret@")
    assert await titles(feed(f"{url}/room.ics")) == ["Réunion"]
    assert all("authorization" not in headers for _, _, headers in elsewhere.seen)
    elsewhere.respond = lambda request: request.reply(401, **challenge)
    with pytest.raises(CredentialsRejectedError):
        await titles(feed(f"{url}/room.ics"))
    assert all("Authorization" not in headers for _, _, headers in elsewhere.seen)


async def test_one_byte_a_second(feed: Open, web: Any) -> None:
    def respond(request: Any) -> None:
        request.send_response(200)
        request.end_headers()
        for byte in FEED.encode():
            request.wfile.write(bytes([byte]))
            if web.closing.wait(0.05):
                return

    web.respond = respond
    limits = Limits(time=timedelta(seconds=0.5))
    with pytest.raises(UnavailableError, match="in time"):
        await feed(f"{web.url}/", limits=limits).read(THE_FEED, WINDOW)


async def test_silence(feed: Open, web: Any) -> None:
    web.respond = lambda _: web.closing.wait(20)
    limits = Limits(silence=timedelta(seconds=0.3))
    with pytest.raises(UnavailableError, match="in time"):
        await feed(f"{web.url}/", limits=limits).read(THE_FEED, WINDOW)


async def test_an_endless_feed(feed: Open, web: Any) -> None:
    def respond(request: Any) -> None:
        request.send_response(200)
        request.end_headers()
        request.wfile.write(b"BEGIN:VCALENDAR\r\n")
        while not web.closing.is_set():
            request.wfile.write(EVENT.encode() * 1000)

    web.respond = respond
    with pytest.raises(MalformedAnswerError, match="larger"):
        await feed(f"{web.url}/", limits=Limits(size=2**20)).read(THE_FEED, WINDOW)


async def test_a_bomb_is_counted_after_decompression(feed: Open, web: Any) -> None:
    bomb = gzip.compress(b"\n" * 20_000_000)
    assert len(bomb) < 50_000
    url = serve(web, bomb, content_encoding="gzip")
    with pytest.raises(MalformedAnswerError, match="larger"):
        await feed(url, limits=Limits(size=2**20)).read(THE_FEED, WINDOW)


async def test_an_answer_that_breaks_off(feed: Open, web: Any) -> None:
    def respond(request: Any) -> None:
        request.send_response(200)
        request.send_header("content-length", "5000")
        request.end_headers()
        request.wfile.write(FEED.encode())
        request.close_connection = True

    web.respond = respond
    with pytest.raises(MalformedAnswerError):
        await feed(f"{web.url}/").read(THE_FEED, WINDOW)


async def test_compressed_and_plain_bodies(feed: Open, web: Any) -> None:
    url = serve(web, gzip.compress(FEED.encode()), content_encoding="gzip")
    assert await titles(feed(url)) == ["Réunion"]
    url = serve(web, b"not gzip", content_encoding="gzip")
    with pytest.raises(MalformedAnswerError):
        await titles(feed(url))


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (FEED.encode(), "text/calendar"),
        (b"\xef\xbb\xbf" + FEED.encode(), "text/calendar; charset=utf-8"),
        (FEED.encode(), "text/calendar; charset=iso-8859-1"),
        (FEED.encode("latin-1"), "text/calendar"),
        (FEED.encode("latin-1"), "text/calendar; charset=utf-8"),
        (FEED.encode("latin-1"), "text/calendar; charset=nonsense"),
        (FEED.encode("cp1252"), "text/plain; charset=windows-1252"),
        (FEED.encode("utf-16"), "application/octet-stream"),
        (FEED.encode("utf-16-le"), "text/calendar"),
        (FEED.encode("utf-16-be"), "text/calendar"),
        (FEED.replace("\r\n", "\n").encode(), "text/calendar"),
        (FEED.replace("\r\n", "\r").encode(), "text/calendar"),
        (FEED.replace("\r\n", " \r\n\r\n").encode(), "text/calendar"),
        (
            FEED.replace("BEGIN:V", "begin:v").replace("SUMMARY", "Summary").encode(),
            "text/calendar",
        ),
        (FEED.encode().replace(b"\xc3\xa9", b"\xc3\r\n \xa9"), "text/calendar"),
    ],
)
async def test_charsets_and_lines(feed: Open, web: Any, body: bytes, content_type: str) -> None:
    assert await titles(feed(serve(web, body, content_type=content_type))) == ["Réunion"]


async def test_conditions_are_sent_and_unchanged_is_believed(feed: Open, web: Any) -> None:
    date = "Sun, 22 Nov 2026 10:00:00 GMT"
    url = serve(web, FEED.encode(), etag='"1"', last_modified=date)
    connector = feed(url)
    first = await connector.read(THE_FEED, WINDOW)
    web.respond = lambda request: request.reply(304)
    again = await connector.read(THE_FEED, WINDOW, first.cursor)
    assert isinstance(again, Unchanged)
    sent = web.seen[-1][2]
    assert (sent["If-None-Match"], sent["If-Modified-Since"]) == ('"1"', date)


async def test_a_feed_that_only_renews_its_stamps_is_unchanged(feed: Open, web: Any) -> None:
    connector = feed(serve(web, FEED.encode()))
    first = await connector.read(THE_FEED, WINDOW)
    serve(web, FEED.replace("DTSTAMP:2026", "DTSTAMP:2027").encode())
    assert isinstance(await connector.read(THE_FEED, WINDOW, first.cursor), Unchanged)
    serve(web, FEED.replace("DTSTART:20261123T10", "DTSTART:20261123T09").encode())
    assert isinstance(await connector.read(THE_FEED, WINDOW, first.cursor), Picture)


async def test_a_cursor_of_another_zone_does_not_count(feed: Open, web: Any) -> None:
    connector = feed(serve(web, FEED.encode(), etag='"1"'))
    first = await connector.read(THE_FEED, WINDOW, zone="UTC")
    other = await connector.read(THE_FEED, WINDOW, first.cursor, zone="Europe/Paris")
    assert isinstance(other, Picture)


@pytest.mark.parametrize(
    ("line", "minutes"),
    [
        ("REFRESH-INTERVAL;VALUE=DURATION:PT15M", 15),
        ("X-PUBLISHED-TTL:PT30M", 30),
        ("X-PUBLISHED-TTL:PT1S", 1),
        ("REFRESH-INTERVAL;VALUE=DURATION:P1W", 60),
        ("X-PUBLISHED-TTL:-PT1H", 1),
        ("X-PUBLISHED-TTL:sometimes", None),
        ("X-OTHER:1", None),
    ],
)
async def test_the_feeds_own_interval(feed: Open, web: Any, line: str, minutes: int | None) -> None:
    body = FEED.replace("VERSION:2.0", f"VERSION:2.0\r\n{line}").encode()
    picture = await feed(serve(web, body)).read(THE_FEED, WINDOW)
    assert isinstance(picture, Picture)
    assert picture.check_every == (None if minutes is None else timedelta(minutes=minutes))


async def test_the_feeds_name(feed: Open, web: Any) -> None:
    (info,) = await feed(serve(web, FEED.encode())).list_calendars()
    assert (info.address, info.name) == (THE_FEED, "Salle, 1")


async def test_webcal_goes_to_http_only_where_allowed(feed: Open, web: Any) -> None:
    url = serve(web, FEED.encode()).replace("http://", "webcal://")
    with pytest.raises(UnavailableError):
        await titles(feed(url))
    assert web.seen == []
    assert await titles(feed(url, allow_http=True)) == ["Réunion"]


@pytest.mark.parametrize(
    "url", ["", "room.ics", "file:///etc/passwd", "ftp://x.example/", "http://"]
)
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(CalendarGoneError):
        IcsConnector(url)


async def test_the_address_is_not_logged(
    feed: Open, web: Any, caplog: pytest.LogCaptureFixture
) -> None:
    serve(web, FEED.encode())
    with caplog.at_level("DEBUG", logger="roomdisplay"):
        await titles(feed(f"{web.url}/private-0123456789/room.ics"))
    assert "private-0123456789" not in caplog.text
