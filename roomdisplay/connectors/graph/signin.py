"""Signing in: Microsoft's token library, sending through our own door."""

from __future__ import annotations

import asyncio
import base64
import binascii
import functools
import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import httpx
import msal  # type: ignore[import-untyped]  # it has no types
import msgspec

from roomdisplay.connectors.base import (
    ConnectorError,
    MalformedAnswerError,
    ThrottledError,
    UnavailableError,
)
from roomdisplay.connectors.graph.refusals import Reply, aadsts, sign_in_refused
from roomdisplay.connectors.graph.settings import Account, is_guid
from roomdisplay.connectors.http import HttpDoor, Limits

_LIMITS = Limits(size=2**20, time=timedelta(seconds=30))
_PATIENCE = 45.0
"""Seconds after which a thread stops waiting, should the loop never answer."""
_MARGIN = 300.0
"""Seconds before its end at which a token is not used any more."""
_SHORTEST = 10.0
_PAUSE = timedelta(seconds=30)

# It logs whole answers at its lower levels; what matters comes back as an error of ours.
logging.getLogger("msal").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class Token:
    """Lets its bearer in."""

    value: str = field(repr=False)
    good_until: float
    """On the loop's clock."""

    @property
    def roles(self) -> frozenset[str] | None:
        """The permissions that the directory granted, as the token claims; None: unreadable.

        A hint for explanations only: it is the service that judges the token.
        """
        parts = self.value.split(".")
        try:
            claims = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
            return frozenset(msgspec.json.decode(claims, type=_Claims).roles)
        except (IndexError, binascii.Error, ValueError):
            return None


class _Claims(msgspec.Struct):
    roles: list[str] = []


