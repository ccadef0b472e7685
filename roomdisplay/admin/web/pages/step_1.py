"""Step 1, for the IT administrator: here for whoever has an account, or sent by a link.

What is filled in stands in the page's address, so that it can be kept and needs no script.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from roomdisplay.admin.errors import NotFoundError
from roomdisplay.admin.guide.script import script_file, script_name
from roomdisplay.admin.guide.steps import Reader, steps
from roomdisplay.admin.guide.values import GuideValues, Variant, read_values
from roomdisplay.admin.security.roles import Permission, require
from roomdisplay.admin.use_cases.sent_steps import (
    SentStepView,
    look_at_sent_step,
    open_sent_step,
    opened_step,
    send_step,
)
from roomdisplay.admin.web import cookies
from roomdisplay.admin.web.errors import words_for
from roomdisplay.admin.web.headers import page_headers
from roomdisplay.admin.web.pages.account import PUBLIC
from roomdisplay.admin.web.visit import CurrentVisit, Visit

_OPENED = "/step-1/open"
_FIELD_LIMIT = 16384


@get("/services/{service:str}/step-1")
async def step_page(visit: CurrentVisit, service: FromPath[str]) -> Response[str]:
    """The step, with the commands once the fields are filled in."""
    require(visit.actor, Permission.ROOMS)
    variant = _variant(service, visit.request.query_params)
    return await _step(visit, variant, _typed(variant, visit.request.query_params))


@get("/services/{service:str}/step-1/script")
async def step_script(visit: CurrentVisit, service: FromPath[str]) -> Response[bytes]:
    """The same as a script."""
    require(visit.actor, Permission.ROOMS)
    variant = _variant(service, visit.request.query_params)
    return _script(visit, variant, _typed(variant, visit.request.query_params))


@post("/services/{service:str}/step-1/send")
async def send(visit: CurrentVisit, service: FromPath[str]) -> Response[str]:
    """Make a link to the step and show it, this once."""
    require(visit.actor, Permission.ROOMS)
    form = {name: visit.form.whole(name) for name in visit.form.fields}
    variant = _variant(service, form)
    typed = _typed(variant, form)
    issued = await send_step(visit.admin, visit.actor, variant, typed)
    until = visit.t.moment(issued.expires_at)
    return await _step(visit, variant, typed, link=issued.url, until=until)


@get("/step-1/{token:str}", opt=PUBLIC)
async def sent_page(visit: CurrentVisit, token: FromPath[str]) -> Response[str]:
    """What a link opens; looking at it changes nothing."""
    try:
        sent = await look_at_sent_step(visit.admin, token)
    except NotFoundError as error:
        return await _gone(visit, error)
    until = visit.t.moment(sent.expires_at)
    return await visit.page("step_1_sent.html", sent=sent, until=until)


@post("/step-1/{token:str}", opt=PUBLIC)
async def open_sent(visit: CurrentVisit, token: FromPath[str]) -> Response[str]:
    """Open a link; from then on this browser shows the step, and no other does."""
    try:
        opened = await open_sent_step(visit.admin, token)
    except NotFoundError as error:
        return await _gone(visit, error)
    name = cookies.step_cookie(visit.admin.settings)
    visit.remember(name, opened.secret, opened.expires_at)
    return visit.go(_OPENED)


@get(_OPENED, opt=PUBLIC)
async def opened_page(visit: CurrentVisit) -> Response[str]:
    """The step that this browser opened."""
    try:
        sent, typed = await _opened(visit)
    except NotFoundError as error:
        return await _gone(visit, error)
    return await _step(visit, sent.variant, typed, until=visit.t.moment(sent.expires_at))


@get(f"{_OPENED}/script", opt=PUBLIC)
async def opened_script(visit: CurrentVisit) -> Response[bytes]:
    """The same as a script."""
    sent, typed = await _opened(visit)
    return _script(visit, sent.variant, typed)


async def _opened(visit: Visit) -> tuple[SentStepView, dict[str, str]]:
    """The step, and its fields as they are typed here, else as they were sent."""
    name = cookies.step_cookie(visit.admin.settings)
    sent = await opened_step(visit.admin, cookies.read(visit.request, name))
    query = visit.request.query_params
    return sent, _typed(sent.variant, query) if _asked(sent.variant, query) else dict(sent.fields)


async def _step(
    visit: Visit, variant: Variant, typed: dict[str, str], *, link: str = "", until: str = ""
) -> Response[str]:
    own = visit.signed_in is not None and visit.request.url.path != _OPENED
    found = read_values(variant, typed) if any(typed.values()) else {}
    values = found if isinstance(found, GuideValues) else None
    wrong = {} if isinstance(found, GuideValues) else found
    mfa = _mfa(visit)
    every = steps(variant, values, Reader(words=visit.t, mfa=mfa))
    keys = [step.key for step in every]
    ways = {"through": "cronofy" if variant.through_cronofy else "direct"}
    return await visit.page(
        "step_1.html" if own else "step_1_opened.html",
        section="services",
        status=422 if wrong else 200,
        variant=variant,
        through=ways["through"],
        steps=every,
        connects_at=keys.index("connect") + 1,
        needs=any(step.commands for step in every[: keys.index("connect")]),
        mfa=mfa,
        fields=[(key, typed[key], "guide." + key) for key in variant.fields],
        filled=values is not None,
        query=urlencode((ways if own else {}) | typed | {"mfa": "1" if mfa else "0"}),
        script_name=script_name(variant),
        errors={key: visit.t(f"error.{message}") for key, message in wrong.items()},
        link=link,
        until=until,
    )


def _script(visit: Visit, variant: Variant, typed: dict[str, str]) -> Response[bytes]:
    values = read_values(variant, typed)
    if not isinstance(values, GuideValues):
        raise NotFoundException
    headers = page_headers(visit.admin.settings) | {
        "Content-Disposition": f'attachment; filename="{script_name(variant)}"'
    }
    return Response(
        script_file(values, visit.t), media_type="application/octet-stream", headers=headers
    )


async def _gone(visit: Visit, error: NotFoundError) -> Response[str]:
    words = words_for(visit.t, error)
    title = visit.t("guide.gone")
    return await visit.page("error.html", status=error.status, title=title, words=words)


def _variant(service: str, fields: Mapping[str, Any]) -> Variant:
    variant = Variant.of(service, str(fields.get("through", "direct")))
    if variant is None:
        raise NotFoundException
    return variant


def _typed(variant: Variant, fields: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(fields.get(key, ""))[:_FIELD_LIMIT].strip() for key in variant.fields}


def _asked(variant: Variant, fields: Mapping[str, Any]) -> bool:
    return any(key in fields for key in variant.fields)


def _mfa(visit: Visit) -> bool:
    return (visit.form.text("mfa") or str(visit.request.query_params.get("mfa", "1"))) != "0"
