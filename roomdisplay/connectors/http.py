"""One request to a calendar service, bounded in time, size and redirects; errors mapped."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncGenerator, Generator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime

import httpx

import roomdisplay
from roomdisplay.connectors.base import (
    CalendarGoneError,
    ConnectorError,
    CredentialsRejectedError,
    MalformedAnswerError,
    PermissionMissingError,
    ThrottledError,
    UnavailableError,
)
from roomdisplay.connectors.guard import ForbiddenAddressError, GuardedTransport

MOST_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_LONGEST_PAUSE = timedelta(hours=1)

# Both log whole addresses, and the address of a private feed is its password.
for _logger in ("httpx", "httpcore"):
    logging.getLogger(_logger).setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What an answer may cost."""

    size: int = 64 * 2**20
    """Bytes, after decompression."""
    time: timedelta = timedelta(seconds=60)
    """From the first connection to the last byte, redirects included."""
    silence: timedelta = timedelta(seconds=15)
    """Between two pieces of the answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer."""

    status: int
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes = field(repr=False)
    url: httpx.URL
    charset: str | None


class OriginAuth(httpx.Auth):
    """Basic or Digest, whichever the server asks for, and for one origin only."""

    def __init__(self, origin: httpx.URL, username: str, password: str) -> None:
        self._origin = _origin(origin)
        self._username = username
        self._password = password
        self._known: httpx.Auth | None = None

    def sync_auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        """The same as the asynchronous flow; nothing of ours sends synchronously."""
        yield request

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Answer the challenge of the first request, then send along what was accepted."""
        if _origin(request.url) != self._origin:
            yield request
            return
        if self._known is None:
            response = yield request
            if response.status_code != httpx.codes.UNAUTHORIZED:
                return
            challenges = ",".join(response.headers.get_list("www-authenticate")).lower()
            self._known = (
                httpx.DigestAuth(self._username, self._password)
                if "digest " in challenges
                else httpx.BasicAuth(self._username.encode(), self._password.encode())
            )
        flow = self._known.auth_flow(request)
        prepared = next(flow)
        while True:
            response = yield prepared
            try:
                prepared = flow.send(response)
            except StopIteration:
                return


class HttpDoor:
    """Sends requests for one connection to a calendar service."""

    def __init__(
        self,
        *,
        auth: OriginAuth | None = None,
        limits: Limits | None = None,
        allow_http: bool = False,
        authority: str | None = None,
    ) -> None:
        """Open a door.

        Args:
            auth: credentials for their own origin.
            limits: of each answer.
            allow_http: a redirect may lead from https to http.
            authority: certificates in PEM that are trusted beside the system's.

        Raises:
            ValueError: there is no certificate in `authority`.
        """
        self._limits = limits or Limits()
        self._allow_http = allow_http
        self._client = httpx.AsyncClient(
            transport=GuardedTransport(authority),
            auth=auth,
            timeout=httpx.Timeout(self._limits.silence.total_seconds()),
            headers={
                "User-Agent": f"RoomDisplay/{roomdisplay.__version__}",
                "Accept-Encoding": "gzip, deflate",
            },
            follow_redirects=False,
            trust_env=False,  # proxies are the transport's business, .netrc is nobody's
        )

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def send(
        self,
        method: str,
        url: httpx.URL,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        same_origin: bool = False,
    ) -> Answer:
        """Send a request and read the answer, whatever its status; redirects are followed.

        Args:
            method: such as GET or REPORT; kept over redirects.
            url: http or https.
            headers: beside our own.
            content: the body.
            same_origin: a redirect must not leave the origin.

        Raises:
            UnavailableError: no answer, or not in time.
            MalformedAnswerError: too large, or redirected where we do not go.
        """
        try:
            async with asyncio.timeout(self._limits.time.total_seconds()):
                for _ in range(MOST_REDIRECTS + 1):
                    request = self._client.build_request(
                        method, url, headers=headers, content=content
                    )
                    answer = await self._once(request)
                    if answer.status not in _REDIRECTS or "location" not in answer.headers:
                        return answer
                    url = self._redirected(answer, same_origin=same_origin)
        except TimeoutError:
            raise UnavailableError(f"{_place(url)} did not answer in time") from None
        except httpx.HTTPError as error:
            raise _mapped(error, url) from error
        raise MalformedAnswerError(f"{_place(url)} redirects again and again")

    async def _once(self, request: httpx.Request) -> Answer:
        response = await self._client.send(request, stream=True)
        try:
            pieces: list[bytes] = []
            size = 0
            async for piece in response.aiter_bytes():
                size += len(piece)
                if size > self._limits.size:
                    raise MalformedAnswerError(
                        f"the answer is larger than {self._limits.size // 2**20} MiB"
                    )
                pieces.append(piece)
        finally:
            await response.aclose()
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(
            response.status_code, headers, b"".join(pieces), request.url, response.charset_encoding
        )

    def _redirected(self, answer: Answer, *, same_origin: bool) -> httpx.URL:
        try:
            url = answer.url.join(answer.headers["location"])
        except (httpx.InvalidURL, ValueError):
            raise MalformedAnswerError("redirected to something that is no address") from None
        if url.scheme not in {"http", "https"} or not url.host:
            raise MalformedAnswerError(f"redirected to a {url.scheme or 'nameless'}: address")
        if answer.url.scheme == "https" and url.scheme == "http" and not self._allow_http:
            raise MalformedAnswerError(f"redirected from https to http, to {_place(url)}")
        if same_origin and _origin(url) != _origin(answer.url):
            raise MalformedAnswerError(f"redirected to another server, {_place(url)}")
        return url.copy_with(username=None, password=None) if url.userinfo else url


def parse_url(text: str) -> httpx.URL:
    """Read an address that somebody typed.

    Raises:
        ValueError: it is none, or not of the web.
    """
    try:
        url = httpx.URL(text.strip())
    except (httpx.InvalidURL, TypeError):
        raise ValueError("this is not an address of the web") from None
    if url.scheme not in {"http", "https", "webcal", "webcals"} or not url.host:
        raise ValueError("an address begins with https://, http:// or webcal://")
    return url


def require_success(answer: Answer, what: str) -> None:
    """Turn a refusal into the error that says what to do next.

    Args:
        answer: with any status.
        what: that was asked for, as the subject of a sentence: "the feed".

    Raises:
        ConnectorError: the status is not 2xx.
    """
    status = answer.status
    if httpx.codes.is_success(status):
        return
    place = _place(answer.url)
    if status in {401, 407}:
        raise CredentialsRejectedError(f"{place} rejects the user name or the password")
    if status in {402, 403}:
        raise PermissionMissingError(f"{place} does not allow to read {what}")
    if status in {404, 410}:
        raise CalendarGoneError(f"{what} is no longer at {place}")
    if status == httpx.codes.TOO_MANY_REQUESTS or (
        status == httpx.codes.SERVICE_UNAVAILABLE and "retry-after" in answer.headers
    ):
        raise ThrottledError(f"{place} asks for a pause", _retry_after(answer))
    if httpx.codes.is_server_error(status) or status in {408, 421, 423, 425}:
        raise UnavailableError(f"{place} has a fault of its own (status {status})")
    raise MalformedAnswerError(f"{place} answered with status {status}")


def _retry_after(answer: Answer) -> timedelta:
    value = answer.headers.get("retry-after", "").strip()
    pause = timedelta(minutes=1)
    if value.isdecimal() and len(value) < 8:  # noqa: PLR2004 - longer is absurd
        pause = timedelta(seconds=int(value))
    else:
        try:
            at = parsedate_to_datetime(value)
            sent = parsedate_to_datetime(answer.headers["date"])
            pause = at.replace(tzinfo=at.tzinfo or UTC) - sent.replace(tzinfo=sent.tzinfo or UTC)
        except (ValueError, KeyError):
            pass
    return min(max(pause, timedelta(seconds=1)), _LONGEST_PAUSE)


def _broke_off(error: httpx.RemoteProtocolError) -> bool:
    """Whether nothing of the answer came; told by the words of h11 and httpcore."""
    words = str(error)
    return words.startswith("Server disconnected") or "(received 0 bytes" in words


def _mapped(error: httpx.HTTPError, url: httpx.URL) -> ConnectorError:
    place = _place(url)
    if isinstance(error, ForbiddenAddressError):
        return PermissionMissingError(str(error))
    if isinstance(error, httpx.RemoteProtocolError) and _broke_off(error):
        return UnavailableError(f"{place} broke the connection off")
    if isinstance(error, httpx.DecodingError | httpx.RemoteProtocolError):
        return MalformedAnswerError(f"{place} does not answer as a web server should")
    if isinstance(error, httpx.TimeoutException):
        return UnavailableError(f"{place} did not answer in time")
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return UnavailableError(
                f"the certificate of {place} is not trusted: {cause.verify_message}"
            )
        cause = cause.__cause__ or cause.__context__
    return UnavailableError(f"{place} cannot be reached")


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _place(url: httpx.URL) -> str:
    """Host and port: the path of a feed is often its only secret."""
    return f"{url.host}:{url.port}" if url.port else url.host
