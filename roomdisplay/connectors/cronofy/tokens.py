"""Access and refresh tokens of the service account and of each room.

A refresh token is exchanged for a new one each time. The new pair is stored before it is used. An
answer that was lost on its way loses nothing: the same refresh token is sent again, and Cronofy
takes it as long as the new one was not used; the former one stands by in case the new one is not
taken. Per subject there is one exchange at a time, in the whole process.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime, timedelta
from weakref import WeakValueDictionary

import msgspec

from roomdisplay.connectors.base import TokenStore
from roomdisplay.connectors.cronofy.client import CronofyClient, GrantGoneError
from roomdisplay.connectors.cronofy.messages import TokenAnswer

SERVICE = "service"
"""The subject of the service account; a room's is its address in lower case."""
_MARGIN = timedelta(seconds=60)
"""An access token is renewed that much before it is too old."""
_SHORTEST = timedelta(seconds=5)


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of one subject."""

    access: str = ""
    refresh: str = ""
    """Empty: there are no tokens yet, only the question for them."""
    former: str = ""
    """The refresh token before that one."""
    renew_at: datetime | None = None
    """UTC."""
    scope: str = ""
    sub: str = ""
    redirect_uri: str = ""
    """The address that the code came to."""
    code: str = ""
    """A hash of the code that they were redeemed with."""
    asked_at: datetime | None = None
    """UTC: since when an answer of Cronofy's is awaited."""
    refused: bool = False
    """Cronofy would not even be asked: the address is none to it."""

    def __repr__(self) -> str:
        return f"Tokens(sub={self.sub!r}, renew_at={self.renew_at!r})"


_locks: WeakValueDictionary[tuple[str, str, str], asyncio.Lock] = WeakValueDictionary()


def lock_of(client: CronofyClient, purpose: str, subject: str) -> asyncio.Lock:
    """The lock that all connectors of this process share for one thing of one subject."""
    key = (f"{client.application.api} {client.application.client_id}", purpose, subject)
    return _locks.setdefault(key, asyncio.Lock())


class TokenKeeper:
    """Hands out access tokens that are good, and keeps what they are renewed with."""

    def __init__(
        self, client: CronofyClient, store: TokenStore, clock: Callable[[], datetime]
    ) -> None:
        self._client = client
        self._store = store
        self._clock = clock

    async def kept(self, subject: str) -> Tokens | None:
        """What is kept of a subject; None: nothing, or nothing that can be read."""
        stored = await self._store.read(subject)
        if stored is None:
            return None
        try:
            return msgspec.json.decode(stored, type=Tokens)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return None

    async def keep(self, subject: str, tokens: Tokens | None) -> None:
        """Store, durable when this returns; None forgets."""
        await self._store.write(subject, None if tokens is None else msgspec.json.encode(tokens))

    async def asked(self, subject: str, *, refused: bool = False) -> None:
        """Remember that access was asked for now, in vain or not; tokens that there are stay."""
        async with lock_of(self._client, "tokens", subject):
            known = await self.kept(subject) or Tokens()
            known = msgspec.structs.replace(known, asked_at=self._clock(), refused=refused)
            await self.keep(subject, known)

    async def access(self, subject: str, refused: str = "") -> str:
        """An access token.

        Args:
            subject: `SERVICE` or a room.
            refused: an access token that the service did not take just now.

        Raises:
            GrantGoneError: there are no tokens, or they are good for nothing.
            ConnectorError: none could be had now.
        """
        known = await self.kept(subject)
        if known is not None and self._is_good(known, refused):
            return known.access
        async with lock_of(self._client, "tokens", subject):
            known = await self.kept(subject)
            if known is None or not known.refresh:
                raise GrantGoneError
            if self._is_good(known, refused):
                return known.access
            return (await self._renewed(subject, known)).access

    def _is_good(self, tokens: Tokens, refused: str) -> bool:
        return bool(
            tokens.access
            and tokens.access != refused
            and tokens.renew_at is not None
            and self._clock() < tokens.renew_at
        )

    async def _renewed(self, subject: str, known: Tokens) -> Tokens:
        tried: set[str] = set()
        for refresh in (known.refresh, known.former):
            if not refresh or refresh in tried:
                continue
            tried.add(refresh)
            try:
                answer = await self._client.token(grant_type="refresh_token", refresh_token=refresh)
            except GrantGoneError:
                # Another process may have exchanged it in the meantime.
                current = await self.kept(subject)
                if current is not None and current.refresh not in {*tried, known.former, ""}:
                    return current
                continue
            tokens = msgspec.structs.replace(
                self._received(answer, known), former=refresh, asked_at=known.asked_at
            )
            await self.keep(subject, tokens)
            return tokens
        raise GrantGoneError

    async def redeem(self, subject: str, code: str, redirect_uri: str) -> Tokens:
        """Exchange a code for tokens; a code that was redeemed before changes nothing.

        Raises:
            GrantGoneError: the code is good for nothing, and never was redeemed here.
            ConnectorError: it did not work now.
        """
        mark = hashlib.sha256(code.encode()).hexdigest()
        async with lock_of(self._client, "tokens", subject):
            known = await self.kept(subject)
            if known is not None and known.refresh and hmac.compare_digest(known.code, mark):
                return known
            answer = await self._client.token(
                grant_type="authorization_code", code=code, redirect_uri=redirect_uri
            )
            tokens = self._received(answer, Tokens(redirect_uri=redirect_uri, code=mark))
            if not tokens.refresh:
                raise GrantGoneError
            await self.keep(subject, tokens)
            return tokens

    def _received(self, answer: TokenAnswer, known: Tokens) -> Tokens:
        life = timedelta(seconds=min(max(answer.expires_in, 0), 10**6))
        return Tokens(
            access=answer.access_token,
            refresh=answer.refresh_token or known.refresh,
            renew_at=self._clock() + max(life - min(_MARGIN, life / 2), _SHORTEST),
            scope=answer.scope or known.scope,
            sub=answer.sub or known.sub,
            redirect_uri=known.redirect_uri,
            code=known.code,
        )
