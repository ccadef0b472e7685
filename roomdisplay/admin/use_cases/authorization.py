"""Services that are connected in a window of their own: there and back, then saved."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from importlib import import_module
from typing import cast

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import NotFoundError, RefusedError, ServiceError
from roomdisplay.admin.live import service_error
from roomdisplay.admin.origins import require_reachable
from roomdisplay.admin.security.roles import Actor, Permission, require
from roomdisplay.admin.security.sealing import UnsealError
from roomdisplay.admin.security.tokens import hash_token, new_token
from roomdisplay.admin.store import new_id
from roomdisplay.admin.store.tables import CalendarConnection, PendingConnection
from roomdisplay.admin.token_store import all_tokens
from roomdisplay.admin.use_cases.connecting import (
    found,
    save_changed,
    save_new,
    try_live,
)
from roomdisplay.admin.use_cases.consents import Consents, record_consents
from roomdisplay.admin.use_cases.service_form import (
    account_of,
    changed_entry,
    checked_entry,
    entered,
    unsealed,
)
from roomdisplay.connectors import registry
from roomdisplay.connectors.base import (
    ConnectionSettings,
    ConnectorError,
    MemoryTokens,
    Surroundings,
)
from roomdisplay.connectors.push import AuthorizationWindow

CALLBACK_PATH = "/connect/callback"
"""Where the browser comes back to; part of what is registered with the service."""
VALID_FOR = timedelta(minutes=30)
_WORDS_LIMIT = 300


class _Entered(msgspec.Struct, frozen=True):
    """What is kept, sealed, while the browser is away."""

    values: dict[str, str]
    secrets: dict[str, str]
    redirect_uri: str
    consents: dict[str, str]


async def begin_authorization(  # noqa: PLR0917 - the form's own parts, in its order
    admin: Admin,
    actor: Actor,
    session_id: str,
    service: str,
    name: str,
    form: Mapping[str, str],
    consents: Consents | None = None,
    connection_id: str | None = None,
) -> str:
    """Where to send the browser, so that the administrator signs in in the service's own window.

    First it is made sure that the browser, and the service, find the way back. What was entered is
    kept sealed for half an hour, for this browser session alone.

    Args:
        admin: the Admin Center.
        actor: who connects it.
        session_id: of the browser, see `sessions.who_is`.
        service: a key of the connector registry.
        name: how the pages call it; of a connection that is made anew it stays as it is.
        form: what was entered, by the keys of the service's fields.
        consents: what was agreed to, see `consents`.
        connection_id: of the connection to make anew; None: a new one.

    Raises:
        ForbiddenError: the role does not connect services.
        InvalidInputError: naming the fields that are missing.
        NotFoundError: there is no such connection.
        ServiceError: the service could not send the browser back ("callback_…"), or the settings
            make no sense.
    """
    if connection_id is None:
        require(actor, Permission.CONNECT)
        agreed = await checked_entry(admin, service, name, form, consents or {})
        settings = entered(service, form, {})
    else:
        async with admin.store.reading() as session:
            row = await found(session, connection_id)
        service, name = row.service, row.name
        settings, _ = changed_entry(admin, actor, row, form)
        agreed = await checked_entry(admin, service, name, _whole(settings), consents or {})
    window, state = _window(service), new_token()
    redirect_uri = await require_reachable(admin, settings.values) + CALLBACK_PATH
    try:
        url = window.authorization_url(settings, redirect_uri=redirect_uri, state=state)
    except ConnectorError as error:
        raise service_error(error) from error
    kept = _Entered(dict(settings.values), dict(settings.secrets), redirect_uri, agreed)
    pending = PendingConnection(
        id=new_id(),
        state_hash=hash_token(state),
        session_id=session_id,
        service=service,
        name=name.strip(),
        connection_id=connection_id,
        created_at=admin.clock(),
        expires_at=admin.clock() + VALID_FOR,
    )
    pending.sealed = admin.sealer.seal(msgspec.json.encode(kept), _owner(pending.id))
    async with admin.store.transaction() as session:
        await _forget_over(admin, session)
        session.add(pending)
    return url


async def finish_authorization(
    admin: Admin, actor: Actor, session_id: str, state: str, *, code: str = "", error: str = ""
) -> str:
    """Take up what the browser came back with, prove it live, and save it; the connection's id.

    Args:
        admin: the Admin Center.
        actor: who is signed in now.
        session_id: of the browser.
        state: as it came back; good once.
        code: what the service gave, to be redeemed.
        error: the service's own word where the administrator was refused, or said no.

    Raises:
        ForbiddenError: the role may not.
        RefusedError: "authorization_over": another browser began it, it is too late, or it was
            taken up already.
        ServiceError: the service refused ("authorization_denied"), or it does not work after all.
    """
    require(actor, Permission.REPLACE_SECRET)
    pending, kept = await _take_up(admin, session_id, state)
    require(actor, Permission.REPLACE_SECRET if pending.connection_id else Permission.CONNECT)
    if error or not code:
        raise ServiceError("authorization_denied", error[:_WORDS_LIMIT])
    settings = ConnectionSettings(values=kept.values, secrets=kept.secrets)
    row, same = None, False
    if pending.connection_id is not None:
        async with admin.store.reading() as session:
            row = await found(session, pending.connection_id)
        before = _before(admin, row)
        same = account_of(row.service, before) == account_of(row.service, settings)
    # Tokens of single calendars stay good where the account is the same.
    tokens = MemoryTokens(await all_tokens(admin, row.id) if row and same else {})
    surroundings = Surroundings(clock=admin.clock, tokens=tokens)
    try:
        await _window(pending.service).redeem_authorization(
            settings, surroundings, code=code, redirect_uri=kept.redirect_uri
        )
    except ConnectorError as refused:
        raise service_error(refused) from refused
    proved = await try_live(admin, pending.service, settings, tokens)
    async with admin.store.transaction() as session:
        if row is not None:
            await save_changed(admin, session, actor, row.id, proved, other_account=not same)
            record_consents(admin, session, actor, row.id, kept.consents)
            return row.id
        made = CalendarConnection(id=new_id(), service=pending.service, name=pending.name)
        await save_new(admin, session, actor, made, proved, consents=kept.consents)
        return made.id


async def _take_up(admin: Admin, session_id: str, state: str) -> tuple[PendingConnection, _Entered]:
    """What was begun by this browser; it cannot be taken up again."""
    query = select(PendingConnection).where(
        PendingConnection.state_hash == hash_token(state),
        PendingConnection.session_id == session_id,
        PendingConnection.expires_at > admin.clock(),
    )
    async with admin.store.transaction() as session:
        pending = await session.scalar(query)
        if pending is None:
            raise RefusedError("authorization_over")
        await session.delete(pending)
    try:
        plain = admin.sealer.unseal(pending.sealed, _owner(pending.id))
    except UnsealError as error:
        raise RefusedError("authorization_over") from error
    return pending, msgspec.json.decode(plain, type=_Entered)


def _window(service: str) -> AuthorizationWindow:
    entry = registry.SERVICES.get(service)
    if entry is None or not entry.window:
        raise NotFoundError("service_unknown")
    return cast("AuthorizationWindow", import_module(entry.module))


def _before(admin: Admin, row: CalendarConnection) -> ConnectionSettings:
    try:
        return unsealed(admin, row)
    except ServiceError:  # sealed with a key that is here no more
        return ConnectionSettings()


def _whole(settings: ConnectionSettings) -> dict[str, str]:
    return {**settings.values, **settings.secrets}


async def _forget_over(admin: Admin, session: AsyncSession) -> None:
    over = PendingConnection.expires_at <= admin.clock()
    await session.execute(delete(PendingConnection).where(over))


def _owner(pending_id: str) -> str:
    return f"pending:{pending_id}"
