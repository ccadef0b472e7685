"""exchangelib at the simulated Exchange server: one company, one server, clean caches after."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import exchangelib
import requests
from exchangelib.protocol import BaseProtocol
from simulators.ews import EwsSimulator
from simulators.organisation import Draft, Organisation
from simulators.serve import Tls, running

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SERVICE = "svc-rooms@example.com"
PASSWORD = "Correct-Horse-9"
ADA = "ada@example.com"
BLUE, RED = "blue@example.com", "red@example.com"

T = TypeVar("T")


@dataclass
class Exchange:
    """A company and its server."""

    organisation: Organisation
    simulator: EwsSimulator
    origin: str

    def account(
        self,
        address: str = BLUE,
        *,
        auth: str = exchangelib.NTLM,
        access: str = exchangelib.IMPERSONATION,
        user: str = SERVICE,
        password: str = PASSWORD,
        connections: int = 1,
    ) -> exchangelib.Account:
        """exchangelib's account; call it off the loop."""
        configuration = exchangelib.Configuration(
            service_endpoint=f"{self.origin}/EWS/Exchange.asmx",
            credentials=exchangelib.Credentials(user, password),
            auth_type=auth,
            max_connections=connections,
        )
        return exchangelib.Account(
            address,
            config=configuration,
            autodiscover=False,
            access_type=access,
            default_timezone=exchangelib.UTC,
        )

    def invite(self, **fields: object) -> str:
        """Ada invites Blue for tomorrow at ten, unless told otherwise."""
        start = datetime(2026, 11, 23, 9, tzinfo=UTC)
        draft = {"subject": "Planning", "start": start, "end": start + timedelta(hours=1)}
        return self.organisation.invite(ADA, Draft(**{**draft, "rooms": [BLUE], **fields}))


def company() -> Organisation:
    """Ada, two rooms on one list, and the service account."""
    organisation = Organisation("Europe/Berlin", lambda: NOW)
    organisation.add_person(SERVICE, "Room Display", password=PASSWORD)
    organisation.add_person(ADA, "Ada Lovelace", password="notes-on-the-engine")
    organisation.add_room(BLUE, "Blue", room_list="Main Building")
    organisation.add_room(RED, "Red", room_list="Main Building")
    return organisation


@contextlib.asynccontextmanager
async def exchange(*, tls: Tls | None = None) -> AsyncIterator[Exchange]:
    """A running server; the service account may impersonate rooms."""
    organisation = company()
    simulator = EwsSimulator(organisation, schemes=("Negotiate", "NTLM", "Basic"))
    simulator.rights.allow_impersonation(SERVICE, lambda mailbox: mailbox.is_room)
    async with running(simulator.app, tls=tls) as origin:
        try:
            yield Exchange(organisation, simulator, origin)
        finally:
            await asyncio.to_thread(exchangelib.close_connections)


async def off_loop(work: Callable[[], T]) -> T:
    """exchangelib blocks: let it do so in a thread."""
    return await asyncio.to_thread(work)


@contextlib.contextmanager
def trusting(tls: Tls, folder: Path):
    """Have exchangelib trust an authority; its adapter's class is one for the whole process."""
    bundle = folder / "authority.pem"
    bundle.write_text(tls.authority_pem)

    class Adapter(requests.adapters.HTTPAdapter):
        def send(self, request, **rest):
            return super().send(request, **{**rest, "verify": str(bundle)})

    before = BaseProtocol.HTTP_ADAPTER_CLS
    BaseProtocol.HTTP_ADAPTER_CLS = Adapter
    try:
        yield
    finally:
        BaseProtocol.HTTP_ADAPTER_CLS = before


async def failure(work: Callable[[], object]) -> Exception:
    """The error that exchangelib raises."""
    try:
        await off_loop(work)
    except Exception as problem:  # noqa: BLE001 -- whatever it is, the test looks at it
        return problem
    raise AssertionError("it did not fail")
