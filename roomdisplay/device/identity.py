"""Who this display is, and how that survives power cuts.

The key is kept before anything is asked of a server, a device code before it is polled, a token
before it is used: whatever step the power fails in, the next start goes on from there.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Protocol, TypeVar

import msgspec

from roomdisplay.device.key import DeviceKey, KeyUnreadableError

log = logging.getLogger(__name__)

KEY = "device-key"
CODES = "device-codes"
TOKEN = "device-token"  # noqa: S105 - the name of the secret, not the secret
CODES_KEPT = 4
"""Device codes polled at most: the one shown, and older ones that somebody may be confirming."""


class SecretStore(Protocol):
    """What `device.vault.opening.Vault` gives."""

    def read(self, name: str) -> str | None:
        """The secret, or None."""

    def write(self, name: str, secret: str) -> None:
        """Keep it durably."""

    def delete(self, name: str) -> None:
        """Forget it, if it is there."""


class PendingCode(msgspec.Struct, frozen=True, kw_only=True):
    """A pairing that was asked for and may be confirmed yet."""

    device_code: str
    user_code: str
    verification_uri: str
    verification_uri_complete: str | None = None
    interval: float
    """Seconds between two polls."""
    boot_id: str
    """The boot that `expires_at` counts in; in another boot it says nothing."""
    expires_at: float
    """CLOCK_BOOTTIME, seconds."""
    lifetime: float
    server: str
    """The origin of the Admin Center that gave it."""

    def __repr__(self) -> str:
        """Without the device code, which is a secret."""
        return f"PendingCode(user_code={self.user_code!r}, expires_at={self.expires_at!r})"


class Paired(msgspec.Struct, frozen=True, kw_only=True):
    """A pairing: the token, and what it is for."""

    token: str
    device_id: str
    room: str | None = None
    server: str

    def __repr__(self) -> str:
        """Without the token."""
        return f"Paired(device_id={self.device_id!r}, server={self.server!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceIdentity:
    """What a display is at one moment."""

    key: DeviceKey
    codes: tuple[PendingCode, ...] = ()
    """The newest last."""
    paired: Paired | None = None


T = TypeVar("T")


class IdentityStore:
    """The display's identity in its keyring. Every call may block: use a thread.

    All methods raise `VaultUnavailable` when the keyring does not answer.
    """

    def __init__(self, secrets: SecretStore) -> None:
        self._secrets = secrets

    def load(self) -> DeviceIdentity:
        """The identity; at the very first start, the key is made and kept.

        What cannot be read any more (its key was lost) is as if it were not there.
        """
        key = self._key()
        codes = self._read(CODES, list[PendingCode]) if key else None
        paired = self._read(TOKEN, Paired) if key else None
        if key is None:
            key = DeviceKey.generate()
            self._secrets.write(KEY, key.to_text())
        return DeviceIdentity(key=key, codes=tuple(codes or ()), paired=paired)

    def peek(self) -> DeviceIdentity | None:
        """The identity, if there is one; makes nothing."""
        return self.load() if self._key() else None

    def keep_codes(self, codes: tuple[PendingCode, ...]) -> None:
        """Keep the device codes that are polled, the newest last."""
        if codes:
            self._write(CODES, list(codes[-CODES_KEPT:]))
        else:
            self._secrets.delete(CODES)

    def keep_token(self, paired: Paired) -> None:
        """Keep a token; only then are the device codes forgotten."""
        self._write(TOKEN, paired)
        self._secrets.delete(CODES)

    def forget_pairing(self) -> None:
        """Forget token and device codes; the key stays."""
        self._secrets.delete(TOKEN)
        self._secrets.delete(CODES)

    def wipe(self) -> None:
        """Forget everything; the next start makes a new display of it."""
        self.forget_pairing()
        self._secrets.delete(KEY)

    def _key(self) -> DeviceKey | None:
        text = self._secrets.read(KEY)
        if text is None:
            return None
        try:
            return DeviceKey.from_text(text)
        except KeyUnreadableError as error:
            log.warning("the display's key is damaged (%s): a new one is made", error)
            return None

    def _read(self, name: str, kind: type[T]) -> T | None:
        text = self._secrets.read(name)
        if text is None:
            return None
        try:
            return msgspec.json.decode(text, type=kind)
        except (msgspec.DecodeError, ValueError):
            log.warning("the keyring's %s is damaged: treated as absent", name)
            return None

    def _write(self, name: str, value: object) -> None:
        self._secrets.write(name, msgspec.json.encode(value).decode())
