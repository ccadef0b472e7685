"""Who may open which mailbox: the own one, by impersonation, as a delegate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from simulators.organisation import Mailbox, Organisation

from .signin import Account
from .soap import NAMES, Element, EwsError, SoapFault, children, local

READERS: Final = frozenset({"Reviewer", "Author", "Editor", "FullAccess"})
WRITERS: Final = frozenset({"Author", "Editor", "FullAccess"})

Scope = Callable[[Mailbox], bool]


@dataclass
class Rights:
    """What administrators have granted.

    Attributes:
        impersonation: role assignments of ApplicationImpersonation by the account's address, each
            with the scope it is limited to; `everybody` is no limit.
        folders: permissions on calendars by (mailbox, grantee): an access right's name as
            Add-MailboxFolderPermission knows it, or FullAccess of Add-MailboxPermission.
        aliases: further addresses by the primary one.
    """

    impersonation: dict[str, Scope] = field(default_factory=dict)
    folders: dict[tuple[str, str], str] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)

    def allow_impersonation(self, account: str, scope: Scope | None = None) -> None:
        """New-ManagementRoleAssignment -Role:ApplicationImpersonation."""
        self.impersonation[account.lower()] = scope or everybody

    def share_calendar(self, mailbox: str, grantee: str, right: str = "Reviewer") -> None:
        """Add-MailboxFolderPermission on the calendar."""
        self.folders[mailbox.lower(), grantee.lower()] = right


def everybody(_mailbox: Mailbox) -> bool:
    """An assignment without a scope."""
    return True


@dataclass(frozen=True)
class Caller:
    """Who a request comes from, and as whom it acts."""

    organisation: Organisation
    rights: Rights
    account: Account
    acting: Mailbox
    impersonating: bool = False

    def mailbox(self, address: str | None = None) -> Mailbox:
        """The mailbox of an address, or the acting one; it need not be open to the caller.

        Raises:
            EwsError: there is none.
        """
        if address is None:
            return self.acting
        found = _find(self.organisation, self.rights, address)
        if found is None:
            raise EwsError("ErrorNonExistentMailbox")
        return found

    def reads(self, mailbox: Mailbox) -> Mailbox:
        """The mailbox, when its calendar is open to the caller.

        Raises:
            EwsError: ErrorAccessDenied.
        """
        return self._checked(mailbox, READERS)

    def writes(self, mailbox: Mailbox) -> Mailbox:
        """The mailbox, when the caller may change its calendar.

        Raises:
            EwsError: ErrorAccessDenied.
        """
        return self._checked(mailbox, WRITERS)

    def _checked(self, mailbox: Mailbox, rights: frozenset[str]) -> Mailbox:
        own = mailbox.address.lower() == self.acting.address.lower()
        pair = (mailbox.address.lower(), self.acting.address.lower())
        if own or self.rights.folders.get(pair) in rights:
            return mailbox
        raise EwsError("ErrorAccessDenied")


def caller(
    organisation: Organisation, rights: Rights, account: Account, header: Element | None
) -> Caller:
    """Who acts, by the header's ExchangeImpersonation.

    Raises:
        SoapFault: the impersonation is refused, which Exchange says as a fault.
    """
    own = organisation.mailboxes.get(account.address.lower())
    if own is None:
        raise SoapFault("ErrorNonExistentMailbox", "The account has no mailbox.")
    wanted = None if header is None else header.find("t:ExchangeImpersonation", NAMES)
    if wanted is None:
        return Caller(organisation, rights, account, own)
    told = children(wanted.find("t:ConnectingSID", NAMES))
    if len(told) != 1:
        said = "The request failed schema validation: ConnectingSID holds one identity."
        raise SoapFault("ErrorSchemaValidation", said, violation=said)
    name, address = local(told[0]), (told[0].text or "").strip()
    target = _find(organisation, rights, address)
    if target is None:
        said = "The SMTP address has no mailbox associated with it."
        raise SoapFault("ErrorNonExistentMailbox", said)
    if name == "PrimarySmtpAddress" and address.lower() != target.address.lower():
        said = "When making a request as an account that has a mailbox, specify the mailbox "
        said += "primary SMTP address."
        raise SoapFault("ErrorNonPrimarySmtpAddress", said, values={"Primary": target.address})
    if name == "SID":
        raise SoapFault("ErrorInvalidSid", "The SID is in an invalid format.")
    scope = rights.impersonation.get(account.address.lower())
    if scope is None or not scope(target):
        said = "The account does not have permission to impersonate the requested user."
        raise SoapFault("ErrorImpersonateUserDenied", said)
    return Caller(organisation, rights, account, target, impersonating=True)


def _find(organisation: Organisation, rights: Rights, address: str) -> Mailbox | None:
    wanted = address.lower()
    return organisation.mailboxes.get(rights.aliases.get(wanted, wanted).lower())
