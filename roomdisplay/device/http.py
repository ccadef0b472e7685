"""The one door through which a display talks to its Admin Center.

Everything that comes back is weighed before anybody reads it: an answer is the Admin Center's only
if it carries a `DPoP-Nonce`, which ours put on every answer and nobody else on the way does. So a
captive portal that says 200 to everything, a proxy's page or a redirect is never taken for an
acknowledgement or a rejection.
"""

from __future__ import annotations

import asyncio
import http.cookiejar
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Self

import httpx
import msgspec

from roomdisplay import __version__
from roomdisplay.device.clock import boottime
from roomdisplay.device.http_answer import (
    Answer,
    AnswerStream,
    foreign,
    registered_problem,
    wants_nonce,
    weighed,
)
from roomdisplay.device.http_errors import ServerTrouble, TokenRejected, trouble_of
from roomdisplay.device.key import DeviceKey
from roomdisplay.device.server_address import ServerAddress
from roomdisplay.device.tls import PinMismatchError, pinned_context, system_context
from roomdisplay.model.trouble import TroubleKind
from roomdisplay.model.wire import BODY_LIMIT, Message

__all__ = ["Answer", "AnswerStream", "DeviceHttp", "ServerTrouble", "TokenRejected"]

REQUEST_SECONDS = 30.0
"""From the first byte sent to the last received, however slowly they drip."""
STREAM_SILENCE = 60.0
"""Seconds without a byte after which a stream is dead: the server beats every 25 s."""
_TIMEOUT = httpx.Timeout(10.0, read=20.0)
_NONCE = "DPoP-Nonce"
_NONCE_LIMIT = 256
"""Characters; ours have fewer than a hundred."""


@dataclass(frozen=True, slots=True)
class _Wish:
    """One request, before it is proven: a repeat needs a proof of its own."""

    method: str
    path: str
    headers: Mapping[str, str]
    token: str | None
    content: bytes | None = None


