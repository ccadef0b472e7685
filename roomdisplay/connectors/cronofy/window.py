"""Cronofy's own window, in which an administrator links a service account, and the way back."""

from __future__ import annotations

import httpx

from roomdisplay.connectors.base import (
    ConnectionSettings,
    ConnectorError,
    CredentialsRejectedError,
    Surroundings,
)
from roomdisplay.connectors.cronofy.client import CronofyClient, GrantGoneError
from roomdisplay.connectors.cronofy.reasons import diagnosis
from roomdisplay.connectors.cronofy.session import Session
from roomdisplay.connectors.cronofy.settings import Application, read_settings
from roomdisplay.connectors.cronofy.tokens import SERVICE

MANAGE_RESOURCES = "service_account/resources/manage"
UNRESTRICTED_RESOURCES = "service_account/resources/unrestricted_access"
SCOPE = f"service_account/accounts/manage {MANAGE_RESOURCES}"
"""Of the service account: list rooms and open them, also those that are no resources."""
UNRESTRICTED_SCOPE = f"service_account/accounts/unrestricted_access {UNRESTRICTED_RESOURCES}"
"""Beside it: change what others put into them."""
ROOM_SCOPE = (
    "read_account list_calendars read_events create_event delete_event change_participation_status"
)
"""Of each room; asked for as delegated scope when the service account is linked."""
_AUTHORIZE = "/enterprise_connect/oauth/authorize"


def window_url(application: Application, redirect_uri: str, state: str) -> httpx.URL:
    """Where a browser sees the window."""
    return application.app.copy_with(path=_AUTHORIZE).copy_merge_params(
        {
            "response_type": "code",
            "client_id": application.client_id,
            "redirect_uri": redirect_uri,
            "scope": f"{SCOPE} {UNRESTRICTED_SCOPE}" if application.unrestricted else SCOPE,
            "delegated_scope": ROOM_SCOPE,
            "state": state,
        }
    )


def authorization_url(settings: ConnectionSettings, *, redirect_uri: str, state: str) -> str:
    """Where the administrator's browser is sent; see `push.AuthorizationWindow`.

    Raises:
        ConnectorError: the settings make no sense.
    """
    return str(window_url(read_settings(settings), redirect_uri, state))


async def redeem_authorization(
    settings: ConnectionSettings, surroundings: Surroundings, *, code: str, redirect_uri: str
) -> None:
    """Keep the service account's tokens; those of before stay if the new ones are no good.

    Raises:
        CredentialsRejectedError: the code, the client or what was linked is not accepted.
        ConnectorError: it did not work now.
    """
    client = CronofyClient(read_settings(settings))
    session = Session(client, surroundings.tokens, surroundings.clock)
    try:
        former = await session.tokens.kept(SERVICE)
        try:
            await session.tokens.redeem(SERVICE, code, redirect_uri)
        except GrantGoneError:
            raise CredentialsRejectedError(
                "Cronofy does not take the code: it is too old, was used before, or came to an "
                "address that is not the one it was asked for",
                diagnosis=diagnosis("code_refused", uri=redirect_uri),
            ) from None
        try:
            await session.service_info()
        except CredentialsRejectedError:
            await session.tokens.keep(SERVICE, former)
            raise
        except ConnectorError:
            pass  # the tokens are good as far as is known; the first reading will tell
    finally:
        await client.aclose()
