"""How exchangelib's services are used: sent over our line, and read without forgiveness.

exchangelib makes the envelopes, negotiates the version and names the errors. What it would do
beyond is not wanted here: it asks again by itself, it parses with a parser that repairs, so that
half an answer would pass for a shorter calendar, and its items raise on zones that it does not
know. The elements are read by `item`.
"""
# mypy: disable-error-code="import-untyped,misc"
# ruff: noqa: ANN401
# exchangelib has no types; whatever is taken from it is Any.

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from exchangelib.account import Identity
from exchangelib.credentials import DELEGATE, IMPERSONATION
from exchangelib.errors import ErrorServerBusy
from exchangelib.properties import DistinguishedFolderId
from exchangelib.properties import Mailbox as MailboxProperty
from exchangelib.services import FindItem
from exchangelib.version import Build, Version

from roomdisplay.connectors.base import MalformedAnswerError
from roomdisplay.connectors.ews.line import Line
from roomdisplay.connectors.ews.xml import SOAP, Element, copied, m, strict_root, t

_VERSIONS = ("Exchange2016", "Exchange2015", "Exchange2013_SP1", "Exchange2013")
"""Asked for in this order when the one before is refused."""


def first_version() -> Any:
    """What every server from 2016 on understands, until it says what it is."""
    return Version(Build(15, 1))


@dataclass(slots=True)
class Seat:
    """Whose mailbox a request is about, and as whom it is made: an account, to exchangelib."""

    protocol: Line
    address: str
    access_type: str
    primary_smtp_address: str
    """The mailbox that the request is routed by; of a group of rooms, the first."""
    affinity_cookie: str | None = None
    default_timezone: None = None
    """None: times come and go in UTC."""
    identity: Any = field(init=False)

    def __post_init__(self) -> None:
        self.identity = Identity(primary_smtp_address=self.address)

    @property
    def version(self) -> Any:
        """The server's."""
        return self.protocol.config.version

    @version.setter
    def version(self, value: Any) -> None:
        self.protocol.config.version = value

    def calendar(self) -> Any:
        """The id of the mailbox's calendar."""
        return DistinguishedFolderId(
            id="calendar", mailbox=MailboxProperty(email_address=self.address)
        )

    def calendar_element(self) -> Element:
        """The same, for a request."""
        return t(
            "DistinguishedFolderId",
            t("Mailbox", t("EmailAddress", text=self.address)),
            Id="calendar",
        )


def seat(line: Line, address: str, *, impersonates: bool, anchor: str | None = None) -> Seat:
    """A seat at `line`.

    Args:
        line: to the server.
        address: of the mailbox.
        impersonates: whether to act as the mailbox, or as oneself with rights on it.
        anchor: the mailbox that requests of a group are routed by.
    """
    access = IMPERSONATION if impersonates else DELEGATE
    return Seat(line, address, access, anchor or address)


class Sent:
    """Mixed into a service of exchangelib: our line, a strict parser, errors raised at once."""

    def _get_response(self: Any, payload: Any, api_version: Any) -> Any:
        body = self.wrap(content=payload, api_version=api_version)
        reply = self.protocol.post(body, self._extra_headers())
        if getattr(self, "prefer_affinity", False) and reply.affinity_cookie:
            self.account.affinity_cookie = reply.affinity_cookie
        return reply

    def _get_elements(self: Any, payload: Any) -> Iterator[Any]:
        yield from self._response_generator(payload=payload)

    def _api_versions_to_try(self: Any) -> tuple[str, ...]:
        known = self._version_hint.api_version
        return (known, *(one for one in _VERSIONS if one != known))

    @classmethod
    def _get_soap_parts(cls, response: Any) -> tuple[Element | None, Element]:
        root = strict_root(response.content)
        body = root.find(f"{SOAP}Body")
        if root.tag != f"{SOAP}Envelope" or body is None:
            raise MalformedAnswerError("the answer is no SOAP envelope")
        return root.find(f"{SOAP}Header"), body

    @staticmethod
    def _get_exception(
        code: str, text: str | None, msg_xml: Any = None, rule_errors: Any = None
    ) -> Exception:
        error = FindItem._get_exception(code, text or "", msg_xml, rule_errors)  # noqa: SLF001
        if isinstance(error, ErrorServerBusy) and msg_xml is not None:
            for value in msg_xml:
                if value.get("Name") == "BackOffMilliseconds":
                    with suppress(TypeError, ValueError):
                        error.back_off = int(value.text) / 1000
        assert isinstance(error, Exception)
        return error

    def _elem_to_obj(self: Any, elem: Any) -> Any:
        return elem


def shape(fields: Sequence[Element], *, body: bool = False) -> Element:
    """What of an item is asked for."""
    made = m("ItemShape", t("BaseShape", text="IdOnly"))
    if body:
        made.append(t("BodyType", text="Text"))
    made.append(t("AdditionalProperties", *(copied(one) for one in fields)))
    return made


def item_ids(ids: Sequence[tuple[str, str]]) -> Element:
    """Which items."""
    return m("ItemIds", *(item_id("ItemId", one) for one in ids))


def item_id(name: str, id_: tuple[str, str]) -> Element:
    """Which item, and in which state it was when it was seen."""
    made = t(name, Id=id_[0])
    if id_[1]:
        made.set("ChangeKey", id_[1])
    return made


def raise_first(found: Iterator[Any]) -> None:
    """Raise what a service of exchangelib only hands back."""
    for one in found:
        if isinstance(one, Exception):
            raise one


def wire(moment: datetime) -> str:
    """A time as it is always understood, whatever zone a mailbox is in."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
