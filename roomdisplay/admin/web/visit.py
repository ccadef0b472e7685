"""One request of one browser: who it is, in which language, and what it sent.

`open_visit` runs before every handler of the pages. It decides what a handler need not think of:
forms that were not ours are refused, pages that are not public ask to sign in.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any, Literal
from urllib.parse import quote, urlencode

from litestar import Request, Response
from litestar.datastructures import Cookie, UploadFile
from litestar.di import NamedDependency
from litestar.exceptions import PermissionDeniedException

from roomdisplay.admin.context import Admin
from roomdisplay.admin.security.roles import Actor, Permission
from roomdisplay.admin.use_cases.sessions import Client, SignedInAs, who_is
from roomdisplay.admin.web import cookies, form_guard
from roomdisplay.admin.web.demo_strip import strip
from roomdisplay.admin.web.headers import page_headers
from roomdisplay.admin.web.i18n import LANGUAGES, Catalogue, catalogue, preferred_language
from roomdisplay.admin.web.rendering import render

AnyRequest = Request[Any, Any, Any]
_FIELD_LIMIT = 4096


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence above the page's content, with Undo where there is one."""

    text: str
    tone: Literal["good", "care", "bad", ""] = "good"
    undo: str | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant as pages write it."""

    iso: str
    full: str
    ago: str


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form, bounded."""

    fields: Mapping[str, list[str]] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    """What was uploaded; the request's own limit bounds it."""

    def text(self, name: str, limit: int = 300) -> str:
        """A field without blanks around it; empty if it was not sent."""
        return self.raw(name)[: 4 * limit].strip()[:limit]

    def raw(self, name: str) -> str:
        """A field as it was typed: for passwords."""
        return next(iter(self.fields.get(name, ())), "")[:_FIELD_LIMIT]

    def whole(self, name: str) -> str:
        """A field of any length that the request may have: for a file that a form carries on."""
        return next(iter(self.fields.get(name, ())), "")

    def all(self, name: str) -> list[str]:
        """All values of a field that may be ticked several times."""
        return [value[:_FIELD_LIMIT] for value in self.fields.get(name, ())]

    def ticked(self, name: str) -> bool:
        """Whether a box was ticked."""
        return bool(self.raw(name))


class Visit:
    """What a handler of a page works with.

    A plain class: Litestar would take a dataclass apart to validate it.
    """

    def __init__(
        self,
        admin: Admin,
        request: AnyRequest,
        *,
        t: Catalogue,
        secret: str,
        signed_in: SignedInAs | None,
    ) -> None:
        self.admin = admin
        self.request = request
        self.t = t
        self.secret = secret
        """The cookie that forms are bound to."""
        self.signed_in = signed_in
        self.cookies: list[Cookie] = []
        """To be set with the answer."""
        self.form = Form()

    @property
    def actor(self) -> Actor:
        """The person who is signed in; pages that are not public always have one."""
        if self.signed_in is None:
            raise PermissionDeniedException("not signed in")
        return self.signed_in.actor

    @property
    def now(self) -> datetime:
        """The present by the Admin Center's clock."""
        return self.admin.clock()

    @property
    def here(self) -> str:
        """This page's address, for coming back; a GET page only."""
        query = self.request.url.query
        path = quote(self.request.url.path)
        return f"{path}?{query}" if query else path

    @property
    def client(self) -> Client:
        """Where the request came from."""
        address = self.request.client.host if self.request.client else None
        return Client(address=address, agent=self.request.headers.get("user-agent", "")[:300])

    def moment(self, instant: datetime, zone: tzinfo | None = None) -> Moment:
        """An instant for a <time> element; written in full in `zone` (None: the server's own)."""
        return Moment(
            instant.isoformat(), self.t.moment(instant, zone), self.t.ago(self.now - instant)
        )

    async def page(
        self,
        template: str,
        /,
        *,
        section: str = "",
        status: int = 200,
        live: str | None = None,
        stream: str = "",
        refresh_s: int = 0,
        notices: tuple[Notice, ...] = (),
        **context: Any,  # noqa: ANN401 - templates take any value
    ) -> Response[str]:
        """Answer with a page.

        Args:
            template: its name.
            section: the menu item that is current.
            status: the HTTP status.
            live: the topics of news (comma-separated) that renew the page's live parts.
            stream: where these news are told; empty: where whoever is signed in hears them.
            refresh_s: how often a browser without JavaScript loads it anew; 0: never.
            notices: sentences above the content, before the one that the last action left.
            context: for the template.
        """
        said = self.request.query_params.get("said", "")
        if self.t.has(f"said.{said}"):
            notices = (*notices, Notice(self.t(f"said.{said}")))
        return self._answer(
            template,
            status,
            section=section,
            live=live,
            stream=stream,
            refresh_s=refresh_s,
            notices=notices,
            demo=await strip(self.admin.settings.demo),
            **context,
        )

    def error_page(self, status: int, title: str, words: str) -> Response[str]:
        """Answer with a page that says what is wrong."""
        plain = {"section": "", "live": None, "refresh_s": 0, "notices": (), "demo": None}
        return self._answer("error.html", status, stream="", title=title, words=words, **plain)

    def _answer(
        self,
        template: str,
        status: int,
        **context: Any,  # noqa: ANN401 - templates take any value
    ) -> Response[str]:
        text = render(
            template,
            t=self.t,
            person=self._person(),
            now=self.now,
            moment=self.moment,
            may=self._may,
            has_account=self.signed_in is not None and self.signed_in.actor.link_id is None,
            here=self.here if self.request.method == "GET" else "/",
            csrf=form_guard.hidden_field(self.admin.sealer, self.secret),
            **context,
        )
        return Response(
            text,
            status_code=status,
            media_type="text/html",
            headers=page_headers(self.admin.settings),
            cookies=self.cookies,
        )

    def go(self, path: str, **query: str) -> Response[str]:
        """Send the browser to a page of ours by GET."""
        target = f"{path}?{urlencode(query)}" if query else path
        return Response(
            "",
            status_code=303,
            headers={**page_headers(self.admin.settings), "Location": target},
            cookies=self.cookies,
            media_type="text/html",
        )

    def remember(self, name: str, value: str, expires: datetime | None) -> None:
        """Set a cookie with the answer."""
        self.cookies.append(cookies.make(self.admin.settings, name, value, expires, self.now))

    def _may(self, permission: str) -> bool:
        return self.signed_in is not None and self.signed_in.actor.may(Permission(permission))

    def _person(self) -> dict[str, str] | None:
        if self.signed_in is None:
            return None
        actor = self.signed_in.actor
        return {"known_as": self.signed_in.email or actor.name, "role": actor.role.value}


