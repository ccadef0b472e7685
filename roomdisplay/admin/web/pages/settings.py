"""The settings of the whole house."""

from __future__ import annotations

from collections.abc import Mapping

from litestar import Response, get, post

from roomdisplay import __version__
from roomdisplay.admin.errors import InvalidInputError
from roomdisplay.admin.use_cases.consents import DOCUMENTS
from roomdisplay.admin.use_cases.settings import HOUSE, change_settings, get_settings
from roomdisplay.admin.web.errors import field_words
from roomdisplay.admin.web.settings_form import settings_from, settings_lines
from roomdisplay.admin.web.visit import CurrentVisit, Visit


@get("/settings")
async def settings_page(visit: CurrentVisit) -> Response[str]:
    """What holds for every display, unless a building, room or display says otherwise."""
    return await _page(visit, await get_settings(visit.admin, visit.actor, HOUSE))


@post("/settings")
async def save_settings(visit: CurrentVisit) -> Response[str]:
    """Change them; the displays follow at once."""
    values = settings_from(visit.form)
    try:
        await change_settings(visit.admin, visit.actor, HOUSE, values)
    except InvalidInputError as error:
        kept = await get_settings(visit.admin, visit.actor, HOUSE)
        return await _page(visit, {**kept, **values}, field_words(visit.t, error), error.status)
    return visit.go("/settings", said="saved")


@post("/settings/documents")
async def save_documents(visit: CurrentVisit) -> Response[str]:
    """Change where the documents stand that whoever connects a service agrees to."""
    kept = await get_settings(visit.admin, visit.actor, HOUSE)
    values: dict[str, object] = {
        f"{one}_url": visit.form.text(f"{one}_url", 2048) or None for one in DOCUMENTS
    }
    try:
        await change_settings(visit.admin, visit.actor, HOUSE, values)
    except InvalidInputError as error:
        errors = {name: visit.t("error.document_address") for name in error.fields}
        return await _page(visit, {**kept, **values}, errors, error.status)
    return visit.go("/settings", said="saved")


async def _page(
    visit: Visit,
    values: Mapping[str, object],
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response[str]:
    return await visit.page(
        "settings.html",
        section="settings",
        status=status,
        lines=settings_lines(visit.t, values),
        documents=[(f"{one}_url", str(values.get(f"{one}_url") or "")) for one in DOCUMENTS],
        errors=errors or {},
        origin=visit.admin.settings.canonical_origin,
        version=__version__,
        kept_in=visit.admin.sealer.kept_in,
    )
