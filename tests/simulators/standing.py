"""A service that stands: a company behind one of the simulated services, ready to use."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import httpx

from simulators.building import SERVICE_ACCOUNT, sample_organisation, surprise
from simulators.cronofy import Application, CronofySimulator
from simulators.ews import EwsSimulator
from simulators.faults import App
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
    organisation: Organisation | None = None,
    around: Callable[[App], App] = lambda app: app,
) -> AsyncIterator[Standing]:
    """Serve a company through `service` on loopback.

    Args:
        service: office365, exchange or cronofy.
        clock: tells the time in UTC.
        zone: where the building stands.
        french: the language of the meetings.
        admin_origin: of the Admin Center, which Cronofy's window leads back to.
        organisation: the company, with rooms and `SERVICE_ACCOUNT`; None: the sample building's.
        around: what the service's application is wrapped in, such as something that counts.
    """
    if organisation is None:
        password = secrets.token_urlsafe(9)
        organisation = sample_organisation(zone, clock, french=french, password=password)
    async with AsyncExitStack() as stack:
        make = {"office365": _office365, "exchange": _exchange, "cronofy": _cronofy}[service]
        scene = _Scene(stack, organisation, admin_origin, around)
        front, form, account, words = await make(scene)
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


@dataclass(frozen=True, slots=True)
class _Scene:
    """Where a service is to stand."""

    stack: AsyncExitStack
    organisation: Organisation
    admin_origin: str
    around: Callable[[App], App]

    @property
    def rooms(self) -> list[str]:
        """The rooms' addresses."""
        return [one.address for one in self.organisation.mailboxes.values() if one.is_room]

    @property
    def password(self) -> str:
        """The service account's."""
        return self.organisation.mailbox(SERVICE_ACCOUNT).password or ""

    async def serve(self, app: App, *, tls: Tls | None = None) -> str:
        """Serve until the scene is left; the origin."""
        return await self.stack.enter_async_context(running(self.around(app), tls=tls))


_Made = tuple[Any, dict[str, str], dict[str, str], list[tuple[str, str]]]


async def _office365(scene: _Scene) -> _Made:
    secret = Secret(scene.password, datetime.now(UTC) + timedelta(days=90))
    application = Registration(
        client_id=str(uuid.uuid4()),
        secrets=[secret],
        roles={"Place.Read.All"},
        exchange_roles={"Calendars.ReadWrite": set(scene.rooms)},
    )
    tls = Tls()
    front = GraphSimulator(scene.organisation, application)
    origin = await scene.serve(front.app, tls=tls)
    form = {
        "tenant": front.tenant.id,
        "client_id": application.client_id,
        "secret": scene.password,
        "cloud": "own",
        "login_host": origin,
        "graph_host": origin,
        "authority": tls.authority_pem,
    }
    return front, form, {}, [("Office 365", f"simulated at {origin}")]


async def _exchange(scene: _Scene) -> _Made:
    front = EwsSimulator(scene.organisation, schemes=("NTLM", "Basic"))
    front.rights.allow_impersonation(SERVICE_ACCOUNT)
    origin = await scene.serve(front.app)
    form = {
        "email": SERVICE_ACCOUNT,
        "impersonation_email": scene.rooms[0],
        "password": scene.password,
        "server": origin,
    }
    words = f"simulated at {origin}, {SERVICE_ACCOUNT}, password {scene.password}"
    return front, form, {}, [("Exchange", words)]


async def _cronofy(scene: _Scene) -> _Made:
    _, exchange, _, words = await _exchange(replace(scene, around=lambda app: app))
    application = Application(redirect_uris=[scene.admin_origin + CALLBACK_PATH])
    front = CronofySimulator(
        scene.organisation,
        application=application,
        ews_url=f"{exchange['server']}/EWS/Exchange.asmx",
    )
    cronofy = await scene.serve(front.app)
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
