"""SOAP 1.1 as Exchange speaks it: envelopes, faults, response messages, times, control characters.

The names and their order are those of Microsoft's messages.xsd and types.xsd.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from lxml import etree

SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"
MESSAGES: Final = "http://schemas.microsoft.com/exchange/services/2006/messages"
TYPES: Final = "http://schemas.microsoft.com/exchange/services/2006/types"
ERRORS: Final = "http://schemas.microsoft.com/exchange/services/2006/errors"

NAMES: Final = {"s": SOAP, "m": MESSAGES, "t": TYPES, "e": ERRORS}
_OUT: Final = {"m": MESSAGES, "t": TYPES}

Element = etree._Element  # lxml gives its element type no public name

CONTROL: Final = 0x10FE00
"""Where a character that XML 1.0 forbids waits in a tree until the bytes are written."""


@dataclass(frozen=True)
class Build:
    """What a server says about itself in each answer's header."""

    major: int
    minor: int
    build: int
    revision: int
    schema: str


EXCHANGE_2016: Final = Build(15, 1, 2507, 61, "V2017_07_11")
EXCHANGE_2019: Final = Build(15, 2, 1748, 39, "V2017_07_11")
SUBSCRIPTION_EDITION: Final = Build(15, 2, 2562, 29, "V2017_07_11")


class EwsError(Exception):
    """An item of a request cannot be served: a response message with ResponseClass "Error"."""

    def __init__(self, code: str, text: str = "", values: dict[str, str] | None = None) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text or TEXTS.get(code, "An internal server error occurred.")
        self.values = values or {}


class SoapFault(Exception):  # noqa: N818 -- SOAP's own word for it
    """The whole request is refused: HTTP 500 with a fault."""

    def __init__(
        self, code: str, text: str, *, values: dict[str, str] | None = None, violation: str = ""
    ) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text
        self.values = values or {}
        self.violation = violation


TEXTS: Final = {
    "ErrorAccessDenied": "Access is denied. Check credentials and try again.",
    "ErrorCalendarDurationIsTooLong": "The maximum duration of a calendar item is five years.",
    "ErrorCalendarEndDateIsEarlierThanStartDate": "End date is earlier than start date.",
    "ErrorCalendarIsNotOrganizer": "Only the organizer can cancel the meeting.",
    "ErrorCalendarIsOrganizerForDecline": "The organizer cannot decline the meeting.",
    "ErrorCalendarOccurrenceIsDeletedFromRecurrence": "Occurrence has been deleted.",
    "ErrorCalendarViewRangeTooBig": "The calendar view range is larger than two years.",
    "ErrorChangeKeyRequiredForWriteOperations": "The change key is required for this operation.",
    "ErrorExceededConnectionCount": "You have exceeded the available concurrent connections.",
    "ErrorExceededFindCountLimit": "You have exceeded the maximum number of objects that can be "
    "returned for the find operation. Use paging to reduce the result size and try your request "
    "again.",
    "ErrorFolderNotFound": "The specified folder could not be found in the store.",
    "ErrorImpersonateUserDenied": "The account does not have permission to impersonate the user.",
    "ErrorImpersonationFailed": "The server failed to impersonate the caller.",
    "ErrorInvalidIdMalformed": "Id is malformed.",
    "ErrorInvalidSyncStateData": "The synchronization state data is corrupt or otherwise invalid.",
    "ErrorIrresolvableConflict": "The send or update operation could not be performed because the "
    "change key passed in the request does not match the current change key for the item.",
    "ErrorItemNotFound": "The specified object was not found in the store.",
    "ErrorNameResolutionNoResults": "No results were found.",
    "ErrorNonExistentMailbox": "The SMTP address has no mailbox associated with it.",
    "ErrorSendMeetingCancellationsRequired": "SendMeetingCancellations must be specified.",
    "ErrorSendMeetingInvitationsOrCancellationsRequired": "SendMeetingInvitationsOrCancellations "
    "attribute is required.",
    "ErrorSendMeetingInvitationsRequired": "SendMeetingInvitations attribute is required.",
    "ErrorServerBusy": "The server cannot service this request right now. Try again later.",
    "ErrorSubscriptionNotFound": "The specified subscription was not found.",
}


def m(tag: str, *children: Element | str | None, **attributes: str) -> Element:
    """An element of messages.xsd; a string child is its text, None is left out."""
    return _element(MESSAGES, tag, children, attributes)


def t(tag: str, *children: Element | str | None, **attributes: str) -> Element:
    """An element of types.xsd; a string child is its text, None is left out."""
    return _element(TYPES, tag, children, attributes)


