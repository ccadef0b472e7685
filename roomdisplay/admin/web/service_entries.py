"""The form that connects a service, made of the connector's own fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from roomdisplay.admin.use_cases.service_form import service_fields
from roomdisplay.admin.web.i18n import Catalogue
from roomdisplay.admin.web.visit import Visit
from roomdisplay.connectors.base import Field


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One field of the form, with its words."""

    key: str
    label: str
    kind: str
    required: bool
    hint: str
    value: str
    secret: bool
    advanced: bool
    options: tuple[tuple[str, str], ...]
    """Values and words of a select."""


def entries(
    visit: Visit,
    service: str,
    kept: Mapping[str, str] | None = None,
    kept_secrets: frozenset[str] = frozenset(),
) -> list[Entry]:
    """The fields of a service, filled in with what was typed, else with what is kept."""
    return [
        _entry(visit, service, one, kept or {}, kept_secrets) for one in service_fields(service)
    ]


def entered(visit: Visit, service: str) -> dict[str, str]:
    """What was typed; a secret exactly so."""
    return {one.key: _typed(visit, one) for one in service_fields(service)}


def _entry(
    visit: Visit, service: str, one: Field, kept: Mapping[str, str], kept_secrets: frozenset[str]
) -> Entry:
    t, has_secret = visit.t, one.secret and one.key in kept_secrets
    hint = _words(t, f"{service}_{one.key}_hint", f"{one.key}_hint")
    if has_secret:
        hint = t("services.secret_stays")
    return Entry(
        key=one.key,
        label=_words(t, f"{service}_{one.key}", one.key) or one.key,
        kind=one.kind,
        required=one.required and not has_secret,
        hint=hint,
        # A secret is never sent back, not even the one that was typed a moment ago.
        value="" if one.secret else _typed(visit, one) or kept.get(one.key, ""),
        secret=one.secret,
        advanced=one.advanced,
        options=tuple(
            (option, _words(t, f"{service}_{one.key}_{option}", f"{one.key}_{option}") or option)
            for option in one.options
        ),
    )


def _typed(visit: Visit, one: Field) -> str:
    if one.kind == "textarea":  # a certificate takes thousands of characters; the use case bounds
        return visit.form.whole(one.key)
    return visit.form.raw(one.key) if one.secret else visit.form.text(one.key, 2048)


def _words(t: Catalogue, *keys: str) -> str:
    found = next((key for key in keys if t.has(f"field.{key}")), None)
    return t(f"field.{found}") if found else ""
