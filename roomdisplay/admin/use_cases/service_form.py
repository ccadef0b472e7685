"""The form that connects a calendar service."""

from __future__ import annotations

from collections.abc import Mapping

from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import InvalidInputError, NotFoundError, ServiceError
from roomdisplay.admin.live import settings_of
from roomdisplay.admin.store.tables import CalendarConnection
from roomdisplay.connectors import registry
from roomdisplay.connectors.base import ConnectionSettings, ConnectorError, Field

VALUE_LIMIT = 8192
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
        if len(text) > VALUE_LIMIT:
            wrong[one.key] = "field_too_long"
        elif not text and one.secret and one.key in kept:
            secrets[one.key] = kept[one.key]
        elif not text and one.required:
            wrong[one.key] = "field_needed"
        elif text:
            (secrets if one.secret else values)[one.key] = text
    if wrong:
        raise InvalidInputError(wrong)
    return ConnectionSettings(values=values, secrets=secrets)


def without_borrowed_secrets(
    service: str,
    settings: ConnectionSettings,
    before: ConnectionSettings,
    form: Mapping[str, str],
) -> ConnectionSettings:
    """Where an address changed, only the secrets that were entered with it.

    A stored secret is never sent to a server that somebody else has typed.

    Raises:
        InvalidInputError: naming the required secrets that are to be entered again.
    """
    every = service_fields(service)
    now, then = {**settings.values, **settings.secrets}, {**before.values, **before.secrets}
    if not any(now.get(one.key) != then.get(one.key) for one in every if one.kind == "url"):
        return settings
    borrowed = {one.key for one in every if one.secret and one.key in now and not form.get(one.key)}
    needed = borrowed & {one.key for one in every if one.required}
    if needed:
        raise InvalidInputError(dict.fromkeys(needed, "secret_needed_again"))
    secrets = {key: value for key, value in settings.secrets.items() if key not in borrowed}
    return ConnectionSettings(values=settings.values, secrets=secrets)


def account_of(service: str, settings: ConnectionSettings) -> dict[str, str]:
    """What tells one account from another: all that was entered except for the password."""
    every = {**settings.values, **settings.secrets}
    return {
        one.key: every[one.key]
        for one in service_fields(service)
        if one.kind != "password" and one.key in every
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
