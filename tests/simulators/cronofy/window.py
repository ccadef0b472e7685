"""The window of Enterprise Connect, where an administrator links an organisation's calendars.

Parameters and answers of the authorisation are those of RFC 6749, section 4.1, and of the service's
own documentation; the fields are those that the service asks for Exchange and for Office 365.
"""

from __future__ import annotations

import re
import secrets
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode, urlsplit, urlunsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from simulators.cronofy import scopes
from simulators.cronofy.accounts import Directory, ServiceAccount
from simulators.cronofy.application import Application
from simulators.cronofy.calls import Answer, Call
from simulators.cronofy.exchange import Exchange, Proof, endpoint
from simulators.cronofy.grants import Grant, Grants
from simulators.cronofy.words import WORDS, language_of

_PAGES = Path(__file__).with_name("pages")
_LIFE = timedelta(minutes=30)
_ADDRESS = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)*")
_FIELDS = ("email", "impersonation_email", "password", "server", "terms", "privacy")
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One window that is open."""

    redirect_uri: str
    state: str | None
    scope: frozenset[str]
    delegated: frozenset[str]
    until: datetime
    provider: str | None
    id: str = field(default_factory=lambda: secrets.token_urlsafe(24))


class Window:
    """Shows the pages, has the calendar server prove what was typed, and sends back."""

    def __init__(
        self,
        application: Application,
        directory: Directory,
        grants: Grants,
        *,
        providers: tuple[str, ...],
        ews_url: str | None,
        trust: ssl.SSLContext | None,
        data_centre: str,
    ) -> None:
        self._data_centre = data_centre
        self._application = application
        self._directory = directory
        self._grants = grants
        self._clock: Callable[[], datetime] = directory.clock
        self._visits: dict[str, Visit] = {}
        self._trust = trust
        self.providers = providers
        """What an administrator may choose from; a single one is not asked for."""
        self.ews_url = ews_url
        """What Autodiscover tells; None: nothing, and the window asks for the server."""
        self._pages = Environment(
            loader=FileSystemLoader(_PAGES), autoescape=True, undefined=StrictUndefined
        )

    def open(self, call: Call) -> Answer:
        """Answer a browser that an application sent here."""
        redirect_uri = call.first("redirect_uri")
        known = self._application.data_centre == self._data_centre
        if not known or call.first("client_id") != self._application.client_id:
            return self._stopped(call, "unknown_client")
        if redirect_uri not in self._application.redirect_uris:
            return self._stopped(call, "unknown_redirect")
        if not self._application.has_enterprise_connect:
            return self._stopped(call, "plan", status=402)
        state = call.first("state")
        if call.first("response_type") != "code":
            return _back(redirect_uri, state, error="unsupported_response_type")
        try:
            scope = scopes.parse(call.first("scope"), scopes.OF_SERVICE_ACCOUNTS)
            delegated = scopes.parse(call.first("delegated_scope"), scopes.OF_ACCOUNTS)
        except ValueError:
            return _back(redirect_uri, state, error="invalid_scope")
        wanted = call.first("provider_name")
        provider = wanted if wanted in self.providers else None
        visit = Visit(
            redirect_uri=redirect_uri,
            state=state,
            scope=scope,
            delegated=delegated,
            until=self._clock() + _LIFE,
            provider=self.providers[0] if len(self.providers) == 1 else provider,
        )
        self._visits[visit.id] = visit
        return self._page(call, visit)

    async def submit(self, call: Call) -> Answer:
        """Answer a browser that sent one of the window's forms."""
        form = {key: str(value) for key, value in call.fields().items()}
        visit = self._visits.get(form.get("visit", ""))
        if visit is None or visit.until <= self._clock():
            return self._stopped(call, "too_old")
        if form.get("action") == "cancel":
            del self._visits[visit.id]
            return _back(visit.redirect_uri, visit.state, error="access_denied")
        if visit.provider is None:
            return self._chosen(call, visit, form)
        values = {name: form.get(name, "") for name in _FIELDS}
        values |= {name: values[name].strip() for name in _FIELDS if name != "password"}
        faults = self._faults(visit, values)
        if faults:
            return self._page(call, visit, values, faults)
        linked = await self._proven(visit, values)
        if not isinstance(linked, ServiceAccount):
            return self._page(call, visit, values, linked)
        if self._visits.pop(visit.id, None) is None:
            return self._stopped(call, "too_old")
        linked.scope = visit.scope
        subject = self._directory.linked(linked)
        grant = Grant(subject=subject, scope=visit.scope, delegated=visit.delegated)
        code = self._grants.code(grant, visit.redirect_uri)
        return _back(visit.redirect_uri, visit.state, code=code)

    def legal(self, call: Call, document: str) -> Answer:
        """One of the two documents that are consented to."""
        return self._rendered(call, "legal.html", document=document, faults={})

    def style(self, _call: Call) -> Answer:
        """The pages' style sheet."""
        text = (_PAGES / "window.css").read_text(encoding="utf-8")
        return Answer(page=text, media_type="text/css; charset=utf-8")

    def _chosen(self, call: Call, visit: Visit, form: Mapping[str, str]) -> Answer:
        if form.get("provider") not in self.providers:
            return self._page(call, visit)
        chosen = Visit(
            redirect_uri=visit.redirect_uri,
            state=visit.state,
            scope=visit.scope,
            delegated=visit.delegated,
            until=visit.until,
            provider=form["provider"],
            id=visit.id,
        )
        self._visits[visit.id] = chosen
        return self._page(call, chosen)

    def _faults(self, visit: Visit, values: Mapping[str, str]) -> dict[str, str]:
        """What is missing or no good in what was typed: keys of the words by field."""
        addresses = ["email"]
        needed = ["email"]
        if visit.provider == "exchange":
            addresses.append("impersonation_email")
            needed += ["impersonation_email", "password"]
            if self.ews_url is None:
                needed.append("server")
        faults = {name: "required" for name in needed if not values[name]}
        for name in addresses:
            if name not in faults and not _ADDRESS.fullmatch(values[name]):
                faults[name] = "bad_email"
        for name in ("terms", "privacy"):
            if values[name] != "on":
                faults[name] = "consent_needed"
        return faults

    async def _proven(
        self, visit: Visit, values: Mapping[str, str]
    ) -> ServiceAccount | dict[str, str]:
        """The account, once the calendar server let it in; else what is wrong, by field."""
        if visit.provider == "office365":
            if self._directory.mailbox(values["email"]) is None:
                return {"email": "not_of_organisation"}
            return ServiceAccount(email=values["email"], provider="office365")
        url = endpoint(values["server"]) if values["server"] else self.ews_url
        if url is None:
            return {"server": "unreachable"}
        exchange = Exchange(url, self._trust)
        proof = await exchange.prove(
            values["email"], values["password"], values["impersonation_email"]
        )
        match proof:
            case Proof.GOOD:
                return ServiceAccount(
                    email=values["email"],
                    provider="exchange",
                    exchange=exchange,
                    password=values["password"],
                )
            case Proof.WRONG_PASSWORD:
                return {"password": "wrong_password"}
            case Proof.NOT_ALLOWED:
                return {"impersonation_email": "not_allowed"}
            case Proof.UNREACHABLE:
                return {"server": "unreachable" if values["server"] else "no_server"}

    def _page(
        self,
        call: Call,
        visit: Visit,
        values: Mapping[str, str] | None = None,
        faults: Mapping[str, str] | None = None,
    ) -> Answer:
        values, faults = values or {}, faults or {}
        return self._rendered(
            call,
            f"{visit.provider}.html" if visit.provider else "choose.html",
            status=422 if faults else 200,
            visit=visit.id,
            providers=self.providers,
            scopes=[_word(one) for one in sorted(visit.scope)],
            values=values,
            faults=faults,
            ask_server=self.ews_url is None or "server" in faults or bool(values.get("server")),
        )

    def _stopped(self, call: Call, reason: str, *, status: int = 400) -> Answer:
        """A page for whoever cannot be sent back, since nobody knows to whom."""
        return self._rendered(call, "stopped.html", status=status, reason=reason, faults={})

    def _rendered(self, call: Call, page: str, *, status: int = 200, **values: object) -> Answer:
        language = language_of(call.language)
        text = self._pages.get_template(page).render(
            language=language,
            words=WORDS[language],
            application=self._application.name,
            **values,
        )
        return Answer(status=status, page=text, headers={**_HEADERS, "Content-Language": language})


def _word(scope: str) -> str:
    """The key of a scope's words."""
    return "scope_" + scope.removeprefix("service_account/").replace("/", "_")


def _back(redirect_uri: str, state: str | None, **parameters: str) -> Answer:
    """Send the browser back to the application."""
    if state is not None:
        parameters["state"] = state
    parts = urlsplit(redirect_uri)
    query = "&".join(filter(None, (parts.query, urlencode(parameters))))
    location = urlunsplit(parts._replace(query=query))
    return Answer(status=302, headers={"Location": location, "Cache-Control": "no-store"})