class Tokens:
    """Keeps one token, in memory only, and asks for the next in time.

    The library works with threads; each request that it makes is sent by the loop, through the
    same kind of door as any other, and to the host of the sign-in alone.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._door = HttpDoor(limits=_LIMITS, authority=account.authority)
        self._turn = asyncio.Lock()
        # Its own: the loop's threads resolve the names that the waiting library waits for.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="msal")
        self._adapter: _DoorForMsal | None = None
        self._app: msal.ConfidentialClientApplication | None = None
        self._token: Token | None = None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._door.aclose()
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def get(self, stale: Token | None = None) -> Token:
        """A token that is good now.

        Args:
            stale: the one that Graph has just refused: another is asked for.

        Raises:
            CredentialsRejectedError: there is none to be had; the diagnosis says why.
            ConnectorError: not now.
        """
        async with self._turn:
            loop = asyncio.get_running_loop()
            token = self._token
            if token is None or token is stale or token.good_until <= loop.time():
                sent_at = loop.time()
                if self._adapter is None:
                    self._adapter = _DoorForMsal(self._door, self._account.cloud.login, loop)
                afresh = stale is not None
                asking = functools.partial(self._ask, self._adapter, afresh=afresh)
                result = await loop.run_in_executor(self._thread, asking)
                token = self._token = _token(result, sent_at)
            return token

    def _ask(self, adapter: _DoorForMsal, *, afresh: bool) -> Mapping[str, Any]:
        """Runs in a thread."""
        adapter.last = None
        try:
            if self._app is None or afresh:
                # Anew, so that neither a token nor a signed proof of before is sent again.
                self._app = self._make(adapter)
            result = self._app.acquire_token_for_client(scopes=[self._account.cloud.scope])
        except ConnectorError:
            raise
        except Exception:  # noqa: BLE001 - it raises what it likes; what was answered tells more
            raise self._explained(adapter) from None
        if not isinstance(result, dict):
            raise self._explained(adapter)
        if "access_token" not in result:
            raise adapter.throttled() or self._refused(result)
        return result

    def _make(self, adapter: _DoorForMsal) -> msal.ConfidentialClientApplication:
        account = self._account
        credential: str | dict[str, str] = account.secret
        if account.certificate is not None:
            credential = {
                "private_key": account.certificate.key,
                "public_certificate": account.certificate.certificate,
            }
        login = account.cloud.login.netloc.decode("ascii")
        return msal.ConfidentialClientApplication(
            account.client_id,
            client_credential=credential,
            authority=f"https://{login}/{account.tenant}",
            instance_discovery=False,  # the hosts are ours to choose; nobody else is asked
            azure_region=False,  # nor is the environment, nor a metadata service
            http_client=adapter,
        )

    def _explained(self, adapter: _DoorForMsal) -> ConnectorError:
        """What the last answer means, where the library gave up."""
        throttled = adapter.throttled()
        if throttled is not None:
            return throttled
        host = self._account.cloud.login.host
        last = adapter.last
        if last is None or last.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return UnavailableError(f"{host} has a fault of its own")
        try:
            said = msgspec.json.decode(last.body, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError):
            return MalformedAnswerError(f"{host} does not answer as a sign-in service should")
        if "error" in said or aadsts(said):
            return self._refused(said)
        return MalformedAnswerError(f"{host} does not answer as a sign-in service should")

    def _refused(self, said: Mapping[str, Any]) -> ConnectorError:
        account = self._account
        params = {"tenant": account.tenant, "client_id": account.client_id}
        if account.certificate is not None:
            params["thumbprint"] = account.certificate.thumbprint
        return sign_in_refused(
            said,
            host=account.cloud.login.host,
            params=params,
            secret_is_id=is_guid(account.secret),
        )


def _token(result: Mapping[str, Any], sent_at: float) -> Token:
    value, lasts = result.get("access_token"), result.get("expires_in")
    if not isinstance(value, str) or not value.isascii() or not value.isprintable():
        raise MalformedAnswerError("what should be a token is none")
    seconds = float(lasts) if isinstance(lasts, int | float) else _MARGIN
    usable = max(seconds - _MARGIN, min(seconds / 2, _MARGIN), _SHORTEST)
    return Token(value, sent_at + usable)


class _Response:
    """An answer in the shape that the library reads."""

    def __init__(self, status: int, text: str, headers: Mapping[str, str]) -> None:
        self.status_code = status
        self.text = text
        self.headers = dict(headers)

    def raise_for_status(self) -> None:
        """As `requests` has it."""
        if self.status_code >= HTTPStatus.BAD_REQUEST:
            raise OSError(f"status {self.status_code}")


class _DoorForMsal:
    """The library's HTTP client: called in a thread, sends in the loop, to one origin alone."""

    def __init__(self, door: HttpDoor, origin: httpx.URL, loop: asyncio.AbstractEventLoop) -> None:
        self._door = door
        self._origin = origin
        self._loop = loop
        self.last: Reply | None = None

    def get(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        **more: Any,  # noqa: ANN401 - the library's interface
    ) -> _Response:
        """Send a GET."""
        return self._send("GET", url, params, more.get("headers"), None)

    def post(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | str | None = None,
        **more: Any,  # noqa: ANN401 - the library's interface
    ) -> _Response:
        """Send a form."""
        form = urlencode(data) if isinstance(data, Mapping) else data or ""
        headers = {
            **(more.get("headers") or {}),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        return self._send("POST", url, params, headers, form.encode())

    def close(self) -> None:
        """The door is closed by whoever opened it."""

    def throttled(self) -> ThrottledError | None:
        """The pause that the last answer asked for."""
        last = self.last
        if last is None or last.status != HTTPStatus.TOO_MANY_REQUESTS:
            return None
        return ThrottledError(f"{self._origin.host} asks for a pause", last.pause or _PAUSE)

    def _send(
        self,
        method: str,
        url: str,
        params: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
        content: bytes | None,
    ) -> _Response:
        target = httpx.URL(url)
        if params:
            target = target.copy_merge_params(dict(params))
        # The library knows https alone; http is for this machine, see `settings`.
        target = target.copy_with(scheme=self._origin.scheme)
        if target.host != self._origin.host or target.port != self._origin.port:
            raise MalformedAnswerError(f"{self._origin.host} names another host for signing in")
        sending = self._door.send(
            method, target, headers=headers, content=content, same_origin=True
        )
        future = asyncio.run_coroutine_threadsafe(sending, self._loop)
        try:
            answer = future.result(_PATIENCE)
        except FutureTimeoutError:
            future.cancel()
            raise UnavailableError(f"{self._origin.host} did not answer in time") from None
        self.last = Reply(answer.status, answer.headers, answer.body)
        text = answer.body.decode("utf-8", "replace")
        if self._origin.scheme == "http":
            netloc = self._origin.netloc.decode("ascii")
            text = text.replace(f"http://{netloc}/", f"https://{netloc}/")
        return _Response(answer.status, text, answer.headers)
