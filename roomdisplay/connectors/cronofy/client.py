"""Requests to Cronofy's API: paced, bounded, and their refusals turned into what to do next."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import NoReturn

import httpx
import msgspec

from roomdisplay.connectors.base import (
    CalendarGoneError,
    ConnectorError,
    CredentialsRejectedError,
    MalformedAnswerError,
    PermissionMissingError,
    ThrottledError,
    UnavailableError,
)
from roomdisplay.connectors.cronofy.messages import OAuthError, TokenAnswer, read
from roomdisplay.connectors.cronofy.pace import pace_of, urgently
from roomdisplay.connectors.cronofy.reasons import diagnosis
from roomdisplay.connectors.cronofy.settings import Application
from roomdisplay.connectors.http import Answer, Limits, require_success

_KEY = re.compile(r"[A-Za-z0-9_.]{1,60}")
_MOST_KEYS = 5
_CLIENT_REFUSED = frozenset({"invalid_client", "unauthorized_client"})
Params = tuple[tuple[str, str], ...]


class GrantGoneError(Exception):
    """A code or a token is good for nothing any more; never leaves this package."""


class CronofyClient:
    """Sends requests of one application; knows neither rooms nor meetings."""

    def __init__(self, application: Application, limits: Limits | None = None) -> None:
        self.application = application
        self.pace = pace_of(str(application.api), application.client_id)
        self._door = application.door(limits)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._door.aclose()

    async def send(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        params: Params = (),
        json: object = None,
    ) -> Answer:
        """Send a request when its turn has come; any status but 429 is the caller's business.

        Raises:
            ThrottledError: there are too many, here or by the service's count.
            ConnectorError: there was no answer.
        """
        url = self.application.api.copy_with(path=path)
        return await self.send_to(
            method, url.copy_merge_params(params) if params else url, token=token, json=json
        )

    async def send_to(
        self, method: str, url: httpx.URL, *, token: str | None = None, json: object = None
    ) -> Answer:
        """The same to a whole address, which must be the API's own."""
        await self.pace.wait()
        headers = {"Accept": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        content = None
        if json is not None:
            headers["Content-Type"] = "application/json; charset=utf-8"
            content = msgspec.json.encode(json)
        try:
            answer = await self._door.send(
                method, url, headers=headers, content=content, same_origin=True
            )
        except UnavailableError as error:
            place = url.host
            raise UnavailableError(
                error.detail, diagnosis=diagnosis("unreachable", host=place)
            ) from error
        if answer.status == httpx.codes.TOO_MANY_REQUESTS:
            pause = self.pace.refused(_asked_pause(answer))
            raise ThrottledError(
                "Cronofy asks for a pause", pause, diagnosis=diagnosis("throttled")
            )
        self.pace.served()
        return answer

    async def token(self, **grant: str) -> TokenAnswer:
        """Ask for tokens (RFC 6749, sections 4.1.3 and 6).

        Raises:
            GrantGoneError: the code or the refresh token is good for nothing.
            CredentialsRejectedError: the client's id or secret is wrong.
            ConnectorError: it did not work now.
        """
        application = self.application
        fields = {
            "client_id": application.client_id,
            "client_secret": application.client_secret,
            **grant,
        }
        with urgently():
            answer = await self.send("POST", "/oauth/token", json=fields)
        if answer.status in {400, 401, 403}:
            error = _oauth_error(answer)
            if error == "invalid_grant":
                raise GrantGoneError
            if error in _CLIENT_REFUSED or answer.status == httpx.codes.UNAUTHORIZED:
                raise CredentialsRejectedError(
                    "Cronofy does not know this client ID, or the client secret is wrong",
                    diagnosis=diagnosis("client_rejected"),
                )
        require(answer, "tokens")
        return read(answer, TokenAnswer, "tokens")


def require(answer: Answer, what: str, *, scope: str = "") -> None:
    """Turn a refusal into the error that says what to do next.

    Args:
        answer: with any status but 401 of a token, and 429.
        what: that was asked for, as the subject of a sentence.
        scope: what the request needs.

    Raises:
        ConnectorError: the status is not 2xx.
    """
    if httpx.codes.is_success(answer.status):
        return
    match answer.status:
        case 402:
            raise PermissionMissingError(
                "the plan of the Cronofy application does not hold Enterprise Connect",
                diagnosis=diagnosis("plan"),
            )
        case 403:
            raise PermissionMissingError(
                f"Cronofy does not allow to read or change {what}",
                diagnosis=diagnosis("scope_missing", scope=scope or what),
            )
        case 404 | 410:
            raise CalendarGoneError(
                f"{what} is no longer at Cronofy", diagnosis=diagnosis("calendar_gone")
            )
        case 422:
            raise MalformedAnswerError(
                f"Cronofy does not understand the request for {what}{_keys(answer)}",
                diagnosis=diagnosis("malformed", what=what),
            )
        case 423:
            raise UnavailableError(
                f"Cronofy has locked {what} for now", diagnosis=diagnosis("room_locked")
            )
    _as_usual(answer, what)


def _as_usual(answer: Answer, what: str) -> NoReturn:
    try:
        require_success(answer, what)
    except UnavailableError as error:
        raise UnavailableError(
            error.detail, diagnosis=diagnosis("unreachable", host=answer.url.host)
        ) from None
    except MalformedAnswerError as error:
        raise MalformedAnswerError(
            error.detail, diagnosis=diagnosis("malformed", what=what)
        ) from None
    raise AssertionError("a success is no refusal")


def _asked_pause(answer: Answer) -> timedelta | None:
    if "retry-after" not in answer.headers:
        return None
    try:
        require_success(answer, "this")
    except ThrottledError as error:
        return error.retry_after
    except ConnectorError:
        return None
    return None


def _oauth_error(answer: Answer) -> str:
    try:
        return msgspec.json.decode(answer.body, type=OAuthError).error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""


def _keys(answer: Answer) -> str:
    """The fields that a 422 names, and nothing else of it: it may quote what was sent."""
    try:
        errors = msgspec.json.decode(answer.body, type=dict[str, dict[str, object]])["errors"]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, KeyError):
        return ""
    names = [name for name in errors if _KEY.fullmatch(name)][:_MOST_KEYS]
    return f" ({', '.join(names)})" if names else ""
