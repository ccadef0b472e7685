"""Answers of the Admin Center, and how those of others are told apart from them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

import httpx
import msgspec

from roomdisplay.device.http_errors import ServerTrouble, TokenRejected
from roomdisplay.model.problems import problem_key
from roomdisplay.model.trouble import TroubleKind
from roomdisplay.model.wire import Message, OAuthError, Problem

M = TypeVar("M", bound=Message)

_RETRY_AFTER_LIMIT = 3600.0
_RETRY_AFTER_DIGITS = 9
_SPOKEN_FOR = {500, 502, 503, 504}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer of the Admin Center itself, read whole."""

    status: int
    headers: Mapping[str, str]
    """Names are matched whatever their case."""
    body: bytes
    sent_at_boottime: float
    """CLOCK_BOOTTIME, seconds, when the request left: nothing in the answer is older."""
    received_at_boottime: float
    problem: str | None = None
    """The key of a registered problem (`roomdisplay.model.problems`), for a 4xx."""

    def decode(self, kind: type[M]) -> M:
        """The body as a message.

        Raises:
            ServerTrouble: `FOREIGN_ANSWER`, when the body is no such message.
        """
        try:
            return msgspec.json.decode(self.body, type=kind)
        except msgspec.DecodeError as error:  # a ValidationError is one too
            raise ServerTrouble(TroubleKind.FOREIGN_ANSWER, f"unreadable answer: {error}") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerStream:
    """An answer whose body goes on and on."""

    status: int
    headers: Mapping[str, str]
    sent_at_boottime: float
    chunks: AsyncIterator[bytes]
    """The body as it comes; raises `ServerTrouble` when the connection breaks or falls silent."""


def registered_problem(headers: Mapping[str, str], body: bytes) -> str | None:
    """The key of the registered problem that a body is, if it is one."""
    if not _is(headers, "application/problem+json"):
        return None
    try:
        return problem_key(msgspec.json.decode(body, type=Problem).type)
    except msgspec.DecodeError:
        return None


def _is(headers: Mapping[str, str], kind: str) -> bool:
    return headers.get("Content-Type", "").partition(";")[0].strip().lower() == kind


def wants_nonce(answer: Answer) -> bool:
    """Whether the server only asks for its nonce (RFC 9449 sections 8 and 9)."""
    if answer.status == httpx.codes.UNAUTHORIZED:
        return 'error="use_dpop_nonce"' in answer.headers.get("WWW-Authenticate", "")
    if answer.status != httpx.codes.BAD_REQUEST or not _is(answer.headers, "application/json"):
        return False
    try:
        return msgspec.json.decode(answer.body, type=OAuthError).error == "use_dpop_nonce"
    except msgspec.DecodeError:
        return False


def weighed(answer: Answer) -> Answer:
    """Turn what no caller can act on into exceptions."""
    retry_after = _retry_after(answer.headers)
    if answer.status >= httpx.codes.INTERNAL_SERVER_ERROR or answer.status in {
        httpx.codes.TOO_MANY_REQUESTS,
        httpx.codes.REQUEST_TIMEOUT,
    }:
        detail = answer.problem or f"HTTP {answer.status}"
        raise ServerTrouble(TroubleKind.SERVER_FAILING, detail, retry_after=retry_after)
    if answer.status == httpx.codes.UNAUTHORIZED:
        if answer.problem == "invalid_token":
            raise TokenRejected
        detail = answer.problem or "HTTP 401"
        raise ServerTrouble(TroubleKind.SERVER_FAILING, detail)
    return answer


def foreign(response: httpx.Response) -> ServerTrouble:
    """What to say of an answer that is not the Admin Center's.

    A gateway before the Admin Center that reports it dead speaks for it; everybody else is a
    stranger.
    """
    if response.status_code in _SPOKEN_FOR:
        return ServerTrouble(
            TroubleKind.SERVER_FAILING,
            f"HTTP {response.status_code}",
            retry_after=_retry_after(response.headers),
        )
    return ServerTrouble(TroubleKind.FOREIGN_ANSWER, f"HTTP {response.status_code}")


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds; the form with a date would need a right clock, and is left alone."""
    text = headers.get("Retry-After", "").strip()
    if not text.isdecimal() or not text.isascii() or len(text) > _RETRY_AFTER_DIGITS:
        return None
    return min(float(text), _RETRY_AFTER_LIMIT)