def _element(
    namespace: str, tag: str, children: Sequence[Element | str | None], attributes: dict[str, str]
) -> Element:
    made = etree.Element(f"{{{namespace}}}{tag}", attributes, nsmap=_OUT)
    for child in children:
        if isinstance(child, str):
            made.text = _hide_controls(child)
        elif child is not None:
            made.append(child)
    return made


def local(element: Element) -> str:
    """The name of an element without its namespace."""
    return etree.QName(element).localname


def text(element: Element, path: str, default: str = "") -> str:
    """The text below, stripped; prefixes as in `NAMES`."""
    found = element.findtext(path, namespaces=NAMES)
    return default if found is None else found.strip()


def children(element: Element | None) -> list[Element]:
    """The child elements, without comments."""
    return [] if element is None else [one for one in element if isinstance(one.tag, str)]


def _hide_controls(value: str) -> str:
    return re.sub(
        r"[\x00-\x08\x0b\x0c\x0e-\x1f]", lambda found: chr(CONTROL + ord(found[0])), value
    )


_HIDDEN: Final = re.compile("[" + chr(CONTROL) + "-" + chr(CONTROL + 0x1F) + "]")


def written(tree: Element) -> bytes:
    """An XML document; forbidden characters come as references, as from a real server."""
    plain = etree.tostring(tree, encoding="unicode")
    shown = _HIDDEN.sub(lambda found: f"&#x{ord(found[0]) - CONTROL:X};", plain)
    return b'<?xml version="1.0" encoding="utf-8"?>' + shown.encode()


def envelope(build: Build, body: Element) -> bytes:
    """An answer with its ServerVersionInfo."""
    info = etree.Element(
        f"{{{TYPES}}}ServerVersionInfo",
        {
            "MajorVersion": str(build.major),
            "MinorVersion": str(build.minor),
            "MajorBuildNumber": str(build.build),
            "MinorBuildNumber": str(build.revision),
            "Version": build.schema,
        },
        nsmap={"h": TYPES},
    )
    root = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"s": SOAP})
    etree.SubElement(root, f"{{{SOAP}}}Header").append(info)
    etree.SubElement(root, f"{{{SOAP}}}Body").append(body)
    return written(root)


def fault(problem: SoapFault) -> bytes:
    """The body of an HTTP 500; faults carry no ServerVersionInfo."""
    root = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"s": SOAP})
    body = etree.SubElement(root, f"{{{SOAP}}}Body")
    said = etree.SubElement(body, f"{{{SOAP}}}Fault")
    code = etree.SubElement(said, "faultcode", nsmap={"a": TYPES})
    code.text = f"a:{problem.code}"
    words = etree.SubElement(said, "faultstring")
    words.set("{http://www.w3.org/XML/1998/namespace}lang", "en-US")
    words.text = problem.text
    detail = etree.SubElement(said, "detail")
    etree.SubElement(detail, f"{{{ERRORS}}}ResponseCode", nsmap={"e": ERRORS}).text = problem.code
    etree.SubElement(detail, f"{{{ERRORS}}}Message", nsmap={"e": ERRORS}).text = problem.text
    if problem.violation:
        more = [t("LineNumber", "0"), t("LinePosition", "0"), t("Violation", problem.violation)]
        detail.append(t("MessageXml", *more))
    elif problem.values:
        detail.append(t("MessageXml", *_values(problem.values)))
    return written(root)


def _values(values: dict[str, str]) -> list[Element]:
    return [t("Value", value, Name=name) for name, value in values.items()]


def message(name: str, *content: Element | None) -> Element:
    """A response message that says NoError."""
    return m(name, m("ResponseCode", "NoError"), *content, ResponseClass="Success")


def refusal(name: str, problem: EwsError, *content: Element | None) -> Element:
    """A response message that says what is wrong."""
    return m(
        name,
        m("MessageText", problem.text),
        m("ResponseCode", problem.code),
        m("DescriptiveLinkKey", "0"),
        m("MessageXml", *_values(problem.values)) if problem.values else None,
        *content,
        ResponseClass="Error",
    )


def response(operation: str, messages: Sequence[Element]) -> Element:
    """The usual answer of an operation: one message per thing asked for."""
    return m(f"{operation}Response", m("ResponseMessages", *messages))


def instant(moment: datetime) -> str:
    """A time as Exchange writes it: UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_request(raw: bytes) -> Element:
    """The envelope of a request.

    Raises:
        SoapFault: it is no SOAP.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(raw, parser)
    except etree.XMLSyntaxError as broken:
        said = f"The request failed schema validation: {broken}"
        raise SoapFault("ErrorSchemaValidation", said, violation=str(broken)) from broken
    if root.tag != f"{{{SOAP}}}Envelope" or root.find("s:Body/*", NAMES) is None:
        said = "The request failed schema validation: an envelope with a body is expected."
        raise SoapFault("ErrorSchemaValidation", said, violation=said)
    return root
