"""Two judges of PowerShell: a strict reader of ours, and a grammar that others wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
import tree_sitter
import tree_sitter_powershell

PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))
QUOTES = "'\u2018\u2019\u201a\u201b"
COMMON = {"ErrorAction", "WhatIf", "Confirm"}
CMDLETS: dict[str, set[str]] = {
    "Add-DistributionGroupMember": {"Identity", "Member"},
    "Connect-ExchangeOnline": {"Credential"},
    "ForEach-Object": {"Process"},
    "Get-CalendarProcessing": {"Identity"},
    "Get-Credential": set(),
    "Get-DistributionGroup": {"Identity"},
    "Get-DistributionGroupMember": {"Identity", "ResultSize"},
    "Get-Mailbox": {"Identity", "RecipientTypeDetails", "ResultSize"},
    "Get-ManagementRoleAssignment": {"Identity", "Role", "RoleAssignee", "GetEffectiveUsers"},
    "Get-ManagementScope": {"Identity"},
    "Get-ServicePrincipal": {"Identity"},
    "Add-MailboxFolderPermission": {"Identity", "User", "AccessRights"},
    "Enable-Mailbox": {"Identity"},
    "Get-ApplicationAccessPolicy": set(),
    "Get-WebServicesVirtualDirectory": {"ADPropertiesOnly"},
    "Test-ApplicationAccessPolicy": {"Identity", "AppId"},
    "Import-PSSession": {"Session", "DisableNameChecking"},
    "Install-Module": {"Name", "Scope"},
    "New-DistributionGroup": {"Name", "RoomList"},
    "New-Mailbox": {
        "Name", "Room", "PrimarySmtpAddress", "UserPrincipalName", "MicrosoftOnlineServicesID",
        "Password",
    },
    "New-ManagementRoleAssignment": {
        "Name", "Role", "User", "App", "CustomRecipientWriteScope", "CustomResourceScope",
    },
    "New-ManagementScope": {"Name", "RecipientRestrictionFilter"},
    "New-PSSession": {"ConfigurationName", "ConnectionUri", "Authentication", "Credential"},
    "New-ServicePrincipal": {"AppId", "ObjectId", "DisplayName"},
    "Read-Host": {"Prompt", "AsSecureString"},
    "Set-CalendarProcessing": {
        "Identity", "AutomateProcessing", "DeleteSubject", "AddOrganizerToSubject",
        "DeleteComments", "RemovePrivateProperty", "RemoveCanceledMeetings",
    },
    "Set-CASMailbox": {"Identity", "EwsEnabled"},
    "Set-Mailbox": {"Identity", "HiddenFromAddressListsEnabled"},
    "Set-PlacesSettings": {"EnableBuildings"},
    "Test-ServicePrincipalAuthorization": {"Identity", "Resource"},
}  # fmt: skip
"""What the pages may write: cmdlets and parameters by Microsoft's reference."""


@dataclass(frozen=True)
class Read:
    """A command as our reader understood it."""

    cmdlet: str
    parameters: dict[str, object]


class Reader:
    """Reads pipelines of cmdlets with named parameters; anything else is a mistake."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.found: list[Read] = []

    def statements(self) -> list[Read]:
        for line in self.text.split("\n"):
            self.text, self.at = line, 0
            if line.startswith("$"):
                self.variable()
                self.expect(" = ")
            self.pipeline("")
        return self.found

    def pipeline(self, end: str) -> None:
        self.command()
        while self.take(" | "):
            self.command()
        if end:
            self.expect(end)
        else:
            assert self.at == len(self.text), self.rest()

    def command(self) -> None:
        cmdlet, given = self.name(), dict[str, object]()
        assert cmdlet in CMDLETS, cmdlet
        while self.take(" -"):
            name = self.name()
            assert name in CMDLETS[cmdlet] | COMMON, f"{cmdlet} has no -{name}"
            assert name not in given, f"{cmdlet} -{name} twice"
            if (
                self.peek(" ")
                and not self.peek(" -")
                and not self.peek(" | ")
                and not self.peek(" }")
            ):
                self.expect(" ")
                given[name] = self.value()
            else:
                given[name] = True
        self.found.append(Read(cmdlet, given))

    def value(self) -> object:
        if self.take("("):
            self.pipeline(")")
            return "()"
        if self.take("{ "):
            self.pipeline(" }")
            return "{}"
        if self.peek("$"):
            return self.variable()
        if self.take('"'):
            end = self.text.index('"', self.at)
            inner, self.at = self.text[self.at : end], end + 1
            assert not set(inner) & set("$`")
            return inner
        if self.text[self.at] not in QUOTES:
            return self.name()
        texts = [self.literal()]
        while self.take(", "):
            texts.append(self.literal())
        return texts[0] if len(texts) == 1 else texts

    def literal(self) -> str:
        """A verbatim string: any two quotes in a row are the second one (as PowerShell does it)."""
        assert self.text[self.at] == "'", self.rest()
        self.at += 1
        found = ""
        while True:
            one = self.text[self.at]
            self.at += 1
            if one in QUOTES:
                if not (self.at < len(self.text) and self.text[self.at] in QUOTES):
                    return found
                one = self.text[self.at]
                self.at += 1
            found += one

    def variable(self) -> str:
        self.expect("$")
        name = self.name(extra="_.")
        return "$" + name

    def name(self, extra: str = "-") -> str:
        start = self.at
        while self.at < len(self.text) and (
            (self.text[self.at].isascii() and self.text[self.at].isalnum())
            or self.text[self.at] in extra
        ):
            self.at += 1
        assert self.at > start, self.rest()
        return self.text[start : self.at]

    def peek(self, text: str) -> bool:
        return self.text.startswith(text, self.at)

    def take(self, text: str) -> bool:
        found = self.peek(text)
        self.at += len(text) * found
        return found

    def expect(self, text: str) -> None:
        assert self.take(text), f"{text!r} is missing before {self.rest()!r}"

    def rest(self) -> str:
        return self.text[self.at : self.at + 60]


def read(text: str) -> list[Read]:
    """The commands of `text`; fails on whatever is not exactly a known command."""
    return Reader(text).statements()


def mistakes(text: str) -> list[str]:
    """What the foreign grammar does not understand."""

    def walk(node: tree_sitter.Node) -> Iterator[str]:
        if node.type == "ERROR" or node.is_missing:
            yield f"{node.type} at {node.start_point}: {text.encode()[node.start_byte :][:60]!r}"
        for child in node.children:
            yield from walk(child)

    return list(walk(PARSER.parse(text.encode()).root_node))


@pytest.fixture(scope="session", name="read")
def _read() -> Callable[[str], list[Read]]:
    return read


@pytest.fixture(scope="session", name="mistakes")
def _mistakes() -> Callable[[str], list[str]]:
    return mistakes
