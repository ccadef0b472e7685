"""The tenant's directory: registered applications, what proves them and what they may do."""

from __future__ import annotations

import uuid
from collections.abc import Container
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509

from simulators.organisation import Mailbox

READS = frozenset({"Calendars.Read", "Calendars.ReadWrite"})
WRITES = frozenset({"Calendars.ReadWrite"})
PLACES = frozenset({"Place.Read.All", "Place.ReadWrite.All"})
USERS = frozenset({"User.Read.All", "User.ReadWrite.All", "Directory.Read.All"})


@dataclass(slots=True)
class Secret:
    """A client secret."""

    value: str
    expires: datetime
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    """What people paste in place of the value."""


@dataclass(slots=True, kw_only=True)
class Registration:
    """An application in the tenant."""

    client_id: str
    name: str = "Room Display"
    object_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    """Of the Enterprise application."""
    secrets: list[Secret] = field(default_factory=list)
    certificates: list[x509.Certificate] = field(default_factory=list)
    roles: set[str] = field(default_factory=set)
    """Application permissions that were consented to, tenant-wide."""
    exchange_roles: dict[str, Container[str]] = field(default_factory=dict)
    """Application RBAC: permission, such as "Calendars.ReadWrite", to lower-case addresses."""
    policy_allows: Container[str] | None = None
    """An application access policy: the lower-case addresses it is restricted to."""
    blocked: bool = False
    """By conditional access."""


@dataclass(slots=True, kw_only=True)
class Tenant:
    """A company's tenant."""

    id: str = "3d3bd7c6-5f0e-4a9c-9a7e-1c2f5a7c9e10"
    domains: set[str] = field(default_factory=lambda: {"example.onmicrosoft.com"})
    applications: dict[str, Registration] = field(default_factory=dict)
    """By client id."""

    def known_as(self, name: str) -> bool:
        """Whether this is its id or one of its domains."""
        return name.lower() == self.id or name.lower() in self.domains


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, with the consents that were in the token."""

    application: Registration
    roles: frozenset[str]

    def may(self, wanted: frozenset[str], mailbox: Mailbox) -> bool:
        """Whether one of these permissions reaches a mailbox: consents and RBAC add up."""
        address = mailbox.address.lower()
        if self.roles & wanted:
            allowed = self.application.policy_allows
            return allowed is None or address in allowed
        scopes = self.application.exchange_roles
        return any(address in scope for role, scope in scopes.items() if role in wanted)
