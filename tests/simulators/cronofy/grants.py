"""Authorisations with their codes, access tokens and rotating refresh tokens."""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from simulators.cronofy.accounts import Account, ServiceAccount
from simulators.cronofy.calls import RefusedError

_ALPHABET = string.ascii_letters + string.digits + "-_"
_CODE_LIFE = timedelta(minutes=5)


class Rotation(StrEnum):
    """When the former refresh token dies, once it was exchanged for a new one."""

    ON_USE = "on use"
    """When the new pair is used for the first time, its access token or its refresh token."""
    AT_ONCE = "at once"


@dataclass(eq=False, slots=True, kw_only=True)
class Grant:
    """What an administrator, or a service account in their stead, allowed the application."""

    subject: ServiceAccount | Account
    scope: frozenset[str]
    delegated: frozenset[str] = frozenset()
    """Of a service account: what it may allow for rooms."""
    revoked: bool = False

    @property
    def account(self) -> Account:
        """The room or person that the tokens are for.

        Raises:
            RefusedError: 403; it is a service account's token, or 423; the account is locked.
        """
        if not isinstance(self.subject, Account):
            raise RefusedError(403)
        if self.subject.locked:
            raise RefusedError(423)
        return self.subject

    @property
    def service_account(self) -> ServiceAccount:
        """The service account that the tokens are for.

        Raises:
            RefusedError: 403; it is a room's token.
        """
        if not isinstance(self.subject, ServiceAccount):
            raise RefusedError(403)
        return self.subject


@dataclass(frozen=True, slots=True)
class Pair:
    """What the token endpoint hands out."""

    grant: Grant
    access: str
    refresh: str


@dataclass(slots=True)
class _Code:
    grant: Grant
    redirect_uri: str
    until: datetime


@dataclass(slots=True)
class _Access:
    grant: Grant
    refresh: str
    until: datetime


@dataclass(slots=True)
class _Refresh:
    grant: Grant
    former: str | None


class Grants:
    """All that are known; forgets nothing but what was used up or revoked."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self.life = timedelta(hours=1)
        """Of access tokens."""
        self.rotation = Rotation.ON_USE
        self._granted: list[Grant] = []
        self._codes: dict[str, _Code] = {}
        self._accesses: dict[str, _Access] = {}
        self._refreshes: dict[str, _Refresh] = {}

    def code(self, grant: Grant, redirect_uri: str) -> str:
        """A code of 32 characters, good once, for five minutes and for this address alone."""
        self._granted.append(grant)
        code = _random(32)
        self._codes[code] = _Code(grant, redirect_uri, self._clock() + _CODE_LIFE)
        return code

    def issue(self, grant: Grant) -> Pair:
        """Tokens without a code in between."""
        self._granted.append(grant)
        return self._pair(grant, None)

    def redeem(self, code: object, redirect_uri: object) -> Pair | None:
        """Tokens for a code; None where it is unknown, used, old, or was for another address."""
        known = self._codes.get(code) if isinstance(code, str) else None
        if known is None or known.redirect_uri != redirect_uri or known.until <= self._clock():
            return None
        del self._codes[str(code)]
        return None if known.grant.revoked else self._pair(known.grant, None)

    def refresh(self, token: object) -> Pair | None:
        """New tokens for a refresh token; None where it is good for nothing."""
        known = self._refreshes.get(token) if isinstance(token, str) else None
        if known is None or known.grant.revoked:
            return None
        self._forget_formers(known)
        pair = self._pair(known.grant, str(token))
        if self.rotation is Rotation.AT_ONCE:
            self._forget_formers(self._refreshes[pair.refresh])
        return pair

    def revoke(self, token: object) -> Grant | None:
        """End the authorisation that a token of either kind belongs to; None: not known."""
        known: _Access | _Refresh | None = None
        if isinstance(token, str):
            known = self._accesses.get(token) or self._refreshes.get(token)
        if known is None:
            return None
        known.grant.revoked = True
        return known.grant

    def bearer(self, token: str | None) -> Grant:
        """Whose access token this is.

        Raises:
            RefusedError: 401; there is none, it is unknown, old or revoked.
        """
        known = self._accesses.get(token or "")
        if known is None or known.until <= self._clock() or known.grant.revoked:
            challenge = 'Bearer realm="Cronofy", error="invalid_token"'
            raise RefusedError(401, headers={"WWW-Authenticate": challenge})
        newest = self._refreshes.get(known.refresh)
        if newest is not None:
            self._forget_formers(newest)
        return known.grant

    def of(self, address: str) -> list[Grant]:
        """All that were given to an account or a service account and still hold."""
        return [
            one
            for one in self._granted
            if not one.revoked and one.subject.email.lower() == address.lower()
        ]

    def expire_access_tokens(self) -> None:
        """Let every access token be too old; the refresh tokens stay."""
        self._accesses.clear()

    def _pair(self, grant: Grant, former: str | None) -> Pair:
        pair = Pair(grant, _random(32), _random(32))
        self._refreshes[pair.refresh] = _Refresh(grant, former)
        self._accesses[pair.access] = _Access(grant, pair.refresh, self._clock() + self.life)
        return pair

    def _forget_formers(self, one: _Refresh) -> None:
        former, one.former = one.former, None
        while former is not None:
            gone = self._refreshes.pop(former, None)
            former = gone.former if gone else None


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
