"""First start, signing in and out, and the language."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.params import FromPath

from roomdisplay.admin.errors import (
    AdminError,
    InvalidInputError,
    NotFoundError,
    SignInFailedError,
    TooManyTriesError,
)
from roomdisplay.admin.use_cases.people import (
    accept_invitation,
    change_language,
    look_at_invitation,
)
from roomdisplay.admin.use_cases.sessions import SignedIn, sign_in, sign_out
from roomdisplay.admin.web import cookies
from roomdisplay.admin.web.errors import field_words, words_for
from roomdisplay.admin.web.i18n import LANGUAGES
from roomdisplay.admin.web.visit import CurrentVisit, Visit, local_path

PUBLIC = {"public": True}


@get("/sign-in", opt=PUBLIC)
async def sign_in_page(visit: CurrentVisit) -> Response[str]:
    """The form to sign in with."""
    target = local_path(visit.request.query_params.get("next", "/"))
    if visit.signed_in:
        return visit.go(target)
    return await visit.page("sign_in.html", target=target, email="", wrong="")


@post("/sign-in", opt=PUBLIC)
async def do_sign_in(visit: CurrentVisit) -> Response[str]:
    """Begin a session and go where the visitor wanted to go."""
    target = local_path(visit.form.text("next", 500))
    email = visit.form.text("email")
    try:
        signed_in = await sign_in(visit.admin, email, visit.form.raw("password"), visit.client)
    except (SignInFailedError, TooManyTriesError) as error:
        return await visit.page(
            "sign_in.html",
            status=error.status,
            target=target,
            email=email,
            wrong=words_for(visit.t, error),
        )
    keep_session(visit, signed_in)
    return visit.go(target)


@post("/sign-out")
async def do_sign_out(visit: CurrentVisit) -> Response[str]:
    """End this session."""
    name = cookies.session_cookie(visit.admin.settings)
    await sign_out(visit.admin, cookies.read(visit.request, name))
    visit.remember(name, "", visit.now)
    return visit.go("/sign-in", said="signed_out")


@get("/invitation/{token:str}", opt=PUBLIC)
async def invitation_page(visit: CurrentVisit, token: FromPath[str]) -> Response[str]:
    """The form behind a one-time link; looking at it uses nothing up."""
    try:
        invitation = await look_at_invitation(visit.admin, token)
    except NotFoundError as error:
        return await _dead_link(visit, error)
    return await visit.page("invitation.html", role=invitation.role.value, entered={}, errors={})


@post("/invitation/{token:str}", opt=PUBLIC)
async def accept(visit: CurrentVisit, token: FromPath[str]) -> Response[str]:
    """Use the link up."""
    form = visit.form
    language = form.text("language")
    entered = {name: form.text(name) for name in ("name", "email", "language")}
    try:
        invitation = await look_at_invitation(visit.admin, token)
        signed_in = await accept_invitation(
            visit.admin,
            token,
            name=entered["name"],
            email=entered["email"],
            password=form.raw("password"),
            language=language if language in LANGUAGES else visit.t.language,
            client=visit.client,
        )
    except InvalidInputError as error:
        return await visit.page(
            "invitation.html",
            status=error.status,
            role=invitation.role.value,
            entered=entered,
            errors=field_words(visit.t, error),
        )
    except NotFoundError as error:
        return await _dead_link(visit, error)
    keep_session(visit, signed_in)
    return visit.go("/")


@post("/language", opt=PUBLIC)
async def set_language(visit: CurrentVisit) -> Response[str]:
    """Show the pages in another language from now on."""
    language = visit.form.text("language")
    if language in LANGUAGES:
        if visit.signed_in and visit.actor.link_id is None:
            await change_language(visit.admin, visit.actor, language)
        visit.remember(cookies.language_cookie(visit.admin.settings), language, None)
    return visit.go(local_path(visit.form.text("next", 500)))


def keep_session(visit: Visit, signed_in: SignedIn) -> None:
    """Put a session that began into the browser."""
    name = cookies.session_cookie(visit.admin.settings)
    visit.remember(name, signed_in.token, signed_in.expires_at)


async def _dead_link(visit: Visit, error: AdminError) -> Response[str]:
    return await visit.page(
        "error.html",
        status=error.status,
        title=visit.t("invitation.gone"),
        words=words_for(visit.t, error),
    )