CurrentVisit = NamedDependency[Visit]
"""How handlers ask for the visit."""


async def open_visit(request: AnyRequest) -> Response[str] | None:
    """Before each handler: find out who it is and refuse what must be refused."""
    visit = await make_visit(request)
    request.scope["state"]["visit"] = visit
    if request.method == "POST":
        visit.form = await _read_form(request)
        _refuse_foreign_form(visit)
    if visit.signed_in is None and not request.route_handler.opt.get("public"):
        back = visit.here if request.method == "GET" else "/"
        return visit.go("/sign-in", **({} if back == "/" else {"next": back}))
    return None


async def make_visit(request: AnyRequest) -> Visit:
    """The visit of a request, whoever it comes from."""
    admin: Admin = request.app.state.admin
    token = cookies.read(request, cookies.session_cookie(admin.settings))
    return stranger(request, await who_is(admin, token) if token else None)


def stranger(request: AnyRequest, signed_in: SignedInAs | None = None) -> Visit:
    """A visit without asking the store who it is."""
    admin: Admin = request.app.state.admin
    name = cookies.session_cookie if signed_in else cookies.visit_cookie
    secret = cookies.read(request, name(admin.settings))
    visit = Visit(
        admin,
        request,
        t=catalogue(_language(request, admin, signed_in)),
        secret=secret,
        signed_in=signed_in,
    )
    if not secret:
        visit.secret = secrets.token_urlsafe(32)
        visit.remember(cookies.visit_cookie(admin.settings), visit.secret, None)
    return visit


async def provide_visit(request: AnyRequest) -> Visit:
    """The dependency `visit` of the handlers."""
    visit: Visit = request.scope["state"]["visit"]
    return visit


def local_path(target: str) -> str:
    """`target` if it is a page of ours, else the start page: no redirects to elsewhere."""
    inner = target.startswith("/") and not target.startswith(("//", "/\\"))
    return target if inner and target.isprintable() and "\\" not in target else "/"


def _language(request: AnyRequest, admin: Admin, signed_in: SignedInAs | None) -> str:
    chosen = signed_in.language if signed_in else None
    chosen = chosen or cookies.read(request, cookies.language_cookie(admin.settings))
    if chosen in LANGUAGES:
        return chosen
    return preferred_language(request.headers.get("accept-language", ""))


async def _read_form(request: AnyRequest) -> Form:
    sent = await request.form()
    fields: dict[str, list[str]] = {}
    files: dict[str, bytes] = {}
    for name, value in sent.multi_items():
        if isinstance(value, str):
            fields.setdefault(name, []).append(value)
        elif isinstance(value, UploadFile):
            files[name] = await value.read()
            await value.close()
    return Form(fields, files)


def _refuse_foreign_form(visit: Visit) -> None:
    ours = form_guard.is_ours(
        visit.admin.sealer,
        "" if visit.cookies else visit.secret,  # a cookie made just now protected no form
        visit.form.raw(form_guard.FIELD),
        visit.request.headers.get("sec-fetch-site"),
    )
    if not ours:
        raise PermissionDeniedException("the form is not ours", extra={"page": "stale_form"})