class DeviceHttp:
    """Requests of one display to one Admin Center, each proven by the display's key."""

    def __init__(
        self,
        server: ServerAddress,
        key: DeviceKey,
        *,
        boottime_clock: Callable[[], float] = boottime,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.server = server
        self._key = key
        self._boottime = boottime_clock
        self._transport = transport
        self._client: httpx.AsyncClient | None = None
        self._renewed = False
        """Whether the server's certificate is no longer the pinned one that was found."""
        self._opening = asyncio.Lock()
        self._nonce: str | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every connection."""
        if self._client is not None:
            client, self._client = self._client, None
            await client.aclose()

    async def request(
        self,
        method: str,
        path: str,
        *,
        json: Message | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        token: str | None = None,
        limit: int = BODY_LIMIT,
    ) -> Answer:
        """Ask once (twice, if the server first wants its nonce in the proof).

        A 4xx of ours is returned, with `problem` set if it is a problem document.

        Args:
            method: the HTTP method.
            path: from the first slash on, without a query.
            json: the body, as a message.
            form: the body, as form fields (under `/oauth`).
            headers: further ones, such as `If-None-Match`.
            token: the access token, if the request needs it.
            limit: bytes of the body that are accepted.

        Raises:
            ServerTrouble: no answer, or none of the Admin Center's, or one that says "later".
            TokenRejected: the Admin Center does not know the token; see `pairing.Rejections`.
        """
        content, kind = _encoded(json, form)
        extra = {**(headers or {}), **({"Content-Type": kind} if kind else {})}
        wish = _Wish(method, path, extra, token, content)
        answer = await self._attempt(wish, limit)
        if wants_nonce(answer):
            answer = await self._attempt(wish, limit)
        return weighed(answer)

    @asynccontextmanager
    async def stream(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        token: str | None = None,
        silence: float = STREAM_SILENCE,
    ) -> AsyncIterator[AnswerStream]:
        """Open an answer that goes on and on; it ends when the context is left.

        Args:
            method: the HTTP method.
            path: from the first slash on.
            headers: further ones.
            token: the access token.
            silence: seconds without a byte after which `chunks` raises.

        Raises:
            ServerTrouble: as for `request`.
            TokenRejected: as for `request`.
        """
        client = await self._opened()
        timeout = httpx.Timeout(10.0, read=silence)
        for last in (False, True):
            sent_at = self._boottime()
            request = self._built(client, _Wish(method, path, headers or {}, token), timeout)
            response = await self._sent(client, request)
            try:
                if response.status_code == httpx.codes.OK:
                    yield AnswerStream(
                        status=response.status_code,
                        headers=response.headers,
                        sent_at_boottime=sent_at,
                        chunks=_chunks(response),
                    )
                    return
                answer = await self._read(response, sent_at, BODY_LIMIT)
            finally:
                await response.aclose()
            if last or not wants_nonce(answer):
                weighed(answer)
                raise ServerTrouble(TroubleKind.SERVER_FAILING, f"stream: HTTP {answer.status}")

    async def _attempt(self, wish: _Wish, limit: int) -> Answer:
        client = await self._opened()
        request = self._built(client, wish, _TIMEOUT)
        sent_at = self._boottime()
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                response = await self._sent(client, request)
                try:
                    return await self._read(response, sent_at, limit)
                finally:
                    await response.aclose()
        except TimeoutError:
            raise ServerTrouble(
                TroubleKind.SERVER_UNREACHABLE, "the answer took too long"
            ) from None

    def _built(
        self, client: httpx.AsyncClient, wish: _Wish, timeout: httpx.Timeout
    ) -> httpx.Request:
        url = self.server.url(wish.path)
        proof = self._key.proof(wish.method, url, nonce=self._nonce, token=wish.token)
        headers = {**wish.headers, "DPoP": proof}
        if wish.token is not None:
            headers["Authorization"] = f"DPoP {wish.token}"
        return client.build_request(
            wish.method, url, content=wish.content, headers=headers, timeout=timeout
        )

    async def _sent(self, client: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
        """Send, and refuse at once what is not the Admin Center's answer."""
        try:
            response = await client.send(request, stream=True)
        except (httpx.HTTPError, ssl.SSLError, OSError) as error:
            trouble = trouble_of(error)
            if trouble.kind is TroubleKind.CERTIFICATE_NOT_TRUSTED:
                self._renewed = self.server.pin is not None
            raise trouble from error
        nonce = response.headers.get(_NONCE)
        if nonce is None:
            await response.aclose()
            raise foreign(response)
        if len(nonce) <= _NONCE_LIMIT and nonce.isascii():
            self._nonce = nonce
        return response

    async def _read(self, response: httpx.Response, sent_at: float, limit: int) -> Answer:
        body = bytearray()
        try:
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > limit:
                    raise ServerTrouble(TroubleKind.FOREIGN_ANSWER, "the answer is too long")
        except (httpx.HTTPError, ssl.SSLError, OSError) as error:
            raise trouble_of(error) from error
        return Answer(
            status=response.status_code,
            headers=response.headers,
            body=bytes(body),
            sent_at_boottime=sent_at,
            received_at_boottime=self._boottime(),
            problem=registered_problem(response.headers, bytes(body)),
        )

    async def _opened(self) -> httpx.AsyncClient:
        async with self._opening:
            if self._renewed:  # another certificate of the pinned key may have taken its place
                self._renewed = False
                await self.aclose()
            if self._client is None:
                self._client = httpx.AsyncClient(
                    verify=await self._trust(),
                    timeout=_TIMEOUT,
                    follow_redirects=False,
                    # A company's proxy must not be asked for this very machine.
                    trust_env=not self.server.loopback,
                    transport=self._transport,
                    # No compression: what is counted is what was sent.
                    headers={
                        "User-Agent": f"roomdisplay/{__version__}",
                        "Accept-Encoding": "identity",
                    },
                )
                nobody = http.cookiejar.DefaultCookiePolicy(allowed_domains=[])
                self._client.cookies.jar.set_policy(nobody)
            return self._client

    async def _trust(self) -> ssl.SSLContext:
        if self.server.origin.startswith("http:"):
            return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # never used, and trusts nobody
        if self.server.pin is None:
            return await asyncio.to_thread(system_context)
        try:
            return await pinned_context(self.server.origin, self.server.pin)
        except PinMismatchError:
            detail = "no certificate of the pinned key"
            raise ServerTrouble(TroubleKind.CERTIFICATE_NOT_TRUSTED, detail) from None
        except (httpx.HTTPError, ssl.SSLError, OSError) as error:
            raise trouble_of(error) from error


async def _chunks(response: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for chunk in response.aiter_raw():
            yield chunk
    except (httpx.HTTPError, ssl.SSLError, OSError) as error:
        raise trouble_of(error) from error


def _encoded(
    json: Message | None, form: Mapping[str, str] | None
) -> tuple[bytes | None, str | None]:
    if json is not None:
        content, kind = msgspec.json.encode(json), "application/json"
    elif form is not None:
        content = str(httpx.QueryParams(dict(form))).encode("ascii")
        kind = "application/x-www-form-urlencoded"
    else:
        return None, None
    if len(content) > BODY_LIMIT:
        raise ValueError("the request's body is too large")
    return content, kind
