"""Who is connected to the simulated service: service accounts, and rooms through them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from simulators.cronofy.calls import RefusedError
from simulators.cronofy.exchange import Exchange, Proof
from simulators.cronofy.mirror import Mirror, Span
from simulators.organisation import Mailbox, Organisation

SANDBOX = "sandbox"
UNRESTRICTED = "unrestricted"


def new_id(prefix: str) -> str:
    """An identifier in the service's form, such as "acc_…"."""
    return f"{prefix}_{secrets.token_hex(12)}"


@dataclass(eq=False, slots=True, kw_only=True)
class ServiceAccount:
    """One organisation's calendars, as an administrator linked them in the window."""

    email: str
    provider: str
    """exchange or office365."""
    exchange: Exchange | None = None
    """Where and with which password rooms are opened; None for Office 365."""
    password: str = field(default="", repr=False)
    scope: frozenset[str] = frozenset()
    id: str = field(default_factory=lambda: new_id("ser"))

    @property
    def domain(self) -> str:
        """What stands behind the @."""
        return self.email.partition("@")[2]

    async def opens(self, mailbox: Mailbox) -> bool:
        """Whether it can act for a mailbox, asked of the calendar server itself."""
        if self.exchange is None:
            return True
        proof = await self.exchange.prove(self.email, self.password, mailbox.address)
        return proof is Proof.GOOD


@dataclass(eq=False, slots=True, kw_only=True)
class Calendar:
    """The calendar of an account."""

    mailbox: Mailbox
    mirror: Mirror
    permission: str = SANDBOX
    deleted: bool = False
    vanished: bool = False
    """Deleted, and readings of its events are empty instead of refused."""
    id: str = field(
        default_factory=lambda: f"cal_{secrets.token_urlsafe(8)}@{secrets.token_hex(8)}"
    )


@dataclass(eq=False, slots=True, kw_only=True)
class Account:
    """A room or a person whose calendar was opened through a service account."""

    service_account: ServiceAccount
    calendar: Calendar
    mailboxes: Mapping[str, Mailbox]
    """Those of the organisation, by lower-case address."""
    is_resource: bool
    cut_off: bool = False
    """Whether the calendar server was lost; what was seen last is shown as if it still held."""
    synced: bool = True
    """Whether the calendar was read for the first time; till then there are no events."""
    locked: bool = False
    id: str = field(default_factory=lambda: new_id("acc"))
    profile_id: str = field(default_factory=lambda: new_id("pro"))

    @property
    def email(self) -> str:
        """The mailbox's address."""
        return self.calendar.mailbox.address

    @property
    def connected(self) -> bool:
        """Whether the service gets at the mailbox, and there is one."""
        return not self.cut_off and self.email.lower() in self.mailboxes

    def owned(self, calendar_id: str) -> Calendar:
        """Its calendar of that id.

        Raises:
            RefusedError: 404; it has none such.
        """
        if calendar_id != self.calendar.id or self.calendar.deleted:
            raise RefusedError(404)
        return self.calendar


class Directory:
    """All accounts; each mailbox has one for good, whoever authorises it again."""

    def __init__(self, organisation: Organisation, clock: Callable[[], datetime]) -> None:
        self.organisation = organisation
        self.clock = clock
        self.span = Span()
        """How far the service looks."""
        self.slow = False
        """Whether calendars that are opened from now on are not read at once."""
        self.heard: Callable[[Account, datetime, bool], None] = lambda *_: None
        """Told of each change: whose, when, and whether the application's own event."""
        self.service_accounts: dict[str, ServiceAccount] = {}
        self.accounts: dict[str, Account] = {}
        """By lower-case address."""

    def mailbox(self, address: str) -> Mailbox | None:
        """A mailbox of the organisation."""
        return self.organisation.mailboxes.get(address.lower())

    def resources(self) -> list[Mailbox]:
        """The rooms, by name."""
        rooms = [one for one in self.organisation.mailboxes.values() if one.is_room]
        return sorted(rooms, key=lambda one: (one.name.casefold(), one.address))

    def linked(self, one: ServiceAccount) -> ServiceAccount:
        """Keep a service account that was linked; linking the same again keeps its id."""
        known = self.service_accounts.get(one.email.lower())
        if known is not None:
            one.id = known.id
        self.service_accounts[one.email.lower()] = one
        return one

    def opened(self, mailbox: Mailbox, through: ServiceAccount) -> Account:
        """The account of a mailbox, made when it is opened for the first time."""
        known = self.accounts.get(mailbox.address.lower())
        if known is not None:
            known.service_account, known.cut_off = through, False
            known.calendar.mirror.thaw()
            return known
        account = Account(
            service_account=through,
            calendar=Calendar(mailbox=mailbox, mirror=Mirror(mailbox, self.clock, self.span)),
            mailboxes=self.organisation.mailboxes,
            is_resource=mailbox.is_room,
            synced=not self.slow,
        )
        account.calendar.mirror.on_change.append(
            lambda at, managed: self.heard(account, at, managed)
        )
        self.accounts[mailbox.address.lower()] = account
        return account
