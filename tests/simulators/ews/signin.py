"""Signing in to a virtual directory of IIS: Basic and NTLM, Extended Protection, lockout.

NTLM signs in the *connection*: the hand-shake's three messages, and every request after them, come
over the same one. pyspnego is the other side of the hand-shake.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import struct
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import spnego
from spnego.exceptions import SpnegoError

_REMEMBERED_CONNECTIONS: Final = 4000
_NTLMSSP: Final = b"NTLMSSP\0"
_CHANNEL_BINDINGS: Final = 10
"""MsvAvChannelBindings, MS-NLMP 2.2.2.1."""

Connection = tuple[str, int]


@dataclass
class Account:
    """Who can sign in, and what happened when somebody tried."""

    address: str
    password: str
    failures: int = 0
    """Wrong passwords since the last right one."""
    locked: bool = False


@dataclass(frozen=True)
class Refused:
    """The answer is 401 with these WWW-Authenticate headers."""

    challenges: tuple[str, ...]


@dataclass
class _Handshake:
    acceptor: spnego.ContextProxy | None = None
    account: Account | None = None


@dataclass
class SignIn:
    """The door of one server.

    Attributes:
        find: the account of a name as typed: an address, DOMAIN\\user or user.
        schemes: what is offered, in the server's order.
        extended_protection: as `ExtendedProtectionTokenChecking Require`, the default from
            Exchange 2019 CU14 on: NTLM without the right channel binding is refused.
        certificate_hash: of the certificate that the client sees, by its signature's hash; None
            without TLS. A proxy before the server is one with another certificate.
        lockout_after: wrong passwords that lock an account.
        tries: the accounts that were tried with a wrong password, in order.
    """

    find: Callable[[str], Account | None]
    schemes: tuple[str, ...] = ("Negotiate", "NTLM")
    extended_protection: bool = False
    certificate_hash: bytes | None = None
    lockout_after: int = 5
    tries: list[str] = field(default_factory=list)
    _connections: OrderedDict[Connection, _Handshake] = field(default_factory=OrderedDict)

    def check(self, connection: Connection, authorization: str | None) -> Account | Refused:
        """Who this request comes from."""
        if authorization is None:
            known = self._connections.get(connection)
            if known is not None and known.account is not None and not known.account.locked:
                return known.account
            return self.refused()
        scheme, _, credentials = authorization.partition(" ")
        if scheme.lower() not in (one.lower() for one in self.schemes):
            return self.refused()
        try:
            token = base64.b64decode(credentials.strip(), validate=True)
        except (binascii.Error, ValueError):
            return self.refused()
        if scheme.lower() == "basic":
            return self._basic(token)
        return self._ntlm(connection, scheme, token)

    def refused(self) -> Refused:
        """What an anonymous caller is told."""
        offers = [
            'Basic realm="mail.example.com"' if one.lower() == "basic" else one
            for one in self.schemes
        ]
        return Refused(tuple(offers))

    def forget_connections(self) -> None:
        """Have everybody sign in again, as after a restart of the application pool."""
        self._connections.clear()

    def _basic(self, token: bytes) -> Account | Refused:
        name, _, password = token.decode("utf-8", "replace").partition(":")
        account = self.find(name)
        if account is None:
            self.tries.append(name)
            return self.refused()
        return self._judge(account, right=account.password == password)

    def _judge(self, account: Account, *, right: bool) -> Account | Refused:
        if account.locked or not right:
            if not right:
                self.tries.append(account.address)
                account.failures += 1
                account.locked = account.locked or account.failures >= self.lockout_after
            return self.refused()
        account.failures = 0
        return account

    def _ntlm(self, connection: Connection, scheme: str, token: bytes) -> Account | Refused:
        if not token.startswith(_NTLMSSP) or len(token) < len(_NTLMSSP) + 4:
            return self.refused()  # a Kerberos ticket: this server has joined no realm
        (kind,) = struct.unpack_from("<I", token, 8)
        if kind == 1:
            return self._challenge(connection, scheme, token)
        known = self._connections.get(connection)
        if kind != 3 or known is None or known.acceptor is None:
            return self.refused()
        acceptor, known.acceptor = known.acceptor, None
        try:
            said = _Authenticate.read(token)
        except (struct.error, UnicodeDecodeError):
            return self.refused()
        account = self.find(f"{said.domain}\\{said.user}" if said.domain else said.user)
        if account is None:
            self.tries.append(said.user)
            return self.refused()
        if self.extended_protection and said.bindings != self._expected_bindings():
            return self.refused()  # before the password is looked at: nobody gets locked out
        right = _proves(acceptor, token, said, account.password)
        known.account = account if right and not account.locked else None
        return self._judge(account, right=right)

    def _challenge(self, connection: Connection, scheme: str, token: bytes) -> Refused:
        with _credentials("", "nobody", ""):
            acceptor = spnego.server(
                protocol="ntlm", options=spnego.NegotiateOptions.use_ntlm, service="http"
            )
            try:
                answer = acceptor.step(token)
            except SpnegoError:
                return self.refused()
        self._connections[connection] = _Handshake(acceptor)
        self._connections.move_to_end(connection)
        while len(self._connections) > _REMEMBERED_CONNECTIONS:
            self._connections.popitem(last=False)
        return Refused((f"{scheme} {base64.b64encode(answer or b'').decode()}",))

    def _expected_bindings(self) -> bytes | None:
        """MD5 over the gss_channel_bindings_struct of RFC 2744 with RFC 5929's end-point."""
        if self.certificate_hash is None:
            return None
        data = b"tls-server-end-point:" + self.certificate_hash
        packed = bytes(16) + struct.pack("<I", len(data)) + data
        return hashlib.md5(packed, usedforsecurity=False).digest()


