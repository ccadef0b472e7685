"""How rooms are opened through the service account: asked for now, answered later to a hook."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from ipaddress import ip_address

import httpx

from roomdisplay.connectors.base import (
    AuthorizationNeededError,
    MalformedAnswerError,
    PermissionMissingError,
)
from roomdisplay.connectors.cronofy.client import CronofyClient, GrantGoneError, require
from roomdisplay.connectors.cronofy.pace import urgently
from roomdisplay.connectors.cronofy.reasons import diagnosis
from roomdisplay.connectors.cronofy.session import Session, subject_of
from roomdisplay.connectors.cronofy.window import MANAGE_RESOURCES, ROOM_SCOPE
from roomdisplay.connectors.push import Hook

MOST_AT_ONCE = 50
_PATH = "/v1/service_account_authorizations"
_INNER_NAMES = (".local", ".internal", ".lan", ".home.arpa", ".localhost", ".test")


async def authorize(session: Session, requests: Sequence[tuple[str, Hook]]) -> None:
    """Ask for access to rooms, fifty at a time; each answer is posted to the hook beside it.

    A room whose address Cronofy does not take keeps the others from nothing: its next reading says
    so.

    Raises:
        MalformedAnswerError: Cronofy takes none of the addresses.
        PermissionMissingError: Cronofy cannot reach the hooks, the plan or the scope is missing.
        CredentialsRejectedError: the service account is to be connected again.
        ConnectorError: it did not work now.
    """
    wishes = []
    for address, hook in requests:
        _require_reachable(hook, own=session.client.application.own)
        wishes.append(
            {
                "email": address.strip(),
                "callback_url": hook.url,
                "scope": ROOM_SCOPE,
                "state": hook.secret,
            }
        )
    refused: list[str] = []
    with urgently():
        for start in range(0, len(wishes), MOST_AT_ONCE):
            refused += await _ask(session, wishes[start : start + MOST_AT_ONCE])
    if refused and len(refused) == len(wishes):
        raise MalformedAnswerError(
            f"Cronofy does not take the address of {', '.join(refused[:5])}",
            diagnosis=diagnosis("room_refused", error="422", words=", ".join(refused[:5])),
        )


async def _ask(session: Session, wishes: Sequence[Mapping[str, str]]) -> list[str]:
    """Ask for some rooms at once; the addresses that were refused."""
    subjects = [subject_of(wish["email"]) for wish in wishes]
    body: object = wishes[0] if len(wishes) == 1 else {"service_account_authorizations": wishes}
    answer = await session.as_service("POST", _PATH, json=body)
    if answer.status != httpx.codes.UNPROCESSABLE_ENTITY:
        require(answer, "rooms", scope=MANAGE_RESOURCES)
        for subject in subjects:
            await session.tokens.asked(subject)
        return []
    if len(wishes) == 1:
        await session.tokens.asked(subjects[0], refused=True)
        return [wishes[0]["email"]]
    refused: list[str] = []
    for wish in wishes:
        refused += await _ask(session, [wish])
    return refused


async def redeem(session: Session, address: str, code: str, hook: Hook) -> None:
    """Keep the tokens that a room's code stands for.

    Raises:
        AuthorizationNeededError: the code is good for nothing: ask anew.
        ConnectorError: it did not work now.
    """
    try:
        await session.tokens.redeem(subject_of(address), code, hook.url)
    except GrantGoneError:
        raise AuthorizationNeededError(
            "Cronofy does not take the code of the room any more",
            diagnosis=diagnosis("code_refused", uri=""),
        ) from None


async def require_client(client: CronofyClient) -> None:
    """See that the client's id and secret are right, without using up anything.

    A code that cannot be is asked for tokens: whoever is let in is told that the code is wrong.

    Raises:
        CredentialsRejectedError: the client's id or secret is wrong.
        ConnectorError: there was no answer that tells.
    """
    try:
        await client.token(
            grant_type="authorization_code",
            code=secrets.token_urlsafe(24),
            redirect_uri="https://example.com/",
        )
    except GrantGoneError:
        return
    except MalformedAnswerError:
        return  # refused for another reason than the client


def _require_reachable(hook: Hook, *, own: bool) -> None:
    """See to it that a service in the Internet can post to a hook, as far as its address tells.

    Raises:
        PermissionMissingError: it cannot.
    """
    url = httpx.URL(hook.url)
    if own or (url.scheme == "https" and _is_public(url.host)):
        return
    raise PermissionMissingError(
        "Cronofy cannot reach this Admin Center: its address is none of the Internet",
        diagnosis=diagnosis("callback_unreachable", uri=f"{url.scheme}://{url.host}"),
    )


def _is_public(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_global
    except ValueError:
        return "." in host and not host.lower().rstrip(".").endswith(_INNER_NAMES)
