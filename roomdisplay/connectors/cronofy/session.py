"""Requests in the name of the service account or of a room, with tokens that renew themselves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import httpx

from roomdisplay.connectors.base import (
    AuthorizationNeededError,
    ConnectorError,
    CredentialsRejectedError,
    MalformedAnswerError,
    TokenStore,
)
from roomdisplay.connectors.cronofy.client import CronofyClient, GrantGoneError, Params, require
from roomdisplay.connectors.cronofy.messages import UserInfo, read
from roomdisplay.connectors.cronofy.reasons import diagnosis
from roomdisplay.connectors.cronofy.tokens import SERVICE, TokenKeeper, Tokens
from roomdisplay.connectors.http import Answer

ANSWER_WITHIN = timedelta(minutes=15)
"""How long Cronofy may take to answer a room's authorisation before something is wrong."""
_GOOD_STATUS = frozenset({"", "active"})


class Session:
    """Acts for one connection."""

    def __init__(
        self, client: CronofyClient, store: TokenStore, clock: Callable[[], datetime]
    ) -> None:
        self.client = client
        self.tokens = TokenKeeper(client, store, clock)
        self._clock = clock

    async def as_service(
        self, method: str, path: str, *, params: Params = (), json: object = None
    ) -> Answer:
        """Send a request with the service account's token; the answer with any status.

        Raises:
            CredentialsRejectedError: the service account is to be connected, or connected again.
            ConnectorError: there was no answer.
        """
        url = _with(self.client.application.api, path, params)
        try:
            return await self._as(SERVICE, method, url, json)
        except GrantGoneError:
            known = await self.tokens.kept(SERVICE)
            if known is None or not known.refresh:
                raise CredentialsRejectedError(
                    "no service account is linked with Cronofy yet",
                    diagnosis=diagnosis("not_connected"),
                ) from None
            raise CredentialsRejectedError(
                "Cronofy does not accept the service account's authorisation any more: "
                "connect it again",
                diagnosis=diagnosis("reconnect"),
            ) from None

    async def as_room(
        self, address: str, method: str, path: str, *, params: Params = (), json: object = None
    ) -> Answer:
        """Send a request with a room's token; the answer with any status.

        Raises:
            AuthorizationNeededError: the room is to be authorised, or authorised anew.
            CredentialsRejectedError: the service account's authorisation is gone as well.
            ConnectorError: there was no answer.
        """
        return await self.as_room_to(
            address, method, _with(self.client.application.api, path, params), json=json
        )

    async def as_room_to(
        self, address: str, method: str, url: httpx.URL, *, json: object = None
    ) -> Answer:
        """The same to a whole address, which must be the API's own."""
        try:
            return await self._as(subject_of(address), method, url, json)
        except GrantGoneError:
            raise await self._lost(address) from None

    async def _as(self, subject: str, method: str, url: httpx.URL, json: object) -> Answer:
        refused = ""
        for _ in range(2):
            token = await self.tokens.access(subject, refused)
            answer = await self.client.send_to(method, url, token=token, json=json)
            if answer.status != httpx.codes.UNAUTHORIZED:
                return answer
            refused = token
        raise GrantGoneError

    async def _lost(self, address: str) -> ConnectorError:
        """Why a room cannot be read: it alone, or everything that the service account opened."""
        known = await self.tokens.kept(subject_of(address))
        if known is None or not known.refresh:
            return not_authorized(known, self._clock())
        try:
            await self.service_info()
        except CredentialsRejectedError as error:
            return error
        except ConnectorError:
            pass  # nothing is known of the service account; the room's tokens are gone in any case
        return AuthorizationNeededError(
            "the room's authorisation is good for nothing any more; it is asked for anew",
            diagnosis=diagnosis("room_revoked"),
        )

    async def service_info(self) -> UserInfo:
        """What Cronofy tells of the service account.

        Raises:
            CredentialsRejectedError: it is not connected, not active, or none.
            ConnectorError: it could not be had.
        """
        answer = await self.as_service("GET", "/v1/userinfo")
        require(answer, "the service account")
        info = read(answer, UserInfo, "the service account")
        require_service_account(info, self.client.application.back_end)
        return info


def require_service_account(info: UserInfo, back_end: str) -> None:
    """See to it that a token belongs to a service account that works.

    Raises:
        CredentialsRejectedError: it does not.
    """
    if info.kind != "service_account":
        raise CredentialsRejectedError(
            "a single mailbox was linked with Cronofy in place of a service account",
            diagnosis=diagnosis("not_a_service_account"),
        )
    status = info.data.authorization.status.lower()
    if status not in _GOOD_STATUS:
        account = info.data.service_account
        gone = back_end == "office365" and account is not None and account.provider_name != back_end
        raise CredentialsRejectedError(
            "Cronofy has lost the service account: connect it again",
            diagnosis=diagnosis(
                "impersonation_gone" if gone else "service_inactive", status=status[:40]
            ),
        )


def not_authorized(known: Tokens | None, now: datetime) -> AuthorizationNeededError:
    """The error of a room without tokens: never asked, asked in vain, just now, or long ago."""
    if known is None or known.asked_at is None:
        return AuthorizationNeededError(
            "the room is not authorised at Cronofy yet", diagnosis=diagnosis("room_not_authorized")
        )
    if known.refused:
        return AuthorizationNeededError(
            "Cronofy does not take the room's address",
            diagnosis=diagnosis("room_refused", error="422", words=""),
        )
    if now - known.asked_at < ANSWER_WITHIN:
        return AuthorizationNeededError(
            "Cronofy was asked to authorise the room; its answer is awaited",
            diagnosis=diagnosis("room_pending"),
        )
    return AuthorizationNeededError(
        "Cronofy was asked to authorise the room, but its answer did not arrive",
        diagnosis=diagnosis(
            "callback_unheard", minutes=str((now - known.asked_at) // timedelta(minutes=1))
        ),
    )


def subject_of(address: str) -> str:
    """Under what a room's tokens are kept.

    Raises:
        AuthorizationNeededError: this is no mailbox's address.
    """
    subject = address.strip().lower()
    if "@" not in subject or subject == SERVICE:
        raise AuthorizationNeededError(
            "a room is named by the e-mail address of its mailbox",
            diagnosis=diagnosis("room_not_authorized"),
        )
    return subject


def _with(api: httpx.URL, path: str, params: Params) -> httpx.URL:
    url = api.copy_with(path=path)
    return url.copy_merge_params(params) if params else url


def own_page(api: httpx.URL, text: str) -> httpx.URL:
    """The address of a further page, which must lie on the API's own host.

    Raises:
        MalformedAnswerError: it leads elsewhere.
    """
    try:
        url = api.join(text)
    except (httpx.InvalidURL, ValueError):
        url = None
    if url is None or (url.scheme, url.host, url.port) != (api.scheme, api.host, api.port):
        raise MalformedAnswerError(
            "Cronofy's next page lies on another server",
            diagnosis=diagnosis("malformed", what="the next page"),
        )
    return url.copy_with(username=None, password=None, fragment=None)
