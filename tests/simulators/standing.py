"""A service that stands: the sample building behind one of the simulated services, ready to use."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import httpx

from roomdisplay.connectors.sample.building import ATLAS, BUILDING
from simulators.building import SERVICE_ACCOUNT, room_address, sample_organisation, surprise
from simulators.cronofy import Application, CronofySimulator
from simulators.ews import EwsSimulator
from simulators.graph import GraphSimulator, Registration, Secret
from simulators.organisation import Organisation
from simulators.serve import Tls, running

CALLBACK_PATH = "/connect/callback"
"""Where the Admin Center wants Cronofy's window to lead back to."""


@dataclass(slots=True, kw_only=True)
class Standing:
    """What whoever connects the service needs to know."""

    service: str
    """A key of the connector registry."""
    form: dict[str, str]
    """What an administrator enters in Step 2."""
    organisation: Organisation
    front: Any
    """The simulator: its `app` is being served."""
    account: dict[str, str] = field(default_factory=dict)
    """What is entered in the service's own window, where it has one."""
    words: list[tuple[str, str]] = field(default_factory=list)
    """What to tell a person who wants to try it by hand."""
    zone: ZoneInfo
    french: bool

    def surprise(self) -> None:
        """Somebody invites Atlas for today."""
        today = self.organisation.clock().astimezone(self.zone).date()
        surprise(self.organisation, today, self.zone, french=self.french)

    async def link_account(self, url: str) -> dict[str, str]:
        """Do in the service's window what an administrator does; what it comes back with.

        Args:
            url: where the Admin Center sends the browser.
        """
        async with httpx.AsyncClient(trust_env=False) as browser:
            page = await browser.get(url)
            form = {"visit": _visit(page.text), **self.account, "terms": "on", "privacy": "on"}
            answer = await browser.post(urlsplit(url)._replace(query="").geturl(), data=form)
        if "location" not in answer.headers:
            raise RuntimeError(f"the window did not link the account (status {answer.status_code})")
        query = parse_qs(urlsplit(answer.headers["location"]).query)
        return {name: values[0] for name, values in query.items()}


@asynccontextmanager
async def standing(
    service: str,
    clock: Callable[[], datetime],
    zone: ZoneInfo,
    *,
    french: bool = False,
    admin_origin: str = "",
) -> AsyncIterator[Standing]:
    """Serve the sample building through `service` on loopback.

    Args:
        service: office365, exchange or cronofy.
        clock: tells the time in UTC.
        zone: where the building stands.
        french: the language of the meetings.
        admin_origin: of the Admin Center, which Cronofy's window leads back to.
    """
    password = secrets.token_urlsafe(9)
    organisation = sample_organisation(zone, clock, french=french, password=password)
    async with AsyncExitStack() as stack:
        make = {"office365": _office365, "exchange": _exchange, "cronofy": _cronofy}[service]
        front, form, account, words = await make(stack, organisation, password, admin_origin)
        yield Standing(
            service=service,
            form=form,
            organisation=organisation,
            front=front,
            account=account,
            words=words,
            zone=zone,
            french=french,
        )


_Made = tuple[Any, dict[str, str], dict[str, str], list[tuple[str, str]]]


async def _office365(
    stack: AsyncExitStack, organisation: Organisation, password: str, _origin: str
) -> _Made:
    rooms = {room_address(room) for room in BUILDING}
    secret = Secret(password, datetime.now(UTC) + timedelta(days=90))
    application = Registration(
        client_id=str(uuid.uuid4()),
        secrets=[secret],
        roles={"Place.Read.All"},
        exchange_roles={"Calendars.ReadWrite": rooms},
    )
    tls = Tls()
    front = GraphSimulator(organisation, application)
    origin = await stack.enter_async_context(running(front.app, tls=tls))
    form = {
        "tenant": front.tenant.id,
        "client_id": application.client_id,
        "secret": password,
        "cloud": "own",
        "login_host": origin,
        "graph_host": origin,
        "authority": tls.authority_pem,
    }
    return front, form, {}, [("Office 365", f"simulated at {origin}")]


async def _exchange(
    stack: AsyncExitStack, organisation: Organisation, password: str, _origin: str
) -> _Made:
    front = EwsSimulator(organisation, schemes=("NTLM", "Basic"))
    front.rights.allow_impersonation(SERVICE_ACCOUNT)
    origin = await stack.enter_async_context(running(front.app))
    form = {
        "email": SERVICE_ACCOUNT,
        "impersonation_email": room_address(ATLAS),
        "password": password,
        "server": origin,
    }
    words = f"simulated at {origin}, {SERVICE_ACCOUNT}, password {password}"
    return front, form, {}, [("Exchange", words)]


async def _cronofy(
    stack: AsyncExitStack, organisation: Organisation, password: str, origin: str
) -> _Made:
    _, exchange, _, words = await _exchange(stack, organisation, password, origin)
    application = Application(redirect_uris=[origin + CALLBACK_PATH])
    front = CronofySimulator(
        organisation, application=application, ews_url=f"{exchange['server']}/EWS/Exchange.asmx"
    )
    cronofy = await stack.enter_async_context(running(front.app))
    form = {
        "back_end": "exchange",
        "client_id": application.client_id,
        "client_secret": application.client_secrets[0],
        "data_centre": "own",
        "api_host": cronofy,
        "app_host": cronofy,
    }
    account = {name: exchange[name] for name in ("email", "impersonation_email", "password")}
    return front, form, account, [("Cronofy", f"simulated at {cronofy}"), *words]


class _Visit(HTMLParser):
    value = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "input" and found.get("name") == "visit":
            self.value = found.get("value") or ""


def _visit(page: str) -> str:
    """The hidden field that says which window it is."""
    parser = _Visit()
    parser.feed(page)
    return parser.value
