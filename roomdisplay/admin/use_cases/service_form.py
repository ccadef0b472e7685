"""The form that connects a calendar service."""

from __future__ import annotations

from collections.abc import Mapping

from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import InvalidInputError, NotFoundError, ServiceError
from roomdisplay.admin.live import settings_of
from roomdisplay.admin.security.roles import Actor, Permission, require
from roomdisplay.admin.store.tables import CalendarConnection
from roomdisplay.admin.use_cases.consents import Consents, require_consents
from roomdisplay.connectors import registry
from roomdisplay.connectors.base import ConnectionSettings, ConnectorError, Field

VALUE_LIMIT = 8192
_TEXT_LIMIT = 65_536
"""Of a certificate with its key and its chain."""
NAME_LIMIT = 200


def service_fields(service: str) -> tuple[Field, ...]:
    """The fields of the form that connects a service.

    Raises:
        NotFoundError: there is no such service.
    """
    try:
        return registry.fields(service)
    except KeyError as error:
        raise NotFoundError("service_unknown") from error


def entered(service: str, form: Mapping[str, str], kept: Mapping[str, str]) -> ConnectionSettings:
    """The form parted into open values and secrets; an empty secret takes the kept one."""
    wrong: dict[str, str] = {}
    values: dict[str, str] = {}
    secrets: dict[str, str] = {}
    for one in service_fields(service):
        text = form.get(one.key, "")
        text = text if one.secret else text.strip()
        if not text and one.secret:
            text = kept.get(one.key, "")
        elif not text and one.options:
            text = one.options[0]
        if problem := _problem(one, text):
            wrong[one.key] = problem
        elif text:
            (secrets if one.secret else values)[one.key] = text
    if wrong:
        raise InvalidInputError(wrong)
    return ConnectionSettings(values=values, secrets=secrets)


def _problem(one: Field, text: str) -> str | None:
    """The key of what is wrong with an entry."""
    if len(text) > (_TEXT_LIMIT if one.kind == "textarea" else VALUE_LIMIT):
        return "field_too_long"
    if not text:
        return "field_needed" if one.required else None
    return "option_unknown" if one.options and text not in one.options else None


async def checked_entry(
    admin: Admin, service: str, name: str, form: Mapping[str, str], consents: Consents
) -> dict[str, str]:
    """What was agreed to, once nothing is missing in the whole form.

    Raises:
        InvalidInputError: naming every field, and every consent, that is missing.
    """
    wrong: dict[str, str] = {}
    for check in (lambda: entered(service, form, {}), lambda: require_name(name)):
        try:
            check()
        except InvalidInputError as error:
            wrong |= error.fields
    agreed: dict[str, str] = {}
    try:
        agreed = await require_consents(admin, service, consents)
    except InvalidInputError as error:
        wrong |= error.fields
    if wrong:
        raise InvalidInputError(wrong)
    return agreed


def changed_entry(
    admin: Admin, actor: Actor, row: CalendarConnection, form: Mapping[str, str]
) -> tuple[ConnectionSettings, ConnectionSettings]:
    """What was entered anew for a connection, kept secrets filled in; and what stood there before.

    Raises:
        ForbiddenError: the role may replace secrets only, or not even those.
        InvalidInputError: naming the fields that are missing or too long.
    """
    require(actor, Permission.REPLACE_SECRET)
    before = ConnectionSettings(values=row.values, secrets=kept_secrets(admin, row))
    settings = entered(row.service, form, before.secrets)
    if settings.values != before.values:
        require(actor, Permission.CONNECT)
    return without_borrowed_secrets(row.service, settings, before, form), before


def without_borrowed_secrets(
    service: str,
    settings: ConnectionSettings,
    before: ConnectionSettings,
    form: Mapping[str, str],
) -> ConnectionSettings:
    """Where an address changed, or another field that leads, only the secrets entered with it.

    A stored secret is never sent to a server that somebody else has typed.

    Raises:
        InvalidInputError: naming the required secrets that are to be entered again.
    """
    every = service_fields(service)
    now, then = {**settings.values, **settings.secrets}, {**before.values, **before.secrets}
    leading = [one for one in every if one.leads or one.kind == "url"]
    if not any(now.get(one.key) != then.get(one.key) for one in leading):
        return settings
    borrowed = {one.key for one in every if one.secret and one.key in now and not form.get(one.key)}
    needed = borrowed & {one.key for one in every if one.required}
    if needed:
        raise InvalidInputError(dict.fromkeys(needed, "secret_needed_again"))
    secrets = {key: value for key, value in settings.secrets.items() if key not in borrowed}
    return ConnectionSettings(values=settings.values, secrets=secrets)


def account_of(service: str, settings: ConnectionSettings) -> dict[str, str]:
    """What tells one account from another: all that was entered but for passwords and keys."""
    every = {**settings.values, **settings.secrets}
    return {
        one.key: every[one.key]
        for one in service_fields(service)
        if one.kind not in {"password", "textarea"} and one.key in every
    }


def kept_secrets(admin: Admin, connection: CalendarConnection) -> Mapping[str, str]:
    """The stored secrets; none if they were sealed with a key that is not here any more."""
    try:
        return settings_of(admin, connection).secrets
    except ConnectorError:
        return {}


def unsealed(admin: Admin, connection: CalendarConnection) -> ConnectionSettings:
    """What was entered, for a try on behalf of somebody.

    Raises:
        ServiceError: the secrets were sealed with a key that is not here any more.
    """
    try:
        return settings_of(admin, connection)
    except ConnectorError as error:
        raise ServiceError("credentials_rejected", error.detail) from error


def require_name(name: str) -> None:
    """Refuse a name that is empty or too long.

    Raises:
        InvalidInputError: naming the field.
    """
    if not name.strip() or len(name) > NAME_LIMIT:
        raise InvalidInputError({"name": "name_needed"})
