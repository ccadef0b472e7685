"""WebDAV's XML: requests as text, answers through a parser that trusts nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit
from xml.sax.saxutils import escape

from lxml import etree

from roomdisplay.connectors.base import MalformedAnswerError

DAV = "{DAV:}"
CALDAV = "{urn:ietf:params:xml:ns:caldav}"
CALENDAR_SERVER = "{http://calendarserver.org/ns/}"
_NAMESPACES = (
    'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" '
    'xmlns:CS="http://calendarserver.org/ns/"'
)
_MOST_RESPONSES = 50_000


@dataclass(frozen=True, slots=True)
class Resource:
    """One response of a multistatus."""

    path: str
    """The href's path, percent-encoding evened out, so that it can be compared."""
    href: str
    """As the server wrote it, to be sent back."""
    status: int
    properties: dict[str, etree._Element]
    """Those that the server has (propstats with status 200), by their name in Clark notation."""

    def text(self, name: str) -> str:
        """The text of a property, or an empty one."""
        element = self.properties.get(name)
        return "" if element is None else (element.text or "").strip()


@dataclass(frozen=True, slots=True)
class Multistatus:
    """A multistatus answer (RFC 4918, section 13)."""

    resources: tuple[Resource, ...]
    sync_token: str = ""


def parse(body: bytes) -> etree._Element:
    """Parse an answer.

    Raises:
        MalformedAnswerError: it is no XML, or XML that declares entities or a document type.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_pis=True
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        start = body[:200].lstrip().lower()
        what = "a web page" if start.startswith((b"<!doctype html", b"<html")) else "not XML"
        raise MalformedAnswerError(f"the server answered with {what}") from None
    # The stubs of lxml do not know this attribute.
    if getattr(root.getroottree().docinfo, "doctype", ""):
        raise MalformedAnswerError("the server's XML declares a document type")
    return root


def multistatus(body: bytes) -> Multistatus:
    """Parse a multistatus.

    Raises:
        MalformedAnswerError: it is none.
    """
    root = parse(body)
    if root.tag != f"{DAV}multistatus":
        raise MalformedAnswerError("the server's answer is no multistatus")
    resources: list[Resource] = []
    for response in root.iterchildren(f"{DAV}response"):
        if len(resources) >= _MOST_RESPONSES:
            raise MalformedAnswerError(f"more than {_MOST_RESPONSES} resources in one answer")
        resources.append(_resource(response))
    return Multistatus(tuple(resources), (root.findtext(f"{DAV}sync-token") or "").strip())


def _resource(response: etree._Element) -> Resource:
    href = (response.findtext(f"{DAV}href") or "").strip()
    status = _status(response.findtext(f"{DAV}status"))
    properties: dict[str, etree._Element] = {}
    for propstat in response.iterchildren(f"{DAV}propstat"):
        if _status(propstat.findtext(f"{DAV}status")) == 200:  # noqa: PLR2004 - OK
            for prop in propstat.iterchildren(f"{DAV}prop"):
                properties.update((str(child.tag), child) for child in prop.iterchildren())
    return Resource(path_of(href), href, status, properties)


def _status(line: str | None) -> int:
    """The code in "HTTP/1.1 404 Not Found"; 200 where there is no line."""
    for word in (line or "").split():
        if word.isdecimal():
            return int(word)
    return 200


def path_of(href: str) -> str:
    """The path of an href, for comparing: servers differ in `%40` and `@`, and write whole URLs."""
    return quote(unquote(urlsplit(href).path), safe="/") or "/"


def hrefs(element: etree._Element | None) -> Iterator[str]:
    """The hrefs in a property such as calendar-home-set."""
    if element is not None:
        for href in element.iter(f"{DAV}href"):
            if href.text and href.text.strip():
                yield href.text.strip()


def has_precondition(body: bytes, name: str) -> bool:
    """Whether an error's body names this precondition (RFC 4918, section 16)."""
    try:
        return next(parse(body).iter(f"{DAV}{name}"), None) is not None
    except MalformedAnswerError:
        return False


def propfind(*names: str) -> bytes:
    """The body of a PROPFIND for properties with the prefixes D, C and CS."""
    wanted = "".join(f"<{name}/>" for name in names)
    return _body(f"<D:propfind {_NAMESPACES}><D:prop>{wanted}</D:prop></D:propfind>")


def calendar_query(start: str, end: str) -> bytes:
    """The body of a query for the events between two UTC times such as 20261123T000000Z.

    Both bounds and the component are always named: several servers fail without.
    """
    return _body(
        f"<C:calendar-query {_NAMESPACES}><D:prop><D:getetag/><C:calendar-data/></D:prop>"
        '<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">'
        f'<C:time-range start="{start}" end="{end}"/>'
        "</C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"
    )


def multiget(wanted: Sequence[str]) -> bytes:
    """The body of a request for the objects at these hrefs."""
    listed = "".join(f"<D:href>{escape(href)}</D:href>" for href in wanted)
    return _body(
        f"<C:calendar-multiget {_NAMESPACES}><D:prop><D:getetag/><C:calendar-data/></D:prop>"
        f"{listed}</C:calendar-multiget>"
    )


def sync_collection(token: str) -> bytes:
    """The body of a request for what changed since `token`."""
    return _body(
        f"<D:sync-collection {_NAMESPACES}><D:sync-token>{escape(token)}</D:sync-token>"
        "<D:sync-level>1</D:sync-level><D:prop><D:getetag/></D:prop></D:sync-collection>"
    )


def _body(xml: str) -> bytes:
    return f'<?xml version="1.0" encoding="utf-8"?>{xml}'.encode()
