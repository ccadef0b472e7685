"""An Exchange server of the company's own: EWS and autodiscover over an `Organisation`."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from simulators.faults import App, Faults, Receive, Scope, Send
from simulators.organisation import Organisation

from . import directory
from .access import Caller, Rights
from .autodiscover import Autodiscover
from .availability import get_availability
from .busy import Busy
from .folders import Folders
from .front import Front
from .reading import Terms, find_item, get_item
from .shape import VERSIONS, older
from .signin import Account, SignIn
from .soap import (
    EXCHANGE_2019,
    NAMES,
    Build,
    Element,
    SoapFault,
    local,
)
from .streaming import Streams
from .sync import sync_items
from .writing import Writing
from .zones import iana_name

_SINCE: Final = {
    "GetRoomLists": "Exchange2010",
    "GetRooms": "Exchange2010",
    "GetServerTimeZones": "Exchange2010",
    "GetUserConfiguration": "Exchange2010",
    "GetStreamingEvents": "Exchange2010_SP1",
}

Operation = Callable[[Caller, Element, Terms], Element]


class EwsSimulator:
    """Serve `app` with `simulators.serve.running`.

    Attributes:
        organisation: whose mailboxes it serves.
        build: what it says of its version; see `EXCHANGE_2016` and the others.
        faults: to order, by "POST /EWS/Exchange.asmx" or by the operation, such as "FindItem".
        busy: throttling to order.
        sign_in: schemes, Extended Protection, lockout.
        rights: impersonation, permissions on calendars, aliases.
        streams: subscriptions and their connections.
        autodiscover: what it says.
        ews_enabled: False: EWS is switched off, HTTP 403.
        forms: True: a proxy before it redirects everything to its log-on page.
        find_limit: EWSFindCountLimit.
        cut_short: a view above the limit is cut short, in place of refused; MaxEntriesReturned cuts
            it short in any case.
        calls: the operations that were carried out, each with the mailbox it acted as.
        traffic: the bodies of requests that were signed in, and of all answers, in order.
    """

    def __init__(
        self,
        organisation: Organisation,
        *,
        build: Build = EXCHANGE_2019,
        schemes: tuple[str, ...] = ("Negotiate", "NTLM"),
    ) -> None:
        self.organisation = organisation
        self.build = build
        self.faults = Faults()
        self.busy = Busy()
        self.sign_in = SignIn(self._account, schemes)
        self.rights = Rights()
        self.streams = Streams(organisation.clock)
        self.autodiscover = Autodiscover(organisation, group=self.streams.backend)
        self.ews_enabled = True
        self.forms = False
        self.find_limit = 1000
        self.cut_short = False
        self.calls: deque[tuple[str, str]] = deque(maxlen=20_000)
        self.traffic: deque[bytes] = deque(maxlen=1_000)
        self._accounts: dict[str, Account] = {}
        self._folders = Folders()
        writing = Writing(organisation, self._folders, self.streams)
        self._operations = self._reading() | {
            "CreateItem": writing.create,
            "UpdateItem": writing.update,
            "DeleteItem": writing.delete,
        }

    def _reading(self) -> dict[str, Operation]:
        folders = self._folders
        plain: Mapping[str, Callable[[Caller, Element], Element]] = {
            "GetFolder": folders.get,
            "FindFolder": folders.find,
            "CreateFolder": folders.create,
            "DeleteFolder": folders.delete,
            "SyncFolderHierarchy": folders.hierarchy,
            "GetRoomLists": directory.get_room_lists,
            "GetRooms": directory.get_rooms,
            "ResolveNames": directory.resolve_names,
            "ExpandDL": directory.expand_list,
            "ConvertId": directory.convert_ids,
            "GetServerTimeZones": directory.get_time_zones,
            "GetUserConfiguration": directory.get_configuration,
            "GetUserAvailabilityRequest": get_availability,
            "Subscribe": self.streams.subscribe,
            "Unsubscribe": self.streams.unsubscribe,
        }

        def without_terms(act: Callable[[Caller, Element], Element]) -> Operation:
            return lambda who, request, _: act(who, request)

        return {
            **{name: without_terms(act) for name, act in plain.items()},
            "FindItem": lambda who, request, terms: find_item(who, request, folders, terms),
            "GetItem": lambda who, request, terms: get_item(who, request, folders, terms),
            "SyncFolderItems": lambda who, request, terms: sync_items(who, request, folders, terms),
        }

    def protect(self, certificate_pem: bytes, *, required: bool = True) -> None:
        """Extended Protection, bound to the certificate that the server holds itself.

        Clients that see another one, because something before the server ends TLS, do not get in.
        """
        certificate = x509.load_pem_x509_certificate(certificate_pem)
        kind = certificate.signature_hash_algorithm or hashes.SHA256()
        self.sign_in.certificate_hash = certificate.fingerprint(kind)
        self.sign_in.extended_protection = required

    def _account(self, name: str) -> Account | None:
        """By address, DOMAIN\\user or user alone; who has no password cannot sign in."""
        wanted = name.rpartition("\\")[2].lower()
        for mailbox in self.organisation.mailboxes.values():
            address = mailbox.address.lower()
            if mailbox.password and wanted in (address, address.partition("@")[0]):
                known = self._accounts.setdefault(address, Account(address, ""))
                known.password = mailbox.password
                return known
        return None

    def unlock(self, address: str) -> None:
        """Unlock-ADAccount."""
        known = self._accounts.get(address.lower())
        if known is not None:
            known.locked, known.failures = False, 0

    @property
    def app(self) -> App:
        """The ASGI application."""

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await self._serve(scope, receive, send)

        return app

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        await Front(self, scope, receive, send).answer()

    def take_terms(self, header: Element | None) -> Terms:
        """What the header says of version and time zone.

        Raises:
            SoapFault: the version is none.
        """
        version, zone = "Exchange2007", None
        if header is not None:
            asked = header.find("t:RequestServerVersion", NAMES)
            if asked is not None:
                version = asked.get("Version", "")
            place = header.find("t:TimeZoneContext/t:TimeZoneDefinition", NAMES)
            if place is not None:
                zone = iana_name(place.get("Id", ""))
                if zone is None:
                    raise SoapFault("ErrorTimeZone", "The time zone context is not known.")
        if version not in VERSIONS and not version.startswith("V20"):
            said = "The specified server version is invalid."
            raise SoapFault("ErrorInvalidServerVersion", said)
        return Terms(version, zone, self.find_limit, self.cut_short)

    def carry_out(self, who: Caller, request: Element, terms: Terms) -> Element:
        """Do what a request says.

        Raises:
            SoapFault: it is refused as a whole.
            EwsError: the same, as a response message.
        """
        return self._operations[local(request)](who, request, terms)

    def require_known(self, operation: str, terms: Terms) -> None:
        """Hold a request to the operations of its version.

        Raises:
            SoapFault: there is no such operation.
        """
        since = _SINCE.get(operation)
        known = operation in self._operations or operation == "GetStreamingEvents"
        if not known or (since is not None and older(terms.version, since)):
            said = f"The operation {operation} is not known in version {terms.version}."
            raise SoapFault("ErrorInvalidRequest", said)