@dataclass(frozen=True)
class _Authenticate:
    """What the last message of the hand-shake says in clear, MS-NLMP 2.2.1.3."""

    domain: str
    user: str
    bindings: bytes | None

    @classmethod
    def read(cls, token: bytes) -> _Authenticate:
        def part(at: int) -> bytes:
            length, _, offset = struct.unpack_from("<HHI", token, at)
            return token[offset : offset + length]

        return cls(
            part(28).decode("utf-16-le"), part(36).decode("utf-16-le"), _bindings(part(20)[16:])
        )


def _bindings(blob: bytes) -> bytes | None:
    """The channel bindings of an NTLMv2 client challenge: pairs from offset 28 on."""
    at = 28
    while at + 4 <= len(blob):
        kind, length = struct.unpack_from("<HH", blob, at)
        value = blob[at + 4 : at + 4 + length]
        if kind == _CHANNEL_BINDINGS:
            return None if value == bytes(16) else value
        if kind == 0:
            break
        at += 4 + length
    return None


def _proves(
    acceptor: spnego.ContextProxy, token: bytes, said: _Authenticate, password: str
) -> bool:
    with _credentials(said.domain, said.user, password):
        try:
            acceptor.step(token)
        except SpnegoError:
            return False
    return bool(acceptor.complete)


@contextmanager
def _credentials(domain: str, user: str, password: str) -> Iterator[None]:
    """Where pyspnego's acceptor looks accounts up: a file that it finds by the environment."""
    if ":" in domain + user + password:
        raise ValueError("pyspnego's file of accounts knows no colons")
    before = os.environ.get("NTLM_USER_FILE")
    with tempfile.NamedTemporaryFile("w", suffix=".ntlm", encoding="utf-8") as file:
        file.write(f"{domain}:{user}:{password}\n")
        file.flush()
        os.environ["NTLM_USER_FILE"] = file.name
        try:
            yield
        finally:
            if before is None:
                del os.environ["NTLM_USER_FILE"]
            else:
                os.environ["NTLM_USER_FILE"] = before
