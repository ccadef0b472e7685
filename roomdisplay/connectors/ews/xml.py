"""Exchange's XML: a parser that repairs what Exchange gets wrong and no more, and a builder."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from copy import copy
from typing import Final

from lxml import etree

from roomdisplay.connectors.base import MalformedAnswerError

Element = etree._Element  # noqa: SLF001 - lxml gives its element type no public name

SOAP: Final = "{http://schemas.xmlsoap.org/soap/envelope/}"
TYPES: Final = "{http://schemas.microsoft.com/exchange/services/2006/types}"
MESSAGES: Final = "{http://schemas.microsoft.com/exchange/services/2006/messages}"
_NAMES: Final = {"t": TYPES[1:-1], "m": MESSAGES[1:-1]}

_REFERENCE = re.compile(rb"&#(?:x([0-9A-Fa-f]{1,8})|([0-9]{1,10}));")
_RAW_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ALLOWED = (
    (0x9, 0xA, 0xD),
    range(0x20, 0xD800),
    range(0xE000, 0xFFFE),
    range(0x10000, 0x110000),
)
"""The characters of XML 1.0."""


def strict_root(body: bytes) -> Element:
    """The root of an answer.

    Meeting texts may hold control characters, which Exchange writes although XML 1.0 forbids them:
    they become spaces. An answer that breaks off is an error, not a shorter one.

    Raises:
        MalformedAnswerError: it is no XML, not whole, or declares a document type.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_pis=True
    )
    try:
        root = etree.fromstring(_allowed(body), parser)
    except (etree.XMLSyntaxError, ValueError):
        raise MalformedAnswerError("the answer is no whole XML document") from None
    if root.getroottree().docinfo.doctype:  # type: ignore[union-attr]  # of a document it is there
        raise MalformedAnswerError("the answer declares a document type")
    return root


def _allowed(body: bytes) -> bytes:
    body = _RAW_CONTROL.sub(b" ", body)
    return _REFERENCE.sub(_reference, body) if b"&#" in body else body


def _reference(found: re.Match[bytes]) -> bytes:
    code = int(found[1], 16) if found[1] else int(found[2])
    return found[0] if any(code in span for span in _ALLOWED) else b" "


def t(name: str, *children: Element, text: str | None = None, **attributes: str) -> Element:
    """An element of the types."""
    return _made(TYPES + name, children, text, attributes)


def m(name: str, *children: Element, text: str | None = None, **attributes: str) -> Element:
    """An element of the messages."""
    return _made(MESSAGES + name, children, text, attributes)


def written(element: Element) -> bytes:
    """An element as text, the same for the same."""
    return etree.tostring(element, with_tail=False)


def copied(element: Element) -> Element:
    """The same once more: an element has one parent."""
    return copy(element)


def _made(
    name: str, children: Iterable[Element], text: str | None, attributes: Mapping[str, str]
) -> Element:
    element = etree.Element(name, attrib=dict(attributes), nsmap=_NAMES)
    element.extend(children)
    if text is not None:
        element.text = _FORBIDDEN.sub(" ", text)
    return element
