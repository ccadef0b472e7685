"""What whoever connects a service agrees to: whose words, where they stand, and who agreed when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import InvalidInputError
from roomdisplay.admin.security.roles import Actor, Permission, require
from roomdisplay.admin.store.tables import Consent, SettingsScope
from roomdisplay.admin.use_cases.audit import record
from roomdisplay.admin.use_cases.settings import HOUSE
from roomdisplay.connectors import registry

DOCUMENTS = ("terms", "privacy")
Consents = Mapping[str, str]
"""By document, the address that stood beside the tick when it was set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentView:
    """One agreement."""

    at: datetime
    person: str
    document: str
    address: str


async def consent_documents(admin: Admin) -> dict[str, str]:
    """Where the documents stand, by name ("terms", "privacy"); empty: no address was set."""
    async with admin.store.reading() as session:
        house = await session.get(SettingsScope, HOUSE)
    values = house.values if house else {}
    return {document: str(values.get(f"{document}_url", "")) for document in DOCUMENTS}


async def require_consents(admin: Admin, service: str, given: Consents) -> dict[str, str]:
    """What was agreed to, if it is all that `service` asks for.

    Args:
        admin: for the documents.
        service: a key of the connector registry.
        given: what the form said.

    Raises:
        InvalidInputError: a tick is missing ("consent_needed"), or the document has moved since
            the form was shown ("consent_changed"); by the document's name.
    """
    documents = await consent_documents(admin)
    wrong = {}
    for document, address in documents.items():
        if document not in given:
            if registry.SERVICES[service].consents:
                wrong[document] = "consent_needed"
        elif given[document] != address:
            wrong[document] = "consent_changed"
    if wrong:
        raise InvalidInputError(wrong)
    return {document: address for document, address in documents.items() if document in given}


def record_consents(
    admin: Admin, session: AsyncSession, actor: Actor, connection_id: str, given: Consents
) -> None:
    """Note who agreed to what, in the transaction that saves the connection."""
    for document, address in given.items():
        session.add(
            Consent(
                at=admin.clock(),
                connection_id=connection_id,
                person_id=actor.id,
                person_name=actor.name,
                document=document,
                address=address,
            )
        )
    if given:
        record(
            admin,
            session,
            actor,
            "service.agreed",
            subject_id=connection_id,
            **{document: address or None for document, address in given.items()},
        )


async def list_consents(admin: Admin, actor: Actor, connection_id: str) -> list[ConsentView]:
    """Who agreed to what when a service was connected, the newest first."""
    require(actor, Permission.CONNECT)
    query = (
        select(Consent)
        .where(Consent.connection_id == connection_id)
        .order_by(Consent.at.desc(), Consent.document.desc())
    )
    async with admin.store.reading() as session:
        return [
            ConsentView(
                at=row.at, person=row.person_name, document=row.document, address=row.address
            )
            for row in await session.scalars(query)
        ]
