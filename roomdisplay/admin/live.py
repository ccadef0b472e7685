"""Calendar services as they answer now: connectors made from what is stored, errors as keys."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import msgspec

from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import ServiceError
from roomdisplay.admin.security.sealing import UnsealError
from roomdisplay.admin.store.tables import CalendarConnection
from roomdisplay.connectors import registry
from roomdisplay.connectors.base import (
    AuthorizationNeededError,
    CalendarGoneError,
    CalendarInfo,
    ConflictError,
    ConnectionSettings,
    Connector,
    ConnectorError,
    CredentialsRejectedError,
    CursorExpiredError,
    MalformedAnswerError,
    MemoryTokens,
    PermissionMissingError,
    Surroundings,
    ThrottledError,
    TokenStore,
    UnavailableError,
)

TRY_LIMIT = timedelta(seconds=45)
"""How long an administrator waits for a service that is being tried."""
_KEYS: dict[type[ConnectorError], str] = {
    AuthorizationNeededError: "authorizing",
    CredentialsRejectedError: "credentials_rejected",
    PermissionMissingError: "permission_missing",
    CalendarGoneError: "calendar_gone",
    ThrottledError: "throttled",
    UnavailableError: "unavailable",
    CursorExpiredError: "cursor_expired",
    ConflictError: "conflict",
    MalformedAnswerError: "malformed_answer",
}


def reason_of(error: ConnectorError) -> str:
    """The key of what a calendar service did wrong; pages and displays translate it."""
    return next((key for kind, key in _KEYS.items() if isinstance(error, kind)), "unavailable")


def seal_secrets(admin: Admin, connection_id: str, secrets: dict[str, str]) -> bytes | None:
    """What stands in the store of a connection's secret fields."""
    if not secrets:
        return None
    return admin.sealer.seal(msgspec.json.encode(secrets), _owner(connection_id))


def settings_of(admin: Admin, connection: CalendarConnection) -> ConnectionSettings:
    """What was entered, secrets unsealed; to be handed to a connector and nowhere else.

    Raises:
        CredentialsRejectedError: the secrets were sealed with a key that is not here any more.
    """
    secrets: dict[str, str] = {}
    if connection.sealed_secrets is not None:
        try:
            plain = admin.sealer.unseal(connection.sealed_secrets, _owner(connection.id))
            secrets = msgspec.json.decode(plain, type=dict[str, str])
        except (UnsealError, msgspec.MsgspecError) as error:
            raise CredentialsRejectedError(
                "The stored secret cannot be unsealed with this server's key; enter it again."
            ) from error
    return ConnectionSettings(values=connection.values, secrets=secrets)


@asynccontextmanager
async def trying(
    admin: Admin, service: str, settings: ConnectionSettings, tokens: TokenStore | None = None
) -> AsyncIterator[Connector]:
    """A connector for one try; whatever goes wrong becomes an error for the form.

    Args:
        admin: for its clock.
        service: a key of the connector registry.
        settings: what was entered.
        tokens: of the connection, where there is one already; None: in memory, to be saved with
            the connection that is being made.

    Raises:
        ServiceError: with the connector's own words.
    """
    try:
        surroundings = Surroundings(clock=admin.clock, tokens=tokens or MemoryTokens())
        connector = registry.connect(service, settings, surroundings)
        try:
            async with asyncio.timeout(TRY_LIMIT.total_seconds()):
                yield connector
        finally:
            await connector.aclose()
    except ConnectorError as error:
        raise service_error(error) from error
    except TimeoutError as error:
        raise ServiceError("unavailable", "The service did not answer in time.") from error


def service_error(error: ConnectorError) -> ServiceError:
    """The same, for whoever waits for an answer."""
    return ServiceError(reason_of(error), error.detail, diagnosis=error.diagnosis)


async def prove(connector: Connector) -> Sequence[CalendarInfo]:
    """Check a connection live and list its calendars, if its service lists any."""
    await connector.check()
    if not connector.capabilities.list_calendars:
        return ()
    return await connector.list_calendars()


def _owner(connection_id: str) -> str:
    return f"connection:{connection_id}"
